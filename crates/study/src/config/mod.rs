//! STUDY.toml: what a user may write, laid over a preset, checked all at once, with every default spelled out at the end.
//!
//! A key lives in its struct ([`StudyConfig`], or one of `train`'s), in its check and in the presets (`presets/*.toml`). What may be
//! written, and how it is told that something else was, follows from those.

mod check;
mod check_recipes;
mod file;
mod keys;
mod kinds;
mod not_toml;
mod place;
mod presets;
mod recipe;
mod settings;
mod shorthand;
mod slips;
mod values;

pub(crate) use check_recipes::Votes;
pub use file::StudyFile;
pub use recipe::{Added, Augmentation, BatchNorm, Chosen, Classes, Curriculum, Filter, Labels, Part, Recipe};
pub use settings::{Normalisation, Preset, Scoring, Select, SelectBy, StudyConfig, TileFit};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_initial;
