//! Which of the three forms a path has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::columns::{Columns, Form};
use super::rows::folder_of;
use super::table::Table;
use super::{folders, rows};
use crate::listing::check_not_ours;
use crate::{Manifest, TissueError};

/// A data set as read, with everything wrong in its lines.
pub(crate) struct Import {
    /// The tiles of the lines without fault.
    pub manifest: Manifest,
    /// The faults in the order of the lines, then those that concern several lines.
    pub faults: Vec<TissueError>,
    /// The names of all tiles that a table lists, those of faulty lines too.
    pub listed: BTreeSet<String>,
}

/// What becomes of the split that a table brings.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum GivenSplit {
    /// It is read, and what is wrong with it is a fault.
    Read,
    /// It is not looked at, because a new one will be made.
    Ignored,
}

/// Recognises the form of a folder or CSV file and reads it.
///
/// # Errors
/// What makes the whole unreadable: no data set, no table, a missing column.
pub(crate) fn import(path: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    let metadata =
        fs::metadata(path).map_err(|source| TissueError::Read { path: path.to_path_buf(), source })?;
    if metadata.is_dir() { import_folder(path, split) } else { import_file(path, split) }
}

fn import_folder(root: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    // A run's manifest.csv names tiles that lie in its data's folder.
    check_not_ours(root)?;
    let (manifest, annotations) = (root.join("manifest.csv"), root.join("annotations.csv"));
    if manifest.is_file() {
        let mut import = import_file(&manifest, split)?;
        if annotations.is_file() {
            import.manifest.notes.push("manifest.csv is used, annotations.csv beside it is not".into());
        }
        Ok(import)
    } else if annotations.is_file() {
        mhist(&Table::read(&annotations)?, root, split)
    } else {
        folders::import(root, split)
    }
}

fn import_file(file: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    let root = folder_of(file);
    let name = file.file_name().unwrap_or_default().to_ascii_lowercase();
    if name == folders::LABELS {
        return folders::import(&root, split);
    }
    if !file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        let why = "it is a file and its name does not end in .csv".into();
        return Err(TissueError::NotRecognised { path: file.to_path_buf(), why });
    }
    let table = Table::read(file)?;
    if name == "annotations.csv" || Columns::is_mhist(&table) {
        return mhist(&table, &root, split);
    }
    rows::read(&table, Form::Manifest, split, &root, "", &[])
}

fn mhist(table: &Table, root: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    rows::read(table, Form::Mhist, split, root, "images/", &[])
}
