//! Whether confidence tells what annotators disagree on, and whether it is as right as it is sure.

use super::comparison::{Measured, Range};
use crate::{EpochChoice, Stratum, TrainingSet};
use serde::{Deserialize, Serialize};

/// Whose confidence in which tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfidenceOf {
    /// The scorer's in train tiles, on which it was trained: the paper's Figure 5.
    InSample,
    /// In train tiles, by scorers that never saw the tile's slide.
    OutOfFold,
    /// The scorer's in test tiles.
    Test,
}

/// Confidence in class X of tiles of class X, beside the annotators' agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difficulty {
    /// Whose confidence, and in which tiles.
    pub confidence: ConfidenceOf,
    /// High-agreement tiles.
    pub n_high: usize,
    /// Low-agreement tiles.
    pub n_low: usize,
    /// Slides that they come from.
    pub slides: usize,
    /// Kolmogorov–Smirnov distance of the two.
    pub ks: Option<f64>,
    /// Its two-sided p; takes tiles as independent.
    pub ks_p_value: Option<f64>,
    /// Its interval over slides.
    pub ks_over_slides: Option<Range>,
    /// AUC of low confidence for a tile being one of low agreement.
    pub auc_disagreement: Measured,
    /// Spearman's correlation of confidence with the share of annotators who agree; with more than three annotators alone.
    pub spearman: Option<Measured>,
    /// The most annotators that a tile has.
    pub annotators: usize,
}

/// Whether tiles with confidence c in class X are of class X in c of all cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The row of Table 3; `None` is the scorer.
    pub training_set: Option<TrainingSet>,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch; the scorer's is its last.
    pub epoch: EpochChoice,
    /// Seeds; 1 of the scorer.
    pub seeds: usize,
    /// Test tiles of each seed.
    pub tiles: usize,
    /// Brier score, mean over seeds.
    pub brier: Measured,
    /// Expected calibration error over bins of equal width, mean over seeds.
    pub calibration_error: Measured,
    /// The reliability diagram, the seeds' tiles pooled; empty bins are left out.
    pub bins: Vec<CalibrationBin>,
}

/// A bar of a reliability diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Lower edge of the bin.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Confidences in it, over all seeds.
    pub n: usize,
    /// Their mean.
    pub confidence: f64,
    /// Share that is of class X.
    pub share: Measured,
}
