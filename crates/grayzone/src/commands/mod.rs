//! The commands, one file each. A command reads its arguments, calls one library function, and prints the result.

mod bench;
mod classify;
mod compare;
mod completions;
mod data;
mod demo;
mod devices;
mod predict;
mod reader;
mod report;
mod run;
mod score;
mod stats;
mod translate;
mod translator;
mod watch;
mod weights;

use clap::Subcommand;

use crate::global::Global;

/// What `grayzone` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole study on synthetic tissue: no input, a few minutes
    Demo(demo::DemoArgs),
    /// A whole study from its STUDY.toml
    Run(run::RunArgs),
    /// Each labelled tile's confidence in its own class
    Score(score::ScoreArgs),
    /// Tiles through a generator: easy ones made harder
    Translate(translate::TranslateArgs),
    /// Train a translator between two folders of tiles
    Translator(Box<translator::TranslatorArgs>),
    /// Train one classifier on a data set
    Classify(Box<classify::ClassifyArgs>),
    /// Class probabilities of tiles
    Predict(predict::PredictArgs),
    /// Look at a data set, split it, or make a synthetic one
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Statistics on any CSV: AUC, Kolmogorov–Smirnov, agreement of raters
    #[command(subcommand)]
    Stats(stats::StatsCommand),
    /// The blinded reader study: draw it, serve it, analyse it
    #[command(subcommand)]
    Reader(reader::ReaderCommand),
    /// Write report.html of a finished run anew, from its folder alone
    Report(report::ReportArgs),
    /// Finished runs side by side: settings that differ, Table 3, tests between them
    Compare(compare::CompareArgs),
    /// A run as it goes on: what is done, at work and left
    Watch(watch::WatchArgs),
    /// What a file of weights holds
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
    /// Seconds a step of each network
    Bench(bench::BenchArgs),
    /// List what this build can compute on
    Devices(devices::DevicesArgs),
    /// What a shell needs to complete the command line
    Completions(completions::CompletionsArgs),
    /// Manual pages, one a command
    Man(completions::ManArgs),
}

/// Runs the command. `whole` is the whole command line, for those that describe it.
pub fn dispatch(command: Command, global: Global, whole: clap::Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::run(&args, global),
        Command::Run(args) => run::run(&args, global),
        Command::Score(args) => score::run(&args, global),
        Command::Translate(args) => translate::run(&args, global),
        Command::Translator(args) => translator::run(&args, global),
        Command::Classify(args) => classify::run(&args, global),
        Command::Predict(args) => predict::run(&args, global),
        Command::Data(command) => data::run(command, global),
        Command::Stats(command) => stats::run(command, global),
        Command::Reader(command) => reader::run(command, global),
        Command::Report(args) => report::run(&args, global),
        Command::Compare(args) => compare::run(&args, global),
        Command::Watch(args) => watch::run(&args),
        Command::Weights(command) => weights::run(&command),
        Command::Bench(args) => bench::run(&args, global),
        Command::Devices(args) => devices::run(&args),
        Command::Completions(args) => completions::completions(&args, whole),
        Command::Man(args) => completions::man(&args, whole),
    }
}
