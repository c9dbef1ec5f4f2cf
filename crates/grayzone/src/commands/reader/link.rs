//! `grayzone reader link`: a new private link.

use std::path::PathBuf;

use clap::Args;

use crate::output;

/// Whose link.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone reader link my-readers --reader \"Reader 2\"\n  grayzone reader link my-readers --coordinator"
)]
pub struct LinkArgs {
    /// The study's folder
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// The reader's name
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "coordinator",
        conflicts_with = "coordinator"
    )]
    reader: Option<String>,
    /// The coordinator's link
    #[arg(long)]
    coordinator: bool,
    /// Where readers reach the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

pub fn run(args: &LinkArgs) -> anyhow::Result<()> {
    let link = reader::new_link(&args.study, args.reader.as_deref())?;
    output::line(&format!("{}{}", args.url.trim_end_matches('/'), link.path))
}
