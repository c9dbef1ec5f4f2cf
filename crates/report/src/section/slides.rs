//! AUC by slide, beside that by tile.

use super::{epoch, measured, scrolls};
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{EpochChoice, Results, SlideAuc};

/// The table; nothing where no slide of one class has several test tiles.
pub fn draw(results: &Results) -> Markup {
    let there = |choice: EpochChoice| results.slide_auc.iter().any(|row| row.epoch == choice);
    let choices = [told_by(results), EpochChoice::Last, EpochChoice::Validation];
    let Some(by) = choices.into_iter().find(|choice| there(*choice)) else { return html! {} };
    let rows: Vec<&SlideAuc> = results.slide_auc.iter().filter(|row| row.epoch == by).collect();
    let first = rows[0];
    html! {
        h3 { "By slide" }
        p {
            "AUC of whole slides, by the " (epoch(by)) ": a slide's score is the mean confidence of its tiles in “" (results.source_class) "”. "
            (text::counted(first.slides, "test slide")) " whose tiles are all of one class count, "
            (first.of_class_x) " of them “" (results.source_class) "”"
            @if first.mixed > 0 { "; " (text::counted(first.mixed, "slide")) " with tiles of several classes "
                (if first.mixed == 1 { "does" } else { "do" }) " not" }
            ". Percent, mean over seeds, with the 95 % interval over slides."
        }
        (scrolls("AUC by slide", &html! {
            table.numbers {
                thead { tr { th scope="col" { "Training set" } th.n scope="col" { "AUC by slide" } } }
                tbody {
                    @for row in &rows {
                        tr {
                            th scope="row" { (text::training_set(row.training_set)) }
                            td.n { (measured(&row.auc)) }
                        }
                    }
                }
            }
        }))
    }
}
