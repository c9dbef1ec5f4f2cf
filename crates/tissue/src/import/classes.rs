//! What the classes of a table are.

use std::collections::BTreeMap;

use files::{Table, is_missing, listed, quoted};

use super::columns::{Columns, Form, OTHER_VOTES};
use crate::{Place, Tile, TissueError};

/// What the classes are and how we know.
pub(super) struct Classes {
    /// Sorted by name.
    pub names: Vec<String>,
    /// The class of each votes column.
    pub of_votes: Vec<usize>,
    /// What makes these the classes.
    pub reason: &'static str,
}

/// The label in a cell; `None` if the cell holds no value. A word such as `None` is a class where a folder or a column of votes is called
/// by that very word.
pub(super) fn label_in<'a>(cell: &'a str, columns: &Columns, folders: &[String]) -> Option<&'a str> {
    let is_told = || folders.iter().any(|f| f == cell) || columns.votes.iter().any(|v| v.class == cell);
    (!is_missing(cell) || (!cell.is_empty() && is_told())).then_some(cell)
}

/// The class with more votes than any other.
pub(super) fn majority(votes: &[u32]) -> Option<usize> {
    let most = *votes.iter().max()?;
    let mut top = votes.iter().enumerate().filter(|(_, n)| **n == most);
    let (class, _) = top.next()?;
    top.next().is_none().then_some(class)
}

/// The classes: those with votes, else the folders, else the labels there are.
pub(super) fn find(table: &Table, columns: &Columns, folders: &[String]) -> Result<Classes, TissueError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in table.rows().filter(|row| table.ragged(row).is_none()) {
        if let Some(label) = label_in(row.cell(columns.class), columns, folders) {
            *counts.entry(label).or_default() += 1;
        }
    }
    let labels = || counts.keys().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    if columns.votes.is_empty() {
        return Ok(if folders.is_empty() {
            Classes { names: labels(), of_votes: Vec::new(), reason: "the labels of the table" }
        } else {
            Classes { names: folders.to_vec(), of_votes: Vec::new(), reason: "the class folders" }
        });
    }
    // As the labels write it; of several spellings the most frequent, then the first by name.
    let spelled = |class: &str| -> String {
        let exact = counts.contains_key(class).then_some(class);
        let other = counts
            .iter()
            .filter(|(label, _)| label.to_lowercase() == class.to_lowercase())
            .max_by_key(|(label, n)| (**n, std::cmp::Reverse(**label)))
            .map(|(label, _)| *label);
        let found = if columns.form == Form::Mhist { other } else { exact };
        found.unwrap_or(class).to_owned()
    };
    let voted: Vec<String> = columns.votes.iter().map(|v| spelled(&v.class)).collect();
    let mut names = voted.clone();
    if columns.form == Form::Mhist && voted.len() == 1 {
        let other = counts
            .iter()
            .filter(|(label, _)| **label != voted[0])
            .max_by_key(|(label, n)| (**n, std::cmp::Reverse(**label)))
            .map(|(label, _)| (*label).to_owned());
        if !counts.contains_key(voted[0].as_str()) && counts.len() > 1 {
            let why = format!(
                "the votes are for {}, which is none of the labels {}",
                quoted(&columns.votes[0].class),
                listed(counts.keys().copied(), 12)
            );
            return Err(TissueError::Table { place: Place::line(&table.file, table.header_line), why });
        }
        // Without a second label all votes against the one are for a class without a name.
        names.push(other.unwrap_or_else(|| OTHER_VOTES.to_owned()));
    }
    names.sort();
    names.dedup();
    if names.len() < voted.len() {
        let why = "two votes columns are for one class".to_owned();
        return Err(TissueError::Table { place: Place::line(&table.file, table.header_line), why });
    }
    // Every voted class is among the sorted names.
    let of_votes = voted.iter().map(|v| names.binary_search(v).unwrap_or(0)).collect();
    Ok(Classes { names, of_votes, reason: "those with votes" })
}

/// Classes that got votes but no tile are no classes of the data set; their votes still count as disagreement.
pub(super) fn drop_unused(names: &mut Vec<String>, tiles_read: &mut [Tile], notes: &mut Vec<String>) {
    let mut used = vec![false; names.len()];
    for tile in tiles_read.iter() {
        used[tile.class] = true;
    }
    for (name, _) in names.iter().zip(&used).filter(|(n, used)| !**used && *n != OTHER_VOTES) {
        notes.push(format!("class {} has no tile: its votes count as disagreement only", quoted(name)));
    }
    let new_index: Vec<usize> = used
        .iter()
        .scan(0, |next, &u| {
            let index = *next;
            *next += usize::from(u);
            Some(index)
        })
        .collect();
    for tile in tiles_read.iter_mut() {
        tile.class = new_index[tile.class];
        if !tile.votes.is_empty() {
            let all: u32 = tile.votes.iter().sum();
            tile.votes = tile.votes.iter().zip(&used).filter(|(_, u)| **u).map(|(v, _)| *v).collect();
            tile.other_votes += all - tile.votes.iter().sum::<u32>();
        }
    }
    let mut keep = used.iter();
    // `used` is as long as `names`.
    names.retain(|_| keep.next().copied().unwrap_or(true));
}
