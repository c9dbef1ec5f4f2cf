//! AUC by slide: a slide's score is the mean of its tiles' confidences.

use std::collections::BTreeMap;

use record::thresholds::REPLICATES;
use record::{EpochChoice, Measured, SlideAuc, TrainingSet};
use stats::{Centre, RankedScores};
use tissue::random::stream;

use super::over_slides::{range, times};
use super::scores::{Said, Scores};
use super::test_tiles::TestTiles;

/// Every row and epoch with scores, on the test slides whose tiles are all of one class. Empty where no such slide has two tiles (then a
/// slide is a tile, and Table 3 tells the same), or those of class X or of the others are missing.
pub fn slide_auc(scores: &Scores, tiles: &TestTiles, seed: u64) -> Vec<SlideAuc> {
    let slides = Slides::of(tiles);
    let of_x = slides.positive.iter().filter(|positive| **positive).count();
    let has_several = slides.tiles.iter().any(|tiles| tiles.len() > 1);
    if !has_several || of_x == 0 || of_x == slides.positive.len() {
        return Vec::new();
    }
    scores.iter().map(|(set, epoch, said)| row((set, epoch, said), &slides, seed)).collect()
}

/// The test slides of one class each.
struct Slides {
    /// Their tiles.
    tiles: Vec<Vec<usize>>,
    /// Whether they are of class X.
    positive: Vec<bool>,
    /// How many slides have tiles of several classes.
    mixed: usize,
}

impl Slides {
    fn of(tiles: &TestTiles) -> Self {
        let mut of_slide: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, slide) in tiles.slide.iter().enumerate() {
            of_slide.entry(*slide).or_default().push(i);
        }
        let is_of_one = |of: &Vec<usize>| of.iter().all(|i| tiles.class[*i] == tiles.class[of[0]]);
        let (of_one, mixed): (Vec<_>, Vec<_>) = of_slide.into_values().partition(is_of_one);
        let positive = of_one.iter().map(|of| tiles.positive[of[0]]).collect();
        Self { tiles: of_one, positive, mixed: mixed.len() }
    }
}

fn row(
    (training_set, epoch, said): (TrainingSet, EpochChoice, &[Said]),
    slides: &Slides,
    seed: u64,
) -> SlideAuc {
    let score = |said: &Said, of: &Vec<usize>| {
        let sum: f64 = of.iter().map(|i| said.test.confidence[*i]).sum();
        sum / of.len() as f64
    };
    let ranked: Vec<RankedScores> = said
        .iter()
        .filter_map(|said| {
            let scores: Vec<f64> = slides.tiles.iter().map(|of| score(said, of)).collect();
            RankedScores::new(&scores, &slides.positive)
        })
        .collect();
    let n = slides.tiles.len();
    let area = |drawn: &[usize]| {
        let times = times(drawn, n);
        let areas: Option<Vec<f64>> = ranked.iter().map(|of_seed| of_seed.auc_of_draw(&times)).collect();
        stats::mean(&areas?)
    };
    let each: Vec<usize> = (0..n).collect();
    let mut rng = stream(seed, &format!("evaluate/slides/{training_set}/{epoch}"));
    let clusters = (&each[..], stats::samples_in(&each, &slides.positive));
    let how = (Centre::Estimate, [0.0, 1.0]);
    SlideAuc {
        training_set,
        epoch,
        slides: n,
        of_class_x: slides.positive.iter().filter(|positive| **positive).count(),
        mixed: slides.mixed,
        auc: Measured {
            value: area(&each),
            over_slides: stats::stretched_bootstrap(clusters, how, REPLICATES, &mut rng, area).map(range),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;

    fn tiles(slides: &[(usize, bool)]) -> TestTiles {
        TestTiles {
            class: slides.iter().map(|(_, positive)| usize::from(!positive)).collect(),
            positive: slides.iter().map(|(_, positive)| *positive).collect(),
            slide: slides.iter().map(|(slide, _)| *slide).collect(),
            agreement: vec![None; slides.len()],
            share: vec![None; slides.len()],
        }
    }

    fn scores(confidences: &[&[f64]]) -> Scores {
        let said = |confidence: &&[f64]| Said {
            test: Outputs { confidence: confidence.to_vec(), ..Outputs::default() },
            ..Said::default()
        };
        let mut scores = Scores::default();
        scores.add(TrainingSet::Original, EpochChoice::Last, confidences.iter().map(said).collect());
        scores
    }

    #[test]
    fn a_slide_is_the_mean_of_its_tiles_and_mixed_ones_are_left_out() {
        let (x, o) = (true, false);
        let tiles = tiles(&[(0, x), (1, o), (0, x), (2, x), (1, o), (3, o), (3, x), (4, o)]);
        // Slides: 0 (X) .5, 1 (other) .3, 2 (X) .4, 4 (other) .45 by the first network; 3 is mixed.
        let first: &[f64] = &[0.9, 0.2, 0.1, 0.4, 0.4, 0.99, 0.01, 0.45];
        // The second puts both X below both others.
        let second: &[f64] = &[0.1, 0.9, 0.1, 0.2, 0.9, 0.5, 0.5, 0.8];
        let found = slide_auc(&scores(&[first, second]), &tiles, 1);
        let [row] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((row.slides, row.of_class_x, row.mixed), (4, 2, 1));
        assert_eq!(row.auc.value, Some(f64::midpoint(0.75, 0.0)));
        // The order of tiles changes nothing, and neither does another seed but the interval.
        assert_eq!(slide_auc(&scores(&[first]), &tiles, 2)[0].auc.value, Some(0.75));
    }

    #[test]
    fn where_a_slide_is_a_tile_or_a_class_has_none_nothing_is_told() {
        let of =
            |slides: &[(usize, bool)]| slide_auc(&scores(&[&vec![0.5; slides.len()]]), &tiles(slides), 1);
        assert!(of(&[(0, true), (1, false), (2, true)]).is_empty(), "each its own");
        assert!(of(&[(0, true), (0, true), (1, true)]).is_empty(), "no other class");
        assert!(of(&[(0, true), (0, false), (1, true), (1, false)]).is_empty(), "all mixed");
        assert_eq!(of(&[(0, true), (0, true), (1, false)]).len(), 1);
    }
}
