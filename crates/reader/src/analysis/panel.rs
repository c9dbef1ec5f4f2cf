//! The votes as a table: tiles by readers, each once.

use std::collections::BTreeMap;

use stats::Interval;

use super::chance::{REPLICATES, chance};
use crate::Group;
use crate::exports::Finished;
use crate::settings::Settings;
use crate::store::TileRow;

/// Tiles with what each reader called them.
pub struct Panel {
    /// The tiles.
    pub tiles: Vec<TileRow>,
    /// For each tile the class each reader chose; none where a reader has no vote for it.
    pub labels: Vec<Vec<Option<usize>>>,
    /// Classes.
    pub classes: usize,
    /// Class X among them.
    x: usize,
    /// The slide of each tile, as a number.
    slides: Vec<usize>,
}

impl Panel {
    /// From the votes of the readers who have finished.
    pub fn new(finished: &Finished, settings: &Settings) -> Self {
        let class = |name: &str| settings.classes.iter().position(|c| c == name);
        let mut given: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for vote in finished.votes.iter().filter(|v| !v.again) {
            if let Some(label) = vote.answer.label.as_deref().and_then(class) {
                given.insert((vote.tile, vote.reader), label);
            }
        }
        let tiles: Vec<TileRow> = finished.tiles.values().cloned().collect();
        let labels = tiles
            .iter()
            .map(|t| finished.readers.iter().map(|r| given.get(&(t.id, r.id)).copied()).collect())
            .collect();
        let mut numbers = BTreeMap::new();
        let slides = tiles
            .iter()
            .map(|t| {
                let next = numbers.len();
                *numbers.entry(t.slide.as_str()).or_insert(next)
            })
            .collect();
        let x = class(&settings.source_class).unwrap_or(0);
        Self { classes: settings.classes.len(), x, slides, labels, tiles }
    }

    /// The tiles of a group.
    pub fn of(&self, group: Group) -> Vec<usize> {
        (0..self.tiles.len()).filter(|&i| self.tiles[i].group == group).collect()
    }

    /// Readers with a vote for the tile.
    pub fn votes(&self, tile: usize) -> usize {
        self.labels[tile].iter().flatten().count()
    }

    /// Readers who chose X for it.
    pub fn votes_for_x(&self, tile: usize) -> usize {
        self.labels[tile].iter().flatten().filter(|&&label| label == self.x).count()
    }

    /// Whether a reader chose X for it.
    pub fn is_x(&self, tile: usize, reader: usize) -> bool {
        self.labels[tile][reader] == Some(self.x)
    }

    /// Whether more than half of its readers chose X.
    pub fn keeps_x(&self, tile: usize) -> bool {
        2 * self.votes_for_x(tile) > self.votes(tile)
    }

    /// Whether all of its readers chose X.
    pub fn all_x(&self, tile: usize) -> bool {
        self.votes(tile) > 0 && self.votes_for_x(tile) == self.votes(tile)
    }

    /// Readers by class for each of the tiles.
    pub fn counts(&self, tiles: &[usize]) -> Vec<Vec<u32>> {
        tiles
            .iter()
            .map(|&i| {
                let mut counts = vec![0; self.classes];
                self.labels[i].iter().flatten().for_each(|&label| counts[label] += 1);
                counts
            })
            .collect()
    }

    /// Each easy tile with its translation.
    pub fn paired(&self) -> Vec<(usize, usize)> {
        let translations: BTreeMap<usize, usize> =
            self.of(Group::Generated).into_iter().filter_map(|i| Some((self.tiles[i].pair?, i))).collect();
        self.of(Group::Easy)
            .into_iter()
            .filter_map(|i| Some((i, *translations.get(&self.tiles[i].pair?)?)))
            .collect()
    }

    /// The interval of a statistic of some tiles, by drawing their slides. The statistic is given places in `tiles`.
    pub fn bootstrap(
        &self,
        tiles: &[usize],
        seed: u64,
        name: &str,
        statistic: impl Fn(&[usize]) -> Option<f64>,
    ) -> Option<Interval> {
        let slides: Vec<usize> = tiles.iter().map(|&i| self.slides[i]).collect();
        stats::cluster_bootstrap(&slides, REPLICATES, &mut chance(seed, name), statistic)
    }
}
