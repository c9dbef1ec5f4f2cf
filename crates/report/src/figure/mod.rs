//! Figures: each is drawn once, shown in the page, and written as a picture (`.svg`) with its numbers (`.csv`).
//!
//! A section gets the report's [`Figures`] and shows a figure by it:
//!
//! - a chart of `crate::chart`: [`Figures::chart`] with a name, a heading, the chart, and a caption. The numbers are the chart's own;
//! - anything else: [`Figures::show`] with a [`Figure`]. `shown` is what the page shows in the place of the drawing, for figures that
//!   the page lays out as HTML (a grid of tiles) while the file has to be one picture.
//!
//! `name` is the file's name without its ending (`figure-5-confidence`, `roc-all-validation`): small letters, digits, `-`, `.`; each
//! once in a report. Columns of the numbers, and names of the figures, are told in `docs/figures.md`; a test compares.
//!
//! `page` hands all figures that were shown to [`write`], which writes them to `RUN/figures/`.

mod folder;
mod gather;

pub use folder::write;
pub use gather::{Figure, Figures};
