//! Votes that were given elsewhere: one table of tile, reader, label, as spreadsheets give it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use csv::StringRecord;

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
/// extension, labels may be in any case; commas, semicolons or tabs separate the columns; lines without any text are passed over.
///
/// # Errors
/// The first line that cannot be understood, a tile without a label, a reader who has answered already. Then nothing is taken over.
pub fn import_votes(store: &mut Store, path: &Path, columns: &Columns) -> Result<Vec<String>, ReaderError> {
    let fault = |line: u64, why: String| ReaderError::Votes { path: path.to_path_buf(), line, why };
    let text = record::read_text(path)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| fault(1, e.to_string()))?.clone();
    let column = |name: &str| {
        let mut named = header.iter().enumerate().filter(|(_, h)| h.eq_ignore_ascii_case(name));
        let there = || header.iter().collect::<Vec<_>>().join(", ");
        let Some((at, _)) = named.next() else {
            return Err(fault(1, format!("it has no column {name:?}; there are {}", there())));
        };
        match named.next() {
            Some((again, _)) => Err(fault(
                1,
                format!(
                    "its columns {} and {} are both called {name:?}: rename the one that is not meant",
                    at + 1,
                    again + 1
                ),
            )),
            None => Ok(at),
        }
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

    let mut votes: BTreeMap<String, BTreeMap<i64, (String, u64)>> = BTreeMap::new();
    let mut line = StringRecord::new();
    while reader
        .read_record(&mut line)
        .map_err(|e| fault(e.position().map_or(0, csv::Position::line), e.to_string()))?
    {
        if line.iter().all(str::is_empty) {
            continue;
        }
        let number = line.position().map_or(0, csv::Position::line);
        // As our own tables have them.
        let cell = |at: usize| plain(line.get(at).unwrap_or_default());
        let (name, reader, class) = (&*cell(tile), &*cell(who), &*cell(label));
        let id = names.find(name).map_err(|why| fault(number, why))?;
        let Some(class) = classes.iter().find(|c| c.eq_ignore_ascii_case(class)) else {
            return Err(fault(number, format!("{class:?} is none of the classes {}", classes.join(", "))));
        };
        if reader.is_empty() {
            return Err(fault(number, "the reader is not named".into()));
        }
        if answered.contains(reader) {
            return Err(fault(number, format!("the study has answers of a reader {reader:?} already")));
        }
        if let Some((_, before)) =
            votes.entry(reader.to_owned()).or_default().insert(id, (class.clone(), number))
        {
            return Err(fault(number, format!("{reader} has labelled {name:?} before, in line {before}")));
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
    let given = |own: &BTreeMap<i64, (String, u64)>| {
        own.iter().map(|(id, (class, _))| (*id, class.clone())).collect()
    };
    store.add_finished(&votes.iter().map(|(name, own)| (name.clone(), given(own))).collect::<Vec<_>>())?;
    Ok(votes.into_keys().collect())
}

/// What separates the columns: whichever of comma, semicolon and tab the header has most of. Where the comma is the decimal sign,
/// spreadsheets write semicolons.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: u8| header.bytes().filter(|b| *b == separator).count();
    // Of equally many the last counts: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
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
            let name = tile.shown_name();
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
            Some(_) => Err(format!("several tiles are called {name:?}: give the extension, too")),
            None => Err(format!("the study has no tile {name:?}")),
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
    fn separators_are_those_of_the_header() {
        assert_eq!(delimiter("tile,reader,label\na;b;c;d;e"), b',');
        assert_eq!(delimiter("tile;reader;label"), b';');
        assert_eq!(delimiter("tile\treader\tlabel, in words"), b'\t');
        assert_eq!(delimiter(""), b',');
    }

    #[test]
    fn names_go_without_their_extension() {
        for (name, wanted) in [("a.png", "a"), ("a.1.png", "a.1"), ("b.c/a", "b.c/a"), ("a", "a")] {
            assert_eq!(stem(name), wanted);
        }
    }
}
