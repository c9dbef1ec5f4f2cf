//! The labelled tiles of a data set: which there are, what they are called, where they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::counted::tiles;
use crate::{Partition, Tile, TissueError};

/// A data set without its pixels: classes, tiles, votes, slides and the split, sorted by the tiles' names.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The data folder, to which the tiles' names are relative.
    pub root: PathBuf,
    /// The file (or, for one folder a class without `labels.csv`, the folder) that was read: errors name it.
    pub source: PathBuf,
    /// The classes, sorted by name or in the order given to [`Manifest::select_classes`].
    pub classes: Vec<String>,
    /// Columns of the CSV file that mean nothing to grayzone and are kept.
    pub extra_columns: Vec<String>,
    /// The tiles, sorted by name.
    pub tiles: Vec<Tile>,
    /// What was left out, assumed or converted, for people to read.
    pub notes: Vec<String>,
    /// Whether every tile's slide or patient is known; if not, a split may leak.
    pub slides_known: bool,
}

impl Manifest {
    /// The number of tiles.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Whether there are no tiles.
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// The file of tile `i`.
    pub fn tile_path(&self, i: usize) -> PathBuf {
        self.root.join(&self.tiles[i].image)
    }

    /// The indices of the tiles on one side of the split, ascending; empty before any split.
    pub fn indices(&self, partition: Partition) -> Vec<usize> {
        (0..self.len()).filter(|&i| self.tiles[i].partition == Some(partition)).collect()
    }

    /// The index of a class by its name.
    pub fn class_index(&self, name: &str) -> Option<usize> {
        let name = files::nfc(name);
        self.classes.iter().position(|c| *c == name)
    }

    /// Whether the tiles are split into train and test.
    pub fn is_partitioned(&self) -> bool {
        !self.tiles.is_empty() && self.tiles.iter().all(|t| t.partition.is_some())
    }

    /// Keeps only the classes named, in this order; tiles of others are left out and counted in the notes.
    /// Votes for a class left out still count as disagreement (`other_votes`). An empty list keeps all.
    ///
    /// # Errors
    /// A class that the data do not have, or one named twice.
    pub fn select_classes(&mut self, wanted: &[String]) -> Result<(), TissueError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted: Vec<String> = wanted.iter().map(|c| files::nfc(c).into_owned()).collect();
        let mut old_of_new = Vec::with_capacity(wanted.len());
        for (k, class) in wanted.iter().enumerate() {
            let unknown = |why: String, meant: Option<String>| TissueError::UnknownClass {
                file: self.source.clone(),
                class: class.clone(),
                why,
                meant,
            };
            if wanted[..k].contains(class) {
                return Err(unknown("it is named twice".into(), None));
            }
            let Some(old) = self.class_index(class) else {
                let meant = files::closest(class, &self.classes).map(str::to_owned);
                let classes = files::listed(self.classes.iter().map(String::as_str), 12);
                return Err(unknown(format!("the classes are {classes}"), meant));
            };
            old_of_new.push(old);
        }
        let new_of_old: BTreeMap<usize, usize> =
            old_of_new.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
        let mut kept = Vec::with_capacity(self.tiles.len());
        for tile in &self.tiles {
            let Some(&class) = new_of_old.get(&tile.class) else {
                *left_out.entry(&self.classes[tile.class]).or_default() += 1;
                continue;
            };
            let mut tile = tile.clone();
            tile.class = class;
            if !tile.votes.is_empty() {
                let all: u32 = tile.votes.iter().sum();
                tile.votes = old_of_new.iter().map(|&old| tile.votes[old]).collect();
                tile.other_votes += all - tile.votes.iter().sum::<u32>();
            }
            kept.push(tile);
        }
        for (class, n) in left_out {
            self.notes.push(format!(
                "class {} is not among the classes used: {} left out",
                files::quoted(class),
                tiles(n)
            ));
        }
        self.tiles = kept;
        self.classes = wanted;
        Ok(())
    }

    /// The hidden severity of synthetic tissue: the extra column `severity`, in the tiles' order. `None` if there is no
    /// such column, if one of its cells is no number from 0 to 1, or if all are whole numbers, as clinical grades are.
    pub fn severity(&self) -> Option<Vec<f64>> {
        let column = self.extra_columns.iter().position(|c| c == "severity")?;
        let severities: Vec<f64> = self
            .tiles
            .iter()
            .map(|t| files::number(t.extra.get(column)?, true).filter(|v| (0.0..=1.0).contains(v)))
            .collect::<Option<_>>()?;
        severities.iter().any(|v| v.fract() != 0.0).then_some(severities)
    }

    /// SHA-256 (hex) of the classes and every tile's name, label, side, slide and votes: what results depend on
    /// besides the pixels ([`Tiles::hash`](crate::Tiles::hash)).
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        // Lengths before strings, so that no two manifests give the same bytes.
        let mut text = |s: &str| {
            hasher.update((s.len() as u64).to_le_bytes());
            hasher.update(s.as_bytes());
        };
        text(&self.classes.len().to_string());
        for class in &self.classes {
            text(class);
        }
        for tile in &self.tiles {
            text(&tile.image);
            text(&self.classes[tile.class]);
            text(tile.partition.map_or("", Partition::name));
            text(&tile.slide);
            text(&format!("{:?}+{}", tile.votes, tile.other_votes));
        }
        if let Some(severity) = self.severity() {
            text(&format!("{severity:?}"));
        }
        files::hex(&hasher.finalize())
    }

    /// The number of slides.
    pub fn slides(&self) -> usize {
        self.tiles.iter().map(|t| t.slide.as_str()).collect::<BTreeSet<_>>().len()
    }
}
