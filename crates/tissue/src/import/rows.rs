//! Lines of a table to tiles: labels, votes, sides and slides, every fault of a line collected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use files::{Row, Table, quoted};

use super::classes::{Classes, drop_unused, find, label_in, majority};
use super::columns::{Columns, Form};
use super::disk::{Disk, Lookup};
use super::path::unsafe_path;
use super::{GivenSplit, Import};
use crate::counted::tiles;
use crate::{Manifest, Partition, Place, Tile, TissueError};

/// Makes a manifest of a table. `below` is the folder, relative to `root`, that image paths are relative to
/// ("images/" for MHIST); `folders` are the class folders that `labels.csv` must agree with.
pub(super) fn read(
    table: &Table,
    form: Form,
    split: GivenSplit,
    root: &Path,
    below: &str,
    folders: &[String],
) -> Result<Import, TissueError> {
    let mut columns = Columns::find(table, form)?;
    let mut split_left_out = false;
    if split == GivenSplit::Ignored {
        let given = columns.partition.take();
        split_left_out = given.is_some_and(|k| table.rows().any(|row| row.value(k).is_some()));
    }
    if table.rows().len() == 0 {
        return Err(TissueError::Empty {
            path: table.file.clone(),
            why: "the table has a header and no rows".into(),
        });
    }
    // The cells are in Unicode's composed form, and a Mac's folders may not be.
    let folders: Vec<String> =
        folders.iter().map(|f| files::nfc(f).into_owned()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut classes = find(table, &columns, &folders)?;
    let mut disk = Disk::below(root);
    let reader = Reader { table, columns: &columns, classes: &classes, below, folders: &folders };
    let mut faults = Vec::new();
    let mut tiles_read: Vec<Tile> = Vec::new();
    let mut first_line: BTreeMap<String, usize> = BTreeMap::new();
    let (mut ties, mut by_votes) = (0, 0);
    for row in table.rows() {
        match reader.tile(&row, &mut disk, &mut first_line) {
            Ok(Label::Given(tile)) => tiles_read.push(tile),
            Ok(Label::FromVotes(tile)) => {
                by_votes += 1;
                tiles_read.push(tile);
            }
            Ok(Label::Tie) => ties += 1,
            Err(fault) => faults.push(fault),
        }
    }

    let mut notes = Vec::new();
    if ties > 0 {
        notes.push(format!("{} without a label left out: the votes are tied", tiles(ties)));
    }
    if by_votes > 0 {
        notes.push(format!("{} without a label took the majority of the votes", tiles(by_votes)));
    }
    let without = tiles_read.iter().filter(|t| t.votes.is_empty()).count();
    if !columns.votes.is_empty() && without > 0 {
        notes.push(format!("{} without votes: of neither high nor low agreement", tiles(without)));
    }
    // A class whose rows are at fault has tiles.
    let may_tell = faults.is_empty() && !columns.votes.is_empty();
    let mut unused = Vec::new();
    drop_unused(&mut classes.names, &mut tiles_read, &mut unused);
    notes.extend(unused.into_iter().filter(|_| may_tell));
    notes.extend(columns.notes.iter().cloned());
    let slides_known = settle_slides(&mut tiles_read, columns.slide.is_some(), &mut notes);
    faults.extend(mixed_partition(table, &tiles_read));
    tiles_read.sort_by(|a, b| a.image.cmp(&b.image));
    let manifest = Manifest {
        root: root.to_path_buf(),
        source: table.file.clone(),
        classes: classes.names,
        extra_columns: columns.extra.iter().map(|&k| table.header[k].clone()).collect(),
        tiles: tiles_read,
        notes,
        slides_known,
    };
    Ok(Import { manifest, faults, listed: first_line.into_keys().collect(), split_left_out })
}

/// The most votes of a tile.
const MOST_VOTES: u64 = 1_000_000;

/// A tile and where its label came from.
enum Label {
    Given(Tile),
    FromVotes(Tile),
    /// Left out: no label, and the votes do not give one.
    Tie,
}

struct Reader<'a> {
    table: &'a Table,
    columns: &'a Columns,
    classes: &'a Classes,
    below: &'a str,
    folders: &'a [String],
}

impl Reader<'_> {
    fn tile(
        &self,
        row: &Row,
        disk: &mut Disk,
        first_line: &mut BTreeMap<String, usize>,
    ) -> Result<Label, TissueError> {
        if let Some(why) = self.table.ragged(row) {
            return Err(TissueError::Table { place: Place::line(&self.table.file, row.line), why });
        }
        let written = row.value(self.columns.image).unwrap_or_default();
        let place = || Place::tile(&self.table.file, row.line, written);
        if let Some(why) = unsafe_path(written) {
            return Err(TissueError::UnsafePath { place: place(), why });
        }
        let wanted = format!("{}{written}", self.below);
        let (image, missing) = match disk.find(&wanted) {
            Lookup::There(image) => (image, None),
            Lookup::Missing { why, meant } => (wanted, Some((why, meant))),
        };
        if let Some(&first) = first_line.get(&image) {
            return Err(TissueError::DuplicateName { place: place(), first });
        }
        first_line.insert(image.clone(), row.line);
        let (votes, other_votes) = self.votes(row, &place)?;
        let (class, given) = match self.label(row, &place)? {
            Some(class) => (class, true),
            None => match majority(&votes) {
                Some(class) => (class, false),
                None if votes.is_empty() => {
                    let cell = row.cell(self.columns.class).to_owned();
                    return Err(TissueError::NoLabel { place: place(), cell });
                }
                None => return Ok(Label::Tie),
            },
        };
        self.check_votes(class, &votes, &place)?;
        let partition = self.partition(row, &place)?;
        if let Some((why, meant)) = missing {
            let meant = meant.map(|m| m.strip_prefix(self.below).unwrap_or(&m).to_owned());
            return Err(TissueError::MissingFile { place: place(), path: disk.path(&image), why, meant });
        }
        // A hyphen is how people leave a cell blank, and no slide's name.
        let slide = self
            .columns
            .slide
            .and_then(|k| row.value(k))
            .filter(|s| *s != "-")
            .unwrap_or_default()
            .to_owned();
        let extra = self.columns.extra.iter().map(|&k| row.cell(k).to_owned()).collect();
        let tile = Tile { image, class, partition, slide, votes, other_votes, extra, line: row.line };
        Ok(if given { Label::Given(tile) } else { Label::FromVotes(tile) })
    }

    /// The class of the label cell; `None` if the cell holds no value.
    fn label(&self, row: &Row, place: &dyn Fn() -> Place) -> Result<Option<usize>, TissueError> {
        let Some(label) = label_in(row.cell(self.columns.class), self.columns, self.folders) else {
            return Ok(None);
        };
        // The names are sorted.
        let Ok(class) = self.classes.names.binary_search_by(|c| c.as_str().cmp(label)) else {
            let names = &self.classes.names;
            let alike = files::same_name(label);
            return Err(TissueError::UnknownLabel {
                place: place(),
                label: label.into(),
                classes: files::listed(names.iter().map(String::as_str), 12).into(),
                reason: self.classes.reason,
                meant: names
                    .iter()
                    .find(|n| files::same_name(n) == alike)
                    .cloned()
                    .or_else(|| files::closest(label, names).map(str::to_owned)),
            });
        };
        let folder = row.cell(self.columns.image).split('/').next().unwrap_or_default();
        if folder != label && self.folders.iter().any(|f| f == folder) {
            let (label, folder) = (label.to_owned(), folder.to_owned());
            return Err(TissueError::LabelAgainstFolder { place: place(), label, folder });
        }
        Ok(Some(class))
    }

    /// The votes for each class and those for none of them; no votes at all if every cell is blank.
    fn votes(&self, row: &Row, place: &dyn Fn() -> Place) -> Result<(Vec<u32>, u32), TissueError> {
        let wrong = |why: String| TissueError::Votes { place: place(), why };
        let cells: Vec<(&str, &str)> = self
            .columns
            .votes
            .iter()
            .map(|v| (self.table.header[v.column].as_str(), row.value(v.column).unwrap_or_default()))
            .collect();
        if cells.iter().all(|(_, cell)| cell.is_empty()) {
            return Ok((Vec::new(), 0));
        }
        let mut votes = vec![0u32; self.classes.names.len()];
        for (&(column, cell), &class) in cells.iter().zip(&self.classes.of_votes) {
            let count = files::count(cell, self.table.decimal_comma())
                .filter(|&n| n <= MOST_VOTES)
                .ok_or_else(|| {
                    let (cell, column) = (quoted(cell), quoted(column));
                    wrong(match cell.as_str() {
                        "\"\"" => format!(
                            "the cell in column {column} holds no count, and those of other classes do"
                        ),
                        _ => format!("{cell} in column {column} is no count of annotators"),
                    })
                })?;
            if let Some(n) = self.columns.annotators.filter(|&n| count > u64::from(n)) {
                let column = quoted(column);
                return Err(wrong(format!("{count} in column {column} is more than the {n} annotators")));
            }
            // At most MOST_VOTES.
            votes[class] += count as u32;
        }
        let sum: u64 = votes.iter().map(|&n| u64::from(n)).sum();
        if sum > MOST_VOTES {
            return Err(wrong(format!("the votes for all classes are {sum}, more than {MOST_VOTES}")));
        }
        let sum = sum as u32;
        let Some(n) = self.columns.annotators else {
            return if sum > 0 { Ok((votes, 0)) } else { Err(wrong("nobody voted for any class".into())) };
        };
        if n == 0 {
            return Err(wrong("the header tells of 0 annotators".into()));
        }
        let rest = n.checked_sub(sum).ok_or_else(|| {
            wrong(format!("the votes for all classes are {sum} and there were {n} annotators"))
        })?;
        if let ([only], [_, _]) = (self.classes.of_votes.as_slice(), votes.as_slice()) {
            votes[1 - only] = rest;
            return Ok((votes, 0));
        }
        Ok((votes, rest))
    }

    fn check_votes(&self, class: usize, votes: &[u32], place: &dyn Fn() -> Place) -> Result<(), TissueError> {
        let Some(&own) = votes.get(class) else { return Ok(()) };
        match votes.iter().enumerate().max_by_key(|&(c, &n)| (n, std::cmp::Reverse(c))) {
            Some((top, &most)) if most > own => Err(TissueError::LabelAgainstVotes {
                place: place(),
                label: self.classes.names[class].clone(),
                own,
                majority: self.classes.names[top].clone(),
                most,
            }),
            _ => Ok(()),
        }
    }

    fn partition(&self, row: &Row, place: &dyn Fn() -> Place) -> Result<Option<Partition>, TissueError> {
        let cell = self.columns.partition.and_then(|k| row.value(k)).unwrap_or_default();
        match cell.to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "train" => Ok(Some(Partition::Train)),
            "test" => Ok(Some(Partition::Test)),
            _ => Err(TissueError::Partition {
                place: place(),
                why: format!("{} is neither train nor test", quoted(cell)),
            }),
        }
    }
}

/// A tile without a slide counts as its own, with a warning. Returns whether every slide is known.
pub(super) fn settle_slides(tiles_read: &mut [Tile], has_column: bool, notes: &mut Vec<String>) -> bool {
    let mut unknown = 0;
    for tile in tiles_read.iter_mut().filter(|t| t.slide.is_empty()) {
        tile.slide = tile.image.clone();
        unknown += 1;
    }
    if unknown > 0 {
        let which = if unknown == tiles_read.len() {
            let why =
                if has_column { "the slide column is empty" } else { "there is no slide or patient column" };
            format!("no slide is known ({why}): each tile")
        } else {
            format!("{} without a slide: each", tiles(unknown))
        };
        notes.push(format!(
            "warning: {which} counts as its own slide, so a split may put parts of one slide on both sides (a leak)"
        ));
    }
    unknown == 0 && has_column
}

/// A side for some tiles and none for others.
fn mixed_partition(table: &Table, tiles_read: &[Tile]) -> Option<TissueError> {
    let given = tiles_read.iter().filter(|t| t.partition.is_some()).count();
    if given == 0 || given == tiles_read.len() {
        return None;
    }
    let first = tiles_read.iter().find(|t| t.partition.is_none())?;
    Some(TissueError::Partition {
        place: Place::tile(&table.file, first.line, &first.image),
        why: format!("its cell is empty, or holds a word such as NA, and those of {} are not", tiles(given)),
    })
}

/// The folder a file lies in; "." for a bare file name.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
