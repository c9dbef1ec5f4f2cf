//! What the held-out judge says of real training tiles: thresholds of a class's own, and calibrated probabilities.

use std::collections::BTreeMap;
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
        let mut confidences = vec![Vec::new(); study.config.folds];
        for (&i, logits) in self.tiles.iter().zip(&self.logits) {
            if study.data.manifest.tiles[i].class == class
                && let Some(fold) = study.data.fold_of(i)
            {
                confidences[fold].push(nets::confidence(logits, class));
            }
        }
        // Of nothing nothing is kept.
        of_each_fold(&confidences, DOUBTED).into_iter().map(|t| t.unwrap_or(f64::INFINITY)).collect()
    }
}

/// The quantile of each fold's values. Each fold has a judge of its own, whose confidences and features have their own scale; yet of a few
/// tiles a tenth is one or none, so that a fold with fewer than [`ENOUGH_FOR_A_FOLD`] has the quantile of all folds together. `None` of
/// nothing.
fn of_each_fold(values: &[Vec<f64>], share: f64) -> Vec<Option<f64>> {
    let pooled = stats::quantile(&values.concat(), share);
    let own = |of_fold: &Vec<f64>| stats::quantile(of_fold, share);
    values.iter().map(|v| if v.len() < ENOUGH_FOR_A_FOLD { pooled } else { own(v) }).collect()
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

/// Real tiles of a class among the features of a judge that saw none of them, so that they are to it what translations of such tiles are
/// (after Xue et al. 2019, who keep what lies near the class's centroid).
///
/// A tile's distance is taken to the others: of a real tile to all but itself, of a translation to all but its source. Else a real tile would
/// lie nearer for having drawn the centre to itself and widened the spread, the more so the fewer there are, and of few a limit that nine
/// tenths of the real tiles keep would refuse most translations that are as good.
struct Cloud<'a> {
    tiles: &'a BTreeMap<usize, Vec<f64>>,
    centre: Vec<f64>,
    /// Sums of squared deviations, feature by feature.
    squares: Vec<f64>,
}

impl<'a> Cloud<'a> {
    /// The fewest tiles: one that is left out, and two others that have a spread.
    const FEWEST: usize = 3;

    /// The cloud of tiles with their features; `None` of fewer than [`Self::FEWEST`].
    fn of(tiles: &'a BTreeMap<usize, Vec<f64>>) -> Option<Self> {
        if tiles.len() < Self::FEWEST {
            return None;
        }
        let width = tiles.values().next()?.len();
        let column = |k: usize| tiles.values().map(move |row| row[k]);
        let centre: Vec<f64> = (0..width).map(|k| column(k).sum::<f64>() / tiles.len() as f64).collect();
        let squares =
            centre.iter().enumerate().map(|(k, c)| column(k).map(|v| (v - c).powi(2)).sum()).collect();
        Some(Self { tiles, centre, squares })
    }

    /// How far `features` lie from the centre of the tiles but `own`, each feature in units of its deviation: the root of the mean square.
    /// `None` if `own` is none of the tiles.
    fn distance(&self, features: &[f64], own: usize) -> Option<f64> {
        let (own, n) = (self.tiles.get(&own)?, self.tiles.len() as f64);
        let others = own.iter().zip(&self.centre).zip(&self.squares).map(|((v, centre), squares)| {
            let off = v - centre;
            // Rounding may leave less than nothing.
            let squares = (squares - off * off * n / (n - 1.0)).max(0.0);
            (centre - off / (n - 1.0), squares / (n - 2.0))
        });
        let (centre, variance): (Vec<f64>, Vec<f64>) = others.unzip();
        // A feature that hardly any tile has would else decide alone.
        let least = (0.01 * stats::mean(&variance)?).max(f64::MIN_POSITIVE);
        let each = features.iter().zip(&centre).zip(&variance);
        let squares: Vec<f64> =
            each.map(|((v, c), variance)| (v - c).powi(2) / variance.max(least)).collect();
        stats::mean(&squares).map(f64::sqrt)
    }
}

/// The clouds of a class by the judges of the folds, and how far out all but a few of their real tiles lie.
pub struct Clouds<'a> {
    clouds: Vec<Option<Cloud<'a>>>,
    limits: Vec<Option<f64>>,
}

impl<'a> Clouds<'a> {
    /// Of the features that each fold's judge sees in the class's real tiles of the fold, by tile.
    pub fn of(folds: &'a [BTreeMap<usize, Vec<f64>>]) -> Self {
        let clouds: Vec<Option<Cloud>> = folds.iter().map(Cloud::of).collect();
        let distances = |cloud: &Option<Cloud>| -> Vec<f64> {
            let real = cloud.iter().flat_map(|cloud| cloud.tiles.iter().map(move |tile| (cloud, tile)));
            real.filter_map(|(cloud, (tile, features))| cloud.distance(features, *tile)).collect()
        };
        let distances: Vec<Vec<f64>> = clouds.iter().map(distances).collect();
        let limits = of_each_fold(&distances, 1.0 - OUTLYING);
        Self { clouds, limits }
    }

    /// How far, by the judge of `fold`, a tile of such features lies from the real ones that was made of the tile `own` of that fold: 1 is
    /// the limit of the real tiles. Infinite where the fold has too few of them for anything to be near them.
    pub fn distance(&self, fold: usize, features: &[f64], own: usize) -> f64 {
        let found = || {
            let limit = self.limits[fold].filter(|limit| *limit > 0.0).unwrap_or(1.0);
            Some(self.clouds[fold].as_ref()?.distance(features, own)? / limit)
        };
        found().unwrap_or(f64::INFINITY)
    }

    /// The distances that count as 1, one a fold's judge, in deviations; `None` where no fold has tiles enough.
    pub fn limits(&self) -> &[Option<f64>] {
        &self.limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_fold_of_few_tiles_has_the_quantile_of_all_and_others_their_own() {
        let ramp = |n: usize, from: f64| (0..n).map(|k| from + k as f64).collect::<Vec<_>>();
        let folds = [ramp(21, 0.0), ramp(41, 100.0), ramp(ENOUGH_FOR_A_FOLD - 1, 1000.0), Vec::new()];
        let found = of_each_fold(&folds, 0.1);
        assert_eq!(found[..2], [Some(2.0), Some(104.0)]);
        let pooled = stats::quantile(&folds.concat(), 0.1);
        assert_eq!(found[2..], [pooled, pooled]);
        assert_eq!(of_each_fold(&[vec![], vec![]], 0.1), [None, None]);
    }

    /// `n` tiles from a name of the first, with features drawn by chance: sums of four numbers up to 1,000.
    fn fold(first: usize, n: usize, width: usize) -> BTreeMap<usize, Vec<f64>> {
        let row = |tile: usize| {
            let mut rng = tissue::random::stream(tile as u64, "features");
            let mut feature = || (0..4).map(|_| rng.random_range(0.0..1000.0)).sum::<f64>();
            (tile, (0..width).map(|_| feature()).collect())
        };
        (first..first + n).map(row).collect()
    }

    fn share_within(folds: &[BTreeMap<usize, Vec<f64>>], clouds: &Clouds, fold: usize) -> f64 {
        let within =
            folds[fold].iter().filter(|(tile, row)| clouds.distance(fold, row, **tile) <= 1.0).count();
        within as f64 / folds[fold].len() as f64
    }

    #[test]
    fn nine_of_ten_real_tiles_lie_within_one_and_strangers_far_out() {
        let folds = [fold(0, 50, 8), fold(50, 100, 8)];
        let clouds = Clouds::of(&folds);
        assert!((share_within(&folds, &clouds, 0) - 0.9).abs() < 0.03);
        assert!((share_within(&folds, &clouds, 1) - 0.9).abs() < 0.03);
        assert!(clouds.distance(0, &[2000.0; 8], 0) < 0.5, "the middle");
        assert!(clouds.distance(0, &[9000.0; 8], 0) > 3.0);
        assert!(clouds.limits().iter().all(|limit| limit.is_some_and(|l| (0.8..2.0).contains(&l))));
    }

    #[test]
    fn a_tile_is_left_out_of_what_its_translation_is_compared_with() {
        let near = BTreeMap::from([(3, vec![0.0, 1.0]), (4, vec![1.0, 0.0]), (5, vec![2.0, 2.0])]);
        let far: BTreeMap<_, _> = near.clone().into_iter().chain([(9, vec![50.0, -70.0])]).collect();
        // Without the tile 9 the two are the same, whatever is measured.
        let of_three = Cloud::of(&near).unwrap();
        let by_hand = {
            // Centre (1, 1), variances 1 and 1.
            let all: f64 = (4.0_f64 - 1.0).powi(2) + (3.0_f64 - 1.0).powi(2);
            (all / 2.0).sqrt()
        };
        let found = Cloud::of(&far).unwrap().distance(&[4.0, 3.0], 9).unwrap();
        assert!((found - by_hand).abs() < 1e-9, "{found} {by_hand}");
        assert!(of_three.distance(&[4.0, 3.0], 9).is_none(), "it has no such tile");
    }

    #[test]
    fn new_tiles_of_the_same_kind_are_kept_as_often_as_real_ones_however_few_there_are() {
        // Thirty features and seven tiles a fold: a limit from distances to a centre that each tile has a share in would refuse nearly all.
        let folds: Vec<_> = (0..20).map(|k| fold(100 * k, 7, 30)).collect();
        let clouds = Clouds::of(&folds);
        let mut kept = 0;
        for k in 0..20 {
            let new = fold(50_000 + 100 * k, 7, 30);
            kept += new.values().filter(|row| clouds.distance(k, row, 100 * k) <= 1.0).count();
        }
        assert!((0.8..=0.97).contains(&(f64::from(u32::try_from(kept).unwrap()) / 140.0)), "{kept} of 140");
    }

    #[test]
    fn to_too_few_tiles_nothing_is_near_and_those_without_spread_are_no_trap() {
        let folds = [fold(0, 2, 4), BTreeMap::new(), (0..3).map(|tile| (tile, vec![1.0, 2.0])).collect()];
        let clouds = Clouds::of(&folds);
        assert_eq!(clouds.distance(0, &folds[0][&0], 0), f64::INFINITY);
        assert_eq!(clouds.distance(1, &[1.0; 4], 0), f64::INFINITY);
        assert_eq!(clouds.distance(2, &[1.0, 2.0], 0), 0.0);
        assert!(clouds.distance(2, &[1.0, 3.0], 0) > 1.0);
    }
}
