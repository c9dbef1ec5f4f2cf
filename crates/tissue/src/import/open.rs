//! A path to its manifest: which of the three forms it has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use files::Table;

use super::columns::{Columns, Form};
use super::rows::folder_of;
use super::{GivenSplit, Import, beside, folders, rows};
use crate::listing::check_not_ours;
use crate::{Manifest, TissueError, checks, slide};

impl Manifest {
    /// Recognises and reads a data set: a folder (MHIST, one folder a class, or with `manifest.csv`) or a CSV file.
    ///
    /// Labels, votes, slides, the split and the presence of every file are checked here; pixels are not read.
    ///
    /// # Errors
    /// The first fault, in the order of the file's lines; a slide on two sides of a given split is one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TissueError> {
        first_fault_or(import(path.as_ref(), GivenSplit::Read)?)
    }

    /// As [`Manifest::open`], but leaves out the split that the data bring, whatever is wrong with it: for
    /// [`Manifest::split`], which makes a new one, and for whoever needs none.
    ///
    /// # Errors
    /// The first fault of anything but the split.
    pub fn open_without_split(path: impl AsRef<Path>) -> Result<Self, TissueError> {
        first_fault_or(import(path.as_ref(), GivenSplit::Ignored)?)
    }

    /// As [`Manifest::open_without_split`], for test folds that take the place of whatever split the data bring; a note says so.
    ///
    /// # Errors
    /// The first fault of anything but the split.
    pub fn open_to_fold(path: impl AsRef<Path>) -> Result<Self, TissueError> {
        let import = import(path.as_ref(), GivenSplit::Ignored)?;
        let split_left_out = import.split_left_out;
        let mut manifest = first_fault_or(import)?;
        if split_left_out {
            manifest.notes.push(
                "the split into train and test that the data bring is not used: every tile is tested once"
                    .into(),
            );
        }
        Ok(manifest)
    }
}

fn first_fault_or(import: Import) -> Result<Manifest, TissueError> {
    match import.faults.into_iter().next() {
        Some(first) => Err(first),
        None => Ok(import.manifest),
    }
}

/// Recognises the form of a folder or CSV file and reads it.
///
/// # Errors
/// What makes the whole unreadable: no data set, no table, a missing column.
pub(crate) fn import(path: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    let metadata =
        fs::metadata(path).map_err(|source| TissueError::Read { path: path.to_path_buf(), source })?;
    let mut import = if metadata.is_dir() { import_folder(path, split)? } else { import_file(path, split)? };
    compose_classes(&mut import.manifest);
    import.faults.extend(checks::spelling_faults(&import.manifest));
    import.faults.extend(checks::slide_faults(&import.manifest));
    slide::unify(&mut import.manifest);
    for class in import.manifest.classes.clone().iter().filter(|c| files::is_missing(c)) {
        let class = files::quoted(class);
        import.manifest.notes.push(format!("{class} is a class, because a folder or a column of votes is called so; in a cell of its own such a word stands for no value"));
    }
    Ok(import)
}

/// Writes the classes' names in Unicode's composed form; two that are then equal are one.
fn compose_classes(manifest: &mut Manifest) {
    let composed: Vec<String> = manifest.classes.iter().map(|c| files::nfc(c).into_owned()).collect();
    if composed == manifest.classes {
        return;
    }
    let classes: BTreeSet<&String> = composed.iter().collect();
    let classes: Vec<String> = classes.into_iter().cloned().collect();
    // Every composed name is among the classes.
    let new: Vec<usize> = composed.iter().map(|c| classes.binary_search(c).unwrap_or(0)).collect();
    for tile in &mut manifest.tiles {
        tile.class = new[tile.class];
        if !tile.votes.is_empty() {
            let mut votes = vec![0; classes.len()];
            for (&class, n) in new.iter().zip(&tile.votes) {
                votes[class] += n;
            }
            tile.votes = votes;
        }
    }
    manifest.classes = classes;
}

fn import_folder(root: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    // A run's manifest.csv names tiles that lie in its data's folder.
    check_not_ours(root)?;
    if let Some(manifest) = beside::table(root, "manifest.csv")? {
        let mut import = import_file(&manifest, split)?;
        if root.join("annotations.csv").is_file() {
            import.manifest.notes.push("manifest.csv is used, annotations.csv beside it is not".into());
        }
        return Ok(import);
    }
    match beside::table(root, "annotations.csv")? {
        Some(annotations) => mhist(&Table::read(&annotations)?, root, split),
        None => folders::import(root, split),
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
