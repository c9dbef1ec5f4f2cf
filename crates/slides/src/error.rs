//! Everything that can be wrong with a slide, its regions, or what is asked of them.

use std::io;
use std::path::PathBuf;

/// What is wrong with a slide, with the regions marked on it, or with what is asked of them.
///
/// The message reads `WHAT, in WHICH FILE, because WHY`; [`SlideError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlideError {
    /// The operating system refused to read a file or folder.
    #[error("cannot read, in {}, because {}", path.display(), files::io_reason(source))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] files::OwnFileError),
    /// A file that cannot be used as it is.
    #[error("{what}, in {}, because {why}", path.display())]
    Unusable {
        /// What is wrong.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        way_out: String,
    },
}

impl SlideError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("check that the path exists and that you may read it".to_owned()),
            Self::Write(error) => error.hint(),
            Self::Unusable { way_out, .. } => Some(way_out.clone()),
        }
    }

    /// Whether the machine is at fault (a full or read-only disk), not the files or what is asked.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Read { source, .. } => files::io_is_machine_fault(source),
            Self::Write(error) => error.is_machine_fault(),
            Self::Unusable { .. } => false,
        }
    }
}
