//! The study's file: one SQLite data base that holds tiles, readers and votes, and from which nothing is ever deleted.
//!
//! Every change of an answer is a row of its own; the last one counts. A vote is acknowledged once its transaction is on disk
//! (write-ahead log, `synchronous = FULL`).

mod clock;
mod create;
mod read;
mod vote;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

pub use clock::{iso, now};
pub use create::{NewReader, NewTile, create};
pub use read::{ItemRow, ReaderRow, TileRow, VoteRow};
pub use vote::{Answer, Finish, Outcome, Vote};
pub use writer::{NotStored, Writer};

use crate::ReaderError;
use crate::settings::{SCHEMA, Settings};

/// The data base in a study's folder.
pub const FILE: &str = "study.sqlite";

/// An open study.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    settings: Settings,
}

impl Store {
    /// Opens the study in a folder, to read and to vote.
    ///
    /// # Errors
    /// A folder without a study, a study of another version, a file that cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, ReaderError> {
        let path = folder.join(FILE);
        let fault = |why: String| ReaderError::NoStudy { path: path.clone(), why };
        if !path.is_file() {
            return Err(fault("there is no such file".into()));
        }
        let sql = |source| ReaderError::Sql { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(sql)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(sql)?;
        let not_ours = |e: rusqlite::Error| match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => fault("it is no SQLite file".into()),
            _ => ReaderError::Sql { path: path.clone(), source: e },
        };
        connection.pragma_update(None, "journal_mode", "WAL").map_err(not_ours)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(sql)?;
        let version: u32 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
        if version != SCHEMA {
            return Err(fault(format!("its version is {version} and not {SCHEMA}")));
        }
        let text: String =
            connection.query_row("SELECT settings FROM study", [], |row| row.get(0)).map_err(sql)?;
        let settings =
            serde_json::from_str(&text).map_err(|e| fault(format!("its settings are damaged: {e}")))?;
        Ok(Self { path, connection, settings })
    }

    /// What was fixed when the study was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The data base file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn sql(&self, source: rusqlite::Error) -> ReaderError {
        ReaderError::Sql { path: self.path.clone(), source }
    }
}
