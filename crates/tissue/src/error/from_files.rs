//! What is wrong with a file, as a fault of the data set.

use files::FilesError;

use super::fault::TissueError;

impl From<FilesError> for TissueError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Read { path, source, .. } => Self::Read { path, source },
            FilesError::Empty { path } => Self::Empty { path, why: "the table is empty".into() },
            error @ FilesError::Content { .. } => Self::Text(error),
        }
    }
}
