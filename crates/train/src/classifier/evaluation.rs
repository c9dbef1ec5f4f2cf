//! Labelled tiles, and what a classifier is judged on.

use tissue::Agreement;

/// Labelled tiles of one size.
#[derive(Debug, Clone)]
pub struct TileSet<'a> {
    /// Side in pixels.
    pub size: usize,
    /// RGB, row by row, `size * size * 3` bytes each.
    pub tiles: Vec<&'a [u8]>,
    /// The class of each tile.
    pub labels: Vec<usize>,
}

/// What the classifier is judged on after every epoch.
#[derive(Debug, Clone)]
pub struct Evaluation<'a> {
    /// The test tiles.
    pub set: TileSet<'a>,
    /// Their agreement: high, low, or unknown.
    pub strata: Vec<Option<Agreement>>,
    /// The validation tiles.
    pub validation: Option<TileSet<'a>>,
    /// The class whose score is ranked (class X).
    pub positive: usize,
}
