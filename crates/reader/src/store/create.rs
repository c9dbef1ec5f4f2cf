//! Making a study's file, whole or not at all.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use super::files::FILE;
use super::privacy::own;
use crate::settings::{SCHEMA, Settings};
use crate::token::{TokenHash, random_hex};
use crate::{Group, ReaderError, Secret};

const TABLES: &str = "
CREATE TABLE study (settings TEXT NOT NULL, coordinator BLOB NOT NULL, secret BLOB NOT NULL) STRICT;
CREATE TABLE tile (
    id INTEGER PRIMARY KEY, grp TEXT NOT NULL, pair INTEGER, image TEXT NOT NULL, slide TEXT NOT NULL, class TEXT NOT NULL,
    practice INTEGER NOT NULL, png BLOB NOT NULL) STRICT;
CREATE TABLE reader (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, token BLOB NOT NULL, finished INTEGER, imported INTEGER NOT NULL) STRICT;
CREATE TABLE item (
    id TEXT PRIMARY KEY, reader INTEGER NOT NULL REFERENCES reader, tile INTEGER NOT NULL REFERENCES tile,
    place INTEGER NOT NULL, practice INTEGER NOT NULL, again INTEGER NOT NULL, UNIQUE (reader, practice, place)) STRICT;
CREATE TABLE vote (
    item TEXT NOT NULL REFERENCES item, revision INTEGER NOT NULL, request TEXT NOT NULL, label TEXT, skipped INTEGER NOT NULL,
    real INTEGER, confidence INTEGER, comment TEXT NOT NULL, milliseconds INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (item, revision), UNIQUE (item, request)) STRICT;
";

/// A tile to store.
#[derive(Debug)]
pub struct NewTile<'a> {
    /// Where it comes from.
    pub group: Group,
    /// The number that an easy tile shares with its translation.
    pub pair: Option<usize>,
    /// Its name in the data.
    pub image: &'a str,
    /// Its slide.
    pub slide: &'a str,
    /// Its label in the data.
    pub class: &'a str,
    /// As readers get it.
    pub png: Vec<u8>,
    /// Whether it belongs to the practice round.
    pub practice: bool,
}

/// A reader to store.
#[derive(Debug)]
pub struct NewReader {
    /// As readers and coordinator see it.
    pub name: String,
    /// Of the private link.
    pub token: TokenHash,
    /// Places in the list of tiles, in reading order, and whether the tile is shown again.
    pub order: Vec<(usize, bool)>,
    /// The same of the practice round.
    pub practice: Vec<usize>,
}

/// Writes a new study into `folder`.
///
/// # Errors
/// If there is something already, or the file cannot be written.
pub fn create(
    folder: &Path,
    settings: &Settings,
    secret: &Secret,
    coordinator: &TokenHash,
    tiles: &[NewTile<'_>],
    readers: &[NewReader],
) -> Result<(), ReaderError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            ReaderError::Forbidden { path: folder.to_path_buf(), source }
        }
        _ => files::OwnFileError::Write { path: folder.to_path_buf(), source }.into(),
    };
    let taken = || ReaderError::Exists { path: folder.to_path_buf() };
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(false) => return Err(taken()),
        Err(_) if folder.exists() => return Err(taken()),
        Ok(true) | Err(_) => {}
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(io)?;
    let temporary = tempfile::Builder::new().prefix(".reader-study").tempdir_in(parent).map_err(io)?;
    let path = temporary.path().join(FILE);
    // The file is the key to the study: it is its owner's alone before anything is in it, and what SQLite puts beside it follows.
    own(temporary.path(), 0o700).map_err(io)?;
    fs::File::create_new(&path).and_then(|_| own(&path, 0o600)).map_err(io)?;
    fill(&path, settings, secret, coordinator, tiles, readers).map_err(|fault| match fault {
        Fault::Sql(source) => ReaderError::Sql { path: folder.join(FILE), source },
        Fault::Reader(e) => e,
    })?;
    fs::File::open(temporary.path()).and_then(|dir| dir.sync_all()).map_err(io)?;
    let made = temporary.keep();
    // An empty folder is in the way on some systems only.
    let free = if folder.exists() { fs::remove_dir(folder) } else { Ok(()) };
    if let Err(e) = free.and_then(|()| fs::rename(&made, folder)) {
        // The error that matters is the first; what is left is a hidden folder of ours.
        let _ = fs::remove_dir_all(&made);
        return Err(io(e));
    }
    fs::File::open(parent).and_then(|dir| dir.sync_all()).map_err(io)?;
    Ok(())
}

enum Fault {
    Sql(rusqlite::Error),
    Reader(ReaderError),
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

impl From<ReaderError> for Fault {
    fn from(e: ReaderError) -> Self {
        Self::Reader(e)
    }
}

fn fill(
    path: &Path,
    settings: &Settings,
    secret: &Secret,
    coordinator: &TokenHash,
    tiles: &[NewTile<'_>],
    readers: &[NewReader],
) -> Result<(), Fault> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "user_version", SCHEMA)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    let text = serde_json::to_string(settings)
        .map_err(|e| ReaderError::NoStudy { path: path.to_path_buf(), why: e.to_string() })?;
    transaction.execute(
        "INSERT INTO study VALUES (?1, ?2, ?3)",
        params![text, coordinator.as_slice(), secret.bytes()],
    )?;
    for (id, tile) in tiles.iter().enumerate() {
        transaction.execute(
            "INSERT INTO tile VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id as i64,
                tile.group.name(),
                tile.pair.map(|p| p as i64),
                tile.image,
                tile.slide,
                tile.class,
                tile.practice,
                tile.png
            ],
        )?;
    }
    for (id, reader) in readers.iter().enumerate() {
        transaction.execute(
            "INSERT INTO reader VALUES (?1, ?2, ?3, NULL, 0)",
            params![id as i64, reader.name, reader.token.as_slice()],
        )?;
        let practice = reader.practice.iter().map(|&tile| (tile, false));
        for (round, items) in [(false, reader.order.clone()), (true, practice.collect())] {
            for (place, (tile, again)) in items.into_iter().enumerate() {
                transaction.execute(
                    "INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![random_hex::<16>()?, id as i64, tile as i64, place as i64, round, again],
                )?;
            }
        }
    }
    transaction.commit()?;
    connection.close().map_err(|(_, e)| e)?;
    Ok(())
}
