//! What a step of a study is.

use std::path::PathBuf;

use record::{RunFolder, StepName};
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::study::Study;

/// One step: everything about it in one place. Steps talk to one another through the run folder alone.
///
/// Name, basis, settings, version and the hashes of the steps before it make the step's hash: as long as that and its outputs stay what
/// they are, a finished step is not run again.
pub trait Step: Send + Sync {
    /// Its name, which is also its folder below `steps/`.
    fn name(&self) -> StepName;

    /// What it depends on of data and general settings. A step names no more than that, so that a change re-runs what it touches and
    /// nothing else.
    fn basis(&self) -> Basis {
        Basis::SourceClass
    }

    /// The settings that it depends on beyond its basis, as JSON.
    fn settings(&self, study: &Study) -> Value;

    /// Raised when a change of the program makes finished steps of this kind stale.
    fn version(&self) -> u32 {
        1
    }

    /// What it costs.
    fn cost(&self, study: &Study) -> Cost;

    /// The epochs of its training, or the steps of a translator's: what its `metrics.csv` ends with. None of a step that trains nothing.
    fn rounds(&self, _study: &Study) -> Option<u64> {
        None
    }

    /// Where it writes.
    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name())], files: Vec::new() }
    }

    /// Whether anything reads an output again (a path relative to the run folder): what nothing reads is compared by its size alone
    /// when a run goes on.
    fn is_read_again(&self, _output: &str) -> bool {
        true
    }

    /// Whether an older program left all that the step leaves today.
    fn is_whole(&self, _run: &RunFolder) -> bool {
        true
    }

    /// Whether it gains from all the machine's threads when no other such step is waiting or running.
    fn takes_all_threads(&self) -> bool {
        false
    }

    /// Runs it.
    ///
    /// # Errors
    /// Whatever ends it; finished parts of a training stay as a checkpoint.
    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError>;
}

/// Where a step writes.
pub struct Places {
    /// Folders that are its own.
    pub folders: Vec<PathBuf>,
    /// Files outside them.
    pub files: Vec<PathBuf>,
}

/// How much of data and general settings a step depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The size and normalisation of tiles, and the seed.
    Pixels,
    /// All that, the tiles, their classes and how they are split.
    Data,
    /// All that, and which class is X.
    SourceClass,
}

impl Basis {
    /// As JSON, with the version of the step that stands on it.
    pub fn json(self, study: &Study, version: u32) -> Value {
        let (c, data) = (&study.config, &study.data);
        match self {
            Self::Pixels => json!([version, c.seed, c.tile_size, data.normalise]),
            Self::Data => json!({
                "method": version, "data": data.hash, "seed": c.seed, "validation": c.validation,
                "classes": c.classes, "tile_size": c.tile_size, "normalise": data.normalise,
            }),
            Self::SourceClass => json!([Self::Data.json(study, version), c.source_class]),
        }
    }
}
