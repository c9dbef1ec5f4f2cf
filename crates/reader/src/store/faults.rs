//! Why a study's file cannot be opened, in words.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::ReaderError;

/// Refuses what is there but is no file, or cannot be looked at.
pub fn check(path: &Path) -> Result<(), ReaderError> {
    ::files::check_regular(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => {
            ReaderError::NoStudy { path: path.to_path_buf(), why: "there is no such file".into() }
        }
        io::ErrorKind::PermissionDenied => {
            ReaderError::NoStudy { path: path.to_path_buf(), why: "you may not look into the folder".into() }
        }
        _ => ReaderError::NoStudy { path: path.to_path_buf(), why: ::files::io_reason(&e) },
    })
}

pub fn is_no_data_base(e: &rusqlite::Error) -> bool {
    e.sqlite_error_code() == Some(ErrorCode::NotADatabase)
}

pub fn failed(path: &Path, source: rusqlite::Error) -> ReaderError {
    if is_no_data_base(&source) {
        return ReaderError::NoStudy { path: path.to_path_buf(), why: "it is no SQLite file".into() };
    }
    ReaderError::Sql { path: path.to_path_buf(), source }
}

/// What the system says to writing where the data base lies, if it refuses: SQLite itself tells no more than that it cannot. Files may
/// only be opened here that SQLite has not open: closing them would end its locks.
pub fn forbidden(path: &Path) -> Option<ReaderError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let refused = tempfile::Builder::new().prefix(".reader-study").tempfile_in(folder).err();
    let source = match refused {
        Some(e) => e,
        None => std::fs::OpenOptions::new().append(true).open(path).err()?,
    };
    matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
        .then(|| ReaderError::Forbidden { path: folder.to_path_buf(), source })
}
