//! Whether confidence tells what annotators disagree on.

use std::collections::BTreeMap;

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{ConfidenceOf, ConfidenceRow, Difficulty, Measured, Range};
use stats::{Centre, RankedScores};
use tissue::Agreement;
use tissue::random::stream;

use super::over_slides::{range, times};
use super::test_tiles::numbered;
use crate::error::StudyError;
use crate::study::Study;

/// More annotators than so many, and their share is worth a correlation.
const FEW_ANNOTATORS: usize = 3;

/// Confidence beside agreement in the train tiles of class X, in-sample and out of fold, and in its test tiles. What has no tiles with
/// votes is left out.
///
/// # Errors
/// A confidence that is no number.
pub fn difficulty(study: &Study, confidences: &[ConfidenceRow]) -> Result<Vec<Difficulty>, StudyError> {
    type Wanted<'a> = (ConfidenceOf, &'a [usize], fn(&ConfidenceRow) -> Option<f64>);

    let data = &study.data;
    let of: BTreeMap<&str, &ConfidenceRow> =
        confidences.iter().map(|row| (row.image.as_str(), row)).collect();
    let test_of_x: Vec<usize> =
        data.test.iter().copied().filter(|&i| data.manifest.tiles[i].class == data.x).collect();
    let wanted: [Wanted; 3] = [
        (ConfidenceOf::InSample, &data.train_of_x, |row| row.confidence),
        (ConfidenceOf::OutOfFold, &data.train_of_x, |row| row.confidence_out_of_fold),
        (ConfidenceOf::Test, &test_of_x, |row| row.confidence),
    ];
    let judged = |(whose, tiles, confidence): &Wanted| {
        let mut judged = Judged::default();
        let mut slides = Vec::new();
        for &i in *tiles {
            let tile = &data.manifest.tiles[i];
            let confidence = of.get(tile.image.as_str()).and_then(|row| confidence(row));
            let (Some(agreement), Some(share), Some(confidence)) =
                (data.stratum(i), tile.agreement(), confidence)
            else {
                continue;
            };
            judged.confidence.push(confidence);
            judged.low.push(agreement == Agreement::Low);
            judged.share.push(share);
            slides.push(tile.slide.as_str());
            let annotators = tile.votes.iter().sum::<u32>() + tile.other_votes;
            judged.annotators = judged.annotators.max(annotators as usize);
        }
        judged.slides = numbered(slides.into_iter());
        judged.difficulty(*whose, study.config.seed)
    };
    let rows: Vec<Option<Difficulty>> = wanted.par_iter().map(judged).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// Tiles of class X with a confidence and votes.
#[derive(Default)]
struct Judged {
    confidence: Vec<f64>,
    /// Whether agreement is low.
    low: Vec<bool>,
    /// The share of annotators who chose class X.
    share: Vec<f64>,
    slides: Vec<usize>,
    /// The most of a tile.
    annotators: usize,
}

impl Judged {
    fn difficulty(&self, confidence: ConfidenceOf, seed: u64) -> Result<Option<Difficulty>, StudyError> {
        if self.confidence.is_empty() {
            return Ok(None);
        }
        let of_kind = |low: bool| -> Vec<f64> {
            self.confidence.iter().zip(&self.low).filter(|(_, is)| **is == low).map(|(c, _)| *c).collect()
        };
        let (high, low) = (of_kind(false), of_kind(true));
        let both = !high.is_empty() && !low.is_empty();
        let ks = both.then(|| stats::ks_two_sample(&high, &low)).transpose()?;
        // Low confidence is to tell low agreement.
        let doubt: Vec<f64> = self.confidence.iter().map(|c| -c).collect();
        let ranked = RankedScores::new(&doubt, &self.low);
        let n = self.confidence.len();
        let spearman = |tiles: &[usize]| {
            let pick = |values: &[f64]| tiles.iter().map(|&i| values[i]).collect::<Vec<_>>();
            stats::spearman(&pick(&self.confidence), &pick(&self.share))
        };
        let all: Vec<usize> = (0..n).collect();
        let area = |drawn: &[usize]| ranked.as_ref()?.auc_of_draw(&times(drawn, n));
        let ascending = Ascending::of(&self.confidence, &self.low);
        let name = |of: &str| format!("evaluate/difficulty/{confidence:?}/{of}");
        let samples = stats::samples_in(&self.slides, &self.low);
        let over = |of: &str, samples, how, statistic: &dyn Fn(&[usize]) -> Option<f64>| -> Option<Range> {
            let mut rng = stream(seed, &name(of));
            stats::stretched_bootstrap((&self.slides, samples), how, REPLICATES, &mut rng, statistic)
                .map(range)
        };
        Ok(Some(Difficulty {
            confidence,
            n_high: high.len(),
            n_low: low.len(),
            slides: self.slides.iter().max().map_or(0, |last| last + 1),
            ks: ks.map(|test| test.statistic),
            ks_p_value: ks.map(|test| test.p_value),
            ks_over_slides: over("ks", samples, (Centre::LessBias, [0.0, 1.0]), &|drawn| {
                ascending.largest_distance(&times(drawn, n))
            }),
            auc_disagreement: Measured {
                value: area(&all),
                over_slides: over("auc", samples, (Centre::Estimate, [0.0, 1.0]), &area),
            },
            spearman: (self.annotators > FEW_ANNOTATORS).then(|| Measured {
                value: spearman(&all),
                over_slides: over("spearman", 1, (Centre::Estimate, [-1.0, 1.0]), &spearman),
            }),
            annotators: self.annotators,
        }))
    }
}

/// Tiles of two kinds put in order once, for distances of many draws of them.
struct Ascending {
    /// The tile, whether it is of low agreement, and whether the next has the same confidence.
    tiles: Vec<(usize, bool, bool)>,
}

impl Ascending {
    fn of(confidence: &[f64], low: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..confidence.len()).collect();
        order.sort_by(|a, b| confidence[*a].total_cmp(&confidence[*b]));
        let ties =
            |at: usize| order.get(at + 1).is_some_and(|next| confidence[*next] == confidence[order[at]]);
        Self { tiles: order.iter().enumerate().map(|(at, i)| (*i, low[*i], ties(at))).collect() }
    }

    /// Kolmogorov–Smirnov's distance between the two kinds, tile i counting `times[i]` times; `None` if one is not drawn.
    fn largest_distance(&self, times: &[u32]) -> Option<f64> {
        let count = |wanted: bool| -> i64 {
            self.tiles.iter().filter(|(_, low, _)| *low == wanted).map(|(i, ..)| i64::from(times[*i])).sum()
        };
        let (high, low) = (count(false), count(true));
        // Of each kind the share so far, over one denominator.
        let (mut apart, mut largest) = (0_i64, 0);
        for (tile, is_low, ties) in &self.tiles {
            apart += i64::from(times[*tile]) * if *is_low { high } else { -low };
            if !ties {
                largest = largest.max(apart.abs());
            }
        }
        (high > 0 && low > 0).then(|| largest as f64 / (high * low) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(annotators: usize) -> Judged {
        let n = 40;
        let share: Vec<f64> = (0..n).map(|i| [1.0, 5.0 / 7.0, 1.0, 4.0 / 7.0, 6.0 / 7.0][i % 5]).collect();
        Judged {
            // Follows the share, with chance of its own and ties.
            confidence: (0..n).map(|i| 0.5 * share[i] + ((i * 13) % 7) as f64 / 14.0).collect(),
            low: share.iter().map(|share| *share < 1.0).collect(),
            share,
            slides: (0..n).map(|i| i / 4).collect(),
            annotators,
        }
    }

    fn found(judged: &Judged) -> Difficulty {
        judged.difficulty(ConfidenceOf::OutOfFold, 0).unwrap().unwrap()
    }

    #[test]
    fn distance_area_and_correlation_are_those_of_stats_each_with_an_interval() {
        let judged = judged(7);
        let row = found(&judged);
        let of_kind = |low: bool| -> Vec<f64> {
            judged.confidence.iter().zip(&judged.low).filter(|(_, l)| **l == low).map(|(c, _)| *c).collect()
        };
        let test = stats::ks_two_sample(&of_kind(false), &of_kind(true)).unwrap();
        assert_eq!((row.ks, row.ks_p_value), (Some(test.statistic), Some(test.p_value)));
        assert_eq!((row.n_high, row.n_low, row.slides, row.annotators), (16, 24, 10, 7));
        let doubt: Vec<f64> = judged.confidence.iter().map(|c| 1.0 - c).collect();
        assert_eq!(row.auc_disagreement.value, stats::auc(&doubt, &judged.low));
        let spearman = row.spearman.unwrap();
        assert_eq!(spearman.value, stats::spearman(&judged.confidence, &judged.share));
        for (value, over) in [
            (row.auc_disagreement.value, row.auc_disagreement.over_slides),
            (spearman.value, spearman.over_slides),
        ] {
            let over = over.unwrap();
            assert!(over.low < value.unwrap() && value.unwrap() < over.high && over.high <= 1.0);
        }
        let over = row.ks_over_slides.unwrap();
        // Draws add chance to the distance; the interval takes it off again.
        assert!(0.0 <= over.low && over.low < test.statistic, "{over:?}");
        assert!(over.replicates > REPLICATES * 9 / 10);
    }

    #[test]
    fn a_drawn_distance_is_that_of_the_tiles_drawn() {
        let judged = judged(3);
        let ascending = Ascending::of(&judged.confidence, &judged.low);
        let drawn = [0, 0, 3, 8, 8, 8, 13, 21, 22, 22, 30, 39, 1];
        let of_kind = |low: bool| -> Vec<f64> {
            drawn.iter().filter(|i| judged.low[**i] == low).map(|i| judged.confidence[*i]).collect()
        };
        let expected = stats::ks_two_sample(&of_kind(false), &of_kind(true)).unwrap().statistic;
        let found = ascending.largest_distance(&times(&drawn, 40)).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        assert_eq!(ascending.largest_distance(&times(&[0, 2, 5], 40)), None, "high agreement alone");
    }

    #[test]
    fn three_annotators_have_no_correlation_and_one_kind_of_tiles_no_distance() {
        let mut judged = judged(3);
        assert_eq!(found(&judged).spearman, None);
        judged.low = vec![false; 40];
        let row = found(&judged);
        assert_eq!((row.ks, row.ks_p_value, row.ks_over_slides), (None, None, None));
        assert_eq!((row.auc_disagreement, row.n_low), (Measured::default(), 0));
        assert!(Judged::default().difficulty(ConfidenceOf::Test, 0).unwrap().is_none());
    }
}
