//! The blinded reader study (METHOD.md, step 12).
//!
//! Readers label 75 easy tiles of the source class, 75 hard ones, the 75 translations of those same easy ones and 75
//! tiles of the other class, without being told which is which. This crate holds the part of it that decides
//! whether the study is blind: the [`reading_order`] in which one reader sees the tiles.

mod error;
mod order;

pub use error::ReaderError;
pub use order::{Drawn, Group, reading_order};
