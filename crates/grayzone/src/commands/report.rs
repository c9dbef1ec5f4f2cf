//! `grayzone report`: the report of a run, from its folder alone.

use std::path::PathBuf;

use clap::Args;
use record::RunFolder;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// Which run.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone report runs/my-study")]
pub struct ReportArgs {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

pub fn run(args: &ReportArgs, global: Global) -> anyhow::Result<()> {
    let folder = RunFolder::new(&args.run);
    if let Some(warning) = report::write(&folder)? {
        Progress::new("report", global.quiet).note(&format!("note: {warning}"));
    }
    output::line(&folder.report_html().display().to_string())
}
