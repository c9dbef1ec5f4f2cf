//! Whole slides: their formats, the regions that pathologists marked on them, and the tiles that are cut from both.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Source`], [`Level`] | what tiles are cut from: the levels of a slide and the pixels of any part of one |
//! | [`SlideError`] | everything that can be wrong with a slide, its regions, or what is asked of them |

mod error;
mod source;

pub use error::SlideError;
pub use source::{Level, Source};
