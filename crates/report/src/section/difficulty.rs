//! Whether low confidence tells what annotators disagree on.

use super::{charts_in_twos, ends, left_out, scrolls, section};
use crate::chart::{DotRow, Dots, Hue};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::{ConfidenceOf, Difficulty, Measured, Range};

const ID: &str = "difficulty";
const TITLE: &str = "Does low confidence mean disagreement?";

/// In-sample beside out-of-fold beside test.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = &run.results else { return left_out(ID, TITLE, "the study has not ended") };
    if results.difficulty.is_empty() {
        return left_out(ID, TITLE, "votes are missing, or all tiles agree");
    }
    let rows = &results.difficulty;
    let annotators = rows.iter().map(|d| d.annotators).max().unwrap_or(0);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "“" (results.source_class) "” tiles by agreement and by confidence in “" (results.source_class) "”, three ways: "
                "in-sample, by the scorer on the tiles that it was trained on (the paper's Figure 5); out of fold, by scorers that never saw \
                 the tile's slide; and on the test tiles. The latter two learned nothing by heart."
            }
            (charts_in_twos(&html! {
                (dots(figures, rows, "difficulty-ks", "Kolmogorov–Smirnov distance",
                    "Distance of high from low agreement; 0: none", |d| (d.ks, d.ks_over_slides)))
                (dots(figures, rows, "difficulty-auc", "AUC of low confidence for disagreement",
                    "AUC; 0.5: no better than chance", |d| (d.auc_disagreement.value, d.auc_disagreement.over_slides)))
            }))
            (scrolls("Difficulty", &table(rows)))
            p {
                strong { "The p of the Kolmogorov–Smirnov test takes tiles as independent." }
                " Tiles of one slide are not, so it is too small, often by orders of magnitude; the paper's 1.5 × 10⁻³⁰ is such a p. The distance \
                 is sound; go by its interval over slides. A distance is never below 0, so that its interval leaves out 0 says little where there are few tiles: \
                 compare the AUC with 0.5."
            }
            p.quiet {
                @if annotators > 3 {
                    "Spearman's correlation is that of confidence with the share of annotators who agree (up to " (annotators) " a tile)."
                } @else {
                    "Spearman's correlation with votes is left out: with " (text::counted(annotators, "annotator"))
                    " votes take too few values for one."
                }
            }
        },
    )
}

fn whose(confidence: ConfidenceOf) -> &'static str {
    match confidence {
        ConfidenceOf::InSample => "in-sample",
        ConfidenceOf::OutOfFold => "out of fold",
        ConfidenceOf::Test => "test tiles",
    }
}

fn dots(
    figures: &Figures,
    all: &[Difficulty],
    name: &str,
    heading: &str,
    x_label: &str,
    pick: fn(&Difficulty) -> (Option<f64>, Option<Range>),
) -> Markup {
    let rows: Vec<DotRow> = all
        .iter()
        .filter_map(|d| {
            let (value, range) = pick(d);
            Some(DotRow {
                label: whose(d.confidence).to_owned(),
                hue: match d.confidence {
                    ConfidenceOf::InSample => Hue::Grey,
                    ConfidenceOf::OutOfFold => Hue::Blue,
                    ConfidenceOf::Test => Hue::Purple,
                },
                value: value?,
                spread: ends(range),
                single: Vec::new(),
            })
        })
        .collect();
    let each: Vec<String> = rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, 2))).collect();
    let drawn = Dots {
        title: heading,
        description: &each.join("; "),
        x_label,
        rows,
        range: None,
        digits: 2,
        reference: false,
    };
    let mut sheet = Sheet::new(["confidence_of", "value", "low", "high", "n_high", "n_low", "slides"]);
    for d in all {
        let (value, range) = pick(d);
        let (low, high) = ends(range).unzip();
        sheet.push([
            whose(d.confidence).into(),
            value.into(),
            low.into(),
            high.into(),
            d.n_high.into(),
            d.n_low.into(),
            d.slides.into(),
        ]);
    }
    figures.chart_with(name, heading, &drawn, "Bars: 95 % interval over slides.", sheet)
}

/// A number with its interval, to two decimals.
fn number(value: Option<f64>, range: Option<Range>, digits: usize) -> String {
    let interval = range.map_or_else(String::new, |range| {
        format!(" ({} to {})", text::fixed(range.low, digits), text::fixed(range.high, digits))
    });
    format!("{}{interval}", text::maybe(value, digits))
}

fn of(measured: &Measured, digits: usize) -> String {
    number(measured.value, measured.over_slides, digits)
}

fn table(rows: &[Difficulty]) -> Markup {
    let spearman = rows.iter().any(|d| d.spearman.is_some());
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Confidence" } th.n scope="col" { "High agreement" } th.n scope="col" { "Low agreement" }
                th.n scope="col" { "Slides" } th.n scope="col" { "KS distance" } th.n scope="col" { "its p (tiles taken as independent)" }
                th.n scope="col" { "AUC for disagreement" }
                @if spearman { th.n scope="col" { "Spearman's ρ" } }
            } }
            tbody {
                @for d in rows {
                    tr {
                        th scope="row" { (whose(d.confidence)) }
                        td.n { (text::count(d.n_high)) } td.n { (text::count(d.n_low)) } td.n { (text::count(d.slides)) }
                        td.n { (number(d.ks, d.ks_over_slides, 3)) }
                        td.n { (d.ks_p_value.map_or_else(|| text::NONE.to_owned(), text::p_value)) }
                        td.n { (of(&d.auc_disagreement, 3)) }
                        @if spearman {
                            td.n { (d.spearman.as_ref().map_or_else(|| text::NONE.to_owned(), |s| of(s, 2))) }
                        }
                    }
                }
            }
        }
    }
}
