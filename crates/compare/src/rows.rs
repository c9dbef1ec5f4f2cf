//! Every row that a run shares with the first against the first's.

use crate::CompareError;
use crate::difference::{Question, Rows, Tiles, Trainings, difference};
use crate::load::Run;
use crate::scores::{Scores, of_row};
use rayon::prelude::*;
use record::thresholds::ALPHA;
use record::{BetweenRuns, EpochChoice, RowComparison, Stratum, Table3Row, TrainingSet};
use std::collections::BTreeMap;

/// The tests of every run after the first, corrected, and what is to be said of them.
///
/// # Errors
/// If scores cannot be read.
pub fn against_first(runs: &[Run]) -> Result<(Vec<BetweenRuns>, Vec<String>), CompareError> {
    let Some((first, others)) = runs.split_first() else { return Ok((Vec::new(), Vec::new())) };
    let tiles = Stratum::ALL.map(|stratum| (stratum, tiles_of(first, stratum)));
    let (mut tests, mut notes) = (Vec::new(), Vec::new());
    for (at, run) in others.iter().enumerate() {
        let paired = are_pairs(first, run);
        let same_strata = high_agreement(first) == high_agreement(run);
        if !same_strata {
            notes.push(format!(
                "Tiles of high and of low agreement are not the same in runs {} and {} (high_agreement): all tiles alone are compared",
                first.letter, run.letter
            ));
        }
        let (same, shared): (Vec<_>, Vec<_>) = first
            .results
            .table3
            .iter()
            .filter(|a| a.stratum == Stratum::All || same_strata)
            .filter_map(|a| Some((a, same_row(run, a)?)))
            .partition(|(a, _)| is_same_training(first, run, a.training_set));
        notes.extend(what_is_the_same(first, run, &same));
        let scores = SharedScores::read(first, run, &shared)?;
        notes.extend(what_is_left_out(first, run, paired, &scores));
        let questions: Vec<_> =
            shared.iter().flat_map(|rows| EpochChoice::ALL.map(|epoch| (*rows, epoch))).collect();
        let compare = |((a, b), epoch): &((&Table3Row, &Table3Row), EpochChoice)| {
            let question = Question { set: a.training_set, stratum: a.stratum, epoch: *epoch };
            let rows = Rows {
                per_seed: [&a.per_seed, &b.per_seed],
                scores: scores.of(a.training_set, *epoch),
                paired,
                seed: first.results.seed,
            };
            let tiles = tiles.iter().find(|(stratum, _)| *stratum == a.stratum).map(|(_, tiles)| tiles)?;
            let (comparison, trainings) = difference(question, &rows, tiles);
            Some((BetweenRuns { run: at + 1, paired, trainings: trainings.count(), comparison }, trainings))
        };
        // Each has random streams of its own: the order in which they end does not matter.
        tests.extend(questions.par_iter().map(compare).collect::<Vec<_>>().into_iter().flatten());
    }
    // An epoch that no run has is no question.
    tests.retain(|(test, _)| test.trainings.iter().all(|n| *n > 0));
    correct(&mut tests);
    Ok((tests.into_iter().map(|(test, _)| test).collect(), notes))
}

/// Whether seed s starts from the same weights in both runs.
fn are_pairs(first: &Run, run: &Run) -> bool {
    let network = |run: &Run| {
        let classifier = run.study.get("classifier").and_then(toml::Value::as_table);
        ["architecture", "width"].map(|key| classifier.and_then(|table| table.get(key)).cloned())
    };
    let shares_seeds = first.results.table3.iter().any(|a| {
        same_row(run, a)
            .is_some_and(|b| a.per_seed.iter().any(|s| b.per_seed.iter().any(|t| s.seed == t.seed)))
    });
    first.results.seed == run.results.seed && network(first) == network(run) && shares_seeds
}

/// The share of annotators from which the run counts agreement as high.
fn high_agreement(run: &Run) -> f64 {
    let share = run.study.get("high_agreement");
    share.and_then(|share| share.as_float().or_else(|| share.as_integer().map(|n| n as f64))).unwrap_or(1.0)
}

fn same_row<'a>(run: &'a Run, row: &Table3Row) -> Option<&'a Table3Row> {
    run.results.table3.iter().find(|b| b.training_set == row.training_set && b.stratum == row.stratum)
}

/// Whether a row's trainings gave the same AUCs to the last digit on whatever tiles: they are the same trainings, and there is nothing to test.
fn is_same_training(first: &Run, run: &Run, set: TrainingSet) -> bool {
    let same_strata = high_agreement(first) == high_agreement(run);
    let of_set = first
        .results
        .table3
        .iter()
        .filter(|row| row.training_set == set && (same_strata || row.stratum == Stratum::All));
    of_set.into_iter().all(|a| same_row(run, a).is_some_and(|b| a.per_seed == b.per_seed))
}

fn what_is_the_same(first: &Run, run: &Run, same: &[(&Table3Row, &Table3Row)]) -> Option<String> {
    let mut sets: Vec<String> = same.iter().map(|(a, _)| a.training_set.to_string()).collect();
    sets.dedup();
    (!sets.is_empty()).then(|| {
        format!(
            "Rows that are the same in runs {} and {}, seed by seed to the last digit, are not tested: {}",
            first.letter,
            run.letter,
            sets.join(", ")
        )
    })
}

fn tiles_of(run: &Run, stratum: Stratum) -> Tiles {
    let high = high_agreement(run);
    let mut numbers = BTreeMap::new();
    let mut tiles = Tiles { places: Vec::new(), positive: Vec::new(), slides: Vec::new() };
    for (place, tile) in run.test_tiles().enumerate() {
        let is_in = match stratum {
            Stratum::All => true,
            Stratum::High => tile.agreement.is_some_and(|share| share >= high),
            Stratum::Low => tile.agreement.is_some_and(|share| share < high),
        };
        if is_in {
            let next = numbers.len();
            tiles.places.push(place);
            tiles.positive.push(tile.class == run.results.source_class);
            tiles.slides.push(*numbers.entry(tile.slide.as_str()).or_insert(next));
        }
    }
    tiles
}

/// The scores of the rows that two runs share.
struct SharedScores(Vec<(TrainingSet, EpochChoice, Option<[Scores; 2]>)>);

impl SharedScores {
    fn read(first: &Run, run: &Run, shared: &[(&Table3Row, &Table3Row)]) -> Result<Self, CompareError> {
        let seeds = |row: &Table3Row| row.per_seed.iter().map(|seed| seed.seed).collect::<Vec<u64>>();
        // The first run's tiles are in the order of the first run's manifest: the second's are brought into it.
        let place: BTreeMap<&str, usize> =
            run.test_tiles().enumerate().map(|(i, tile)| (tile.image.as_str(), i)).collect();
        let order: Vec<usize> =
            first.test_tiles().filter_map(|tile| place.get(tile.image.as_str()).copied()).collect();
        let mut all = Vec::new();
        for (a, b) in shared.iter().filter(|(a, _)| a.stratum == Stratum::All) {
            for epoch in [EpochChoice::Last, EpochChoice::Validation] {
                let of_first = of_row(first, a.training_set, &seeds(a), epoch)?;
                let of_second = of_row(run, b.training_set, &seeds(b), epoch)?.map(|scores| {
                    let in_order = |scores: Vec<f64>| order.iter().map(|i| scores[*i]).collect();
                    scores.into_iter().map(|(seed, scores)| (seed, in_order(scores))).collect()
                });
                all.push((a.training_set, epoch, of_first.zip(of_second).map(<[Scores; 2]>::from)));
            }
        }
        Ok(Self(all))
    }

    fn of(&self, set: TrainingSet, epoch: EpochChoice) -> Option<[&Scores; 2]> {
        let found = self.0.iter().find(|(s, e, _)| (*s, *e) == (set, epoch))?;
        found.2.as_ref().map(<[Scores; 2]>::each_ref)
    }

    fn lack_last(&self) -> bool {
        self.0.iter().any(|(_, epoch, scores)| *epoch == EpochChoice::Last && scores.is_none())
    }
}

fn what_is_left_out(first: &Run, run: &Run, paired: bool, scores: &SharedScores) -> Vec<String> {
    let mut notes = Vec::new();
    let letters = format!("{} and {}", first.letter, run.letter);
    if !paired {
        notes.push(format!(
            "Seeds of runs {letters} are no pairs, as they do not start from the same weights: they are compared as independent samples (Welch's t)"
        ));
    }
    let sets = |run: &Run| {
        let mut sets: Vec<TrainingSet> = run.results.table3.iter().map(|row| row.training_set).collect();
        sets.dedup();
        sets
    };
    let (a, b) = (sets(first), sets(run));
    let alone: Vec<String> = a
        .iter()
        .filter(|s| !b.contains(s))
        .chain(b.iter().filter(|s| !a.contains(s)))
        .map(ToString::to_string)
        .collect();
    if !alone.is_empty() {
        notes
            .push(format!("Rows that only one of runs {letters} has are not compared: {}", alone.join(", ")));
    }
    if scores.lack_last() {
        notes.push(format!(
            "Intervals over slides are left out between runs {letters}: trainings of an older grayzone have left no scores of tiles"
        ));
    }
    notes
}

/// Holm's correction over all tests of a stratum and epoch, and what each could have found under it.
fn correct(tests: &mut [(BetweenRuns, Trainings)]) {
    for stratum in Stratum::ALL {
        for epoch in EpochChoice::ALL {
            let mut family: Vec<(&mut RowComparison, &Trainings)> = tests
                .iter_mut()
                .map(|(test, trainings)| (&mut test.comparison, &*trainings))
                .filter(|(row, _)| (row.stratum, row.epoch) == (stratum, epoch))
                .collect();
            let level = ALPHA / family.len().max(1) as f64;
            let corrected = |p: fn(&RowComparison) -> Option<f64>| {
                // A test that has no p found nothing; left out, it would make the others look better.
                let all: Vec<f64> = family.iter().map(|(row, _)| p(row).unwrap_or(1.0)).collect();
                let adjusted = stats::holm(&all).unwrap_or_default();
                family.iter().zip(adjusted).map(|((row, _), q)| p(row).map(|_| q)).collect::<Vec<_>>()
            };
            let by_t = corrected(|row| row.p_t);
            let by_ranks = corrected(|row| row.p_signed_rank);
            let by_draws = corrected(|row| row.p_seeds_and_slides);
            for ((row, trainings), ((t, ranks), draws)) in
                family.iter_mut().zip(by_t.into_iter().zip(by_ranks).zip(by_draws))
            {
                (row.p_t_holm, row.p_signed_rank_holm, row.p_seeds_and_slides_holm) = (t, ranks, draws);
                row.detectable = trainings.detectable(level);
            }
        }
    }
}
