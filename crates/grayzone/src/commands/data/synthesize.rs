//! `grayzone data synthesize`.

use std::path::PathBuf;

use clap::Args;
use tissue::synthetic::SyntheticTissue;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// What is drawn.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone data synthesize --tiles 400 --size 64 --seed 7 --out synthetic/"
)]
pub struct SynthesizeArgs {
    /// How many tiles
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tiles: u32,
    /// Their side
    #[arg(long, value_name = "PX", default_value_t = 224, value_parser = clap::value_parser!(u32).range(16..=4096))]
    size: u32,
    /// The seed of everything drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder to write: manifest.csv and images/*.png
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(args: &SynthesizeArgs, global: Global) -> anyhow::Result<()> {
    let progress = Progress::new("drawing", global.quiet);
    let wanted = SyntheticTissue { tiles: args.tiles as usize, size: args.size as usize, seed: args.seed };
    wanted.write(&args.out, &|done, total| progress.at(done as u64, total as u64))?;
    progress.finish();
    output::line(&args.out.join("manifest.csv").display().to_string())
}
