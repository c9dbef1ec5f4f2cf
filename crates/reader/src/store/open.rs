//! An open study: read alone, or to vote as well.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::archive;
use super::faults::{check, failed, forbidden, is_no_data_base};
use super::files::{FILE, Files, Foreign};
use crate::ReaderError;
use crate::settings::{OLDEST, SCHEMA, Settings};

/// An open study.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    /// Always there, until this is dropped.
    connection: Option<Connection>,
    settings: Settings,
    version: u32,
    /// What the files were when they were opened, if somebody watches them.
    pub(super) files: Option<Files>,
    /// Where a copy lies that is read instead.
    _copy: Option<TempDir>,
}

impl Store {
    /// Opens the study in a folder, to read and to vote.
    ///
    /// # Errors
    /// A folder without a study, a study of another version, a file that cannot be opened or may not be written.
    pub fn open(folder: &Path) -> Result<Self, ReaderError> {
        let path = folder.join(FILE);
        check(&path)?;
        let sql = |source| forbidden(&path).unwrap_or_else(|| failed(&path, source));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(sql)?;
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(sql)? {
            let source = io::ErrorKind::PermissionDenied.into();
            return Err(forbidden(&path).unwrap_or(ReaderError::Forbidden { path, source }));
        }
        connection.busy_timeout(Duration::from_secs(10)).map_err(sql)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(sql)?;
        // The writer alone does it, so that it knows who has written into the data base.
        connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(sql)?;
        Self::of(path, connection, None)
    }

    /// Opens the study in a folder to read it alone: also where nothing may be written, as on an archive's disk. What a write-ahead log
    /// holds there is read from a copy.
    ///
    /// # Errors
    /// A folder without a study, a study of another version, a file that cannot be read.
    pub fn open_to_read(folder: &Path) -> Result<Self, ReaderError> {
        let path = folder.join(FILE);
        check(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
            // Only now are the log and its index made.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        match open() {
            Ok(connection) => Self::of(path, connection, None),
            Err(source) if forbidden(&path).is_some() && !is_no_data_base(&source) => {
                let (connection, copy) = archive::open(&path)?;
                Self::of(path, connection, copy)
            }
            Err(source) => Err(failed(&path, source)),
        }
    }

    /// Reads version and settings.
    fn of(path: PathBuf, connection: Connection, copy: Option<TempDir>) -> Result<Self, ReaderError> {
        let fault = |why: String| ReaderError::NoStudy { path: path.clone(), why };
        let sql = |source| failed(&path, source);
        let version: u32 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
        if !(OLDEST..=SCHEMA).contains(&version) {
            return Err(fault(format!(
                "its version is {version}, and this program reads {OLDEST} to {SCHEMA}"
            )));
        }
        let text: String =
            connection.query_row("SELECT settings FROM study", [], |row| row.get(0)).map_err(sql)?;
        let settings =
            serde_json::from_str(&text).map_err(|e| fault(format!("its settings are damaged: {e}")))?;
        Ok(Self { path, connection: Some(connection), settings, version, files: None, _copy: copy })
    }

    /// What was fixed when the study was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The data base file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the orders come from the study's own randomness. Of older studies everybody can make them again who knows their settings.
    pub fn has_secret(&self) -> bool {
        self.version >= 2
    }

    /// Remembers what the files are, so that it can be seen whether they still are.
    ///
    /// # Errors
    /// If they cannot be looked at.
    pub fn watch(&mut self) -> Result<(), ReaderError> {
        let looked = Files::of(&self.path);
        let unread = |source| ::files::OwnFileError::Read { path: self.path.clone(), source };
        self.files = Some(looked.map_err(unread)?);
        Ok(())
    }

    /// Whether a watched study can be read without harm: a part of it that was mapped into memory may have been cut off.
    ///
    /// # Errors
    /// What is wrong, in words that go on from "because".
    pub fn may_be_read(&mut self) -> Result<(), String> {
        self.files.as_mut().map_or(Ok(()), Files::may_be_touched)
    }

    pub(super) fn connection(&self) -> &Connection {
        // It is taken by `drop` alone, after which nobody calls anything.
        self.connection.as_ref().expect("a store is open until it is dropped")
    }

    pub(super) fn connection_mut(&mut self) -> &mut Connection {
        // As above.
        self.connection.as_mut().expect("a store is open until it is dropped")
    }

    pub(super) fn sql(&self, source: rusqlite::Error) -> ReaderError {
        ReaderError::Sql { path: self.path.clone(), source }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing tidies up: it writes into the data base and deletes the log by its name, which may be somebody else's by now, and
        // it touches the index, which may have been cut short.
        if self.files.as_mut().is_some_and(|files| matches!(files.are_ours(), Err(Foreign::Lost(_)))) {
            std::mem::forget(self.connection.take());
        }
    }
}
