//! Table 3: test AUC by training set and agreement.

use super::{Looks, charts, classes, comparisons, left_out, levels, more, scrolls, section, slides};
use crate::chart::{DotRow, Dots};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::{Phi, Results, Stratum, Table3Row, TrainingSet};

const ID: &str = "auc";
const TITLE: &str = "Do classifiers gain from the translations?";
const STRATA: [(Stratum, &str); 3] =
    [(Stratum::High, "High agreement"), (Stratum::Low, "Low agreement"), (Stratum::All, "All test tiles")];

/// Table 3 of the paper: training set, then mean and standard error for high, low, all.
type PaperRow = (TrainingSet, [(f64, f64); 3]);
/// Its best row.
const PAPER_BEST: TrainingSet = TrainingSet::Phi(Phi::new(25.0));
const PAPER: [PaperRow; 5] = [
    (TrainingSet::Original, [(91.3, 0.2), (66.0, 0.6), (83.1, 0.2)]),
    (TrainingSet::Naive, [(90.9, 0.2), (64.3, 0.5), (82.1, 0.3)]),
    (TrainingSet::Phi(Phi::new(50.0)), [(91.9, 0.2), (66.6, 0.4), (83.8, 0.3)]),
    (PAPER_BEST, [(92.6, 0.2), (68.1, 0.7), (84.8, 0.4)]),
    (TrainingSet::Phi(Phi::new(12.5)), [(91.7, 0.2), (65.5, 0.4), (83.4, 0.2)]),
];

/// Table 3, its chart, the paired differences and the paper's numbers.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.table3.is_empty()) else {
        return left_out(ID, TITLE, "no classifier has been retrained yet");
    };
    let strata: Vec<(Stratum, &str)> =
        STRATA.into_iter().filter(|(s, _)| results.table3.iter().any(|r| r.stratum == *s)).collect();
    let seeds = results.table3.iter().map(|r| r.seeds).max().unwrap_or(0);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Table 3. Area under the ROC curve on the test tiles, in percent, " (text::counted(seeds, "seed"))
                " a row; the best of each column is bold. “Five best” is the paper's measure: the mean of a seed's five \
                 highest epochs, ± the standard error over seeds. It picks on the test set and so flatters; the last epoch"
                @if has_validation(results) { " and the epoch chosen on validation tiles do not." } @else { " does not." }
            }
            (scrolls("Table 3", &table(results, &strata)))
            @if strata.len() == 1 { p.absent { "Rows by agreement are left out: the data has no votes." } }
            (charts(&html! { @for (stratum, name) in &strata { (dots(results, figures, *stratum, name)) } }))
            (comparisons::draw(results, figures))
            (classes::draw(results))
            (levels::draw(run, figures))
            (slides::draw(results))
            (more("The paper's own Table 3", &paper()))
        },
    )
}

fn has_validation(results: &Results) -> bool {
    results.table3.iter().any(|r| r.auc_val.is_some())
}

fn find(results: &Results, set: TrainingSet, stratum: Stratum) -> Option<&Table3Row> {
    results.table3.iter().find(|r| r.training_set == set && r.stratum == stratum)
}

/// Whether a value is its column's highest as printed. With one row nothing is best.
fn is_best(
    results: &Results,
    stratum: Stratum,
    pick: fn(&Table3Row) -> Option<f64>,
    row: &Table3Row,
) -> bool {
    let column: Vec<f64> = results.table3.iter().filter(|r| r.stratum == stratum).filter_map(pick).collect();
    let highest = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    column.len() > 1 && pick(row).is_some() && text::auc(pick(row)) == text::auc(Some(highest))
}

fn table(results: &Results, strata: &[(Stratum, &str)]) -> Markup {
    let validation = has_validation(results);
    let under = if validation { 3 } else { 2 };
    html! {
        table.numbers.table3 {
            thead {
                tr {
                    th rowspan="2" scope="col" { "Training set" }
                    @for (_, name) in strata { th.group colspan=(under) scope="colgroup" { (name) } }
                }
                tr {
                    @for _ in strata {
                        th.n.first scope="col" { "Five best ± SE" }
                        th.n scope="col" { "Last" }
                        @if validation { th.n scope="col" { "Validation" } }
                    }
                }
            }
            tbody {
                @for set in results.rows() {
                    tr {
                        th scope="row" { (text::training_set(set)) }
                        @for (stratum, _) in strata {
                            @match find(results, set, *stratum) {
                                Some(row) => {
                                    td.n.first {
                                        (cell(row.auc_mean, is_best(results, *stratum, |r| r.auc_mean, row)))
                                        @if row.auc_se.is_some() { " ± " (text::auc(row.auc_se)) }
                                    }
                                    td.n { (cell(row.auc_last, is_best(results, *stratum, |r| r.auc_last, row))) }
                                    @if validation {
                                        td.n { (cell(row.auc_val, is_best(results, *stratum, |r| r.auc_val, row))) }
                                    }
                                }
                                None => td.n colspan=(under) { (text::NONE) },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(value: Option<f64>, best: bool) -> Markup {
    html! { @if best { strong { (text::auc(value)) } } @else { (text::auc(value)) } }
}

fn dots(results: &Results, figures: &Figures, stratum: Stratum, name: &str) -> Markup {
    let looks = Looks::of(&results.rows());
    let rows: Vec<DotRow> = results
        .rows()
        .into_iter()
        .filter_map(|set| {
            let row = find(results, set, stratum)?;
            let mean = 100.0 * row.auc_mean?;
            Some(DotRow {
                label: text::training_set(set),
                hue: looks.hue(set),
                value: mean,
                spread: row.auc_se.map(|se| (mean - 100.0 * se, mean + 100.0 * se)),
                single: row.per_seed.iter().filter_map(|s| Some(100.0 * s.five_best?)).collect(),
            })
        })
        .collect();
    let each: Vec<String> = rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, 1))).collect();
    let drawn = Dots {
        title: name,
        description: &format!("Mean AUC in percent: {}", each.join("; ")),
        x_label: "AUC, % (five best); bar: ± standard error",
        rows,
        range: None,
        digits: 1,
        reference: true,
    };
    figures.chart_with(
        &format!("table-3-{stratum}"),
        name,
        &drawn,
        "Small dots: single seeds. Dashed: the original training set.",
        sheet(results, stratum),
    )
}

/// Every seed of one column of Table 3.
fn sheet(results: &Results, stratum: Stratum) -> Sheet {
    let mut sheet = Sheet::new(["training_set", "stratum", "seed", "five_best", "last", "validation"]);
    for row in results.table3.iter().filter(|r| r.stratum == stratum) {
        for seed in &row.per_seed {
            sheet.push([
                row.training_set.to_string().into(),
                stratum.to_string().into(),
                (seed.seed as usize).into(),
                seed.five_best.into(),
                seed.last.into(),
                seed.val.into(),
            ]);
        }
    }
    sheet
}

fn paper() -> Markup {
    html! {
        p {
            "Wei et al., AIME 2020: hyperplastic polyps against sessile serrated adenomas, 224-pixel tiles, 20 seeds. Another \
             organ, tile size or training length gives other numbers; compare the pattern, not the level."
        }
        (scrolls("The paper's Table 3", &html! {
            table.numbers {
                thead { tr {
                    th scope="col" { "Training set" }
                    @for (_, name) in STRATA { th.n scope="col" { (name) } }
                } }
                tbody {
                    @for (set, cells) in PAPER {
                        tr {
                            th scope="row" { (text::training_set(set)) }
                            @for (mean, se) in cells {
                                td.n {
                                    @if set == PAPER_BEST { strong { (text::fixed(mean, 1)) } }
                                    @else { (text::fixed(mean, 1)) }
                                    " ± " (text::fixed(se, 1))
                                }
                            }
                        }
                    }
                }
            }
        }))
    }
}
