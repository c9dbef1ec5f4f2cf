//! Which row of Table 3 to use, by the validation tiles alone.

use crate::{EpochChoice, Range, TrainingSet};
use serde::{Deserialize, Serialize};

/// The row to use. No test tile has a say in it: what the row does on them stands in `comparisons`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Of the rows that are clearly better than the original on the validation tiles the one with the highest AUC there; the original
    /// where there is none such; `None` where the validation tiles allow no choice.
    pub training_set: Option<TrainingSet>,
    /// Why they allow none.
    pub no_choice: Option<NoChoice>,
    /// The epoch at which rows are compared: the last, which nobody picked on these tiles.
    pub epoch: EpochChoice,
    /// Validation tiles.
    pub tiles: usize,
    /// Of these, tiles of class X.
    pub of_class_x: usize,
    /// Slides that they are from.
    pub slides: usize,
    /// Every row of Table 3, in its order, on these tiles.
    pub rows: Vec<OnValidation>,
}

/// Why validation tiles allow no choice between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoChoice {
    /// There is no row beside the original.
    OneRow,
    /// There are no validation tiles.
    NoTiles,
    /// They are all of class X, or none is.
    OneClass,
    /// Trainings kept no scores of them, as those of grayzone 0.1.
    NoScores,
    /// There are fewer than three seeds.
    FewSeeds,
    /// They are from too few slides: fewer than two, or than three where every slide is of one class.
    FewSlides,
}

/// A row of Table 3 on the validation tiles, at the epoch of [`Recommendation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnValidation {
    /// The row.
    pub training_set: TrainingSet,
    /// Seeds with scores.
    pub seeds: usize,
    /// Mean AUC over seeds.
    pub auc: Option<f64>,
    /// The same at each seed's best epoch on these very tiles, which is too good and decides nothing.
    pub auc_best_epoch: Option<f64>,
    /// Mean difference from the original, seed by seed; `None` of the original itself, as what follows.
    pub difference: Option<f64>,
    /// Its interval for other trainings on other slides.
    pub over_seeds_and_slides: Option<Range>,
    /// How many amounts and weights were tried on these tiles before this one was taken; 1 if nothing was left to them.
    pub candidates: usize,
    /// Test of other trainings on other slides, two-sided, times the candidates (Bonferroni).
    pub p: Option<f64>,
    /// The same, corrected by Holm over the rows; a row without a p counts as one with p = 1.
    pub p_holm: Option<f64>,
    /// Whether the gain is clear: the interval lies above 0, the corrected p is below .05, and there are three seeds or more.
    pub is_clear: bool,
}
