//! `steps/choose-both-soft/chosen.json`: the amount and the weight that a recipe left to the validation tiles.

use serde::{Deserialize, Serialize};

/// What was chosen, and from what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChosenOnValidation {
    /// How many tiles are added at most, as a share of the original tiles of their class, of each part that left it open; `None` if none did.
    pub amount: Option<f64>,
    /// How much an added tile counts where an original one counts 1; `None` if that was not left open.
    pub weight: Option<f64>,
    /// All that were tried, in the order of trying, the chosen one among them.
    pub candidates: Vec<Candidate>,
}

/// An amount and a weight that were tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// As in [`ChosenOnValidation`].
    pub amount: Option<f64>,
    /// As in [`ChosenOnValidation`].
    pub weight: Option<f64>,
    /// Networks that were trained with them, one a seed.
    pub seeds: usize,
    /// Their mean AUC on the validation tiles; `None` if those are of one class.
    pub auc_validation: Option<f64>,
}
