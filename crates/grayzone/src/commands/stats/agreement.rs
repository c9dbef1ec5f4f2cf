//! `grayzone stats agreement`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;
use crate::table::{HELP, Table};

/// The most different labels: more are no categories but texts, and a count for each of them and each item takes all memory.
const MOST_LABELS: usize = 1000;

/// Whose labels are compared.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone stats agreement --csv votes.csv --item tile --rater reader --label class --json"
)]
pub struct AgreementArgs {
    #[arg(long, value_name = "FILE", help = format!("{HELP}; one row a rating, and a row whose label has no value is none"))]
    csv: PathBuf,
    /// The column that names what was rated
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    item: String,
    /// The column that names who rated it
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    rater: String,
    /// The column of labels
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    label: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct AgreementOutput {
    fleiss_kappa: Option<f64>,
    krippendorff_alpha: Option<f64>,
    unanimous: usize,
    n_items: usize,
}

pub fn run(args: &AgreementArgs, global: Global) -> anyhow::Result<()> {
    let table = Table::read(&args.csv)?;
    let items = table.names(&args.item, "--item")?;
    let raters = table.words(&args.rater, "--rater")?;
    let labels = table.some_words(&args.label, "--label")?;
    let categories: BTreeSet<&str> = labels.iter().flatten().map(|cell| cell.text).collect();
    let progress = Progress::new("stats agreement", global.quiet);
    if let Some(warning) = Table::alike(&args.item, &items) {
        progress.note(&warning);
    }
    match labels.iter().filter(|label| label.is_none()).count() {
        0 => {}
        n if n == labels.len() => {
            return Err(table.fault(
                &format!("column '{}' has no value", args.label),
                items[0].line,
                "no row of the table has a label",
                "fill in the labels, or name another column with --label",
            ));
        }
        1 => progress.note(&format!("note: 1 row has no '{}': it is no rating", args.label)),
        n => progress.note(&format!("note: {n} rows have no '{}': they are no ratings", args.label)),
    }
    if categories.len() > MOST_LABELS {
        return Err(table.fault(
            &format!("column '{}' holds {} different labels", args.label, categories.len()),
            items[0].line,
            &format!("more than {MOST_LABELS} are no categories that raters choose from"),
            "name the column of labels with --label",
        ));
    }
    let category: BTreeMap<&str, usize> = categories.iter().enumerate().map(|(i, name)| (*name, i)).collect();

    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut counts: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for ((item, rater), label) in items.iter().zip(&raters).zip(&labels) {
        let Some(label) = label else { continue };
        if let Some(earlier) = seen.insert((item.text, rater.text), item.line) {
            return Err(table.fault(
                &format!("rater '{}' labels '{}' twice", rater.text, item.text),
                item.line,
                &format!("line {earlier} holds a label of the same rater for it"),
                "leave one label a rater and item",
            ));
        }
        counts.entry(item.text).or_insert_with(|| vec![0; categories.len()])[category[label.text]] += 1;
    }
    let counts: Vec<Vec<u32>> = counts.into_values().collect();
    let ratings: Vec<u32> = counts.iter().map(|row| row.iter().sum()).collect();
    if ratings.iter().any(|n| *n != ratings[0]) {
        progress
            .note("note: Fleiss' kappa is undefined, because the items have different numbers of ratings");
    }
    let unanimous =
        |row: &&Vec<u32>| row.iter().sum::<u32>() > 1 && row.iter().filter(|n| **n > 0).count() == 1;
    let result = AgreementOutput {
        fleiss_kappa: stats::fleiss_kappa(&counts),
        krippendorff_alpha: stats::krippendorff_alpha_nominal(&counts),
        unanimous: counts.iter().filter(unanimous).count(),
        n_items: counts.len(),
    };
    if args.json {
        return output::json(&result);
    }
    let rows = [
        vec!["Fleiss' kappa".to_owned(), output::number(result.fleiss_kappa)],
        vec!["Krippendorff's alpha".to_owned(), output::number(result.krippendorff_alpha)],
        vec!["unanimous items".to_owned(), format!("{} of {}", result.unanimous, result.n_items)],
    ];
    output::text(&output::table(&["agreement", "value"], &rows))
}
