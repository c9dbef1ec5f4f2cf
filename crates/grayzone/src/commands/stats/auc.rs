//! `grayzone stats auc`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use crate::cli::Global;
use crate::fault::Fault;
use crate::output;
use crate::progress::Progress;
use crate::table::Table;

/// What is measured.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone stats auc --csv scores.csv --score p_SSA --label class --positive SSA --stratum agreement --json"
)]
pub struct AucArgs {
    /// The table
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// The column of scores; higher means more likely positive
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    score: String,
    /// The column of labels
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    label: String,
    /// The label that counts as positive; not needed where the labels are 0 and 1
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    positive: Option<String>,
    /// A column whose values split the rows; the AUC is given for each
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    stratum: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &AucArgs, global: Global) -> anyhow::Result<()> {
    let table = Table::read(&args.csv)?;
    let scores = table.numbers(&args.score, "--score")?;
    let labels: Vec<&str> = table.words(&args.label, "--label")?.iter().map(|cell| cell.text).collect();
    let positive = positive_label(args, &table, &labels)?;
    let is_positive: Vec<bool> = labels.iter().map(|label| *label == positive).collect();

    let Some(all) = stats::auc(&scores, &is_positive) else {
        let which = if is_positive[0] { "every" } else { "no" };
        return Err(Fault::input(
            format!(
                "the AUC is undefined, in {}, because {which} row has the label '{positive}' in column '{}'",
                table.name(),
                args.label
            ),
            "the AUC compares two classes: give a table that holds both, and name the positive one with --positive",
        ));
    };
    let mut values = BTreeMap::new();
    if let Some(stratum) = &args.stratum {
        let cells = table.column(stratum, "--stratum")?;
        if let Some(cell) = cells.iter().find(|cell| cell.text == "all") {
            return Err(table.fault(
                &format!("column '{stratum}' holds 'all'"),
                cell.line,
                "that name stands for the AUC over all rows",
                "give that stratum another name",
            ));
        }
        let without = cells.iter().filter(|cell| cell.text.is_empty()).count();
        if without > 0 {
            let note = format!("note: {without} rows have no '{stratum}': they count in 'all' only");
            Progress::new("stats auc", global.quiet).note(&note);
        }
        let names: BTreeSet<&str> =
            cells.iter().map(|cell| cell.text).filter(|name| !name.is_empty()).collect();
        for name in names {
            let rows = (0..cells.len()).filter(|&i| cells[i].text == name);
            let (some_scores, some_positive): (Vec<f64>, Vec<bool>) =
                rows.map(|i| (scores[i], is_positive[i])).unzip();
            values.insert(name, stats::auc(&some_scores, &some_positive));
        }
    }
    if args.json {
        values.insert("all", Some(all));
        return output::json(&values);
    }
    let mut rows = vec![vec!["all".to_owned(), output::number(Some(all))]];
    rows.extend(values.iter().map(|(name, auc)| vec![(*name).to_owned(), output::number(*auc)]));
    output::text(&output::table(&["rows", "AUC"], &rows))
}

/// The positive label: the one asked for, or "1" where the labels are 0 and 1.
fn positive_label(args: &AucArgs, table: &Table, labels: &[&str]) -> anyhow::Result<String> {
    if let Some(positive) = &args.positive {
        return Ok(positive.trim().to_owned());
    }
    if labels.iter().all(|label| matches!(*label, "0" | "1")) {
        return Ok("1".to_owned());
    }
    let names: BTreeSet<&str> = labels.iter().copied().collect();
    let shown: Vec<&str> = names.iter().copied().take(8).collect();
    Err(Fault::input(
        format!(
            "the positive label is not known, in {}, because column '{}' holds {} and not 0 and 1",
            table.name(),
            args.label,
            shown.join(", ")
        ),
        format!("name the positive one: --positive {}", shown[0]),
    ))
}
