//! Several finished runs side by side: what `grayzone compare --json` prints.

use crate::{ComputedOn, EpochChoice, RowComparison, Table3Row};
use serde::{Deserialize, Serialize};

/// Runs on the same tiles, the first of which the others are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The program that compared them.
    pub tool: String,
    /// The runs as they were given.
    pub runs: Vec<ComparedRun>,
    /// Settings in which they differ, by key.
    pub settings: Vec<DifferingSetting>,
    /// The epoch that claims are made of: chosen on validation where every run has that, else the last. (Five epochs are chosen on the test
    /// tiles.)
    pub claimed_epoch: EpochChoice,
    /// Each row of Table 3 that a run shares with the first, against the first run's.
    pub tests: Vec<BetweenRuns>,
    /// Remarks, each one sentence.
    pub notes: Vec<String>,
}

/// One of the runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedRun {
    /// What it is called in tables: A, B, …
    pub letter: String,
    /// The study's name.
    pub name: String,
    /// The folder as it was given.
    pub folder: String,
    /// The program and version that gathered its results.
    pub tool: String,
    /// What computed them; unknown in older runs.
    pub computed_on: Option<ComputedOn>,
    /// The study's seed.
    pub seed: u64,
    /// The classes, in output order.
    pub classes: Vec<String>,
    /// Class X.
    pub source_class: String,
    /// Side of a tile as it was trained on, in pixels.
    pub tile_size: usize,
    /// Hash of its tiles and labels.
    pub data_hash: String,
    /// Test tiles.
    pub test_tiles: usize,
    /// Slides that these come from.
    pub test_slides: usize,
    /// Its Table 3.
    pub table3: Vec<Table3Row>,
    /// Its own rows against its original.
    pub comparisons: Vec<RowComparison>,
}

/// A setting in which runs differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferingSetting {
    /// The key in study.toml, with its table: `classifier.epochs`.
    pub key: String,
    /// Its value in each run, as TOML; `None` where a run does not have it.
    pub values: Vec<Option<String>>,
}

/// A row of Table 3 of one run less the same row of the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetweenRuns {
    /// Which of the runs, counted from 0; the first is 0 itself.
    pub run: usize,
    /// Whether seed s started from the same weights in both. If not, p is Welch's t test of two independent samples, there are no signed
    /// ranks, and `sd` and `delong` are empty.
    pub paired: bool,
    /// Trainings of the first run, and of this one, that the comparison rests on.
    pub trainings: [usize; 2],
    /// The comparison. Holm's correction is over all tests of its stratum and epoch: every shared row of every run.
    pub comparison: RowComparison,
}
