//! Each row of Table 3 against the original, seed by seed.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use record::thresholds::{ALPHA, LEVEL, POWER, REPLICATES};
use record::{DeLongOfSeed, EpochChoice, RowComparison, Stratum, Table3Row, TrainingSet};
use stats::{AucDifference, Draw};
use tissue::random::stream;

use super::over_slides::range;
use super::scores::{Said, Scores, auc_of};
use super::test_tiles::{TestTiles, at};

/// A comparison a row, stratum and choice of epochs, where there is an AUC of both for some seed. Each has random streams of its own;
/// `told` hears how many are done, and how many there are.
pub fn comparisons(
    table3: &[Table3Row],
    scores: &Scores,
    tiles: &TestTiles,
    seed: u64,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Vec<RowComparison> {
    of_draws(table3, scores, tiles, (seed, REPLICATES), told)
}

/// The same over the test folds of a cross-validation: `folds` is that of each tile, and only tiles of one fold are ranked against each
/// other. There is no DeLong test: a seed is as many networks as there are folds.
pub fn comparisons_within(
    table3: &[Table3Row],
    scores: &Scores,
    (tiles, folds): (&TestTiles, &[usize]),
    seed: u64,
) -> Vec<RowComparison> {
    of_draws_within(table3, scores, (tiles, folds), (seed, REPLICATES), &|_, _| {})
}

fn of_draws(
    table3: &[Table3Row],
    scores: &Scores,
    tiles: &TestTiles,
    draws: (u64, usize),
    told: &(dyn Fn(usize, usize) + Sync),
) -> Vec<RowComparison> {
    of_draws_within(table3, scores, (tiles, &vec![0; tiles.class.len()]), draws, told)
}

fn of_draws_within(
    table3: &[Table3Row],
    scores: &Scores,
    tiles: (&TestTiles, &[usize]),
    draws: (u64, usize),
    told: &(dyn Fn(usize, usize) + Sync),
) -> Vec<RowComparison> {
    let mut pairs = Vec::new();
    for stratum in Stratum::ALL {
        let of_stratum = || table3.iter().filter(move |row| row.stratum == stratum);
        let Some(original) = of_stratum().find(|row| row.training_set == TrainingSet::Original) else {
            continue;
        };
        for epoch in EpochChoice::ALL {
            let rows = of_stratum().filter(|row| row.training_set != TrainingSet::Original);
            pairs
                .extend(rows.map(|row| (row, original, epoch)).filter(|pair| !differences(*pair).is_empty()));
        }
    }
    let done = AtomicUsize::new(0);
    let compared = |pair: &Pair| {
        let row = compared(*pair, scores, tiles, draws);
        told(done.fetch_add(1, Ordering::Relaxed) + 1, pairs.len());
        row
    };
    let mut rows: Vec<RowComparison> = pairs.par_iter().map(compared).collect();
    for family in rows.chunk_by_mut(|a, b| (a.stratum, a.epoch) == (b.stratum, b.epoch)) {
        correct(family);
    }
    rows
}

/// A row, the original, and which epoch stands for them.
type Pair<'a> = (&'a Table3Row, &'a Table3Row, EpochChoice);

/// By how much the row's AUC exceeds the original's, of each seed that both have.
fn differences((row, original, epoch): Pair) -> Vec<(u64, f64)> {
    let difference = |seed: &record::PerSeed| {
        let other = original.per_seed.iter().find(|other| other.seed == seed.seed)?;
        Some((seed.seed, auc_of(seed, epoch)? - auc_of(other, epoch)?))
    };
    row.per_seed.iter().filter_map(difference).collect()
}

fn compared(
    pair: Pair,
    scores: &Scores,
    tiles: (&TestTiles, &[usize]),
    (seed, replicates): (u64, usize),
) -> RowComparison {
    let (row, _, epoch) = pair;
    let of_seeds = differences(pair);
    let values: Vec<f64> = of_seeds.iter().map(|(_, difference)| *difference).collect();
    let t = stats::paired_t(&values, LEVEL);
    let said = scores.of(row.training_set, epoch).zip(scores.of(TrainingSet::Original, epoch));
    let by_tiles = said.map(|said| ByTiles::of(said, tiles, row.stratum));
    let drawn = |draw: Draw| {
        let name = match draw {
            Draw::Slides => "slides",
            Draw::SeedsAndSlides => "seeds-and-slides",
        };
        let name = format!("evaluate/comparisons/{}/{}/{epoch}/{name}", row.training_set, row.stratum);
        by_tiles.as_ref()?.drawn(draw, replicates, &mut stream(seed, &name))
    };
    let both = drawn(Draw::SeedsAndSlides);
    RowComparison {
        training_set: row.training_set,
        stratum: row.stratum,
        epoch,
        seeds: values.len(),
        difference: stats::mean(&values),
        sd: stats::sd(&values),
        // Of two seeds t reaches further than AUCs can differ.
        low: t.map(|t| t.low.max(-1.0)),
        high: t.map(|t| t.high.min(1.0)),
        p_t: t.map(|t| t.p_value),
        p_t_holm: None,
        p_signed_rank: stats::wilcoxon_signed_rank(&values).map(|test| test.p_value),
        p_signed_rank_holm: None,
        detectable: None,
        over_slides: drawn(Draw::Slides).map(|found| range(found.interval)),
        over_seeds_and_slides: both.map(|found| range(found.interval)),
        p_seeds_and_slides: both.and_then(|found| found.p_value),
        p_seeds_and_slides_holm: None,
        delong: by_tiles.map_or(Vec::new(), |by_tiles| by_tiles.delong(&of_seeds)),
    }
}

/// What the networks of the original and of a row say of the tiles of a stratum.
struct ByTiles {
    original: Vec<Vec<f64>>,
    row: Vec<Vec<f64>>,
    positive: Vec<bool>,
    slides: Vec<usize>,
    /// The test fold of each tile.
    folds: Vec<usize>,
}

impl ByTiles {
    fn of(
        (row, original): (&[Said], &[Said]),
        (tiles, folds): (&TestTiles, &[usize]),
        stratum: Stratum,
    ) -> Self {
        let within = tiles.within(stratum);
        let margins = |said: &[Said]| said.iter().map(|said| at(&said.test.margin, &within)).collect();
        Self {
            original: margins(original),
            row: margins(row),
            positive: at(&tiles.positive, &within),
            slides: at(&tiles.slide, &within),
            folds: at(folds, &within),
        }
    }

    fn drawn(
        &self,
        draw: Draw,
        replicates: usize,
        rng: &mut tissue::random::Stream,
    ) -> Option<AucDifference> {
        let scores = [&self.original[..], &self.row[..]];
        stats::auc_difference_within(scores, &self.positive, &self.slides, &self.folds, draw, replicates, rng)
    }

    /// Of each seed; `of_seeds` are those of the networks, in their order.
    fn delong(&self, of_seeds: &[(u64, f64)]) -> Vec<DeLongOfSeed> {
        if self.folds.windows(2).any(|pair| pair[0] != pair[1]) {
            // It knows one network a seed.
            return Vec::new();
        }
        let test = |at: usize| {
            let (seed, _) = of_seeds.get(at)?;
            let (original, row) = (self.original.get(at)?, self.row.get(at)?);
            let pair = stats::delong_pair(original, row, &self.positive, LEVEL)?;
            let [[first, both], [_, second]] = pair.covariance;
            let se = (first + second - 2.0 * both).max(0.0).sqrt();
            Some(DeLongOfSeed { seed: *seed, difference: pair.difference, se, p_value: pair.p_value })
        };
        (0..of_seeds.len()).filter_map(test).collect()
    }
}

/// Corrects the p-values of the rows that are compared at once, and tells what each could have found under that correction.
fn correct(family: &mut [RowComparison]) {
    let level = ALPHA / family.len() as f64;
    for row in family.iter_mut() {
        // Where no seed differs from another nothing tells how far chance reaches.
        let sd = row.sd.filter(|sd| *sd > 0.0);
        row.detectable = sd.and_then(|sd| stats::detectable_difference(sd, row.seeds, level, POWER));
    }
    let corrected = |of: fn(&RowComparison) -> Option<f64>, family: &[RowComparison]| {
        // A test that has no p found nothing; left out, it would make the others look better.
        let all: Vec<f64> = family.iter().map(|row| of(row).unwrap_or(1.0)).collect();
        let adjusted = stats::holm(&all).unwrap_or_default();
        family.iter().zip(adjusted).map(|(row, p)| of(row).map(|_| p)).collect::<Vec<_>>()
    };
    let by_t = corrected(|row| row.p_t, family);
    let by_ranks = corrected(|row| row.p_signed_rank, family);
    let by_draws = corrected(|row| row.p_seeds_and_slides, family);
    for (row, ((t, ranks), draws)) in family.iter_mut().zip(by_t.into_iter().zip(by_ranks).zip(by_draws)) {
        (row.p_t_holm, row.p_signed_rank_holm, row.p_seeds_and_slides_holm) = (t, ranks, draws);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;
    use record::{PerSeed, Phi};
    use tissue::Agreement;

    fn row(set: TrainingSet, stratum: Stratum, last: &[(u64, f64)]) -> Table3Row {
        let per_seed: Vec<PerSeed> = last
            .iter()
            .map(|(seed, auc)| PerSeed {
                seed: *seed,
                five_best: Some(auc + 0.01),
                last: Some(*auc),
                val: None,
            })
            .collect();
        let seeds = per_seed.len();
        Table3Row {
            training_set: set,
            stratum,
            auc_mean: None,
            auc_se: None,
            auc_last: None,
            auc_val: None,
            seeds,
            per_seed,
        }
    }

    fn compare(table3: &[Table3Row]) -> Vec<RowComparison> {
        comparisons(table3, &Scores::default(), &TestTiles::default(), 0, &|_, _| {})
    }

    const PHI: TrainingSet = TrainingSet::Phi(Phi::new(25.0));

    #[test]
    fn seeds_are_paired_by_number_and_a_seed_of_one_row_alone_left_out() {
        let found = compare(&[
            row(TrainingSet::Original, Stratum::All, &[(0, 0.80), (1, 0.90), (2, 0.70), (3, 0.60)]),
            row(PHI, Stratum::All, &[(2, 0.72), (1, 0.95), (0, 0.81), (9, 0.10)]),
        ]);
        let kinds: Vec<_> = found.iter().map(|r| (r.training_set, r.stratum, r.epoch, r.seeds)).collect();
        // Without validation there is nothing to compare at an epoch chosen on it.
        assert_eq!(
            kinds,
            [EpochChoice::FiveBest, EpochChoice::Last].map(|epoch| (PHI, Stratum::All, epoch, 3))
        );
        // .02, .05, .01: SciPy's ttest_rel and its confidence_interval.
        let last = &found[1];
        assert!((last.difference.unwrap() - 0.08 / 3.0).abs() < 1e-12);
        assert!((last.sd.unwrap() - 0.020_816_659_994_661_3).abs() < 1e-12);
        assert!((last.p_t.unwrap() - 0.156_725_957_288_4).abs() < 1e-9, "{:?}", last.p_t);
        assert!((last.low.unwrap() + 0.025_044_783_459).abs() < 1e-9, "{:?}", last.low);
        assert!((last.high.unwrap() - 0.078_378_116_792).abs() < 1e-9, "{:?}", last.high);
        assert!((last.p_signed_rank.unwrap() - 0.25).abs() < 1e-12);
        // One row needs no correction; 3.26 deviations at three seeds.
        assert_eq!((last.p_t_holm, last.p_signed_rank_holm), (last.p_t, last.p_signed_rank));
        assert!((last.detectable.unwrap() / last.sd.unwrap() - 3.26).abs() < 0.01, "{:?}", last.detectable);
        assert_eq!((last.over_slides, last.over_seeds_and_slides, last.delong.len()), (None, None, 0));
    }

    #[test]
    fn rows_of_one_stratum_and_epoch_are_corrected_together_and_apart_from_others() {
        let original = [(0, 0.80), (1, 0.82), (2, 0.78), (3, 0.81)];
        let gained = |by: [f64; 4]| -> Vec<(u64, f64)> {
            original.iter().zip(by).map(|((seed, auc), by)| (*seed, auc + by)).collect()
        };
        let mut table = Vec::new();
        for stratum in [Stratum::All, Stratum::Low] {
            table.push(row(TrainingSet::Original, stratum, &original));
            table.push(row(TrainingSet::Naive, stratum, &gained([0.01, -0.01, 0.02, 0.005])));
            table.push(row(PHI, stratum, &gained([0.020, 0.021, 0.019, 0.0205])));
            // Every seed gains the same: no interval, no p, but one of the rows.
            table.push(row(TrainingSet::Phi(Phi::new(50.0)), stratum, &gained([0.0; 4])));
        }
        let found = compare(&table);
        for family in found.chunks(3) {
            let [naive, phi, same] = family else { panic!("three rows") };
            assert!((phi.p_t_holm.unwrap() - 3.0 * phi.p_t.unwrap()).abs() < 1e-15);
            assert!((naive.p_t_holm.unwrap() - 2.0 * naive.p_t.unwrap()).abs() < 1e-15);
            assert_eq!((same.p_t, same.p_t_holm, same.low, same.detectable), (None, None, None, None));
            assert_eq!(
                (same.difference, same.p_signed_rank, same.p_signed_rank_holm),
                (Some(0.0), Some(1.0), Some(1.0))
            );
            // At .05 / 3 of what one row could show.
            let alone = stats::detectable_difference(naive.sd.unwrap(), 4, 0.05, 0.8).unwrap();
            assert!(naive.detectable.unwrap() > 1.3 * alone);
        }
        assert_eq!(found.len(), 12);
    }

    #[test]
    fn an_interval_ends_where_areas_cannot_differ_further() {
        let found = compare(&[
            row(TrainingSet::Original, Stratum::All, &[(0, 0.5), (1, 0.5)]),
            row(PHI, Stratum::All, &[(0, 0.4), (1, 0.8)]),
        ]);
        assert_eq!((found[1].low, found[1].high), (Some(-1.0), Some(1.0)));
    }

    #[test]
    fn without_an_original_or_an_area_nothing_is_compared() {
        assert!(compare(&[]).is_empty());
        assert!(compare(&[row(PHI, Stratum::All, &[(0, 0.8)])]).is_empty());
        let mut undefined = row(TrainingSet::Original, Stratum::All, &[(0, 0.8)]);
        undefined.per_seed[0] = PerSeed { seed: 0, five_best: None, last: None, val: None };
        assert!(compare(&[undefined, row(PHI, Stratum::All, &[(0, 0.8)])]).is_empty());
    }

    /// Normal numbers of mean 0 (Box & Muller).
    fn normals(rng: &mut tissue::random::Stream, n: usize, sd: f64) -> Vec<f64> {
        use rand::RngExt;
        let one = |_| {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            sd * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
        };
        (0..n).map(one).collect()
    }

    /// A study with effects of seeds and slides: the first signal is the original's, then a row a signal. Three tiles a slide, one in
    /// three of low agreement, every slide of both classes.
    fn simulated(
        signals: &[f64],
        seeds: usize,
        slides: usize,
        number: u64,
    ) -> (Vec<Table3Row>, Scores, TestTiles) {
        let mut rng = stream(number, "simulated study");
        let n = 4 * slides;
        let tiles = TestTiles {
            class: (0..n).map(|i| i % 2).collect(),
            positive: (0..n).map(|i| i % 2 == 0).collect(),
            slide: (0..n).map(|i| i / 4).collect(),
            agreement: (0..n)
                .map(|i| Some(if i % 4 < 2 { Agreement::Low } else { Agreement::High }))
                .collect(),
            share: vec![None; n],
        };
        let sets = [TrainingSet::Original, TrainingSet::Naive, PHI, TrainingSet::Phi(Phi::new(50.0))];
        let of_slide = normals(&mut rng, slides, 0.4);
        let of_tile = normals(&mut rng, n, 0.5);
        let (mut scores, mut table) = (Scores::default(), Vec::new());
        for (signal, set) in signals.iter().zip(sets) {
            let change = normals(&mut rng, slides, 0.4);
            let of_seed = normals(&mut rng, seeds, 0.15);
            let said: Vec<Said> = of_seed
                .iter()
                .map(|seed| {
                    let noise = normals(&mut rng, n, 0.4);
                    let margin = |i: usize| {
                        // What a recipe changes on a slide widens or narrows the gap between its tiles.
                        let gap = signal + seed + change[i / 4];
                        f64::from(tiles.positive[i]) * gap + of_slide[i / 4] + of_tile[i] + noise[i]
                    };
                    let margin: Vec<f64> = (0..n).map(margin).collect();
                    Said { test: Outputs { margin, ..Outputs::default() }, validation: Outputs::default() }
                })
                .collect();
            let last: Vec<(u64, f64)> = (0..)
                .zip(&said)
                .map(|(seed, said)| (seed, stats::auc(&said.test.margin, &tiles.positive).unwrap()))
                .collect();
            table.push(row(set, Stratum::All, &last));
            scores.add(set, EpochChoice::Last, said);
        }
        (table, scores, tiles)
    }

    /// Enough for what is tested.
    const DRAWS: usize = 400;

    fn last_epoch(table: &[Table3Row], scores: &Scores, tiles: &TestTiles) -> Vec<RowComparison> {
        let all = of_draws(table, scores, tiles, (5, DRAWS), &|_, _| {});
        all.into_iter().filter(|row| row.epoch == EpochChoice::Last).collect()
    }

    #[test]
    fn scores_give_intervals_over_slides_and_a_delong_test_a_seed() {
        let (table, scores, tiles) = simulated(&[1.5, 1.5, 3.0], 5, 20, 1);
        let found = last_epoch(&table, &scores, &tiles);
        for (row, of_table) in found.iter().zip(&table[1..]) {
            let (slides, both) = (row.over_slides.unwrap(), row.over_seeds_and_slides.unwrap());
            assert_eq!((slides.replicates, both.replicates), (DRAWS, DRAWS));
            let difference = row.difference.unwrap();
            assert!(slides.low < difference && difference < slides.high, "{row:?}");
            // Other seeds can only add.
            assert!(both.high - both.low > 0.95 * (slides.high - slides.low), "{row:?}");
            let seeds: Vec<u64> = row.delong.iter().map(|test| test.seed).collect();
            assert_eq!(seeds, [0, 1, 2, 3, 4]);
            let first = of_table.per_seed[0].last.unwrap() - table[0].per_seed[0].last.unwrap();
            assert!((row.delong[0].difference - first).abs() < 1e-12);
            assert!(row.delong[0].se > 0.0 && row.delong[0].p_value.is_some());
        }
        assert!(found[1].p_seeds_and_slides_holm.unwrap() < 0.05, "{:?}", found[1]);
        let p = |row: &RowComparison| (row.p_seeds_and_slides.unwrap(), row.p_seeds_and_slides_holm.unwrap());
        assert!((p(&found[1]).1 - 2.0 * p(&found[1]).0).abs() < 1e-15, "two rows are corrected for");
        // Nothing depends on who is first, nor on the other rows.
        let alone = last_epoch(&[table[0].clone(), table[2].clone()], &scores, &tiles);
        assert_eq!(alone[0].over_seeds_and_slides, found[1].over_seeds_and_slides);
    }

    #[test]
    fn in_simulated_studies_intervals_hold_the_truth_and_corrected_p_values_seldom_cry_wolf() {
        // Without any effect over all slides the truth is 0 for every row.
        let studies = 120;
        let (mut held, mut by_seeds, mut by_both, mut rows) = (0, 0, 0, 0);
        for number in 0..studies {
            let (table, scores, tiles) = simulated(&[1.5; 4], 6, 24, number);
            let found = last_epoch(&table, &scores, &tiles);
            rows += found.len();
            let holds = |row: &&RowComparison| {
                row.over_seeds_and_slides.is_some_and(|range| range.low <= 0.0 && 0.0 <= range.high)
            };
            held += found.iter().filter(holds).count();
            let any_below = |of: fn(&RowComparison) -> Option<f64>| {
                usize::from(found.iter().any(|row| of(row).is_some_and(|p| p < 0.05)))
            };
            by_seeds += any_below(|row| row.p_t_holm);
            by_both += any_below(|row| row.p_seeds_and_slides_holm);
        }
        let share = 100.0 * held as f64 / rows as f64;
        assert!((93.0..=97.0).contains(&share), "{share} %");
        assert!(100.0 * by_both as f64 / studies as f64 <= 6.0, "{by_both} of {studies}");
        // The seeds speak of these tiles, and are not to be taken for more.
        assert!(by_seeds > 2 * by_both, "{by_seeds} and {by_both}");
    }
}
