//! Why runs cannot be compared.

use record::RecordError;
use std::path::PathBuf;

/// Runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Fewer than two runs, or more than there are letters for.
    #[error("there is nothing to compare, in the arguments, because {given}")]
    Number {
        /// How many were given, in words.
        given: String,
    },
    /// The folder is no run.
    #[error("there is no run, in {}, because {why}", .path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// A run was given twice.
    #[error("the runs cannot be compared, in {}, because {why}", .path.display())]
    Same {
        /// The second of them.
        path: PathBuf,
        /// Why it is the first.
        why: String,
    },
    /// Two runs are on different data, or ask different questions of them.
    #[error("the runs cannot be compared, in {}, because {why}", .path.display())]
    OtherData {
        /// The file of the second run that tells.
        path: PathBuf,
        /// In what it differs from which run.
        why: String,
    },
    /// Scores that are not those of the test tiles.
    #[error("the scores are not those of the test tiles, in {}, because {why}", .path.display())]
    Scores {
        /// The file of scores.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A run is not finished, is damaged, is of another schema, or a file of it cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<files::OwnFileError> for CompareError {
    fn from(error: files::OwnFileError) -> Self {
        Self::Record(error.into())
    }
}

impl CompareError {
    /// What the user may do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Record(e) => return e.hint(),
            Self::Number { .. } => {
                "give the folders of two runs or more, such as `grayzone compare runs/plain runs/new`"
            }
            Self::NotARun { .. } => "give the folder that `grayzone run` or `grayzone demo` wrote",
            Self::Same { .. } => "give each run once",
            Self::OtherData { .. } => {
                "compare runs of the same tiles with the same split and classes: only then is a difference the recipe's"
            }
            Self::Scores { .. } => "run the study again: it repeats the step and what depends on it",
        };
        Some(hint.to_owned())
    }

    /// Whether the machine is at fault (disk failing) and not the arguments or the files.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Record(e) => e.is_machine_fault(),
            _ => false,
        }
    }
}
