//! What each row of Table 3 is: what it adds to the original tiles, and how it teaches them.

use crate::{
    Added, Augmentation, BatchNorm, Candidate, Classes, Curriculum, Filter, Labels, Phi, TrainingSet,
};
use serde::{Deserialize, Serialize};

/// A row of Table 3 in the words of `[[training_set]]` in STUDY.toml, with what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowRecipe {
    /// The row.
    pub training_set: TrainingSet,
    /// What it adds to the original tiles, part by part; nothing of the original.
    pub parts: Vec<RecipePart>,
    /// What is learnt of a tile.
    pub labels: Labels,
    /// How much an added tile counts where an original one counts 1; `None` of a row that adds none, and over test folds that chose
    /// differently.
    pub weight: Option<f64>,
    /// Whose batch statistics tiles are normalised by that a program made.
    pub batch_norm: BatchNorm,
    /// Which original tiles come first.
    pub curriculum: Curriculum,
    /// What happens to every tile before it is learnt from.
    pub augmentation: Augmentation,
    /// The amounts and weights that were tried on the validation tiles; empty if nothing was left to them.
    pub candidates: Vec<Candidate>,
}

/// Tiles that a row adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecipePart {
    /// Which.
    pub tiles: Added,
    /// Their selectivity; `None` of a dial's, and of copies of easy and disputed tiles.
    pub phi: Option<Phi>,
    /// Their setting of the dial, 0 to 1.
    pub dial: Option<f64>,
    /// Of which classes.
    pub classes: Classes,
    /// Which translations are kept; `None` of tiles that are no translations.
    pub filter: Option<Filter>,
    /// How many at most, as a share of the original tiles of their class; `None` if all there are, and over test folds that chose
    /// differently.
    pub amount: Option<f64>,
    /// Whether that was chosen on the validation tiles.
    pub amount_chosen: bool,
    /// What came of it, class by class: of the first seed, as every seed adds as many.
    pub added: Vec<AddedOfClass>,
}

/// Tiles of one class that a row adds; over test folds their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedOfClass {
    /// The class.
    pub class: String,
    /// How many there were, before the filter.
    pub available: usize,
    /// How many of them the filter kept.
    pub kept: usize,
    /// How many were added.
    pub added: usize,
}
