//! The test folds of a cross-validation: what each tests, what its networks reach, and where its own report is.

use super::{Looks, charts, ends, measured, more, scrolls, section, stratum};
use crate::chart::{DotRow, Dots};
use crate::figure::Figures;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{
    CrossValidation, EpochChoice, FoldAuc, FoldUnit, PooledAuc, Results, Stratum, TestFold, TrainingSet,
};

/// Its place in the page.
pub const ID: &str = "folds";

/// What stays together, in words: one, and several.
pub fn unit(by: FoldUnit) -> (&'static str, &'static str) {
    match by {
        FoldUnit::Patient => ("patient", "patients"),
        FoldUnit::Slide => ("slide", "slides"),
        FoldUnit::Tile => ("tile", "tiles"),
    }
}

fn heading(by: FoldUnit) -> &'static str {
    match by {
        FoldUnit::Patient => "Patients",
        FoldUnit::Slide => "Slides",
        FoldUnit::Tile => "Units",
    }
}

/// The folds, the areas over all of them, and a chart a stratum.
pub fn draw(results: &Results, cv: &CrossValidation, figures: &Figures) -> Markup {
    let (one, several) = unit(cv.by);
    let by = told_by(results);
    let sets = sets(cv);
    let strata: Vec<Stratum> =
        Stratum::ALL.into_iter().filter(|s| cv.pooled.iter().any(|row| row.stratum == *s)).collect();
    section(
        ID,
        "The test folds",
        &html! {
            p {
                "Every tile is tested once, by networks that never saw its " (one) ". Each fold is a run of its own, with a report of its \
                 own: scorers, translators and classifiers are trained anew on all other folds. Areas under the ROC curve are in \
                 percent, means over seeds, by the " (super::epoch(by)) "."
            }
            (scrolls("Test folds", &html! {
                table.numbers {
                    thead { tr {
                        th scope="col" { "Test fold" } th.n scope="col" { (heading(cv.by)) } th.n scope="col" { "Tiles" }
                        th.n scope="col" { (results.source_class) } th.n scope="col" { "Others" }
                        @for set in &sets { th.n scope="col" { (text::training_set(*set)) } }
                    } }
                    tbody {
                        @for fold in &cv.each {
                            tr {
                                th scope="row" { a href={ (fold.folder) "/report.html" } { "Fold " (fold.fold) } }
                                td.n { (text::count(fold.units)) }
                                td.n { (text::count(fold.tiles)) }
                                td.n { (text::count(fold.of_class_x)) }
                                td.n { (text::count(fold.tiles - fold.of_class_x)) }
                                @for set in &sets {
                                    td.n { (text::auc(find(fold, *set, Stratum::All).and_then(|auc| at(auc, by)))) }
                                }
                            }
                        }
                    }
                }
            }))
            (charts(&html! { @for s in &strata { (dots(results, cv, figures, *s, by)) } }))
            p {
                "An area over all folds counts pairs of tiles of one fold alone: scores of two folds come from two networks and are on two \
                 scales. Intervals are 95 %. Those over " (several) " draw the " (several) " of each fold anew, for these very networks; those over seeds \
                 and " (several) " for other trainings on these training sets. What other training " (several) " or other folds would give is in \
                 neither: the training sets of two folds share most of their tiles, and nobody knows how to estimate that without \
                 bias (Bengio & Grandvalet 2004). docs/statistics.md tells more."
            }
            (more("Areas over all folds with their intervals", &scrolls("Areas over all folds", &html! {
                table.numbers {
                    thead { tr {
                        th scope="col" { "Training set" } th scope="col" { "Test tiles" } th scope="col" { "Epoch" }
                        th.n scope="col" { "AUC (over " (several) ")" } th.n scope="col" { "Over seeds and " (several) } th.n scope="col" { "Seeds" }
                    } }
                    tbody {
                        @for row in &cv.pooled {
                            tr {
                                th scope="row" { (text::training_set(row.training_set)) }
                                td { (stratum(row.stratum)) }
                                td { (super::epoch(row.epoch)) }
                                td.n { (measured(&row.auc)) }
                                td.n { (over_both(row)) }
                                td.n { (row.seeds) }
                            }
                        }
                    }
                }
            })))
        },
    )
}

fn over_both(row: &PooledAuc) -> String {
    ends(row.over_seeds_and_slides).map_or_else(
        || text::NONE.to_owned(),
        |(low, high)| format!("{} to {}", text::fixed(100.0 * low, 1), text::fixed(100.0 * high, 1)),
    )
}

/// The rows of Table 3, in their order.
fn sets(cv: &CrossValidation) -> Vec<TrainingSet> {
    let mut sets = Vec::new();
    for auc in cv.each.iter().flat_map(|fold| &fold.auc) {
        if !sets.contains(&auc.training_set) {
            sets.push(auc.training_set);
        }
    }
    sets
}

fn find(fold: &TestFold, set: TrainingSet, stratum: Stratum) -> Option<&FoldAuc> {
    fold.auc.iter().find(|auc| auc.training_set == set && auc.stratum == stratum)
}

fn at(auc: &FoldAuc, epoch: EpochChoice) -> Option<f64> {
    match epoch {
        EpochChoice::FiveBest => auc.five_best,
        EpochChoice::Last => auc.last,
        EpochChoice::Validation => auc.val,
    }
}

/// Each row's area over all folds with its interval, the folds as small dots.
fn dots(
    results: &Results,
    cv: &CrossValidation,
    figures: &Figures,
    of: Stratum,
    epoch: EpochChoice,
) -> Markup {
    let looks = Looks::of(&results.rows());
    let mut sheet = Sheet::new(["training_set", "stratum", "epoch", "fold", "pairs", "auc", "low", "high"]);
    let mut rows = Vec::new();
    for pooled in cv.pooled.iter().filter(|row| row.stratum == of && row.epoch == epoch) {
        let Some(value) = pooled.auc.value else { continue };
        let set = pooled.training_set;
        let folds: Vec<(&TestFold, &FoldAuc)> =
            cv.each.iter().filter_map(|fold| Some((fold, find(fold, set, of)?))).collect();
        let range = ends(pooled.auc.over_slides);
        let cells = |fold: usize, pairs: u64, auc: Option<f64>, range: Option<(f64, f64)>| {
            [
                set.to_string().into(),
                of.to_string().into(),
                epoch.to_string().into(),
                (fold > 0).then_some(fold).into(),
                (pairs as usize).into(),
                auc.into(),
                range.map(|ends| ends.0).into(),
                range.map(|ends| ends.1).into(),
            ]
        };
        sheet.push(cells(0, folds.iter().map(|(_, auc)| auc.pairs).sum(), Some(value), range));
        for (fold, auc) in &folds {
            sheet.push(cells(fold.fold, auc.pairs, at(auc, epoch), None));
        }
        rows.push(DotRow {
            label: text::training_set(set),
            hue: looks.hue(set),
            value: 100.0 * value,
            spread: range.map(|(low, high)| (100.0 * low, 100.0 * high)),
            single: folds.iter().filter_map(|(_, auc)| Some(100.0 * at(auc, epoch)?)).collect(),
        });
    }
    let each: Vec<String> = rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, 1))).collect();
    let (_, several) = unit(cv.by);
    let drawn = Dots {
        title: stratum(of),
        description: &format!("AUC over all folds in percent: {}", each.join("; ")),
        x_label: &format!("AUC, %; bar: 95 % over {several}"),
        rows,
        range: None,
        digits: 1,
        reference: true,
    };
    figures.chart_with(
        &format!("folds-{of}"),
        stratum(of),
        &drawn,
        "Small dots: single folds, means over seeds. Dashed: the original training set.",
        sheet,
    )
}
