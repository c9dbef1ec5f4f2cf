//! What a cross-validation adds to results: which folds there are, and areas over all of them.

use super::comparison::{Measured, Range};
use crate::{EpochChoice, Stratum, TrainingSet};
use serde::{Deserialize, Serialize};

/// What stays together in test folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FoldUnit {
    /// All tiles of a patient.
    Patient,
    /// All tiles of a slide.
    Slide,
    /// Each tile by itself, since no slide is known.
    Tile,
}

/// A cross-validation: every tile is tested once, by networks that never saw its patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Test folds.
    pub folds: usize,
    /// What stays together.
    pub by: FoldUnit,
    /// How many of these there are.
    pub units: usize,
    /// Each fold, in order.
    pub each: Vec<TestFold>,
    /// Areas over all folds with their intervals; five best have none.
    pub pooled: Vec<PooledAuc>,
}

/// One test fold, which is a run of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestFold {
    /// Its number, from 1.
    pub fold: usize,
    /// Its run folder, relative to that of the cross-validation.
    pub folder: String,
    /// Patients, slides or tiles that it tests.
    pub units: usize,
    /// Tiles that it tests.
    pub tiles: usize,
    /// Of these, tiles of class X.
    pub of_class_x: usize,
    /// Its cells of Table 3: means over seeds.
    pub auc: Vec<FoldAuc>,
}

/// One cell of a fold's Table 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldAuc {
    /// The row.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// Pairs of a tile of class X and another that the fold has: by these it counts in the whole.
    pub pairs: u64,
    /// Mean over seeds of the five highest AUCs' mean.
    pub five_best: Option<f64>,
    /// Of the last epoch.
    pub last: Option<f64>,
    /// Of the epoch chosen on validation tiles.
    pub val: Option<f64>,
}

/// A row's area over all folds: of all pairs of tiles of one fold, the share that is ranked rightly; mean over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PooledAuc {
    /// The row.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// Seeds.
    pub seeds: usize,
    /// The area, with its interval for these networks on other slides (or patients), drawn within folds.
    pub auc: Measured,
    /// Its interval for other seeds, too, on these training sets.
    pub over_seeds_and_slides: Option<Range>,
}
