//! The right to write into an output folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use files::OwnFileError;

use crate::error::StudyError;

/// Held while a process writes into a run folder; given back when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
}

impl Claim {
    /// Makes `root` ours, creating it if need be.
    ///
    /// # Errors
    /// If the folder holds something that is no run, if another process is writing to it, or if it cannot be written.
    pub fn of(root: &Path) -> Result<Self, StudyError> {
        let fail = |why: &str, hint: &str| StudyError::Output {
            path: root.into(),
            why: why.into(),
            hint: hint.into(),
        };
        let elsewhere = "choose a new or empty folder with --out";
        if root.exists() && !root.is_dir() {
            return Err(fail("it is a file", elsewhere));
        }
        let path = root.join("run.lock");
        // A hidden file may be what a killed process left of its first write.
        let is_shown = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.is_ok_and(|e| !e.file_name().to_string_lossy().starts_with('.'))
        };
        let is_run = root.join("study.toml").is_file() || path.is_file();
        if !is_run && std::fs::read_dir(root).is_ok_and(|mut entries| entries.any(is_shown)) {
            return Err(fail("it is not empty and is not a run folder", elsewhere));
        }
        let unwritable = |source| OwnFileError::Write { path: path.clone(), source };
        std::fs::create_dir_all(root).map_err(unwritable)?;
        // Opened and never replaced, so that every process locks the same file.
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(unwritable)?;
        match lock.try_lock() {
            // A file system without locks (some network shares) cannot tell; that is no reason to refuse it.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(fail(
                "another grayzone is running there",
                "wait for it to end, or choose another --out folder",
            )),
        }
    }
}
