//! `grayzone data split`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tissue::{Manifest, Partition};

use crate::fault::Fault;
use crate::global::Global;
use crate::progress::Progress;
use crate::{inputs, output};

/// What is split, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone data split my-tiles/ --by slide --seed 7 --out my-tiles/manifest.csv"
)]
pub struct SplitArgs {
    /// The data set: a folder or a manifest.csv
    #[arg(value_name = "PATH")]
    data: PathBuf,
    /// The unit that stays together
    #[arg(long, value_enum, default_value = "slide")]
    by: Unit,
    /// The share of tiles that goes to test
    #[arg(long, value_name = "SHARE", default_value_t = tissue::TEST_SHARE, allow_negative_numbers = true)]
    test: f64,
    /// The seed of the split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The file to write: in the data folder or above it, so that it can name the tiles
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What stays on one side.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    /// All tiles of a slide (or patient)
    Slide,
}

#[derive(Serialize)]
struct SplitOutput {
    manifest: String,
    seed: u64,
    counts: Vec<Side>,
}

#[derive(Serialize)]
struct Side {
    partition: &'static str,
    class: String,
    tiles: usize,
    slides: usize,
}

pub fn run(args: &SplitArgs, global: Global) -> anyhow::Result<()> {
    let Unit::Slide = args.by;
    if !(args.test > 0.0 && args.test < 1.0) {
        return Err(Fault::input(
            format!(
                "the test share cannot be used, in --test {}, because it is not between 0 and 1",
                args.test
            ),
            "give a share such as 0.35",
        ));
    }
    let progress = Progress::new("reading", global.quiet);
    let mut manifest = Manifest::open_without_split(&args.data)?;
    inputs::tell(&manifest.notes, &progress);
    manifest.split(args.seed, args.test);
    let written = manifest.write_csv(&args.out)?;

    let mut counts = Vec::new();
    for partition in [Partition::Train, Partition::Test] {
        for (class, name) in manifest.classes.iter().enumerate() {
            let of_class =
                || manifest.tiles.iter().filter(|t| t.partition == Some(partition) && t.class == class);
            let slides: std::collections::BTreeSet<&str> = of_class().map(|t| t.slide.as_str()).collect();
            counts.push(Side {
                partition: partition.name(),
                class: name.clone(),
                tiles: of_class().count(),
                slides: slides.len(),
            });
        }
    }
    let result = SplitOutput { manifest: written.display().to_string(), seed: args.seed, counts };
    if args.json {
        return output::json(&result);
    }
    let rows: Vec<Vec<String>> = result
        .counts
        .iter()
        .map(|c| vec![c.partition.into(), c.class.clone(), c.tiles.to_string(), c.slides.to_string()])
        .collect();
    output::text(&output::table(&["partition", "class", "tiles", "slides"], &rows))?;
    output::line(&result.manifest)
}
