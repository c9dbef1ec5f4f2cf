//! The numbers of a cross-validation: those of its test folds, put together.
//!
//! Scores of two folds come from two networks and are on two scales, so that only tiles of one fold are ever ranked against each other: an area
//! over all folds is the share of such pairs that is ranked rightly, which is the mean of the folds' areas, each counting as many times
//! as it has pairs (docs/statistics.md, "Cross-validation by patient").

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{
    CrossValidation, DataCount, EpochChoice, FoldAuc, FoldUnit, Measured, PerSeed, PhiResult, PooledAuc,
    Results, ScorerResult, Stratum, Table3Row, TestFold, TrainingSet,
};
use stats::{Draw, Interval};
use tissue::random::stream;
use tissue::{Agreement, FoldedBy};

use super::comparisons::comparisons_within;
use super::over_slides::range;
use super::recipes::over_folds;
use super::scores::{Outputs, Said, Scores, auc_of};
use super::table3::table3_row;
use super::test_tiles::{TestTiles, at};
use super::translations::recommend;
use crate::error::StudyError;
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
///
/// # Errors
/// If the scores that the trainings of a fold left cannot be read.
pub fn pooled(folds: &[FinishedFold], by: FoldedBy) -> Result<Results, StudyError> {
    let Some(first) = folds.first() else { return Ok(Results::default()) };
    let c = &first.study.config;
    let table3 = table3(folds);
    let phi = phi_results(folds);
    let tested = Tested::read(folds)?;
    let notes = vec![format!(
        "cross-validation: {} test folds by {}, every tile tested once; areas count pairs of tiles of one fold; translations, confidences and pictures are in the report of each fold",
        folds.len(),
        by.name()
    )];
    let pooled = tested.areas(&table3, c.seed);
    Ok(Results {
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
        recipes: over_folds(&folds.iter().map(|fold| &fold.results.recipes[..]).collect::<Vec<_>>()),
        comparisons: comparisons_within(&table3, &tested.scores, (&tested.tiles, &tested.folds), c.seed),
        table3,
        cross_validation: Some(CrossValidation { pooled, ..cross_validation(folds, by) }),
        notes,
        ..Results::default()
    })
}

/// Every tile as the networks of the fold that tests it see it.
#[derive(Default)]
struct Tested {
    tiles: TestTiles,
    /// The fold of each tile.
    folds: Vec<usize>,
    /// A seed's networks, one a fold, as if they were one.
    scores: Scores,
}

impl Tested {
    fn read(folds: &[FinishedFold]) -> Result<Self, StudyError> {
        let mut each = Vec::new();
        for fold in folds {
            let tiles = TestTiles::of(fold.study);
            let (scores, _) = Scores::read(fold.study, &fold.results.table3, &tiles)?;
            each.push((tiles, scores));
        }
        Ok(Self::of(&each))
    }

    /// Tiles of each fold, with what its networks say of them. What one fold lacks, the whole does.
    fn of(each: &[(TestTiles, Scores)]) -> Self {
        let mut all = Self::default();
        for (fold, (tiles, _)) in each.iter().enumerate() {
            // No slide is in two folds.
            let before = all.tiles.slide.iter().max().map_or(0, |last| last + 1);
            all.folds.extend(vec![fold; tiles.class.len()]);
            all.tiles.class.extend(&tiles.class);
            all.tiles.positive.extend(&tiles.positive);
            all.tiles.slide.extend(tiles.slide.iter().map(|slide| before + slide));
            all.tiles.agreement.extend(&tiles.agreement);
            all.tiles.share.extend(&tiles.share);
        }
        let Some((_, first)) = each.first() else { return all };
        for (set, epoch, said) in first.iter() {
            let of_folds: Option<Vec<&[Said]>> =
                each.iter().map(|(_, scores)| scores.of(set, epoch)).collect();
            let Some(of_folds) = of_folds.filter(|folds| folds.iter().all(|of| of.len() == said.len()))
            else {
                continue;
            };
            let of_seed = |seed: usize| {
                let margin =
                    of_folds.iter().flat_map(|fold| fold[seed].test.margin.iter().copied()).collect();
                let confidence =
                    of_folds.iter().flat_map(|fold| fold[seed].test.confidence.iter().copied()).collect();
                Said { test: Outputs { confidence, margin, ..Outputs::default() }, ..Said::default() }
            };
            all.scores.add(set, epoch, (0..said.len()).map(of_seed).collect());
        }
        all
    }

    /// The area of each row, stratum and epoch, with its intervals.
    fn areas(&self, table3: &[Table3Row], seed: u64) -> Vec<PooledAuc> {
        let cells: Vec<(&Table3Row, EpochChoice)> =
            table3.iter().flat_map(|row| Scores::EPOCHS.map(|epoch| (row, epoch))).collect();
        let area = |(row, epoch): &(&Table3Row, EpochChoice)| {
            let values: Vec<f64> = row.per_seed.iter().filter_map(|seed| auc_of(seed, *epoch)).collect();
            let value = stats::mean(&values)?;
            let drawn = |draw| self.interval((row.training_set, row.stratum, *epoch), draw, seed).map(range);
            Some(PooledAuc {
                training_set: row.training_set,
                stratum: row.stratum,
                epoch: *epoch,
                seeds: values.len(),
                auc: Measured { value: Some(value), over_slides: drawn(Draw::Slides) },
                over_seeds_and_slides: drawn(Draw::SeedsAndSlides),
            })
        };
        cells.par_iter().filter_map(area).collect()
    }

    fn interval(
        &self,
        (set, stratum, epoch): (TrainingSet, Stratum, EpochChoice),
        draw: Draw,
        seed: u64,
    ) -> Option<Interval> {
        let within = self.tiles.within(stratum);
        let row: Vec<Vec<f64>> =
            self.scores.of(set, epoch)?.iter().map(|said| at(&said.test.margin, &within)).collect();
        // An area exceeds that of scores which are all alike by itself less one half.
        let alike = vec![vec![0.0; within.len()]; row.len()];
        let name = match draw {
            Draw::Slides => "slides",
            Draw::SeedsAndSlides => "seeds-and-slides",
        };
        let mut rng = stream(seed, &format!("evaluate/pooled/{set}/{stratum}/{epoch}/{name}"));
        let (positive, slides) = (at(&self.tiles.positive, &within), at(&self.tiles.slide, &within));
        let folds = at(&self.folds, &within);
        let scores: [&[Vec<f64>]; 2] = [&alike, &row];
        let found =
            stats::auc_difference_within(scores, &positive, &slides, &folds, draw, REPLICATES, &mut rng)?
                .interval;
        let end = |end: f64| (end + 0.5).clamp(0.0, 1.0);
        Some(Interval { low: end(found.low), high: end(found.high), ..found })
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
    use super::*;

    #[test]
    fn a_weighted_mean_counts_by_weight_and_is_undefined_where_a_part_is() {
        assert!((weighted(&[(Some(0.5), 30.0), (Some(0.9), 10.0)]).unwrap() - 0.6).abs() < 1e-12);
        // A fold without pairs says nothing and hides nothing.
        assert_eq!(weighted(&[(Some(0.5), 30.0), (None, 0.0)]), Some(0.5));
        assert_eq!(weighted(&[(Some(0.5), 30.0), (None, 1.0)]), None);
        assert_eq!(weighted(&[]), None);
        assert_eq!(weighted(&[(None, 0.0)]), None);
    }

    /// A fold of ten slides of two tiles, with a shift of its own in every score.
    fn fold(number: u32, shift: f64) -> (TestTiles, Scores) {
        let tiles = TestTiles {
            class: (0..20).map(|i| i % 2).collect(),
            positive: (0..20).map(|i| i % 2 == 0).collect(),
            slide: (0..20).map(|i| i / 2).collect(),
            agreement: vec![Some(Agreement::Low); 20],
            share: vec![None; 20],
        };
        let margin = |i: u32, gain: f64, salt: u32| {
            let chance = f64::from((i * 7919 + number * 31 + salt * 101 + i * i * 17) % 101) / 101.0;
            shift + chance + if i.is_multiple_of(2) { gain } else { 0.0 }
        };
        let said = |gain: f64, salt: u32| Said {
            test: Outputs { margin: (0..20).map(|i| margin(i, gain, salt)).collect(), ..Outputs::default() },
            ..Said::default()
        };
        let mut scores = Scores::default();
        scores.add(TrainingSet::Original, EpochChoice::Last, vec![said(0.1, 1), said(0.15, 2)]);
        scores.add(TrainingSet::Naive, EpochChoice::Last, vec![said(0.5, 1), said(0.55, 2)]);
        (tiles, scores)
    }

    fn row(set: TrainingSet, tested: &Tested) -> Table3Row {
        let said = tested.scores.of(set, EpochChoice::Last).unwrap();
        let of_seed = |(seed, said): (u64, &Said)| PerSeed {
            seed,
            five_best: None,
            last: stats::auc_within(&said.test.margin, &tested.tiles.positive, &tested.folds),
            val: None,
        };
        table3_row(set, Stratum::All, (0..).zip(said).map(of_seed).collect())
    }

    #[test]
    fn scores_of_two_folds_are_never_ranked_against_each_other() {
        let near = Tested::of(&[fold(0, 0.0), fold(1, 0.0)]);
        let far = Tested::of(&[fold(0, 0.0), fold(1, 40.0)]);
        assert_eq!(near.tiles.slide.iter().max(), Some(&19), "slides of two folds are other slides");
        assert_eq!(far.folds, [vec![0; 20], vec![1; 20]].concat());
        let rows = |tested: &Tested| [TrainingSet::Original, TrainingSet::Naive].map(|set| row(set, tested));
        // The shift of a fold changes neither an area nor an interval.
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        let (areas, shifted) = (near.areas(&rows(&near), 7), far.areas(&rows(&far), 7));
        assert_eq!(areas.len(), 2);
        for (a, b) in areas.iter().zip(&shifted) {
            close(a.auc.value.unwrap(), b.auc.value.unwrap());
            let (a, b) = (a.auc.over_slides.unwrap(), b.auc.over_slides.unwrap());
            close(a.low, b.low);
            close(a.high, b.high);
        }
        let naive = &areas[1];
        let range = naive.auc.over_slides.unwrap();
        assert!(
            range.low < naive.auc.value.unwrap()
                && naive.auc.value.unwrap() <= range.high
                && range.high <= 1.0
        );
        assert!(naive.over_seeds_and_slides.is_some());
        let of = |tested: &Tested| {
            comparisons_within(&rows(tested), &tested.scores, (&tested.tiles, &tested.folds), 7)
        };
        let (compared, other) = (of(&near), of(&far));
        assert_eq!(compared.len(), 1);
        close(compared[0].difference.unwrap(), other[0].difference.unwrap());
        close(compared[0].over_slides.unwrap().low, other[0].over_slides.unwrap().low);
        assert!(compared[0].delong.is_empty(), "a seed is two networks");
        // The mean over folds by pairs is what their own areas say.
        let alone: Vec<f64> = [fold(0, 0.0), fold(1, 0.0)]
            .iter()
            .map(|(tiles, scores)| {
                let said = &scores.of(TrainingSet::Naive, EpochChoice::Last).unwrap()[0];
                stats::auc(&said.test.margin, &tiles.positive).unwrap()
            })
            .collect();
        let whole = row(TrainingSet::Naive, &near).per_seed[0].last.unwrap();
        close(whole, weighted(&[(Some(alone[0]), 100.0), (Some(alone[1]), 100.0)]).unwrap());
    }

    #[test]
    fn what_one_fold_lacks_the_whole_lacks() {
        let (tiles, _) = fold(1, 0.0);
        let tested = Tested::of(&[fold(0, 0.0), (tiles, Scores::default())]);
        assert_eq!(tested.scores.iter().count(), 0);
        assert_eq!(tested.folds.len(), 40);
    }
}
