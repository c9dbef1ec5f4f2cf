//! `grayzone data inspect`.

use std::path::PathBuf;

use clap::Args;
use study::{Preset, StudyConfig};
use tissue::inspect::{Demands, Options, draw, inspect_with};

use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::output;
use crate::progress::Progress;

/// What is looked at.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone data inspect my-tiles/ --classes HP,SSA")]
pub struct InspectArgs {
    /// The data set: a folder or a manifest.csv (separated by commas, semicolons or tabs; a cell that holds NA, N/A, nan, NULL, None or the
    /// like is blank)
    #[arg(value_name = "PATH")]
    data: PathBuf,
    /// The classes a study would use, in output order [default: all, sorted]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    classes: Vec<String>,
    #[command(flatten)]
    fit: FitArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a study of the default preset asks of the data.
fn demands() -> Demands {
    let config = StudyConfig::preset(Preset::Laptop);
    Demands {
        folds: config.folds,
        validation: config.validation,
        seed: config.seed,
        least_phi: config.phi.iter().map(|phi| phi.percent()).fold(50.0, f64::min),
        fewest_hard: record::thresholds::FEWEST_HARD,
    }
}

pub fn run(args: &InspectArgs, global: Global) -> anyhow::Result<()> {
    let options = Options {
        classes: args.classes.clone(),
        size: args.fit.size(),
        fit: args.fit.fit(),
        bits: args.fit.bits(),
        cache_bytes: args.fit.cache(),
        study: demands(),
    };
    let progress = Progress::new("decoding", global.quiet);
    let found = inspect_with(&args.data, &options, &|done, total| progress.at(done as u64, total as u64))?;
    progress.finish();
    if args.json {
        output::json(&found)?;
    } else {
        output::text(&draw(&found))?;
    }
    let Some((first, rest)) = found.first_fault() else { return Ok(()) };
    let more = match rest {
        0 => String::new(),
        1 => " (and 1 more fault)".to_owned(),
        n => format!(" (and {n} more faults)"),
    };
    Err(Fault::input(format!("{}{more}", first.message), first.hint.clone().unwrap_or_default()))
}
