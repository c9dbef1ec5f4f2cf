//! Whether a row of Table 3 differs from the original, and what it attains at one threshold.

use crate::{EpochChoice, Stratum, TrainingSet};
use serde::{Deserialize, Serialize};

/// A 95 % interval of a bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Replicates that it rests on.
    pub replicates: usize,
}

/// A share or a mean with its interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The value on the tiles at hand.
    pub value: Option<f64>,
    /// By drawing slides; `None` where there are too few.
    pub over_slides: Option<Range>,
}

/// One row of Table 3 less the original, seed by seed: seed s starts from the same weights in both. AUC runs from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowComparison {
    /// The row.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch that stands for a training.
    pub epoch: EpochChoice,
    /// Seeds that both have.
    pub seeds: usize,
    /// Mean difference; above 0 the row is better.
    pub difference: Option<f64>,
    /// Standard deviation of the differences (n − 1).
    pub sd: Option<f64>,
    /// 95 % interval of the mean difference over seeds, by Student's t; speaks of these very test tiles.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// Paired t test, two-sided; speaks of these very test tiles.
    pub p_t: Option<f64>,
    /// The same, corrected by Holm over the rows of this stratum and epoch; a row without a p counts as one with p = 1.
    pub p_t_holm: Option<f64>,
    /// Wilcoxon's signed-rank test, two-sided.
    pub p_signed_rank: Option<f64>,
    /// The same, corrected by Holm over the rows of this stratum and epoch.
    pub p_signed_rank_holm: Option<f64>,
    /// The smallest true difference that as many seeds of this spread would have shown in 80 of 100 studies: by the paired t test at
    /// 0.05 over the number of rows, the level that Holm's correction leaves the first of them.
    pub detectable: Option<f64>,
    /// Interval for these trainings on other slides; `None` of five epochs, without scores, or with too few slides.
    pub over_slides: Option<Range>,
    /// Interval for other trainings on other slides.
    pub over_seeds_and_slides: Option<Range>,
    /// Test of other trainings on other slides, two-sided; it belongs to that interval.
    pub p_seeds_and_slides: Option<f64>,
    /// The same, corrected by Holm over the rows of this stratum and epoch.
    pub p_seeds_and_slides_holm: Option<f64>,
    /// DeLong's test of each seed's two networks; takes tiles as independent. Empty of five epochs.
    pub delong: Vec<DeLongOfSeed>,
}

/// DeLong's test of two networks on one test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeLongOfSeed {
    /// The seed of both.
    pub seed: u64,
    /// AUC of the row less AUC of the original.
    pub difference: f64,
    /// Its standard error.
    pub se: f64,
    /// Two-sided; `None` where the variance is 0.
    pub p_value: Option<f64>,
}

/// Where a threshold comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdFrom {
    /// A confidence of one half.
    Half,
    /// Youden's index on the validation tiles.
    Validation,
}

/// A row of Table 3 at one threshold of confidence in class X: means over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtThreshold {
    /// The row.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// Where each seed's threshold comes from.
    pub threshold_from: ThresholdFrom,
    /// The mean threshold, a confidence in class X.
    pub threshold: Option<f64>,
    /// Seeds.
    pub seeds: usize,
    /// Share of class X that is called X.
    pub sensitivity: Measured,
    /// Share of the others that are not.
    pub specificity: Measured,
    /// Share that is called right.
    pub accuracy: Measured,
    /// Mean of sensitivity and specificity.
    pub balanced_accuracy: Measured,
}

/// One class against the rest, or the mean over classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassAuc {
    /// The row.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// The class; `None` is the plain mean over classes (macro).
    pub class: Option<String>,
    /// Mean AUC over seeds.
    pub auc_mean: Option<f64>,
    /// Its standard error over seeds.
    pub auc_se: Option<f64>,
    /// Seeds.
    pub seeds: usize,
}

/// A row of Table 3 on the test slides whose tiles are all of one class: a slide's score is the mean of its tiles' confidences in class X.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlideAuc {
    /// The row.
    pub training_set: TrainingSet,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// Slides of one class.
    pub slides: usize,
    /// Of them those of class X.
    pub of_class_x: usize,
    /// Slides with tiles of several classes, which are left out.
    pub mixed: usize,
    /// Mean AUC over seeds.
    pub auc: Measured,
}

/// A row of Table 3 on the test tiles of one level of agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementAuc {
    /// The row.
    pub training_set: TrainingSet,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// Share of annotators who chose the tile's class: from this …
    pub from: f64,
    /// … to this, both included.
    pub to: f64,
    /// Test tiles.
    pub tiles: usize,
    /// Mean AUC over seeds.
    pub auc: Measured,
}
