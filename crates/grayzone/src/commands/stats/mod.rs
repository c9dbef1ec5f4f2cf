//! `grayzone stats`: the paper's statistics on any CSV file.

mod agreement;
mod auc;
mod ks;

use clap::Subcommand;

use crate::global::Global;

/// The statistics.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  grayzone stats auc --csv scores.csv --score p --label truth --positive SSA"
)]
pub enum StatsCommand {
    /// Area under the ROC curve, over all rows and by stratum
    Auc(auc::AucArgs),
    /// Two-sample Kolmogorov–Smirnov test, two-sided
    Ks(ks::KsArgs),
    /// Agreement of several raters: Fleiss' kappa and Krippendorff's alpha
    Agreement(agreement::AgreementArgs),
}

pub fn run(command: StatsCommand, global: Global) -> anyhow::Result<()> {
    match command {
        StatsCommand::Auc(args) => auc::run(&args, global),
        StatsCommand::Ks(args) => ks::run(&args),
        StatsCommand::Agreement(args) => agreement::run(&args, global),
    }
}
