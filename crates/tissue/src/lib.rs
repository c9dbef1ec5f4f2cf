//! Tissue tiles: what a data set is, how it is read, checked, split, decoded and drawn from.
//!
//! The data flow is one line: [`Manifest::open`] recognises a data set and reads its labels, votes and slides;
//! [`Manifest::ensure_partition`] splits it by slide where it has no split of its own;
//! [`Manifest::check_for_study`] finds what a study could not use; [`Tiles::load`] decodes every tile once, in
//! parallel, to 8-bit RGB in memory; [`Manifest::check_tiles`] looks for the same picture in train and test.
//! [`inspect`] does all of it and collects every fault instead of stopping at the first.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Manifest`], [`Tile`] | the labelled tiles of a data set, without their pixels |
//! | `import` | the three forms recognised without a flag: MHIST, one folder a class, `manifest.csv` |
//! | `checks`, `slide`, `split` | what makes data unusable; names that are one slide; train, test, folds and validation, all by slide |
//! | [`images_below`] | the images in a folder, and what is left out of it |
//! | `pixels`: [`Tiles`], [`decode_tile`], [`resize_bilinear`] | image files to pixels of one size, with what was converted said aloud; [`png`] the way back |
//! | [`naive_mix`], [`Mixing`] | the mixed-example baseline of METHOD.md step 7 and its family |
//! | `stain`: [`stain_of`], [`StainSpread`], [`stain_shifted`] | the stain of a tile in three numbers; as mean and covariance, to give a tile another's; with more or less of one dye |
//! | [`StainTarget`], [`SlideStain`] | every slide's stain brought to one that was fitted on train tiles (Macenko, Reinhard) |
//! | [`jpeg`] | a tile as it comes back from a lossy file |
//! | [`measure`] | what pixels tell of a tile and its translation: likeness, mosaic, inversion, padding, near-copies |
//! | [`augment`] | what training does to a tile, as torchvision does it |
//! | [`synthetic`] | procedural H&E with a known severity, and the panel that votes on it |
//! | [`random`] | one named stream a task |
//!
//! Nothing here depends on the number of threads, on time, or on the order in which a folder lists its files.
//!
//! ```
//! use tissue::synthetic::SyntheticTissue;
//! use tissue::{Fit, Manifest, Partition, Tiles};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let data = folder.path().join("polyps");
//! SyntheticTissue { tiles: 200, size: 16, seed: 0 }.write(&data, &|_, _| {})?;
//!
//! let mut manifest = Manifest::open(&data)?;
//! manifest.ensure_partition(0);
//! manifest.check_for_study()?;
//! let tiles = Tiles::load(&manifest, None, Fit::Exact, 1 << 20, &|_, _| {})?;
//! manifest.check_tiles(&tiles)?;
//!
//! let train = manifest.indices(Partition::Train);
//! let (train, validation) = tissue::take_slides(&manifest, &train, 0.15, 0);
//! assert!(!validation.is_empty() && tiles.tile(train[0]).len() == 16 * 16 * 3);
//! # Ok(())
//! # }
//! ```

pub mod augment;
mod baseline;
mod checks;
mod counted;
mod error;
mod import;
pub mod inspect;
pub mod jpeg;
mod listing;
mod manifest;
mod manifest_csv;
pub mod measure;
mod mixing;
mod pixels;
pub mod random;
mod slide;
mod split;
mod stain;
pub mod synthetic;
mod test_folds;
mod tile;

pub use baseline::naive_mix;
pub use checks::{MIN_TEST_TILES, MIN_TILES, MIN_TRAIN_SLIDES, MIN_TRAIN_TILES, duplicates};
pub use error::{Place, TissueError};
pub use listing::{IMAGE_EXTENSIONS, LeftOut, Listing, images_below};
pub use manifest::Manifest;
pub use mixing::{MixedTile, Mixing};
pub use pixels::{Fit, Reading, Tiles, decode_tile, png, resize_bilinear, tile_dimensions};
pub use split::{TEST_SHARE, folds_by_slide, take_slides};
pub use stain::{
    Normalised, Restaining, SlideStain, StainMeasure, StainMethod, StainSpread, StainTarget, is_tissue,
    levels_of, optical_density, stain_of, stain_shifted,
};
pub use test_folds::{FoldedBy, MOST_TEST_FOLDS};
pub use tile::{Agreement, Partition, Tile};
