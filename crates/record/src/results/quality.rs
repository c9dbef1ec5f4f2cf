//! How good generated tiles are, as pictures and as a set.

use crate::{Phi, TileSet};
use serde::{Deserialize, Serialize};

/// Whose features of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeaturesOf {
    /// The scorer's, which chose the easy and the hard tiles.
    Scorer,
    /// An independent judge's, which had no part in the translation: the classifier that was retrained on the original tiles with seed 0.
    Judge,
}

/// How far two sets of tiles are apart in a network's features. All distances of one φ are of equally many tiles, drawn anew from each set,
/// no tile and no translation of it on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetDistance {
    /// The selectivity.
    pub phi: Phi,
    /// Whose features.
    pub features: FeaturesOf,
    /// Numbers a tile.
    pub dimensions: usize,
    /// One set.
    pub set: TileSet,
    /// The other; if it is the same, the set's two halves: how far apart so few tiles are by chance.
    pub to: TileSet,
    /// Tiles of the one.
    pub n: usize,
    /// Tiles of the other.
    pub n_to: usize,
    /// Fréchet distance (FID's formula); too large with few tiles, so that only distances of equally many compare.
    pub frechet: Option<f64>,
    /// Kernel distance (KID's formula); right on average whatever the number of tiles.
    pub kernel: Option<f64>,
}

/// What can be seen of a set of tiles without a network: means over tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureQuality {
    /// The tiles.
    pub set: TileSet,
    /// How many.
    pub n: usize,
    /// Structural similarity to the source, −1 to 1; `None` of the sources.
    pub ssim: Option<f64>,
    /// Periodicity index: power at the generator's strides over that beside them; about 1 without a mosaic.
    pub periodicity: Option<f64>,
    /// Correlation of luminance with the source; `None` of the sources.
    pub luminance_correlation: Option<f64>,
    /// Tiles in which light and dark changed places (correlation below 0).
    pub inverted: usize,
    /// Tiles with padding (black or white, flat, from an edge).
    pub padded: usize,
    /// Share of their padding that was repainted.
    pub padding_repainted: Option<f64>,
    /// Tiles that are a near-copy, by perceptual hash, of a training tile other than themselves and their source.
    pub near_copies: usize,
    /// Tiles whose structural similarity to their source is at least [`crate::thresholds::UNCHANGED`]: no more than colours were translated.
    pub unchanged: usize,
}
