//! The classifier: a [`nets::Classifier`] fitted to labels, or (the regressor) to a number a tile.
//!
//! | file | what it holds |
//! |---|---|
//! | [`config`] | how it is trained, what is out of range, what it costs |
//! | [`lesson`] | what is learnt of a tile, how much it counts, from when |
//! | [`evaluation`] | what it is judged on after every epoch |
//! | [`initial`] | the network that it begins with: random, or of a file |
//! | `timetable` | which tiles the steps of an epoch show |
//! | `learner` | what a step changes: network, optimiser, auxiliary norms |
//! | `fit` | the loop: start or resume, then epoch after epoch train, evaluate, write metrics, snapshot and checkpoint |
//! | [`job`], [`regressor`] | what is fitted: one-hot labels by cross-entropy, numbers by squared error |

pub mod config;
pub mod evaluation;
mod fit;
pub mod initial;
pub mod job;
mod learner;
pub mod lesson;
pub mod regressor;
mod timetable;

pub use fit::snapshot_path;
