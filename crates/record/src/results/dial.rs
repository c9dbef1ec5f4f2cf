//! Whether the dial does what it says: the same tiles at several settings, by the held-out judge.

use serde::{Deserialize, Serialize};

/// From so high a Spearman correlation between setting and confidence on, a tile counts as following the dial. Of seven settings two pairs of
/// neighbours may have changed places.
pub const MONOTONE: f64 = 0.9;

/// Tiles of class X at several settings of the dial, judged by the scorers that never saw the slides that they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialResult {
    /// Steps that it was trained.
    pub steps: u64,
    /// Tiles that were measured: of the hardest, the middle and the easiest third of the class alike.
    pub n: usize,
    /// Mean confidence of these tiles themselves.
    pub source: Option<f64>,
    /// Every setting, from the hardest to the easiest.
    pub settings: Vec<DialSetting>,
    /// Tiles whose confidence rises with the setting: Spearman's correlation above 0.
    pub rising: usize,
    /// Tiles that follow the dial: Spearman's correlation at least [`MONOTONE`].
    pub monotone: usize,
    /// Median of Spearman's correlation over the tiles.
    pub spearman_median: Option<f64>,
}

/// One setting of the dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialSetting {
    /// The rank that tiles are meant to have, 0 the hardest and 1 the easiest.
    pub setting: f64,
    /// Mean confidence in class X.
    pub mean: Option<f64>,
    /// Its standard deviation (n − 1).
    pub sd: Option<f64>,
}
