//! Image files to RGB pixels, and nothing silently: what is converted is said, what cannot be trusted is refused.
//!
//! | module | what it holds |
//! |---|---|
//! | `format` | which format a file has, and what to say of those that are not read |
//! | `file` | a file opened, measured and decoded within the memory that `room` has |
//! | `common`, `tiff`, `jpeg2000` | the decoders; `container` tells whether a file is all there |
//! | `raw` | samples as a file holds them to 8-bit RGB |

mod common;
mod container;
mod faults;
mod file;
mod format;
mod jpeg2000;
mod raw;
mod room;
mod tiff;

pub(crate) use file::decode_within;
pub use file::{decode_tile, tile_dimensions};
pub(crate) use format::way_out_of;
pub(crate) use raw::{Deep, Pixels};
pub(crate) use room::Room;
