//! `grayzone stats auc`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use files::{cut, listed};

use crate::fault::Fault;
use crate::global::Global;
use crate::output;
use crate::progress::Progress;
use crate::table::{HELP, Table};

/// What is measured.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone stats auc --csv scores.csv --score p_SSA --label class --positive SSA --stratum agreement --json"
)]
pub struct AucArgs {
    #[arg(long, value_name = "FILE", help = HELP)]
    csv: PathBuf,
    /// The column of scores; higher means more likely positive
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    score: String,
    /// The column of labels
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    label: String,
    /// The label that counts as positive; not needed where the labels are 0 and 1, or False and True
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
    let truth = Truth::of(args, &table)?;

    if truth.others.len() > 1 {
        let told: Vec<String> =
            truth.others.iter().take(12).map(|(label, n)| format!("{n} {}", files::quoted(label))).collect();
        let more = truth.others.len().saturating_sub(told.len());
        let more = if more > 0 { format!(" and {more} labels more") } else { String::new() };
        let n: usize = truth.others.values().sum();
        Progress::new("stats auc", global.quiet).note(&format!(
            "note: column '{}' holds {} labels, and all but '{}' count as negative: {n} rows ({}{more})",
            cut(&args.label),
            truth.others.len() + 1,
            cut(&truth.positive),
            told.join(", ")
        ));
    }
    let Some(all) = stats::auc(&scores, &truth.is_positive) else {
        let (which, hint) = match (truth.is_positive[0], &args.positive) {
            (true, _) => ("every", "the AUC compares two classes: give a table that holds both".to_owned()),
            (false, Some(_)) => ("no", format!("name the positive one of its labels: {}", truth.labels)),
            (false, None) => ("no", "the AUC compares two classes: give a table that holds both".to_owned()),
        };
        return Err(Fault::input(
            format!(
                "the AUC is undefined, in {}, because {which} row has the label '{}' in column '{}'",
                table.name(),
                cut(&truth.positive),
                args.label
            ),
            hint,
        ));
    };
    let mut values = BTreeMap::new();
    if let Some(stratum) = &args.stratum {
        let cells = table.some_words(stratum, "--stratum")?;
        if let Some(cell) = cells.iter().flatten().find(|cell| cell.text == "all") {
            return Err(table.fault(
                &format!("column '{stratum}' holds 'all'"),
                cell.line,
                "that name stands for the AUC over all rows",
                "give that stratum another name",
            ));
        }
        let without = cells.iter().filter(|cell| cell.is_none()).count();
        if without > 0 {
            let (rows, they) =
                if without == 1 { ("row has", "it counts") } else { ("rows have", "they count") };
            let note = format!("note: {without} {rows} no '{stratum}': {they} in 'all' only");
            Progress::new("stats auc", global.quiet).note(&note);
        }
        let mut by_name: BTreeMap<&str, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
        for (i, cell) in cells.iter().enumerate().filter_map(|(i, cell)| Some((i, (*cell)?))) {
            let (some_scores, some_positive) = by_name.entry(cell.text).or_default();
            some_scores.push(scores[i]);
            some_positive.push(truth.is_positive[i]);
        }
        for (name, (some_scores, some_positive)) in by_name {
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

/// Which rows are positive.
struct Truth {
    is_positive: Vec<bool>,
    /// The positive label.
    positive: String,
    /// The labels there are, for a hint.
    labels: String,
    /// How many rows have each label that counts as negative; blank where there are but two values.
    others: BTreeMap<String, usize>,
}

impl Truth {
    fn of(args: &AucArgs, table: &Table) -> anyhow::Result<Self> {
        /// The most labels that a hint lists.
        const SHOWN: usize = 30;
        let positive = args.positive.as_deref().map(|p| files::nfc(files::trimmed(p)).into_owned());
        let cells = table.column(&args.label, "--label")?;
        let comma = table.decimal_comma();
        // Numbers and words of truth are compared by what they mean, whatever wrote them: 1, 1.0, True.
        let meant: Option<Vec<bool>> = cells.iter().map(|cell| truth(cell.text, comma)).collect();
        if let (Some(is_one), Some(wanted)) =
            (meant, positive.as_deref().map_or(Some(true), |p| truth(p, comma)))
        {
            let labels: BTreeSet<&str> = cells.iter().map(|cell| cell.text).collect();
            let positive = positive.unwrap_or_else(|| "1".to_owned());
            let is_positive = is_one.into_iter().map(|one| one == wanted).collect();
            return Ok(Self {
                is_positive,
                positive,
                labels: listed(labels, SHOWN),
                others: BTreeMap::new(),
            });
        }
        let cells = table.words(&args.label, "--label")?;
        let names: BTreeSet<&str> = cells.iter().map(|cell| cell.text).collect();
        let labels = listed(names.iter().copied(), SHOWN);
        let Some(positive) = positive else {
            return Err(Fault::input(
                format!(
                    "the positive label is not known, in {}, because column '{}' holds {labels} and not 0 and 1",
                    table.name(),
                    cut(&args.label)
                ),
                format!("name the positive one with --positive; the labels are {labels}"),
            ));
        };
        let value = files::number(&positive, comma);
        let is_same =
            |label: &str| label == positive || (value.is_some() && files::number(label, comma) == value);
        let is_positive: Vec<bool> = cells.iter().map(|cell| is_same(cell.text)).collect();
        let mut others = BTreeMap::new();
        if is_positive.contains(&true) {
            for cell in cells.iter().filter(|cell| !is_same(cell.text)) {
                *others.entry(cell.text.to_owned()).or_default() += 1;
            }
        }
        Ok(Self { is_positive, positive, labels, others })
    }
}

/// What a label of two says: 0 or 1 in any way of writing the number, `False` or `True` in any case.
fn truth(label: &str, comma: bool) -> Option<bool> {
    match label.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => match files::number(label, comma)? {
            0.0 => Some(false),
            1.0 => Some(true),
            _ => None,
        },
    }
}
