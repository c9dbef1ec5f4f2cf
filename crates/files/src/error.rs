//! What is wrong with a file of text or a table that a user gave.

use std::io;
use std::path::PathBuf;

use crate::{io_is_machine_fault, io_reason};

/// Why a user's text or table cannot be read: `WHAT, in WHICH FILE (line), because WHY`. No hint tells to delete the file: it is
/// not ours.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The system refused, or it is no regular file.
    #[error("{what}, in {}, because {}", path.display(), io_reason(source))]
    Read {
        /// What could not be done: "the table could not be read".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("there is nothing to read, in {}, because the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It was read, and is not what it should be.
    #[error("{what}, in {}{}, because {why}", path.display(), at_line(*line))]
    Content {
        /// What could not be done.
        what: String,
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 for the file as a whole.
        line: usize,
        /// The reason.
        why: String,
        /// What to do.
        hint: String,
    },
}

impl FilesError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { source, .. } if io_is_machine_fault(source) => {
                "check the disk: the system could not read from it".into()
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::InvalidInput => {
                "give the path of a regular file; what a pipe or a device gives can be saved as one first"
                    .into()
            }
            Self::Read { .. } => {
                "check that the path exists, that it is a file, and that you may read it".into()
            }
            Self::Empty { .. } => {
                "the first line names the columns, and each line after it is one row".into()
            }
            Self::Content { hint, .. } => hint.clone(),
        })
    }

    /// Whether the machine is at fault (a failing disk) and not the file.
    pub fn is_machine_fault(&self) -> bool {
        matches!(self, Self::Read { source, .. } if io_is_machine_fault(source))
    }
}

fn at_line(line: usize) -> String {
    if line == 0 { String::new() } else { format!(" (line {line})") }
}
