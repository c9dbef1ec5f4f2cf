//! The commands, one file each. A command reads its arguments, calls one library function, and prints the result.

mod devices;
mod report;
mod stats;

use clap::Subcommand;

use crate::cli::Cli;

/// What `grayzone` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Statistics on any CSV: AUC, Kolmogorov–Smirnov, agreement of raters
    #[command(subcommand)]
    Stats(stats::StatsCommand),
    /// Write report.html of a finished run anew, from its folder alone
    Report(report::ReportArgs),
    /// List what this build can compute on
    Devices(devices::DevicesArgs),
}

/// Runs the command.
pub fn dispatch(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Stats(command) => stats::run(command, cli.global),
        Command::Report(args) => report::run(&args),
        Command::Devices(args) => devices::run(&args),
    }
}
