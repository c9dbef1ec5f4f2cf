//! `grayzone demo`: the whole study on synthetic tissue.

use std::path::{Path, PathBuf};

use clap::Args;
use study::{Claim, Prepared, Preset, StudyConfig};
use tissue::synthetic::SyntheticTissue;

use super::run::{carry_out, options};
use crate::fault::Fault;
use crate::global::Global;
use crate::study_progress::StudyProgress;

/// The demo's tissue: tiles, and their side in pixels.
const TISSUE: (usize, usize) = (1400, 48);
/// The smallest tissue that still makes a study.
const SMALLEST_TISSUE: (usize, usize) = (320, 32);
/// Memory for decoded tiles.
const CACHE: u64 = 1 << 30;

/// Where the demo goes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone demo\n  grayzone demo --seed 7 --out my-demo")]
pub struct DemoArgs {
    /// The run folder; a demo found there goes on
    #[arg(long, value_name = "DIR", default_value = "grayzone-demo")]
    out: PathBuf,
    /// The seed of the tissue and of the study
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=train::MOST_SEED))]
    seed: u64,
    /// The fewest tiles and steps that make a study, to see that it works
    #[arg(long, hide = true)]
    smallest: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &DemoArgs, global: Global) -> anyhow::Result<()> {
    let observer = StudyProgress::new(global.quiet);
    let options = options(global, CACHE)?;
    let mut config = StudyConfig::preset(Preset::Demo);
    if args.smallest {
        shrink(&mut config);
    }
    config.seed = args.seed;
    refuse_another_study(&args.out)?;
    // Held from before the tissue is drawn: two demos must not draw over each other.
    let claim = Claim::of(&args.out)?;
    config.data = tissue_folder(args, &observer)?;
    let prepared = Prepared::new(config, &args.out, &options, &observer)?;
    carry_out(&claim, &prepared, &options, &observer, args.json)
}

/// As little training as still goes through every step.
fn shrink(config: &mut StudyConfig) {
    config.scorer.epochs = 3;
    config.scorer.width = 8;
    config.classifier.epochs = 2;
    config.classifier.width = 8;
    config.translator.steps = Some(20);
    config.translator.width = 8;
    config.translator.blocks = 1;
}

/// Draws the tissue into the run folder, unless an earlier demo of the same kind has.
fn tissue_folder(args: &DemoArgs, observer: &StudyProgress) -> anyhow::Result<PathBuf> {
    let (tiles, size) = if args.smallest { SMALLEST_TISSUE } else { TISSUE };
    // The name tells what is in it, so that another seed or size is drawn anew.
    let folder = args.out.join("tissue").join(format!("{tiles}-tiles-{size}-px-seed-{}", args.seed));
    if folder.join("manifest.csv").is_file() {
        return Ok(folder);
    }
    // The manifest is written last: without it, an earlier demo was stopped while it drew.
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(|e| {
            Fault::io(format!("unfinished tissue could not be removed, in {}", folder.display()), &e)
        })?;
    }
    observer.line().relabel("drawing tissue");
    let tissue = SyntheticTissue { tiles, size, seed: args.seed };
    tissue.write(&folder, &|done, total| observer.line().at(done as u64, total as u64))?;
    Ok(folder)
}

/// Refuses a folder that holds another study's run.
fn refuse_another_study(out: &Path) -> anyhow::Result<()> {
    if out.join("study.toml").is_file() && !out.join("tissue").is_dir() {
        return Err(Fault::input(
            format!(
                "cannot use the output folder, in {}, because it holds the run of another study",
                out.display()
            ),
            "choose a new or empty folder with --out",
        ));
    }
    Ok(())
}
