//! `grayzone report`: the report of a run, from its folder alone.

use std::path::PathBuf;

use clap::Args;
use record::RunFolder;

use crate::output;

/// Which run.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone report runs/my-study")]
pub struct ReportArgs {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

pub fn run(args: &ReportArgs) -> anyhow::Result<()> {
    let folder = RunFolder::new(&args.run);
    report::write(&folder)?;
    output::line(&folder.report_html().display().to_string())
}
