//! The model card (Mitchell et al. 2019, "Model Cards for Model Reporting"): what a network is, what it was made from, how good it was there, and
//! what it must not be used for. Every figure is read from the run folder; what the run does not say is said to be unknown.
//!
//! | file | what it holds |
//! |---|---|
//! | `cells` | texts and numbers made fit for Markdown |
//! | `gather` | what the card tells, read from a run folder |
//! | `measured` | the tables of AUC, calibration, thresholds and the choice of the row |
//! | `uses` | limits, and how to load the network |
//! | `write` | the card |

mod cells;
mod gather;
mod measured;
#[cfg(test)]
mod tests;
mod uses;
mod write;

pub use gather::ModelCard;
