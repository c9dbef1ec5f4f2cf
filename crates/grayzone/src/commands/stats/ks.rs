//! `grayzone stats ks`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::fault::Fault;
use crate::output;
use crate::table::{HELP, Table};

/// What is compared.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone stats ks --csv confidences.csv --value confidence --group agreement --json"
)]
pub struct KsArgs {
    #[arg(long, value_name = "FILE", help = HELP)]
    csv: PathBuf,
    /// The column of numbers
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    value: String,
    /// The column that names the group; exactly two groups
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    group: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct KsOutput {
    statistic: f64,
    p_value: f64,
    n1: usize,
    n2: usize,
}

pub fn run(args: &KsArgs) -> anyhow::Result<()> {
    let table = Table::read(&args.csv)?;
    let values = table.numbers(&args.value, "--value")?;
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (cell, value) in table.words(&args.group, "--group")?.iter().zip(values) {
        groups.entry(cell.text).or_default().push(value);
    }
    let named: Vec<(&str, Vec<f64>)> = groups.into_iter().collect();
    let [(first, a), (second, b)] = named.as_slice() else {
        let names = files::listed(named.iter().map(|(name, _)| *name), 8);
        return Err(Fault::input(
            format!(
                "two groups are needed, in {}, because column '{}' holds {}: {names}",
                table.name(),
                args.group,
                named.len()
            ),
            "leave only the rows of the two groups that are to be compared",
        ));
    };
    let test = stats::ks_two_sample(a, b)?;
    let result = KsOutput { statistic: test.statistic, p_value: test.p_value, n1: a.len(), n2: b.len() };
    if args.json {
        return output::json(&result);
    }
    output::line(&format!(
        "KS statistic {:.4}, two-sided p = {:.3e} ({}; {first}: n = {}, {second}: n = {})",
        result.statistic,
        result.p_value,
        if test.exact { "exact" } else { "asymptotic" },
        result.n1,
        result.n2
    ))
}
