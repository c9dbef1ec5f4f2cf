//! What can go wrong while a report is made.

use std::path::PathBuf;

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder holds neither settings nor results.
    #[error("there is no run, in {}, because it has neither study.toml nor results.json", .path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run could not be read, or the report could not be written.
    #[error(transparent)]
    Record(#[from] record::RecordError),
}

impl From<files::OwnFileError> for ReportError {
    fn from(error: files::OwnFileError) -> Self {
        Self::Record(error.into())
    }
}

impl ReportError {
    /// What the user may do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotARun { .. } => {
                Some("give the folder that `grayzone run` or `grayzone demo` wrote".to_owned())
            }
            Self::Record(e) => e.hint(),
        }
    }

    /// Whether the machine is at fault (disk full, read-only, failing) and not the arguments or files.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::NotARun { .. } => false,
            Self::Record(e) => e.is_machine_fault(),
        }
    }
}
