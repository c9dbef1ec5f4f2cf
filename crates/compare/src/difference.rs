//! One row, stratum and epoch of two runs.

use crate::scores::Scores;
use record::thresholds::{LEVEL, POWER, REPLICATES};
use record::{DeLongOfSeed, EpochChoice, PerSeed, Range, RowComparison, Stratum, TrainingSet};
use stats::Draw;
use tissue::random::{Stream, stream};

/// What is compared.
#[derive(Clone, Copy)]
pub struct Question {
    pub set: TrainingSet,
    pub stratum: Stratum,
    pub epoch: EpochChoice,
}

/// The test tiles of the stratum.
pub struct Tiles {
    /// Which of all test tiles.
    pub places: Vec<usize>,
    /// Whether it is of class X.
    pub positive: Vec<bool>,
    /// Its slide, by a number.
    pub slides: Vec<usize>,
}

/// The same row of two runs.
pub struct Rows<'a> {
    /// Each seed's AUCs, of the first run and of the second.
    pub per_seed: [&'a [PerSeed]; 2],
    /// Each seed's scores; `None` of five epochs, and of runs that have none.
    pub scores: Option<[&'a Scores; 2]>,
    /// Whether seed s starts from the same weights in both.
    pub paired: bool,
    /// The seed of the draws.
    pub seed: u64,
}

/// The AUCs that a comparison rests on.
pub enum Trainings {
    /// Differences of pairs: their standard deviation, and how many there are.
    Pairs { sd: Option<f64>, n: usize },
    /// The first run's and the second's.
    Samples([Vec<f64>; 2]),
}

impl Trainings {
    /// Of the first run and of the second.
    pub fn count(&self) -> [usize; 2] {
        match self {
            Self::Pairs { n, .. } => [*n, *n],
            Self::Samples(samples) => samples.each_ref().map(Vec::len),
        }
    }

    /// The smallest true difference that a test at `level` would have shown in 80 of 100 studies.
    pub fn detectable(&self, level: f64) -> Option<f64> {
        match self {
            // Where no seed differs from another nothing tells how far chance reaches.
            Self::Pairs { sd, n } => {
                sd.filter(|sd| *sd > 0.0).and_then(|sd| stats::detectable_difference(sd, *n, level, POWER))
            }
            Self::Samples([first, second]) => stats::welch_detectable_difference(first, second, level, POWER),
        }
    }
}

/// The second run's row less the first's, before it is known how many others are tested beside it; and what it rests on.
pub fn difference(question: Question, rows: &Rows, tiles: &Tiles) -> (RowComparison, Trainings) {
    let values = rows.per_seed.map(|per_seed| values(per_seed, question.epoch));
    if rows.paired {
        of_pairs(question, rows, values, tiles)
    } else {
        of_samples(question, rows, values, tiles)
    }
}

/// The seeds that have an AUC, with it.
fn values(per_seed: &[PerSeed], epoch: EpochChoice) -> Vec<(u64, f64)> {
    let of = |seed: &PerSeed| match epoch {
        EpochChoice::FiveBest => seed.five_best,
        EpochChoice::Last => seed.last,
        EpochChoice::Validation => seed.val,
    };
    per_seed.iter().filter_map(|seed| Some((seed.seed, of(seed)?))).collect()
}

fn of_pairs(
    question: Question,
    rows: &Rows,
    [first, second]: [Vec<(u64, f64)>; 2],
    tiles: &Tiles,
) -> (RowComparison, Trainings) {
    let pair =
        |(seed, a): &(u64, f64)| second.iter().find(|(other, _)| other == seed).map(|(_, b)| (*seed, b - a));
    let (seeds, differences): (Vec<u64>, Vec<f64>) = first.iter().filter_map(pair).unzip();
    let test = stats::paired_t(&differences, LEVEL);
    let sd = stats::sd(&differences);
    let scores = rows.scores.and_then(|scores| scores_of(scores, [&seeds, &seeds], tiles));
    let interval = |draw, mut rng: Stream| {
        let [a, b] = scores.as_ref()?;
        stats::auc_difference([a, b], &tiles.positive, &tiles.slides, draw, REPLICATES, &mut rng)
    };
    let n = seeds.len();
    let comparison = RowComparison {
        seeds: n,
        difference: stats::mean(&differences),
        sd,
        low: test.map(|test| within(test.low)),
        high: test.map(|test| within(test.high)),
        p_t: test.map(|test| test.p_value),
        p_signed_rank: stats::wilcoxon_signed_rank(&differences).map(|test| test.p_value),
        delong: scores.as_ref().map(|scores| delong(&seeds, scores, tiles)).unwrap_or_default(),
        ..blank(question)
    };
    (with_intervals(comparison, rows, interval), Trainings::Pairs { sd, n })
}

fn of_samples(
    question: Question,
    rows: &Rows,
    values: [Vec<(u64, f64)>; 2],
    tiles: &Tiles,
) -> (RowComparison, Trainings) {
    let seeds = values.each_ref().map(|values| values.iter().map(|(seed, _)| *seed).collect::<Vec<_>>());
    let [first, second] = values.map(|values| values.into_iter().map(|(_, auc)| auc).collect::<Vec<f64>>());
    let test = stats::welch_t(&first, &second, LEVEL);
    let scores = rows.scores.and_then(|scores| scores_of(scores, [&seeds[0], &seeds[1]], tiles));
    let interval = |draw, mut rng: Stream| {
        let [a, b] = scores.as_ref()?;
        let (positive, slides) = (&tiles.positive, &tiles.slides);
        stats::auc_difference_unpaired([a, b], positive, slides, draw, REPLICATES, &mut rng)
    };
    let comparison = RowComparison {
        seeds: first.len().min(second.len()),
        difference: stats::mean(&first).zip(stats::mean(&second)).map(|(a, b)| b - a),
        low: test.map(|test| within(test.low)),
        high: test.map(|test| within(test.high)),
        p_t: test.map(|test| test.p_value),
        ..blank(question)
    };
    (with_intervals(comparison, rows, interval), Trainings::Samples([first, second]))
}

/// Of few seeds t reaches further than AUCs can differ.
fn within(end: f64) -> f64 {
    end.clamp(-1.0, 1.0)
}

fn blank(question: Question) -> RowComparison {
    RowComparison {
        training_set: question.set,
        stratum: question.stratum,
        epoch: question.epoch,
        seeds: 0,
        difference: None,
        sd: None,
        low: None,
        high: None,
        p_t: None,
        p_t_holm: None,
        p_signed_rank: None,
        p_signed_rank_holm: None,
        detectable: None,
        over_slides: None,
        over_seeds_and_slides: None,
        p_seeds_and_slides: None,
        p_seeds_and_slides_holm: None,
        delong: Vec::new(),
    }
}

/// Fills in both bootstraps, each with a stream of its own.
fn with_intervals(
    comparison: RowComparison,
    rows: &Rows,
    test: impl Fn(Draw, Stream) -> Option<stats::AucDifference>,
) -> RowComparison {
    let question = format!("compare/{}/{}/{}", comparison.training_set, comparison.stratum, comparison.epoch);
    let drawn = |draw, name: &str| test(draw, stream(rows.seed, &format!("{question}/{name}")));
    let range = |found: stats::AucDifference| {
        let stats::Interval { low, high, replicates_used } = found.interval;
        Range { low, high, replicates: replicates_used }
    };
    let both = drawn(Draw::SeedsAndSlides, "seeds-and-slides");
    RowComparison {
        over_slides: drawn(Draw::Slides, "slides").map(range),
        over_seeds_and_slides: both.map(range),
        p_seeds_and_slides: both.and_then(|found| found.p_value),
        ..comparison
    }
}

/// Of each run, each seed's scores of the stratum's tiles.
fn scores_of(scores: [&Scores; 2], seeds: [&[u64]; 2], tiles: &Tiles) -> Option<[Vec<Vec<f64>>; 2]> {
    let of = |scores: &Scores, seeds: &[u64]| -> Option<Vec<Vec<f64>>> {
        let picked = |all: &Vec<f64>| tiles.places.iter().map(|i| all[*i]).collect();
        seeds.iter().map(|seed| scores.get(seed).map(picked)).collect()
    };
    Some([of(scores[0], seeds[0])?, of(scores[1], seeds[1])?])
}

fn delong(seeds: &[u64], [first, second]: &[Vec<Vec<f64>>; 2], tiles: &Tiles) -> Vec<DeLongOfSeed> {
    let of = |((seed, a), b): ((&u64, &Vec<f64>), &Vec<f64>)| {
        let pair = stats::delong_pair(a, b, &tiles.positive, LEVEL)?;
        let [[of_a, both], [_, of_b]] = pair.covariance;
        let se = (of_a + of_b - 2.0 * both).max(0.0).sqrt();
        Some(DeLongOfSeed { seed: *seed, difference: pair.difference, se, p_value: pair.p_value })
    };
    seeds.iter().zip(first).zip(second).filter_map(of).collect()
}
