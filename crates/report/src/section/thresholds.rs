//! What the classifiers attain at one threshold.

use super::{epoch, left_out, measured, more, no_scores, scrolls, section, stratum};
use crate::load::Run;
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{AtThreshold, EpochChoice, Results, Stratum, ThresholdFrom};

const ID: &str = "thresholds";
const TITLE: &str = "At one threshold";

/// Sensitivity, specificity and both kinds of accuracy.
pub fn draw(run: &Run) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.at_threshold.is_empty()) else {
        return left_out(ID, TITLE, no_scores(run));
    };
    let there = |choice: EpochChoice| results.at_threshold.iter().any(|r| r.epoch == choice);
    let by = Some(told_by(results)).filter(|by| there(*by)).unwrap_or(results.at_threshold[0].epoch);
    let of_validation = results.at_threshold.iter().any(|r| r.threshold_from == ThresholdFrom::Validation);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "A tile is called “" (results.source_class) "” if the confidence in it reaches the threshold: one half"
                @if of_validation {
                    ", or the one with the largest sensitivity + specificity on the validation tiles (Youden), seed by seed. Both were \
                     fixed before the test tiles were seen."
                } @else { ". Thresholds chosen on validation tiles are left out: the study kept none." }
                " Percent, mean over seeds, with the 95 % interval over slides. Accuracy depends on how many tiles of each class the test set has."
            }
            @for of in Stratum::ALL {
                @let rows = select(results, of, by);
                @if !rows.is_empty() {
                    @let name = format!("{}, {}", stratum(of), epoch(by));
                    @if of == Stratum::All { (scrolls(&name, &table(&name, &rows))) }
                    @else { (more(stratum(of), &scrolls(&name, &table(&name, &rows)))) }
                }
            }
            @for choice in EpochChoice::ALL.into_iter().filter(|choice| *choice != by && there(*choice)) {
                (more(&format!("The same by the {}", epoch(choice)), &html! {
                    @for of in Stratum::ALL {
                        @let rows = select(results, of, choice);
                        @if !rows.is_empty() {
                            @let name = format!("{}, {}", stratum(of), epoch(choice));
                            (scrolls(&name, &table(&name, &rows)))
                        }
                    }
                }))
            }
        },
    )
}

fn select(results: &Results, of: Stratum, by: EpochChoice) -> Vec<&AtThreshold> {
    results.at_threshold.iter().filter(|r| r.stratum == of && r.epoch == by).collect()
}

fn table(caption: &str, rows: &[&AtThreshold]) -> Markup {
    html! {
        table.numbers {
            caption { (caption) }
            thead { tr {
                th scope="col" { "Training set" } th scope="col" { "Threshold" } th.n scope="col" { "Its mean" } th.n scope="col" { "Seeds" }
                th.n scope="col" { "Sensitivity" } th.n scope="col" { "Specificity" } th.n scope="col" { "Accuracy" }
                th.n scope="col" { "Balanced accuracy" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (text::training_set(row.training_set)) }
                        td {
                            @match row.threshold_from {
                                ThresholdFrom::Half => "one half",
                                ThresholdFrom::Validation => "from validation",
                            }
                        }
                        td.n { (text::maybe(row.threshold, 3)) } td.n { (text::count(row.seeds)) }
                        @for value in [&row.sensitivity, &row.specificity, &row.accuracy, &row.balanced_accuracy] {
                            td.n { (measured(value)) }
                        }
                    }
                }
            }
        }
    }
}
