//! Whole slides: their formats, the regions that pathologists marked on them, and the tiles that are cut from both.
//!
//! ```text
//! file ─► tiff (directories) ─► Opened ─► Slide ─► pixels of any part of any level
//!                                           └── codec (a part's bytes), cache (parts that were used last)
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`Source`], [`Level`] | what tiles are cut from: the levels of a slide and the pixels of any part of one |
//! | [`Slide`] | a slide in a file, of any format that is read |
//! | `tiff`, `resolution` | Aperio SVS, tiled and striped TIFF, BigTIFF, OME-TIFF; what they say of the size of a pixel |
//! | [`Scaled`] | a slide at any resolution, without a seam |
//! | `dicom` | DICOM whole slides |
//! | `stored`, `codec` | how a level is stored in parts; JPEG, JPEG 2000, LZW, Deflate to pixels |
//! | [`SlideError`] | everything that can be wrong with a slide, its regions, or what is asked of them |
//!
//! Only the parts that are asked for are read and decoded: memory does not grow with the slide.

mod cache;
mod codec;
mod dicom;
mod error;
mod opened;
mod resolution;
mod scaled;
mod slide;
mod source;
mod stored;
mod tiff;

pub use dicom::FrameOrder;
pub use error::SlideError;
pub use scaled::{ScaleFault, Scaled};
pub use slide::{OpenOptions, Slide};
pub use source::{Level, Source};
