//! The numbers of a cross-validation: those of its test folds, put together.
//!
//! Scores of two folds come from two networks and are on two scales, so that only tiles of one fold are ever ranked against each other: an area
//! over all folds is the share of such pairs that is ranked rightly, which is the mean of the folds' areas, each counting as many times
//! as it has pairs (docs/statistics.md, "Cross-validation by patient").

use std::collections::{BTreeMap, BTreeSet};

use record::{
    CrossValidation, DataCount, FoldAuc, FoldUnit, PerSeed, PhiResult, Results, ScorerResult, Stratum,
    Table3Row, TestFold,
};
use tissue::{Agreement, FoldedBy};

use super::table3::table3_row;
use super::translations::recommend;
use crate::study::{Study, tool};

/// A finished test fold.
pub struct FinishedFold<'a> {
    /// Its study.
    pub study: &'a Study,
    /// What it found.
    pub results: Results,
}

impl FinishedFold<'_> {
    /// Pairs of a test tile of class X and another, of one stratum.
    fn pairs(&self, stratum: Stratum) -> u64 {
        let data = &self.study.data;
        let within = data.test.iter().filter(|&&i| match stratum {
            Stratum::All => true,
            Stratum::High => data.stratum(i) == Some(Agreement::High),
            Stratum::Low => data.stratum(i) == Some(Agreement::Low),
        });
        let (of_x, others): (Vec<usize>, Vec<usize>) =
            within.partition(|&&i| data.manifest.tiles[i].class == data.x);
        of_x.len() as u64 * others.len() as u64
    }

    /// Patients, slides or tiles that it tests.
    fn units(&self) -> BTreeSet<&str> {
        let data = &self.study.data;
        data.test.iter().map(|&i| data.manifest.tiles[i].slide.as_str()).collect()
    }

    fn row(&self, like: &Table3Row) -> Option<&Table3Row> {
        let same = |row: &&Table3Row| (row.training_set, row.stratum) == (like.training_set, like.stratum);
        self.results.table3.iter().find(same)
    }
}

/// Results over all folds, in their order.
pub fn pooled(folds: &[FinishedFold], by: FoldedBy) -> Results {
    let Some(first) = folds.first() else { return Results::default() };
    let c = &first.study.config;
    let table3 = table3(folds);
    let phi = phi_results(folds);
    let notes = vec![format!(
        "cross-validation: {} test folds by {}, every tile tested once; areas count pairs of tiles of one fold; translations, confidences and pictures are in the report of each fold",
        folds.len(),
        by.name()
    )];
    Results {
        schema: record::SCHEMA,
        tool: tool(),
        seed: c.seed,
        name: c.name.clone(),
        classes: c.classes.clone(),
        source_class: c.source_class.clone(),
        tile_size: c.tile_size,
        preset: format!("{:?}", c.preset).to_lowercase(),
        data: data_counts(folds),
        scorer: scorer(folds),
        recommended_phi: recommend(&phi),
        phi,
        table3,
        cross_validation: Some(cross_validation(folds, by)),
        notes,
        ..Results::default()
    }
}

/// The mean of values, each counting `weight` times; `None` if one that counts is missing.
fn weighted(values: &[(Option<f64>, f64)]) -> Option<f64> {
    let counting = || values.iter().filter(|(_, weight)| *weight > 0.0);
    let all: f64 = counting().map(|(_, weight)| weight).sum();
    let sum = counting().map(|(value, weight)| Some((*value)? * weight)).sum::<Option<f64>>()?;
    (all > 0.0).then(|| sum / all)
}

/// Of each seed the folds' areas by their pairs, then means over seeds.
fn table3(folds: &[FinishedFold]) -> Vec<Table3Row> {
    let Some(first) = folds.first() else { return Vec::new() };
    // A stratum that one fold lacks has rows in another.
    let mut like: Vec<&Table3Row> = Vec::new();
    for set in first.study.training_sets() {
        for stratum in Stratum::ALL {
            let row = |fold| -> Option<&Table3Row> {
                let fold: &FinishedFold = fold;
                fold.results.table3.iter().find(|row| (row.training_set, row.stratum) == (set, stratum))
            };
            like.extend(folds.iter().find_map(row));
        }
    }
    let pool = |like: &Table3Row| {
        let seed = |seed: &PerSeed| {
            let mean = |of: fn(&PerSeed) -> Option<f64>| {
                let of_fold = |fold: &FinishedFold| {
                    let per_seed =
                        fold.row(like).and_then(|row| row.per_seed.iter().find(|s| s.seed == seed.seed));
                    (per_seed.and_then(of), fold.pairs(like.stratum) as f64)
                };
                weighted(&folds.iter().map(of_fold).collect::<Vec<_>>())
            };
            PerSeed {
                seed: seed.seed,
                five_best: mean(|s| s.five_best),
                last: mean(|s| s.last),
                val: mean(|s| s.val),
            }
        };
        table3_row(like.training_set, like.stratum, like.per_seed.iter().map(seed).collect())
    };
    like.into_iter().map(pool).collect()
}

/// The tiles, each of which is tested once.
fn data_counts(folds: &[FinishedFold]) -> Vec<DataCount> {
    let mut counts: BTreeMap<(usize, String), DataCount> = BTreeMap::new();
    for fold in folds {
        let classes = &fold.study.config.classes;
        for count in fold.results.data.iter().filter(|count| count.partition == "test") {
            let class = classes.iter().position(|class| *class == count.class).unwrap_or(classes.len());
            let all =
                counts.entry((class, count.agreement.clone())).or_insert(DataCount { n: 0, ..count.clone() });
            all.n += count.n;
        }
    }
    counts.into_values().collect()
}

/// The scorers of the folds on the tiles that each of them never saw.
fn scorer(folds: &[FinishedFold]) -> ScorerResult {
    let mean = |of: fn(&ScorerResult) -> Option<f64>, weight: &dyn Fn(&FinishedFold) -> f64| {
        weighted(&folds.iter().map(|fold| (of(&fold.results.scorer), weight(fold))).collect::<Vec<_>>())
    };
    let area =
        |of: fn(&ScorerResult) -> Option<f64>, stratum| mean(of, &move |fold| fold.pairs(stratum) as f64);
    ScorerResult {
        epochs: folds.first().map_or(0, |fold| fold.results.scorer.epochs),
        auc_all: area(|s| s.auc_all, Stratum::All),
        auc_high: area(|s| s.auc_high, Stratum::High),
        auc_low: area(|s| s.auc_low, Stratum::Low),
        accuracy: mean(|s| s.accuracy, &|fold| fold.study.data.test.len() as f64),
        out_of_fold_auc: None,
    }
}

/// Each selectivity over the folds' translators: the fewest easy and hard tiles that one of them had, and sums of what they made.
fn phi_results(folds: &[FinishedFold]) -> Vec<PhiResult> {
    let Some(first) = folds.first() else { return Vec::new() };
    let pool = |phi: &PhiResult| {
        let all: Vec<&PhiResult> = folds
            .iter()
            .filter_map(|fold| fold.results.phi.iter().find(|other| other.phi == phi.phi))
            .collect();
        let least = |of: fn(&PhiResult) -> usize| all.iter().map(|phi| of(phi)).min().unwrap_or(0);
        let sum = |of: fn(&PhiResult) -> usize| all.iter().map(|phi| of(phi)).sum();
        let mean = |of: fn(&PhiResult) -> Option<f64>| {
            weighted(&all.iter().map(|phi| (of(phi), phi.generated as f64)).collect::<Vec<_>>())
        };
        PhiResult {
            phi: phi.phi,
            hard: least(|phi| phi.hard),
            easy: least(|phi| phi.easy),
            steps: all.iter().map(|phi| phi.steps).sum(),
            generated: sum(|phi| phi.generated),
            kept: sum(|phi| phi.kept),
            kept_held_out: sum(|phi| phi.kept_held_out),
            confidence_source: mean(|phi| phi.confidence_source),
            confidence_generated: mean(|phi| phi.confidence_generated),
        }
    };
    first.results.phi.iter().map(pool).collect()
}

fn cross_validation(folds: &[FinishedFold], by: FoldedBy) -> CrossValidation {
    let each = folds.iter().map(|fold| {
        let data = &fold.study.data;
        let auc = |row: &Table3Row| FoldAuc {
            training_set: row.training_set,
            stratum: row.stratum,
            pairs: fold.pairs(row.stratum),
            five_best: row.auc_mean,
            last: row.auc_last,
            val: row.auc_val,
        };
        let number = fold.study.config.test_fold;
        TestFold {
            fold: number,
            folder: format!("fold-{number}"),
            units: fold.units().len(),
            tiles: data.test.len(),
            of_class_x: data.test.iter().filter(|&&i| data.manifest.tiles[i].class == data.x).count(),
            auc: fold.results.table3.iter().map(auc).collect(),
        }
    });
    CrossValidation {
        folds: folds.len(),
        by: match by {
            FoldedBy::Patient => FoldUnit::Patient,
            FoldedBy::Slide => FoldUnit::Slide,
            FoldedBy::Tile => FoldUnit::Tile,
        },
        units: folds.iter().flat_map(FinishedFold::units).collect::<BTreeSet<_>>().len(),
        each: each.collect(),
        pooled: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::weighted;

    #[test]
    fn a_weighted_mean_counts_by_weight_and_is_undefined_where_a_part_is() {
        assert_eq!(weighted(&[(Some(0.5), 30.0), (Some(0.9), 10.0)]), Some(0.6));
        // A fold without pairs says nothing and hides nothing.
        assert_eq!(weighted(&[(Some(0.5), 30.0), (None, 0.0)]), Some(0.5));
        assert_eq!(weighted(&[(Some(0.5), 30.0), (None, 1.0)]), None);
        assert_eq!(weighted(&[]), None);
        assert_eq!(weighted(&[(None, 0.0)]), None);
    }
}
