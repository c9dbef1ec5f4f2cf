//! From image files to the pixels of a data set, and back.
//!
//! `decode` makes 8-bit RGB of a file and [`png`] a file of it; `fit` and `resize` bring it to the size asked for; `conversions` keeps count
//! of what that changed; [`Tiles`] holds a whole data set, in memory or (`beyond`) in a file.

mod beyond;
mod conversions;
mod decode;
mod decoding;
mod fit;
pub mod png;
mod resize;
mod tiles;

pub(crate) use conversions::{Conversions, Decoded};
pub(crate) use decode::{Room, decode_within, way_out_of};
pub use decode::{decode_tile, tile_dimensions};
pub use decoding::Reading;
pub use fit::Fit;
pub use resize::resize_bilinear;
pub use tiles::Tiles;
