//! Votes that were given elsewhere: one table of tile, reader, label, as spreadsheets give it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use csv::StringRecord;

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

/// Takes over a table of votes: each reader in it becomes a reader of the study who has finished. A reader must have labelled every
/// tile once. The easy tile and its translation have one name in the data; `generated/NAME` (with any extension) is the translation.
///
/// # Errors
/// The first line that cannot be understood, a tile without a label, a reader that is there already. Then nothing is taken over.
pub fn import_votes(store: &mut Store, path: &Path, columns: &Columns) -> Result<Vec<String>, ReaderError> {
    let fault = |line: u64, why: String| ReaderError::Votes { path: path.to_path_buf(), line, why };
    let text = record::read_text(path)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| fault(1, e.to_string()))?.clone();
    let column = |name: &str| {
        header.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name)).ok_or_else(
            || {
                fault(
                    1,
                    format!(
                        "it has no column {name:?}; there are {}",
                        header.iter().collect::<Vec<_>>().join(", ")
                    ),
                )
            },
        )
    };
    let [tile, who, label] = [column(&columns.tile)?, column(&columns.reader)?, column(&columns.label)?];
    let tiles = store.tile_names()?;
    let classes = store.settings().classes.clone();
    let taken: BTreeSet<String> = store.readers()?.into_iter().map(|r| r.name).collect();

    let mut votes: BTreeMap<String, BTreeMap<i64, (String, u64)>> = BTreeMap::new();
    let mut line = StringRecord::new();
    while reader
        .read_record(&mut line)
        .map_err(|e| fault(e.position().map_or(0, csv::Position::line), e.to_string()))?
    {
        let number = line.position().map_or(0, csv::Position::line);
        let cell = |at: usize| line.get(at).unwrap_or_default();
        let (name, reader, class) = (cell(tile), cell(who), cell(label));
        let Some(&id) = tiles.get(&stem(name)) else {
            return Err(fault(number, format!("the study has no tile {name:?}")));
        };
        let Some(class) = classes.iter().find(|c| c.eq_ignore_ascii_case(class)) else {
            return Err(fault(number, format!("{class:?} is none of the classes {}", classes.join(", "))));
        };
        if reader.is_empty() {
            return Err(fault(number, "the reader is not named".into()));
        }
        if taken.contains(reader) {
            return Err(fault(number, format!("the study has a reader {reader:?} already")));
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
    let all: BTreeSet<i64> = tiles.values().copied().collect();
    for (reader, own) in &votes {
        if let Some(missing) = all.iter().find(|id| !own.contains_key(id)) {
            let name = tiles.iter().find(|(_, id)| *id == missing).map_or("", |(name, _)| name);
            return Err(fault(
                1,
                format!("{reader} has labelled {} of {} tiles; {name:?} is missing", own.len(), all.len()),
            ));
        }
    }
    let given = |own: &BTreeMap<i64, (String, u64)>| {
        own.iter().map(|(id, (class, _))| (*id, class.clone())).collect()
    };
    store.add_finished(&votes.iter().map(|(name, own)| (name.clone(), given(own))).collect::<Vec<_>>())?;
    Ok(votes.into_keys().collect())
}

/// A tile's name without its extension: spreadsheets often leave it out.
pub(crate) fn stem(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => stem.to_owned(),
        _ => name.to_owned(),
    }
}
