//! What can go wrong with a run folder.

use files::OwnFileError;
use std::path::PathBuf;

use crate::StepName;

/// A run folder, or a file of it, could not be written, read, understood or relied on.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file could not be written, read or understood.
    #[error(transparent)]
    File(#[from] OwnFileError),
    /// A run, or a step of it, has not been run to its end.
    #[error("the run is not finished, in {}, because {why}", .path.display())]
    Unfinished {
        /// The file that tells.
        path: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A file is not what the step that wrote it has put on record.
    #[error("an output of the step {step} cannot be relied on, in {}, because {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The step.
        step: StepName,
        /// What is wrong with it.
        why: String,
    },
    /// `results.json` was written by another version of the format.
    #[error("the results are of schema {found}, in {}, because this program reads schema {expected}", .path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema it names.
        found: u32,
        /// The schema this crate knows.
        expected: u32,
    },
}

impl RecordError {
    /// What the user may do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File(fault) => return fault.hint(),
            Self::Unfinished { .. } => {
                "finish it with `grayzone run` and the study's settings: only what is missing is made"
            }
            Self::Damaged { .. } => {
                "bring the file back as it was, or run the study again: it repeats the step and what depends on it"
            }
            Self::Schema { .. } => {
                "run the study again with this grayzone: trainings stay, and the numbers are gathered anew in moments (or read it with the version that made it)"
            }
        };
        Some(hint.to_owned())
    }

    /// Whether the machine is at fault (disk full, read-only or failing) and not the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::File(fault) => fault.is_machine_fault(),
            Self::Unfinished { .. } | Self::Damaged { .. } | Self::Schema { .. } => false,
        }
    }
}
