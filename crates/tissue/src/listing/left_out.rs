//! What lies in a data folder and is left out, said aloud.

use std::collections::BTreeMap;

use super::name::extension;
use crate::counted::grouped;
use crate::pixels::way_out_of;

/// What lies in a data folder and is no tile.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// What operating systems and storage devices keep there, hidden files among it: names and how often each is there.
    pub(super) system: BTreeMap<String, usize>,
    /// Run folders.
    pub(super) runs: Vec<String>,
    /// Folders of reader studies.
    pub(super) studies: Vec<String>,
    /// Folders that hold a training.
    pub(super) trainings: Vec<String>,
    /// Pictures and slides in formats that are not read.
    pub(super) foreign: Vec<String>,
    /// Other files: how many, and the first.
    others: (usize, Option<String>),
    /// The endings of other files, those in the folder itself, too, and how often each is there.
    pub(super) endings: BTreeMap<String, usize>,
}

impl LeftOut {
    /// Counts a file that is nothing known.
    pub(super) fn other(&mut self, path: String) {
        self.others.0 += 1;
        self.others.1.get_or_insert(path);
    }

    /// Of pictures in formats that are not read, below the folder `top` or all: "40 .svs, 2 .gif", and a way out.
    pub(crate) fn foreign_below(&self, top: Option<&str>) -> Option<(String, &'static str)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for path in &self.foreign {
            if top.is_none_or(|top| path.split('/').next() == Some(top)) {
                *counts.entry(extension(path)).or_default() += 1;
            }
        }
        let way_out =
            counts.iter().max_by_key(|(_, n)| **n).and_then(|(extension, _)| way_out_of(extension))?;
        let named: Vec<String> = counts.iter().map(|(e, n)| format!("{} .{e}", grouped(*n))).collect();
        Some((named.join(", "), way_out))
    }

    /// Of files that are nothing known: "40 .xyz, 2 without an ending"; `None` if there are none.
    pub(crate) fn endings(&self) -> Option<String> {
        const SHOWN: usize = 8;
        let mut most: Vec<(&String, &usize)> = self.endings.iter().collect();
        most.sort_by_key(|&(_, n)| std::cmp::Reverse(*n));
        let named = most.iter().take(SHOWN).map(|(ending, n)| match ending.as_str() {
            "" => format!("{} without an ending", grouped(**n)),
            ending => format!("{} .{}", grouped(**n), files::cut(ending)),
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    /// What was left out, one line a kind, for people to read.
    pub fn notes(&self) -> Vec<String> {
        const SHOWN: usize = 8;
        let mut notes = Vec::new();
        if !self.system.is_empty() {
            let mut named: Vec<String> =
                self.system.iter().take(SHOWN).map(|(name, n)| format!("{} {name}", grouped(*n))).collect();
            if let Some(more) = self.system.len().checked_sub(SHOWN).filter(|&more| more > 0) {
                named.push(format!("and {more} more names"));
            }
            notes.push(format!("left out, since systems and programs keep them there: {}", named.join(", ")));
        }
        for (folders, what) in [
            (&self.runs, "of a run"),
            (&self.studies, "of a reader study"),
            (&self.trainings, "of a training"),
        ] {
            match folders.as_slice() {
                [] => {}
                [one] => notes.push(format!("the folder {one} {what} left out")),
                [first, ..] => {
                    notes
                        .push(format!("{} folders {what} left out (first: {first})", grouped(folders.len())));
                }
            }
        }
        if let (Some((counts, way_out)), Some(first)) = (self.foreign_below(None), self.foreign.first()) {
            notes.push(format!(
                "files in formats that are not read left out: {counts} (first: {first}); {way_out}"
            ));
        }
        if let (n, Some(first)) = &self.others {
            notes.push(format!("{} files that are no images left out (first: {first})", grouped(*n)));
        }
        notes
    }
}
