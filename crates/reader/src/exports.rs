//! Votes as tables: CSV, the FDA's iMRMC form, and votes of a manifest for a next run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use tissue::Manifest;

use crate::cell::guarded;
use crate::store::{ReaderRow, TileRow, VoteRow};
use crate::{Group, ReaderError, Store};

/// A line of the table of votes.
#[derive(Debug, Serialize)]
struct VoteLine<'a> {
    tile: Cow<'a, str>,
    group: &'static str,
    pair: Option<usize>,
    slide: Cow<'a, str>,
    class: Cow<'a, str>,
    reader: Cow<'a, str>,
    label: Cow<'a, str>,
    confidence: Option<u8>,
    said_real: Option<bool>,
    comment: Cow<'a, str>,
    seconds: Option<f64>,
    place: usize,
    again: bool,
    at: Option<&'a str>,
}

/// Readers who have finished, tiles and votes: all that an analysis may look at.
#[derive(Debug)]
pub struct Finished {
    /// The readers.
    pub readers: Vec<ReaderRow>,
    /// The tiles by number.
    pub tiles: BTreeMap<i64, TileRow>,
    /// Their votes.
    pub votes: Vec<VoteRow>,
}

impl Finished {
    /// Reads them. With `partial`, readers who have not finished are left out; nobody may be left.
    ///
    /// # Errors
    /// Somebody has not finished, or nobody has; the file cannot be read.
    pub fn read(store: &Store, partial: bool) -> Result<Self, ReaderError> {
        let all = store.readers()?;
        let open: Vec<&str> = all.iter().filter(|r| r.finished.is_none()).map(|r| r.name.as_str()).collect();
        if open.len() == all.len() || !open.is_empty() && !partial {
            let nobody = open.len() == all.len();
            let who = match open.as_slice() {
                [one] => format!("{one} has not finished"),
                many => format!("{} have not finished", many.join(", ")),
            };
            return Err(ReaderError::Unfinished { path: store.path().to_path_buf(), who, nobody });
        }
        let readers: Vec<ReaderRow> = all.into_iter().filter(|r| r.finished.is_some()).collect();
        let mut votes = store.votes()?;
        votes.retain(|v| readers.iter().any(|r| r.id == v.reader));
        let tiles = store.tiles()?.into_iter().map(|t| (t.id, t)).collect();
        Ok(Self { readers, tiles, votes })
    }

    /// The reader's name.
    pub fn name(&self, reader: i64) -> &str {
        self.readers.iter().find(|r| r.id == reader).map_or("", |r| r.name.as_str())
    }
}

/// The votes that count, one a line. What a spreadsheet could take for a formula has an apostrophe before it. Tiles have their names in the data, a translation `generated/` before its source's.
///
/// # Errors
/// As [`analyse`](crate::analyse).
pub fn votes_csv(store: &Store, partial: bool) -> Result<Vec<u8>, ReaderError> {
    let finished = Finished::read(store, partial)?;
    let lines = finished.votes.iter().filter_map(|vote| {
        let tile = finished.tiles.get(&vote.tile)?;
        Some(VoteLine {
            tile: guarded(&tile.shown_name()).into_owned().into(),
            group: tile.group.name(),
            pair: tile.pair,
            slide: guarded(&tile.slide),
            class: guarded(&tile.class),
            reader: guarded(finished.name(vote.reader)),
            label: guarded(vote.answer.label.as_deref()?),
            confidence: vote.answer.confidence,
            said_real: vote.answer.real,
            comment: guarded(&vote.answer.comment),
            seconds: vote.seconds(),
            place: vote.place + 1,
            again: vote.again,
            at: vote.at.as_deref(),
        })
    });
    table(store.path(), lines)
}

/// The manifest with the votes of a finished study, for a next run. Tiles of the data that were shown (easy, hard and other ones) have
/// the readers' votes in place of what votes they had, and the label of most readers; where several labels have as many votes, a tile
/// keeps its own if that is one of them and is left out else. All other tiles stay as they are. The manifest's notes say how many.
///
/// # Errors
/// As [`analyse`](crate::analyse), or a study whose tiles or classes are not in the manifest.
pub fn manifest_with_votes(
    store: &Store,
    mut manifest: Manifest,
    partial: bool,
) -> Result<Manifest, ReaderError> {
    let finished = Finished::read(store, partial)?;
    let strange = |what: &str| ReaderError::Run {
        path: manifest.source.clone(),
        why: format!("the study's {what} is not in it"),
        hint: "give the data of the run that the study was drawn from".into(),
    };
    let mut votes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for vote in finished.votes.iter().filter(|v| !v.again) {
        let tile = finished.tiles.get(&vote.tile).filter(|t| t.group != Group::Generated);
        let (Some(tile), Some(label)) = (tile, vote.answer.label.as_deref()) else { continue };
        let class = manifest.class_index(label).ok_or_else(|| strange(&format!("class {label}")))?;
        votes.entry(&tile.image).or_insert_with(|| vec![0; manifest.classes.len()])[class] += 1;
    }
    let there: BTreeSet<&str> = manifest.tiles.iter().map(|t| t.image.as_str()).collect();
    if let Some(missing) = votes.keys().find(|image| !there.contains(*image)) {
        return Err(strange(&format!("tile {missing}")));
    }
    let (read, mut relabelled, mut tied) = (votes.len(), 0, 0);
    manifest.tiles.retain_mut(|tile| {
        let Some(own) = votes.remove(tile.image.as_str()) else { return true };
        let most = own.iter().copied().max().unwrap_or(0);
        let mut leading = (0..own.len()).filter(|class| own[*class] == most);
        if own[tile.class] < most {
            let (first, second) = (leading.next(), leading.next());
            let (Some(class), None) = (first, second) else {
                tied += 1;
                return false;
            };
            relabelled += 1;
            tile.class = class;
        }
        (tile.votes, tile.other_votes) = (own, 0);
        true
    });
    manifest.notes.push(format!(
        "{read} tiles have the readers' votes; {relabelled} have another label by them, {tied} left out because their votes are tied"
    ));
    Ok(manifest)
}

/// The form of the FDA's iMRMC software. Truth is whether a tile is of another class than X, the score whether a reader calls it so.
/// Modalities are the groups of class X: a translation is the same case as its source, seen in another modality; tiles of other
/// classes are in every modality.
///
/// # Errors
/// As [`analyse`](crate::analyse).
pub fn imrmc(store: &Store, partial: bool) -> Result<String, ReaderError> {
    let finished = Finished::read(store, partial)?;
    let x = &store.settings().source_class;
    let sources: BTreeMap<usize, i64> = finished
        .tiles
        .values()
        .filter(|t| t.group == Group::Easy)
        .filter_map(|t| Some((t.pair?, t.id)))
        .collect();
    let case = |tile: &TileRow| match (tile.group, tile.pair) {
        (Group::Generated, Some(pair)) => sources.get(&pair).copied().unwrap_or(tile.id) + 1,
        _ => tile.id + 1,
    };
    let cases: BTreeMap<i64, bool> =
        finished.tiles.values().map(|t| (case(t), t.group == Group::Other)).collect();
    let positive = cases.values().filter(|other| **other).count();
    let mut lines = vec![format!(
        "Blinded reader study {:?}\n\
         truth: 1 another class than {x}, 0 {x}; score: 1 called another class, 0 called {x}\n\
         modalities: 1 easy, 2 hard, 3 generated; a translation is the same case as its source\n\n\
         NR: {}\nN0: {}\nN1: {positive}\nNM: 3\n\nBEGIN DATA:",
        store.settings().name,
        finished.readers.len(),
        cases.len() - positive
    )];
    lines.extend(cases.iter().map(|(case, other)| format!("-1,{case},0,{}", u8::from(*other))));
    for vote in finished.votes.iter().filter(|v| !v.again) {
        let Some(tile) = finished.tiles.get(&vote.tile) else { continue };
        let score = u8::from(vote.answer.label.as_ref() != Some(x));
        let modalities: &[u8] = match tile.group {
            Group::Easy => &[1],
            Group::Hard => &[2],
            Group::Generated => &[3],
            Group::Other => &[1, 2, 3],
        };
        lines.extend(modalities.iter().map(|m| format!("{},{},{m},{score}", vote.reader + 1, case(tile))));
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

fn table<T: Serialize>(path: &Path, lines: impl Iterator<Item = T>) -> Result<Vec<u8>, ReaderError> {
    let fault = |why: String| ReaderError::NoStudy { path: path.to_path_buf(), why };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line).map_err(|e| fault(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| fault(e.to_string()))
}
