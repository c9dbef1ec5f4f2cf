//! Which row of Table 3 to use: the lab's question, answered by the validation tiles alone (docs/statistics.md, "Which recipe to use").

use rayon::prelude::*;
use record::thresholds::{ALPHA, FEWEST_SEEDS, REPLICATES};
use record::{EpochChoice, NoChoice, OnValidation, Recommendation, TrainingSet};
use stats::Draw;
use tissue::random::stream;

use super::over_slides::range;
use super::scores::{Said, Scores};
use super::test_tiles::numbered;
use crate::study::Study;

/// The epoch at which rows are compared. The best one on the validation tiles would be picked on what it is measured on, and flatter a row
/// the more its AUC jumps about from epoch to epoch.
const EPOCH: EpochChoice = EpochChoice::Last;

/// The validation tiles, in the order of scores; every list has an entry a tile.
#[derive(Clone, Debug, Default)]
pub struct ValidationTiles {
    /// Whether it is of class X.
    pub positive: Vec<bool>,
    /// The slide, of which only equality matters.
    pub slide: Vec<usize>,
}

impl ValidationTiles {
    /// Those of a study.
    pub fn of(study: &Study) -> Self {
        let data = &study.data;
        let slides = data.validation.iter().map(|&i| data.manifest.tiles[i].slide.as_str());
        Self { positive: data.are_of_x(&data.validation), slide: numbered(slides) }
    }

    fn are_of_one_class(&self) -> bool {
        self.positive.iter().all(|positive| *positive == self.positive[0])
    }
}

/// A row of Table 3, and how many amounts and weights were tried on the validation tiles before it became what it is.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// The row.
    pub set: TrainingSet,
    /// At least 1.
    pub candidates: usize,
}

/// The row to use among `rows`, which are those of Table 3 in their order, the original among them.
pub fn recommendation(
    rows: &[Contender],
    scores: &Scores,
    tiles: &ValidationTiles,
    seed: u64,
) -> Recommendation {
    of_draws(rows, scores, tiles, (seed, REPLICATES))
}

fn of_draws(
    rows: &[Contender],
    scores: &Scores,
    tiles: &ValidationTiles,
    draws: (u64, usize),
) -> Recommendation {
    let mut on_validation: Vec<OnValidation> =
        rows.par_iter().map(|row| measured(*row, scores, tiles, draws)).collect();
    correct(&mut on_validation);
    let no_choice = no_choice(&on_validation, tiles);
    let training_set = no_choice.is_none().then(|| chosen(&on_validation));
    Recommendation {
        training_set,
        no_choice,
        epoch: EPOCH,
        tiles: tiles.positive.len(),
        of_class_x: tiles.positive.iter().filter(|positive| **positive).count(),
        slides: tiles.slide.iter().max().map_or(0, |last| last + 1),
        rows: on_validation,
    }
}

/// Of the rows whose gain is clear the one with the highest AUC, of several the first; else the original.
fn chosen(rows: &[OnValidation]) -> TrainingSet {
    let clear = rows.iter().filter(|row| row.is_clear).filter_map(|row| Some((row.training_set, row.auc?)));
    let best = clear.reduce(|best, row| if row.1 > best.1 { row } else { best });
    best.map_or(TrainingSet::Original, |(set, _)| set)
}

fn no_choice(rows: &[OnValidation], tiles: &ValidationTiles) -> Option<NoChoice> {
    let others = || rows.iter().filter(|row| row.training_set != TrainingSet::Original);
    if others().next().is_none() {
        Some(NoChoice::OneRow)
    } else if tiles.positive.is_empty() {
        Some(NoChoice::NoTiles)
    } else if tiles.are_of_one_class() {
        Some(NoChoice::OneClass)
    } else if rows.iter().any(|row| row.auc.is_none()) {
        Some(NoChoice::NoScores)
    } else if rows.iter().any(|row| row.seeds < FEWEST_SEEDS) {
        Some(NoChoice::FewSeeds)
    } else if others().any(|row| row.over_seeds_and_slides.is_none()) {
        Some(NoChoice::FewSlides)
    } else {
        None
    }
}

/// What the networks of a row say of the validation tiles, a list a seed.
fn margins(said: &[Said]) -> Vec<Vec<f64>> {
    said.iter().map(|said| said.validation.margin.clone()).collect()
}

fn measured(
    Contender { set, candidates }: Contender,
    scores: &Scores,
    tiles: &ValidationTiles,
    (seed, replicates): (u64, usize),
) -> OnValidation {
    let of = |set, epoch| scores.of(set, epoch).map(margins).unwrap_or_default();
    let areas = |margins: &[Vec<f64>]| -> Option<Vec<f64>> {
        margins.iter().map(|margin| stats::auc(margin, &tiles.positive)).collect()
    };
    let (row, original) = (of(set, EPOCH), of(TrainingSet::Original, EPOCH));
    let mut found = OnValidation {
        training_set: set,
        seeds: row.len(),
        auc: areas(&row).and_then(|areas| stats::mean(&areas)),
        auc_best_epoch: areas(&of(set, EpochChoice::Validation)).and_then(|areas| stats::mean(&areas)),
        difference: None,
        over_seeds_and_slides: None,
        candidates,
        p: None,
        p_holm: None,
        is_clear: false,
    };
    if set == TrainingSet::Original {
        return found;
    }
    found.difference = areas(&row).zip(areas(&original)).and_then(|(row, original)| {
        stats::mean(&row.iter().zip(&original).map(|(a, b)| a - b).collect::<Vec<_>>())
    });
    let mut rng = stream(seed, &format!("evaluate/recommendation/{set}"));
    let both = [&original[..], &row[..]];
    let (positive, slides, draw) = (&tiles.positive, &tiles.slide, Draw::SeedsAndSlides);
    let drawn = stats::auc_difference(both, positive, slides, draw, replicates, &mut rng);
    found.over_seeds_and_slides = drawn.map(|drawn| range(drawn.interval));
    // The best of several candidates on these tiles is too good by having been picked on them.
    let p = drawn.and_then(|drawn| drawn.p_value);
    found.p = p.map(|p| (p * candidates as f64).min(1.0));
    found
}

/// Corrects for the number of rows, and tells whose gain is clear.
fn correct(rows: &mut [OnValidation]) {
    let mut others: Vec<&mut OnValidation> =
        rows.iter_mut().filter(|row| row.training_set != TrainingSet::Original).collect();
    // A test that has no p found nothing; left out, it would make the others look better.
    let all: Vec<f64> = others.iter().map(|row| row.p.unwrap_or(1.0)).collect();
    let adjusted = stats::holm(&all).unwrap_or_default();
    for (row, adjusted) in others.iter_mut().zip(adjusted) {
        row.p_holm = row.p.map(|_| adjusted);
        row.is_clear = row.seeds >= FEWEST_SEEDS
            && row.over_seeds_and_slides.is_some_and(|range| range.low > 0.0)
            && row.p_holm.is_some_and(|p| p < ALPHA);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;
    use rand::RngExt;
    use record::Phi;

    /// Enough for what is tested.
    const DRAWS: usize = 400;

    fn sets(n: usize) -> Vec<Contender> {
        let phis = (1..).map(|phi| TrainingSet::Phi(Phi::new(f64::from(phi))));
        let sets = [TrainingSet::Original].into_iter().chain(phis);
        sets.take(n).map(|set| Contender { set, candidates: 1 }).collect()
    }

    /// Normal numbers of mean 0 (Box & Muller).
    fn normals(rng: &mut tissue::random::Stream, n: usize, sd: f64) -> Vec<f64> {
        let one = |_| {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            sd * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
        };
        (0..n).map(one).collect()
    }

    /// Networks of rows with these signals: what each row adds to the tiles of class X, on validation and on test tiles alike. Four tiles
    /// a slide, half of them of class X; what a row changes differs from slide to slide.
    fn simulated(
        signals: &[f64],
        (seeds, slides): (usize, usize),
        number: u64,
    ) -> (Vec<Contender>, Scores, ValidationTiles) {
        let mut rng = stream(number, "simulated validation");
        let n = 4 * slides;
        let tiles = ValidationTiles {
            positive: (0..n).map(|i| i % 2 == 0).collect(),
            slide: (0..n).map(|i| i / 4).collect(),
        };
        let lasting = normals(&mut rng, n, 0.6);
        let rows = sets(signals.len());
        let mut scores = Scores::default();
        for (row, signal) in rows.iter().zip(signals) {
            let change = [(); 2].map(|()| normals(&mut rng, slides, 0.4));
            let said: Vec<Said> = (0..seeds)
                .map(|_| {
                    let of_seed = normals(&mut rng, 1, 0.15)[0];
                    let mut outputs = |change: &[f64]| {
                        let noise = normals(&mut rng, n, 0.4);
                        let margin = |i: usize| {
                            let gap = signal + of_seed + change[i / 4];
                            f64::from(tiles.positive[i]) * gap + lasting[i] + noise[i]
                        };
                        Outputs { margin: (0..n).map(margin).collect(), ..Outputs::default() }
                    };
                    Said { test: outputs(&change[0]), validation: outputs(&change[1]) }
                })
                .collect();
            scores.add(row.set, EpochChoice::Last, said);
        }
        (rows, scores, tiles)
    }

    #[test]
    fn the_row_with_the_highest_auc_of_those_with_a_clear_gain_is_recommended() {
        let (rows, scores, tiles) = simulated(&[1.0, 1.0, 2.4, 2.0], (5, 30), 1);
        let found = of_draws(&rows, &scores, &tiles, (5, DRAWS));
        assert_eq!((found.training_set, found.no_choice), (Some(rows[2].set), None));
        assert_eq!((found.tiles, found.of_class_x, found.slides), (120, 60, 30));
        let clear: Vec<bool> = found.rows.iter().map(|row| row.is_clear).collect();
        assert_eq!(clear, [false, false, true, true]);
        let best = &found.rows[2];
        let margin = &scores.of(rows[2].set, EpochChoice::Last).unwrap()[0].validation.margin;
        assert!(stats::auc(margin, &tiles.positive).unwrap() > 0.8);
        assert!((best.auc.unwrap() - found.rows[0].auc.unwrap() - best.difference.unwrap()).abs() < 1e-12);
        let p =
            |of: fn(&OnValidation) -> Option<f64>| found.rows[1..].iter().map(move |row| of(row).unwrap());
        assert_eq!(
            p(|row| row.p_holm).collect::<Vec<_>>(),
            stats::holm(&p(|row| row.p).collect::<Vec<_>>()).unwrap()
        );
        let original = &found.rows[0];
        assert_eq!((original.difference, original.p, original.over_seeds_and_slides), (None, None, None));
    }

    #[test]
    fn no_test_score_enters_the_choice() {
        let (rows, scores, tiles) = simulated(&[1.0, 2.2], (4, 20), 2);
        let found = of_draws(&rows, &scores, &tiles, (5, DRAWS));
        let mut blind = Scores::default();
        for (set, epoch, said) in scores.iter() {
            let without = |said: &Said| Said { test: Outputs::default(), ..said.clone() };
            blind.add(set, epoch, said.iter().map(without).collect());
        }
        assert_eq!(of_draws(&rows, &blind, &tiles, (5, DRAWS)), found);
    }

    #[test]
    fn candidates_that_were_tried_on_the_same_tiles_count_as_tests() {
        let (mut rows, scores, tiles) = simulated(&[1.0, 1.9], (5, 24), 3);
        let once = of_draws(&rows, &scores, &tiles, (5, DRAWS));
        let p = once.rows[1].p.unwrap();
        assert!(once.rows[1].is_clear, "{once:?}");
        rows[1].candidates = (0.06 / p).ceil() as usize;
        let often = of_draws(&rows, &scores, &tiles, (5, DRAWS));
        assert!((often.rows[1].p.unwrap() - p * rows[1].candidates as f64).abs() < 1e-12);
        assert_eq!(often.training_set, Some(TrainingSet::Original), "{often:?}");
    }

    #[test]
    fn where_validation_tiles_allow_no_choice_the_reason_is_told() {
        let why = |rows: &[Contender], scores: &Scores, tiles: &ValidationTiles| {
            let found = of_draws(rows, scores, tiles, (5, DRAWS));
            assert_eq!(found.training_set, None);
            found.no_choice.unwrap()
        };
        let (rows, scores, tiles) = simulated(&[1.0, 1.9], (5, 24), 3);
        assert_eq!(why(&rows[..1], &scores, &tiles), NoChoice::OneRow);
        assert_eq!(why(&rows, &scores, &ValidationTiles::default()), NoChoice::NoTiles);
        let one_class = ValidationTiles { positive: vec![true; 96], ..tiles.clone() };
        assert_eq!(why(&rows, &scores, &one_class), NoChoice::OneClass);
        assert_eq!(why(&rows, &Scores::default(), &tiles), NoChoice::NoScores);
        let one_slide = ValidationTiles { slide: vec![0; 96], ..tiles };
        assert_eq!(why(&rows, &scores, &one_slide), NoChoice::FewSlides);
        let (rows, scores, tiles) = simulated(&[1.0, 9.0], (2, 24), 3);
        assert_eq!(why(&rows, &scores, &tiles), NoChoice::FewSeeds);
        // Three are enough, and rows that say the same of every tile are not better.
        let (rows, scores, tiles) = simulated(&[1.0, 1.0], (3, 24), 3);
        let mut alike = Scores::default();
        for row in &rows {
            alike.add(
                row.set,
                EpochChoice::Last,
                scores.of(rows[0].set, EpochChoice::Last).unwrap().to_vec(),
            );
        }
        let found = of_draws(&rows, &alike, &tiles, (5, DRAWS));
        assert_eq!((found.training_set, found.rows[1].p), (Some(TrainingSet::Original), None));
    }

    #[test]
    fn validation_may_pick_wrongly_and_a_row_that_is_best_on_test_is_not_asked_for() {
        // On the validation slides chance favours a row that is worse than the original on all slides.
        let (rows, mut scores, tiles) = simulated(&[1.5, 1.5, 1.2], (5, 24), 4);
        let mut favoured = Scores::default();
        for (set, epoch, said) in scores.iter() {
            let lifted = |said: &Said| {
                let mut said = said.clone();
                if set == rows[2].set {
                    for (margin, positive) in said.validation.margin.iter_mut().zip(&tiles.positive) {
                        *margin += 2.0 * f64::from(*positive);
                    }
                }
                said
            };
            favoured.add(set, epoch, said.iter().map(lifted).collect());
        }
        scores = favoured;
        let found = of_draws(&rows, &scores, &tiles, (5, DRAWS));
        assert_eq!(found.training_set, Some(rows[2].set));
        let on_test = |set| {
            let of_seeds: Vec<f64> = scores
                .of(set, EpochChoice::Last)
                .unwrap()
                .iter()
                .map(|said| stats::auc(&said.test.margin, &tiles.positive).unwrap())
                .collect();
            stats::mean(&of_seeds).unwrap()
        };
        assert!(on_test(rows[2].set) < on_test(rows[0].set), "the choice was wrong, and the test tiles tell");
    }

    #[test]
    fn in_simulated_studies_without_a_gain_hardly_any_row_is_recommended() {
        let (studies, mut wrong, mut highest) = (150, 0, 0);
        for number in 0..studies {
            let (rows, scores, tiles) = simulated(&[1.5; 5], (5, 16), 1000 + number);
            let found = of_draws(&rows, &scores, &tiles, (5, 200));
            wrong += usize::from(found.training_set != Some(TrainingSet::Original));
            let original = found.rows[0].auc;
            highest += usize::from(found.rows.iter().any(|row| row.auc > original));
        }
        // Expected 2.5 % or fewer: more than 8 of 150 would be a rare accident.
        assert!(wrong <= 8, "{wrong} of {studies}");
        // Who takes the highest row takes one nearly always.
        assert!(highest > studies as usize / 2, "{highest} of {studies}");
    }
}
