//! The tables of AUC, calibration, thresholds and the choice of the row.

use std::fmt::Write as _;

use record::{Measured, NoChoice, Range, Results, Stratum, ThresholdFrom, TrainingSet};

use super::cells::{number, plain, table};

/// All that the results say of a row of Table 3, and of the training with that seed.
pub(super) fn of_row(results: &Results, set: TrainingSet, seed: u64) -> String {
    let mut text = String::from("### AUC on the test tiles\n\n");
    let mut rows = Vec::new();
    for row in results.table3.iter().filter(|row| row.training_set == set) {
        let of_seed = row.per_seed.iter().find(|of| of.seed == seed);
        rows.push(vec![
            stratum(row.stratum).to_owned(),
            number(of_seed.and_then(|of| of.last)),
            number(of_seed.and_then(|of| of.val)),
            number(row.auc_last),
            number(row.auc_val),
            format!("{} ± {}", number(row.auc_mean), number(row.auc_se)),
            row.seeds.to_string(),
        ]);
    }
    let head = [
        "test tiles",
        "this seed, last epoch",
        "this seed, epoch by validation",
        "mean of seeds, last",
        "mean of seeds, by validation",
        "mean ± standard error of the five best epochs",
        "seeds",
    ];
    text += &said(table(&head, &rows), "The run has no AUC of this network.");
    text += "What a training leaves is its network after the last epoch, so the first column is this network's own. The five best epochs are picked on the tiles they are measured on, as in the paper: that column flatters. A dash is what the run could not tell.\n\n";

    let mut rows = Vec::new();
    for row in results.comparisons.iter().filter(|row| row.training_set == set) {
        rows.push(vec![
            stratum(row.stratum).to_owned(),
            row.epoch.to_string(),
            number(row.difference),
            interval(row.low, row.high),
            range(row.over_slides),
            range(row.over_seeds_and_slides),
        ]);
    }
    let head = [
        "test tiles",
        "epoch",
        "AUC less the original's",
        "95 % over seeds",
        "95 % over slides",
        "95 % over seeds and slides",
    ];
    if !rows.is_empty() {
        text += "### Against training on the original tiles alone\n\n";
        text += &table(&head, &rows);
    }
    text += &by_class(results, set);
    text += &agreement(results, set);
    text += &thresholds(results, set);
    text += &calibration(results, Some(set));
    text
}

/// What the results say of the scorer.
pub(super) fn of_scorer(results: &Results) -> String {
    let scorer = &results.scorer;
    let rows: Vec<Vec<String>> = [
        ("AUC, all test tiles", scorer.auc_all),
        ("AUC, tiles of high agreement", scorer.auc_high),
        ("AUC, tiles of low agreement", scorer.auc_low),
        ("accuracy, all test tiles", scorer.accuracy),
        ("AUC of the train tiles out of fold", scorer.out_of_fold_auc),
    ]
    .into_iter()
    .map(|(what, value)| vec![what.to_owned(), number(value)])
    .collect();
    table(&["measure", "value"], &rows) + &calibration(results, None)
}

/// What the results say of a translator: of one selectivity, or of all of them.
pub(super) fn of_translator(results: &Results, phi: Option<record::Phi>) -> String {
    let rows: Vec<Vec<String>> = results
        .phi
        .iter()
        .filter(|of| phi.is_none_or(|phi| of.phi == phi))
        .map(|of| {
            vec![
                format!("{} %", of.phi),
                of.steps.to_string(),
                of.generated.to_string(),
                of.kept.to_string(),
                of.kept_held_out.to_string(),
                number(of.confidence_source),
                number(of.confidence_generated),
            ]
        })
        .collect();
    let head = [
        "selectivity",
        "steps",
        "tiles translated",
        "kept by the scorer",
        "kept by the held-out judge",
        "mean confidence before",
        "after",
    ];
    said(table(&head, &rows), "The run has no figures of this translator.")
}

/// How the row was chosen, by the validation tiles alone.
pub(super) fn chosen(results: &Results, set: TrainingSet) -> String {
    let Some(choice) = &results.recommendation else {
        return "The run recommends no row.\n\n".to_owned();
    };
    let mut text = match (choice.training_set, choice.no_choice) {
        (Some(chosen), _) if chosen == set => {
            format!(
                "The run recommends this training set (`{set}`), by {} validation tiles of {} slides.",
                choice.tiles, choice.slides
            )
        }
        (Some(chosen), _) => {
            format!(
                "The run recommends another training set, `{chosen}`, by {} validation tiles of {} slides. This network is of `{set}`.",
                choice.tiles, choice.slides
            )
        }
        (None, reason) => {
            format!("The validation tiles allow no choice between training sets{}.", reason.map_or("", why))
        }
    };
    text += " No test tile had a say in it.\n\n";
    let rows: Vec<Vec<String>> = choice
        .rows
        .iter()
        .map(|row| {
            vec![
                format!("`{}`", row.training_set),
                row.seeds.to_string(),
                number(row.auc),
                number(row.difference),
                range(row.over_seeds_and_slides),
                number(row.p_holm),
            ]
        })
        .collect();
    let head = [
        "training set",
        "seeds",
        "validation AUC",
        "less the original's",
        "95 % over seeds and slides",
        "p (Holm)",
    ];
    text += &table(&head, &rows);
    text
}

fn by_class(results: &Results, set: TrainingSet) -> String {
    let rows: Vec<Vec<String>> = results
        .class_auc
        .iter()
        .filter(|row| row.training_set == set)
        .map(|row| {
            let class = row.class.as_deref().map_or_else(|| "mean of all".to_owned(), plain);
            let auc = format!("{} ± {}", number(row.auc_mean), number(row.auc_se));
            vec![class, stratum(row.stratum).to_owned(), row.epoch.to_string(), auc, row.seeds.to_string()]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = ["class against the rest", "test tiles", "epoch", "AUC ± standard error over seeds", "seeds"];
    format!("### AUC of each class\n\n{}", table(&head, &rows))
}

fn agreement(results: &Results, set: TrainingSet) -> String {
    let mut text = String::new();
    let rows: Vec<Vec<String>> = results
        .agreement_auc
        .iter()
        .filter(|row| row.training_set == set)
        .map(|row| {
            let (from, to) = (format!("{:.0}", row.from * 100.0), format!("{:.0}", row.to * 100.0));
            let share = if from == to { format!("{from} %") } else { format!("{from} to {to} %") };
            vec![share, row.epoch.to_string(), row.tiles.to_string(), measured(&row.auc)]
        })
        .collect();
    if !rows.is_empty() {
        text += "### AUC by agreement of the annotators\n\n";
        text += &table(&["agreement", "epoch", "tiles", "AUC (95 % over slides)"], &rows);
    }
    text
}

fn thresholds(results: &Results, set: TrainingSet) -> String {
    let rows: Vec<Vec<String>> = results
        .at_threshold
        .iter()
        .filter(|row| row.training_set == set)
        .map(|row| {
            let from = match row.threshold_from {
                ThresholdFrom::Half => "one half",
                ThresholdFrom::Validation => "validation tiles",
            };
            vec![
                stratum(row.stratum).to_owned(),
                row.epoch.to_string(),
                from.to_owned(),
                number(row.threshold),
                measured(&row.sensitivity),
                measured(&row.specificity),
                measured(&row.balanced_accuracy),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = [
        "test tiles",
        "epoch",
        "threshold from",
        "threshold (mean of seeds)",
        "sensitivity",
        "specificity",
        "balanced accuracy",
    ];
    format!(
        "### At a threshold of the confidence in the source class\n\nMeans over seeds, 95 % over slides.\n\n{}",
        table(&head, &rows)
    )
}

fn calibration(results: &Results, set: Option<TrainingSet>) -> String {
    let rows: Vec<Vec<String>> = results
        .calibration
        .iter()
        .filter(|row| row.training_set == set)
        .map(|row| {
            vec![
                stratum(row.stratum).to_owned(),
                row.epoch.to_string(),
                row.tiles.to_string(),
                measured(&row.brier),
                measured(&row.calibration_error),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = ["test tiles", "epoch", "tiles", "Brier score", "expected calibration error"];
    format!("### Calibration\n\n{}", table(&head, &rows))
}

fn stratum(stratum: Stratum) -> &'static str {
    match stratum {
        Stratum::All => "all",
        Stratum::High => "high agreement",
        Stratum::Low => "low agreement",
    }
}

fn why(reason: NoChoice) -> &'static str {
    match reason {
        NoChoice::OneRow => ": there is only the original",
        NoChoice::NoTiles => ": there are none",
        NoChoice::OneClass => ": they are of one class",
        NoChoice::NoScores => ": they have no scores",
        NoChoice::FewSeeds => ": there are too few seeds",
        NoChoice::FewSlides => ": they are of too few slides",
    }
}

fn measured(value: &Measured) -> String {
    let mut text = number(value.value);
    if let Some(over) = value.over_slides {
        // Writing to a String cannot fail.
        let _ = write!(text, " ({})", range(Some(over)));
    }
    text
}

fn range(range: Option<Range>) -> String {
    interval(range.map(|range| range.low), range.map(|range| range.high))
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(_), Some(_)) => format!("{} to {}", number(low), number(high)),
        _ => "–".to_owned(),
    }
}

fn said(table: String, without: &str) -> String {
    if table.is_empty() { format!("{without}\n\n") } else { table }
}
