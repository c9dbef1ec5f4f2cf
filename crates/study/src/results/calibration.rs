//! Whether confidences are as right as they are sure: the scorer's, and those of the rows of Table 3.

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{Calibration, CalibrationBin, EpochChoice, Measured, Stratum, TrainingSet};
use stats::Centre;
use tissue::random::stream;

use super::over_slides::{mean_by_slide, range};
use super::scores::Scores;
use super::test_tiles::{TestTiles, at};

/// Bins of equal width between 0 and 1.
const BINS: usize = 10;

/// The scorer's calibration, if its confidences in class X of the test tiles are known, then that of every row and epoch with scores; by
/// stratum.
pub fn calibration(
    scorer: Option<&[f64]>,
    scores: &Scores,
    tiles: &TestTiles,
    seed: u64,
) -> Vec<Calibration> {
    let mut judged: Vec<Judged> = Vec::new();
    judged.extend(scorer.map(|confidences| (None, EpochChoice::Last, vec![confidences])));
    judged.extend(scores.iter().map(|(set, epoch, said)| {
        (Some(set), epoch, said.iter().map(|said| said.test.confidence.as_slice()).collect())
    }));
    let strata = tiles.strata();
    let wanted: Vec<_> =
        judged.iter().flat_map(|of| strata.iter().map(move |stratum| (of, *stratum))).collect();
    let row = |((set, epoch, confidences), stratum): &(&Judged, Stratum)| {
        let within = tiles.within(*stratum);
        let of_tiles = Confidences {
            seeds: confidences.iter().map(|of_seed| at(of_seed, &within)).collect(),
            positive: at(&tiles.positive, &within),
            slides: at(&tiles.slide, &within),
        };
        let whose = set.map_or("scorer".to_owned(), |set| set.to_string());
        let streams = format!("evaluate/calibration/{whose}/{stratum}/{epoch}");
        Calibration {
            training_set: *set,
            stratum: *stratum,
            epoch: *epoch,
            seeds: of_tiles.seeds.len(),
            tiles: within.len(),
            brier: of_tiles.brier(seed, &streams),
            calibration_error: of_tiles.error(seed, &streams),
            bins: of_tiles.bins(seed, &streams),
        }
    };
    wanted.par_iter().map(row).collect()
}

/// Whose confidences, at which epoch, and of each seed those in the test tiles.
type Judged<'a> = (Option<TrainingSet>, EpochChoice, Vec<&'a [f64]>);

/// Confidences in class X of some tiles.
struct Confidences {
    /// Of each seed, of each tile.
    seeds: Vec<Vec<f64>>,
    positive: Vec<bool>,
    slides: Vec<usize>,
}

impl Confidences {
    fn is(&self, tile: usize) -> f64 {
        f64::from(self.positive[tile])
    }

    fn brier(&self, seed: u64, streams: &str) -> Measured {
        let miss = |tile: usize| {
            let squares = self.seeds.iter().map(|confidences| (confidences[tile] - self.is(tile)).powi(2));
            squares.sum::<f64>() / self.seeds.len() as f64
        };
        let misses: Vec<f64> = (0..self.positive.len()).map(miss).collect();
        mean_by_slide(&misses, &self.slides, &mut stream(seed, &format!("{streams}/brier")))
    }

    /// Of a seed: Σ over bins of |Σ over the bin's tiles of (confidence − outcome)| over all tiles, which is [`stats::calibration_error`].
    fn error(&self, seed: u64, streams: &str) -> Measured {
        let n_slides = self.slides.iter().max().map_or(0, |last| last + 1);
        let mut tiles = vec![0.0; n_slides];
        for slide in &self.slides {
            tiles[*slide] += 1.0;
        }
        let of_seed = |confidences: &Vec<f64>| {
            let mut off = vec![[0.0; BINS]; n_slides];
            for (tile, confidence) in confidences.iter().enumerate() {
                off[self.slides[tile]][stats::equal_width_bin(*confidence, BINS)] +=
                    confidence - self.is(tile);
            }
            off
        };
        let off: Vec<Vec<[f64; BINS]>> = self.seeds.iter().map(of_seed).collect();
        let error = |drawn: &[usize]| {
            let n: f64 = drawn.iter().map(|slide| tiles[*slide]).sum();
            let of_seed = |off: &Vec<[f64; BINS]>| {
                let mut sums = [0.0; BINS];
                for slide in drawn {
                    for (sum, off) in sums.iter_mut().zip(off[*slide]) {
                        *sum += off;
                    }
                }
                sums.iter().map(|sum| sum.abs()).sum::<f64>() / n
            };
            stats::mean(&off.iter().map(of_seed).collect::<Vec<_>>())
        };
        let slides: Vec<usize> = (0..n_slides).filter(|slide| tiles[*slide] > 0.0).collect();
        let of_units = |units: &[usize]| error(&at(&slides, units));
        let units: Vec<usize> = (0..slides.len()).collect();
        let mut rng = stream(seed, &format!("{streams}/calibration-error"));
        let how = (Centre::LessBias, [0.0, 1.0]);
        Measured {
            value: error(&slides),
            over_slides: stats::stretched_bootstrap((&units, 1), how, REPLICATES, &mut rng, of_units)
                .map(range),
        }
    }

    fn bins(&self, seed: u64, streams: &str) -> Vec<CalibrationBin> {
        let pooled: Vec<(f64, usize)> = self
            .seeds
            .iter()
            .flat_map(|confidences| confidences.iter().copied().zip(0..self.positive.len()))
            .collect();
        let bin = |k: usize| {
            let members: Vec<&(f64, usize)> =
                pooled.iter().filter(|(c, _)| stats::equal_width_bin(*c, BINS) == k).collect();
            let outcomes: Vec<f64> = members.iter().map(|(_, tile)| self.is(*tile)).collect();
            let slides: Vec<usize> = members.iter().map(|(_, tile)| self.slides[*tile]).collect();
            let mut rng = stream(seed, &format!("{streams}/bin-{k}"));
            Some(CalibrationBin {
                from: k as f64 / BINS as f64,
                to: (k + 1) as f64 / BINS as f64,
                n: members.len(),
                confidence: stats::mean(&members.iter().map(|(c, _)| *c).collect::<Vec<_>>())?,
                share: mean_by_slide(&outcomes, &slides, &mut rng),
            })
        };
        (0..BINS).filter_map(bin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::{Outputs, Said};
    use super::*;
    use stats::Binning;

    fn tiles(n: usize) -> TestTiles {
        TestTiles {
            class: (0..n).map(|i| i % 2).collect(),
            positive: (0..n).map(|i| i % 2 == 0).collect(),
            slide: (0..n).map(|i| i / 4).collect(),
            agreement: vec![None; n],
            share: vec![None; n],
        }
    }

    fn confidences(n: usize, seed: usize) -> Vec<f64> {
        // Some of them on edges of bins, 0 and 1 too.
        (0..n).map(|i| ((i * 7 + seed * 3) % 21) as f64 / 20.0).collect()
    }

    #[test]
    fn brier_score_error_and_bins_are_means_over_seeds_of_those_of_stats() {
        let tiles = tiles(24);
        let seeds: Vec<Vec<f64>> = (0..3).map(|seed| confidences(24, seed)).collect();
        let said = |confidence: &Vec<f64>| Said {
            test: Outputs { confidence: confidence.clone(), ..Outputs::default() },
            ..Said::default()
        };
        let mut scores = Scores::default();
        scores.add(TrainingSet::Original, EpochChoice::Validation, seeds.iter().map(said).collect());
        let found = calibration(Some(&seeds[1]), &scores, &tiles, 4);
        let [scorer, row] = &found[..] else { panic!("two: {found:?}") };
        assert_eq!((scorer.training_set, scorer.epoch, scorer.seeds), (None, EpochChoice::Last, 1));
        assert_eq!((row.training_set, row.seeds, row.tiles), (Some(TrainingSet::Original), 3, 24));
        let reliability = |c: &[f64], positive: &[bool]| {
            stats::reliability(c, positive, BINS, Binning::EqualWidth).unwrap()
        };
        let mean = |of: &dyn Fn(&Vec<f64>) -> f64| seeds.iter().map(of).sum::<f64>() / 3.0;
        let brier = mean(&|c| stats::brier_score(c, &tiles.positive).unwrap());
        assert!((row.brier.value.unwrap() - brier).abs() < 1e-12);
        let error = mean(&|c| stats::calibration_error(&reliability(c, &tiles.positive)).unwrap());
        assert!((row.calibration_error.value.unwrap() - error).abs() < 1e-12);
        let pooled = reliability(&seeds.concat(), &tiles.positive.repeat(3));
        assert_eq!(pooled.len(), row.bins.len());
        for (bin, expected) in row.bins.iter().zip(pooled) {
            assert_eq!(bin.n, expected.count);
            assert!((bin.confidence - expected.predicted).abs() < 1e-12);
            assert!((bin.share.value.unwrap() - expected.observed).abs() < 1e-12);
            assert!(bin.from <= bin.confidence && bin.confidence <= bin.to);
        }
        for over in [row.brier.over_slides, row.calibration_error.over_slides, row.bins[3].share.over_slides]
        {
            let over = over.unwrap();
            assert!(0.0 <= over.low && over.low < over.high && over.high <= 1.0);
        }
        let of_scorer = stats::brier_score(&seeds[1], &tiles.positive).unwrap();
        assert!((scorer.brier.value.unwrap() - of_scorer).abs() < 1e-12);
    }

    #[test]
    fn without_a_scorers_confidences_and_scores_there_is_none() {
        assert!(calibration(None, &Scores::default(), &tiles(8), 0).is_empty());
    }
}
