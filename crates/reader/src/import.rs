//! Votes that were given elsewhere: one table of tile, reader, label, as spreadsheets give it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use files::{FilesError, Table, cut, listed, nfc, quoted};

use crate::cell::plain;
use crate::{ReaderError, Store};

/// The names of the three columns.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The tile: its name in the data, or (for a study made here) the random name of the file.
    pub tile: String,
    /// Who labelled it.
    pub reader: String,
    /// The class.
    pub label: String,
}

/// Takes over a table of votes: each reader in it becomes a reader of the study who has finished, in place of one of that name who has
/// not begun. A reader must have labelled every tile once. The easy tile and its translation have one name in the data; `generated/NAME` is the translation. Names may lack their
/// extension, labels may be in any case; the table is read as [`files::Table`] reads it, and a cell such as `NA` holds no value.
///
/// # Errors
/// The first line that cannot be understood, a tile without a label, a reader who has answered already. Then nothing is taken over.
pub fn import_votes(store: &mut Store, path: &Path, columns: &Columns) -> Result<Vec<String>, ReaderError> {
    let fault =
        |line: usize, why: String| ReaderError::Votes { path: path.to_path_buf(), line: line as u64, why };
    let table = match Table::read(path) {
        Err(FilesError::Empty { .. }) => {
            return Err(fault(1, format!("it has no column {}: it is empty", quoted(&columns.tile))));
        }
        table => table?,
    };
    let column = |name: &str| {
        let there = || listed(table.header.iter().map(String::as_str), 12);
        table.column(name)?.ok_or_else(|| {
            fault(table.header_line, format!("it has no column {}; there are {}", quoted(name), there()))
        })
    };
    let [tile, who, label] = [column(&columns.tile)?, column(&columns.reader)?, column(&columns.label)?];
    let names = Names::of(store)?;
    let classes = store.settings().classes.clone();
    let mut answered = BTreeSet::new();
    for reader in store.readers()? {
        if reader.finished.is_some() || store.last_vote(reader.id)?.is_some() {
            answered.insert(reader.name);
        }
    }

    let mut votes: BTreeMap<String, BTreeMap<i64, (String, usize)>> = BTreeMap::new();
    let mut spelled: BTreeMap<String, String> = BTreeMap::new();
    for row in table.rows() {
        // A short row lacks its last cells, and a long one has cells that may belong to other columns.
        if let Some(why) = table.ragged(&row).filter(|_| row.len() > table.header.len()) {
            return Err(fault(row.line, why));
        }
        // As our own tables have them.
        let given = |column: usize, what: &str| {
            row.value(column)
                .map(plain)
                .ok_or_else(|| fault(row.line, format!("{what} ({})", no_value(row.cell(column)))))
        };
        let name = &*given(tile, "no tile is named")?;
        let id = names.find(name).map_err(|why| fault(row.line, why))?;
        let cell = &*plain(row.cell(label));
        let Some(class) = classes.iter().find(|c| !cell.is_empty() && is_class(c, cell)) else {
            let nothing =
                if files::is_missing(cell) { format!(" ({})", no_value(cell)) } else { String::new() };
            let classes = classes.join(", ");
            return Err(fault(
                row.line,
                format!("{} is none of the classes {classes}{nothing}", quoted(cell)),
            ));
        };
        let reader = &*given(who, "the reader is not named")?;
        if answered.contains(reader) {
            return Err(fault(
                row.line,
                format!("the study has answers of a reader {} already", quoted(reader)),
            ));
        }
        let first = &*spelled.entry(files::same_name(reader)).or_insert_with(|| reader.to_owned());
        if first != reader {
            return Err(fault(
                row.line,
                format!(
                    "{} and {} seem to be one reader: write a reader's name in one way",
                    quoted(first),
                    quoted(reader)
                ),
            ));
        }
        if let Some((_, before)) =
            votes.entry(reader.to_owned()).or_default().insert(id, (class.clone(), row.line))
        {
            return Err(fault(
                row.line,
                format!("{} has labelled {} before, in line {before}", cut(reader), quoted(name)),
            ));
        }
    }
    if votes.is_empty() {
        return Err(fault(1, "it holds no vote".into()));
    }
    for (reader, own) in &votes {
        if let Some((missing, _)) = names.whole.iter().find(|(_, id)| !own.contains_key(id)) {
            let (there, all) = (own.len(), names.whole.len());
            return Err(fault(
                1,
                format!("{reader} has labelled {there} of {all} tiles; {missing:?} is missing"),
            ));
        }
    }
    let given = |own: &BTreeMap<i64, (String, usize)>| {
        own.iter().map(|(id, (class, _))| (*id, class.clone())).collect()
    };
    store.add_finished(&votes.iter().map(|(name, own)| (name.clone(), given(own))).collect::<Vec<_>>())?;
    Ok(votes.into_keys().collect())
}

/// Whether a cell names the class: in any case of letters, and in any Unicode form.
fn is_class(class: &str, cell: &str) -> bool {
    nfc(class).to_lowercase() == cell.to_lowercase()
}

/// Why a cell holds no value.
fn no_value(cell: &str) -> String {
    if cell.is_empty() { "the cell is empty".into() } else { format!("{} stands for no value", quoted(cell)) }
}

/// The tiles of a study by what a table may call them.
struct Names {
    /// With their extension.
    whole: BTreeMap<String, i64>,
    /// Without it; several tiles may share such a name.
    stems: BTreeMap<String, Vec<i64>>,
}

impl Names {
    fn of(store: &Store) -> Result<Self, ReaderError> {
        let (mut whole, mut stems) = (BTreeMap::new(), BTreeMap::<String, Vec<i64>>::new());
        for tile in store.tiles()? {
            let name = nfc(&tile.shown_name()).into_owned();
            stems.entry(stem(&name).to_owned()).or_default().push(tile.id);
            whole.insert(name, tile.id);
        }
        Ok(Self { whole, stems })
    }

    /// The tile of that name: with its extension, without, or with another one.
    fn find(&self, name: &str) -> Result<i64, String> {
        if let Some(id) = self.whole.get(name) {
            return Ok(*id);
        }
        match self.stems.get(name).or_else(|| self.stems.get(stem(name))).map(Vec::as_slice) {
            Some([id]) => Ok(*id),
            Some(_) => Err(format!("several tiles are called {}: give the extension, too", quoted(name))),
            None => Err(format!("the study has no tile {}", quoted(name))),
        }
    }
}

/// A tile's name without its extension.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_without_their_extension() {
        for (name, wanted) in [("a.png", "a"), ("a.1.png", "a.1"), ("b.c/a", "b.c/a"), ("a", "a")] {
            assert_eq!(stem(name), wanted);
        }
    }
}
