//! Procedural colon-polyp tissue: H&E tiles whose true difficulty is known.
//!
//! A tile is drawn from one hidden number, its *severity* in [0, 1], which moves it from a hyperplastic polyp (HP:
//! round, regular crypts, rich in goblet cells, serrated near the lumen only) to a sessile serrated one (SSA: dilated,
//! bent and branched crypts, poor in goblet cells, serrated to the base). Everything else about the tile (where the
//! crypts lie, how they are cut, inflammation, stain, focus) varies without regard to severity.
//!
//! - [`SyntheticTissue`] makes a whole data set: slides, severities, a panel of three annotators, Train and Test;
//! - [`render`] draws one tile, [`SlideStain`] is the colour of its slide;
//! - [`probe_tiles`] draws tiles of uniform severity, on which a severity probe is trained.
//!
//! The field of view is the same at every size: a small tile is the same picture with fewer pixels.

mod crypt;
mod draw;
mod panel;
mod scene;
mod set;
mod stain;
#[cfg(test)]
mod tests;
mod write;

pub use scene::render;
pub use set::{SyntheticSet, SyntheticTile, SyntheticTissue, probe_tiles};
pub use stain::SlideStain;

/// The two classes, in label order: hyperplastic polyp and sessile serrated adenoma.
pub const CLASSES: [&str; 2] = ["HP", "SSA"];
