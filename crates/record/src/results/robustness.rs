//! What classifiers still tell of tiles that were disturbed.

use crate::{Disturbance, Measured, TrainingSet};
use serde::{Deserialize, Serialize};

/// One row of Table 3 on test tiles that were disturbed in one way, by its networks after their last epoch. AUC runs from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    /// The row.
    pub training_set: TrainingSet,
    /// How the tiles were disturbed.
    pub disturbance: Disturbance,
    /// How much, in the disturbance's own unit; `None` of [`Disturbance::WorstStain`].
    pub strength: Option<f64>,
    /// Networks, of the study's first seeds.
    pub seeds: usize,
    /// Test tiles; attacks are made on some of them.
    pub tiles: usize,
    /// AUC on the disturbed tiles: mean over seeds, with its interval over slides; of [`Disturbance::WorstStain`] without one.
    pub auc: Measured,
    /// Standard error of the AUC over seeds; undefined with one seed.
    pub auc_se: Option<f64>,
    /// Mean AUC of the same networks on the same tiles undisturbed.
    pub undisturbed: Option<f64>,
    /// That AUC less the AUC on the disturbed tiles, with its interval over slides.
    pub lost: Measured,
}
