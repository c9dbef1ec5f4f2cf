//! `grayzone data`: look at a data set, split it, make a synthetic one.

mod inspect;
mod split;
mod synthesize;

use clap::Subcommand;

use crate::global::Global;

/// What is done with the data.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  grayzone data inspect my-tiles/")]
pub enum DataCommand {
    /// Show what a data set holds, and everything that would keep a study from using it
    Inspect(inspect::InspectArgs),
    /// Split a data set into train and test by slide, and write it as manifest.csv
    Split(split::SplitArgs),
    /// Draw synthetic colon-polyp tissue with votes, slides and a known severity
    Synthesize(synthesize::SynthesizeArgs),
}

pub fn run(command: DataCommand, global: Global) -> anyhow::Result<()> {
    match command {
        DataCommand::Inspect(args) => inspect::run(&args, global),
        DataCommand::Split(args) => split::run(&args, global),
        DataCommand::Synthesize(args) => synthesize::run(&args, global),
    }
}
