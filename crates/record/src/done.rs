//! The record that a step leaves when it has ended.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `done.json`: the step is complete, and from what it was made, so that every number can be traced to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The step's name, as in [`crate::step`].
    pub step: String,
    /// Hash of everything that the step depends on: its settings, its inputs, the steps before it.
    pub hash: String,
    /// The program and version that ran it.
    pub tool: String,
    /// The study's seed.
    pub seed: u64,
    /// Hash of the tiles and labels.
    pub data_hash: String,
    /// How long it ran, in seconds of the wall clock, of the process that finished it: after a resume, without what came before.
    pub seconds: f64,
    /// What it wrote: path relative to the run folder → SHA-256, or an empty string where it was not taken.
    pub outputs: BTreeMap<String, String>,
}
