//! What the held-out judge says of real training tiles: thresholds of a class's own, and calibrated probabilities.

use std::path::PathBuf;

use record::thresholds::{DOUBTED, ENOUGH_FOR_A_FOLD, OUTLYING};
use record::{LogitsRow, StepName};
use stats::Temperature;

use crate::error::StudyError;
use crate::study::Study;

/// Where the logits of training tiles lie.
pub fn logits_csv(study: &Study) -> PathBuf {
    study.run.step(&StepName::SCORE_CLASSES).join("logits.csv")
}

/// The training tiles as the scorers see them that did not see them before.
pub struct Real {
    /// The tiles, as indices into the manifest.
    tiles: Vec<usize>,
    /// Logits of each.
    logits: Vec<Vec<f64>>,
}

impl Real {
    /// Reads what the step `score-classes` left.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn read(study: &Study) -> Result<Self, StudyError> {
        let path = logits_csv(study);
        let rows: Vec<LogitsRow> = files::read_rows(&path)?;
        let tiles: Vec<usize> =
            rows.iter().map(|row| study.data.tile_named(&row.image, &path)).collect::<Result<_, _>>()?;
        Ok(Self { tiles, logits: rows.into_iter().map(|row| row.logits_out_of_fold).collect() })
    }

    /// The calibration of the held-out judge: the least cross-entropy on tiles that it did not see, against the shares of their votes or,
    /// where nobody voted, their labels. With the cross-entropy before and after.
    ///
    /// # Errors
    /// If logits are no numbers.
    pub fn calibration(&self, study: &Study) -> Result<Calibrated, StudyError> {
        let classes = study.config.classes.len();
        let target = |&i: &usize| -> Vec<f64> {
            let tile = &study.data.manifest.tiles[i];
            let lesson = train::Lesson::of_votes(&tile.votes, tile.class, classes);
            lesson.target.into_iter().map(f64::from).collect()
        };
        let targets: Vec<Vec<f64>> = self.tiles.iter().map(target).collect();
        let fitted = Temperature::fit(&self.logits, &targets).ok_or_else(|| StudyError::Broken {
            path: logits_csv(study),
            why: "its logits cannot be calibrated: they are no numbers".into(),
        })?;
        Ok(Calibrated {
            before: Temperature::none(classes).cross_entropy(&self.logits, &targets).unwrap_or_default(),
            after: fitted.cross_entropy(&self.logits, &targets).unwrap_or_default(),
            fitted,
        })
    }

    /// The confidence, of each fold's judge, that all but a few of the class's real tiles have at least.
    pub fn thresholds(&self, study: &Study, class: usize) -> Vec<f64> {
        let of_fold = |fold: Option<usize>| -> Vec<f64> {
            let tiles = self.tiles.iter().zip(&self.logits);
            tiles
                .filter(|(i, _)| study.data.manifest.tiles[**i].class == class)
                .filter(|(i, _)| fold.is_none() || study.data.fold_of(**i) == fold)
                .map(|(_, logits)| nets::confidence(logits, class))
                .collect()
        };
        let pooled = quantile(&of_fold(None), DOUBTED);
        (0..study.config.folds)
            .map(|k| {
                let own = of_fold(Some(k));
                if own.len() < ENOUGH_FOR_A_FOLD { pooled } else { quantile(&own, DOUBTED) }
            })
            .collect()
    }
}

/// Of nothing nothing is kept.
fn quantile(values: &[f64], share: f64) -> f64 {
    stats::quantile(values, share).unwrap_or(f64::INFINITY)
}

/// A calibration and what it changed.
pub struct Calibrated {
    /// It.
    pub fitted: Temperature,
    /// Cross-entropy without it, in nats.
    pub before: f64,
    /// Cross-entropy with it.
    pub after: f64,
}

/// Real tiles of a class among a judge's features: their centre and spread, feature by feature, and how far out all but a few of them lie
/// (after Xue et al. 2019, who keep what lies near the class's centroid).
pub struct Cloud {
    centre: Vec<f64>,
    /// One over the deviation.
    sharpness: Vec<f64>,
    /// The distance that counts as 1.
    unit: f64,
}

impl Cloud {
    /// The cloud of tiles that the judge did not see, so that they are to it what translations of such tiles are. `None` of fewer than two.
    pub fn of(features: &[Vec<f64>]) -> Option<Self> {
        let (first, n) = (features.first()?, features.len() as f64);
        if features.len() < 2 {
            return None;
        }
        let column = |k: usize| features.iter().map(move |row| row[k]);
        let centre: Vec<f64> = (0..first.len()).map(|k| column(k).sum::<f64>() / n).collect();
        let variance: Vec<f64> = centre
            .iter()
            .enumerate()
            .map(|(k, centre)| column(k).map(|v| (v - centre).powi(2)).sum::<f64>() / (n - 1.0))
            .collect();
        // A feature that hardly any tile has would else decide alone.
        let least = 0.01 * stats::mean(&variance)?;
        let sharpness = variance.iter().map(|v| 1.0 / v.max(least).max(f64::MIN_POSITIVE).sqrt()).collect();
        let mut cloud = Self { centre, sharpness, unit: 1.0 };
        let distances: Vec<f64> = features.iter().map(|row| cloud.distance(row)).collect();
        let far = stats::quantile(&distances, 1.0 - OUTLYING)?;
        cloud.unit = if far > 0.0 { far } else { 1.0 };
        Some(cloud)
    }

    /// How far a tile lies from the centre, 1 being as far as all but a few of the real ones at most.
    pub fn distance(&self, features: &[f64]) -> f64 {
        let each = features.iter().zip(&self.centre).zip(&self.sharpness);
        let squares: Vec<f64> =
            each.map(|((v, centre), sharpness)| ((v - centre) * sharpness).powi(2)).collect();
        stats::mean(&squares).unwrap_or_default().sqrt() / self.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_real_tiles_lie_within_one_and_a_stranger_far_out() {
        let features: Vec<Vec<f64>> =
            (0..50).map(|k| vec![f64::from(k % 7), f64::from(k % 5) * 10.0, 0.0]).collect();
        let cloud = Cloud::of(&features).unwrap();
        let within = features.iter().filter(|row| cloud.distance(row) <= 1.0).count();
        assert!((44..=46).contains(&within), "{within}");
        assert!(cloud.distance(&[3.0, 20.0, 0.0]) < 0.2);
        assert!(cloud.distance(&[30.0, 20.0, 0.0]) > 3.0);
        // A feature that no real tile has counts, but not without bounds.
        let odd = cloud.distance(&[3.0, 20.0, 10.0]);
        assert!(odd > 1.0 && odd.is_finite(), "{odd}");
    }

    #[test]
    fn a_cloud_takes_two_tiles_and_one_without_spread_is_no_trap() {
        assert!(Cloud::of(&[]).is_none() && Cloud::of(&[vec![1.0]]).is_none());
        let point = Cloud::of(&[vec![1.0, 2.0], vec![1.0, 2.0]]).unwrap();
        assert_eq!(point.distance(&[1.0, 2.0]), 0.0);
        assert!(point.distance(&[1.0, 3.0]) > 1.0);
    }
}
