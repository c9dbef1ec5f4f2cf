//! `grayzone watch`: a run as it goes on, from its folder.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use crate::output;

/// Which run.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone watch runs/my-study")]
pub struct WatchArgs {
    /// The folder of a run, or of a cross-validation
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Print how it stands once, and end; so it is without a terminal, too
    #[arg(long)]
    once: bool,
    /// Print JSON, once
    #[arg(long)]
    json: bool,
}

pub fn run(args: &WatchArgs) -> anyhow::Result<()> {
    if !args.once && !args.json && std::io::stdout().is_terminal() {
        return Ok(watch::live(&args.run)?);
    }
    let state = watch::State::read(&args.run, SystemTime::now())?;
    if args.json { output::json(&state) } else { output::text(&watch::text(&state)) }
}
