//! The tables beside the tiles: found by their names in any case, and told of where one that was meant as such is not read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use files::quoted;

use crate::TissueError;

/// How names of files begin that are meant as a table of the tiles, in lower case, and what the table is to be called.
const MEANT: [(&str, &str); 6] = [
    ("labels", "labels.csv"),
    ("label", "labels.csv"),
    ("manifest", "manifest.csv"),
    ("manifests", "manifest.csv"),
    ("annotations", "annotations.csv"),
    ("annotation", "annotations.csv"),
];

/// How tables end, in lower case, and what is packed or saved of them.
const ENDINGS: [&str; 17] = [
    "csv", "tsv", "tab", "txt", "xlsx", "xls", "xlsm", "ods", "numbers", "parquet", "json", "gz", "zip",
    "bak", "old", "dvc", "rds",
];

/// The table of that name in a folder; of several that differ in case the one that is called so, else the only one.
///
/// # Errors
/// A link that leads nowhere, what is no regular file, and two names that differ in case.
pub(super) fn table(root: &Path, name: &str) -> Result<Option<PathBuf>, TissueError> {
    let exact = root.join(name);
    if fs::symlink_metadata(&exact).is_ok() {
        return regular(exact);
    }
    let alike: Vec<String> = names_in(root).into_iter().filter(|n| n.eq_ignore_ascii_case(name)).collect();
    match alike.as_slice() {
        [] => Ok(None),
        [only] => regular(root.join(only)),
        [one, other, ..] => Err(TissueError::UnusableImage {
            path: root.to_path_buf(),
            what: "it is not clear which table is meant",
            why: format!("{} and {} differ only in case", quoted(one), quoted(other)),
            way_out: format!("call the one that is meant {name}"),
        }),
    }
}

/// The path if a file that can be read is there, and nothing if a folder is.
fn regular(path: PathBuf) -> Result<Option<PathBuf>, TissueError> {
    match fs::metadata(&path) {
        Ok(there) if there.is_dir() => Ok(None),
        Ok(_) => match files::check_regular(&path) {
            Ok(()) => Ok(Some(path)),
            Err(source) => Err(TissueError::Read { path, source }),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(TissueError::UnusableImage {
            path,
            what: "cannot read the table",
            why: "it is a link to a file that is not there, as git-annex and DVC leave it".into(),
            way_out: "fetch the file (git annex get, dvc pull), or move the link out of the data".into(),
        }),
        Err(source) => Err(TissueError::Read { path, source }),
    }
}

/// A warning of each file that seems to be meant as a table and is not read.
pub(super) fn not_read(root: &Path) -> Vec<String> {
    let told = |name: &String| {
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        let word: String = stem.chars().take_while(char::is_ascii_alphabetic).collect();
        let (_, table) = MEANT.iter().find(|(begin, _)| word.eq_ignore_ascii_case(begin))?;
        let last = ending.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_table = ending.is_empty() || ENDINGS.contains(&last.as_str());
        (is_table && !name.eq_ignore_ascii_case(table)).then(|| {
            format!(
                "warning: {} is not read: if it tells of the tiles, save it as {table}, in CSV and UTF-8",
                quoted(name)
            )
        })
    };
    names_in(root).iter().filter_map(told).collect()
}

/// The names in a folder that are no folders', sorted; a folder that cannot be read is told of by whoever reads its tiles.
fn names_in(root: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|t| !t.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
