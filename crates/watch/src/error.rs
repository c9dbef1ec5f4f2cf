//! Why a run cannot be watched.

use std::io;
use std::path::PathBuf;

use files::OwnFileError;
use record::RecordError;

/// What is wrong with a run folder or with the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// There is nothing to watch.
    #[error("there is no run, in {}, because it has no study.toml", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A run that does not tell its steps.
    #[error("the run cannot be watched, in {}, because it has no plan.csv: an older grayzone began it, or it has not begun", path.display())]
    NoPlan {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run that is not understood.
    #[error(transparent)]
    File(#[from] OwnFileError),
    /// The same.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The terminal did not do what was asked.
    #[error("the terminal cannot be drawn on, in --live, because {source}")]
    Terminal {
        /// The system's reason.
        #[from]
        source: io::Error,
    },
}

impl WatchError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotARun { .. } => {
                Some("give the folder that `grayzone run` writes, such as runs/polyps".into())
            }
            Self::NoPlan { .. } => {
                Some("start the run, or go on with it, with this grayzone, and watch it then".into())
            }
            Self::File(error) => error.hint(),
            Self::Record(error) => error.hint(),
            Self::Terminal { .. } => Some("use --once, which prints the state as text".into()),
        }
    }

    /// Whether the machine is at fault, not the run or what is asked.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::NotARun { .. } | Self::NoPlan { .. } | Self::Terminal { .. } => false,
            Self::File(error) => error.is_machine_fault(),
            Self::Record(error) => error.is_machine_fault(),
        }
    }
}
