//! The record that a step leaves when it has ended.

use crate::StepName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `done.json`: the step is complete, and from what it was made, so that every number can be traced to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The step's name.
    pub step: StepName,
    /// Hash of everything that the step depends on: its settings, its inputs, the steps before it.
    pub hash: String,
    /// The steps it was made from and the hash that each had. Runs of grayzone 0.1 before this was written have none.
    #[serde(default)]
    pub after: BTreeMap<StepName, String>,
    /// The outputs of those steps that it was made from, as [`Done::outputs_digest`] gives them: a step that was repeated and left other
    /// files is told from the one before. Missing where `after` is, too.
    #[serde(default)]
    pub made_from: BTreeMap<StepName, String>,
    /// The program and version that ran it.
    pub tool: String,
    /// What computed it; unknown in runs of grayzone 0.1 before this was written.
    #[serde(default)]
    pub computed_on: Option<ComputedOn>,
    /// The study's seed.
    pub seed: u64,
    /// Hash of the tiles and labels.
    pub data_hash: String,
    /// How long it ran, in seconds of the wall clock, of the process that finished it: after a resume, without what came before.
    pub seconds: f64,
    /// What it wrote: path relative to the run folder → SHA-256, or an empty string where it was not taken.
    pub outputs: BTreeMap<String, String>,
    /// The bytes of each output; missing where they were not taken.
    #[serde(default)]
    pub sizes: BTreeMap<String, u64>,
}

/// Outputs that tell no result: the note of a training, and a table that runs of grayzone 0.1 did not have at first (it follows from the
/// scores).
const NO_RESULT: [&str; 2] = ["/job.json", "/ranking.csv"];

impl Done {
    /// One hash over the names and hashes of what the step left.
    pub fn outputs_digest(&self) -> String {
        let results =
            self.outputs.iter().filter(|(path, _)| !NO_RESULT.iter().any(|ending| path.ends_with(ending)));
        let parts: Vec<&str> = results.flat_map(|(path, sum)| [path.as_str(), sum.as_str()]).collect();
        files::sha256_of_texts(&parts)
    }
}

/// What computed a number. The same seed gives the same bits on one device with one set of instructions; on another the last digits
/// differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputedOn {
    /// `cpu`, or the name of the graphics card.
    pub device: String,
    /// The processor's vector instructions (`portable`, `avx2`, `avx512`); none on a card.
    #[serde(default)]
    pub instructions: Option<String>,
}

impl ComputedOn {
    /// How to compute there again, as the beginning of a hint.
    pub fn how_to_choose(&self) -> &'static str {
        if self.device == "cpu" {
            "use --device cpu"
        } else {
            "use --device vulkan on the machine with that card"
        }
    }
}

impl std::fmt::Display for ComputedOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.instructions {
            Some(instructions) => write!(f, "{} ({instructions})", self.device),
            None => f.write_str(&self.device),
        }
    }
}
