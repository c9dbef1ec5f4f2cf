//! `grayzone reader`: the blinded reader study.

mod analyse;
mod import;
mod link;
mod new;
mod serve;

use clap::Subcommand;

use crate::global::Global;

/// From a run to readers' votes and what they say.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  grayzone reader new runs/my-study --out my-readers\n  grayzone reader serve my-readers\n  grayzone reader analyse my-readers"
)]
pub enum ReaderCommand {
    /// Draw a study from a finished run, and make the readers' private links
    New(new::NewArgs),
    /// Serve a study's pages until Ctrl-C
    Serve(serve::ServeArgs),
    /// Make a new private link; the old one is worth nothing from then on
    Link(link::LinkArgs),
    /// Take over votes that were given elsewhere
    Import(import::ImportArgs),
    /// What the readers saw: Table 2, agreement, tests; and the votes as tables
    Analyse(analyse::AnalyseArgs),
}

pub fn run(command: ReaderCommand, global: Global) -> anyhow::Result<()> {
    match command {
        ReaderCommand::New(args) => new::run(&args, global),
        ReaderCommand::Serve(args) => serve::run(&args, global),
        ReaderCommand::Link(args) => link::run(&args),
        ReaderCommand::Import(args) => import::run(&args),
        ReaderCommand::Analyse(args) => analyse::run(&args, global),
    }
}
