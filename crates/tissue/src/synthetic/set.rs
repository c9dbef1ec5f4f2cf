//! A whole synthetic data set: slides, tiles, labels, Train and Test.

use super::panel::{slide_severity, tile_severity, votes};
use super::scene::render;
use super::stain::SlideStain;
use crate::Partition;
use crate::random::{Stream, stream};
use crate::split::TEST_SHARE;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tiles cut from one slide.
const TILES_PER_SLIDE: usize = 10;

/// What to make: `tiles` tiles of `size` × `size` pixels, all of it following from `seed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntheticTissue {
    /// Number of tiles.
    pub tiles: usize,
    /// Pixels on a side.
    pub size: usize,
    /// Seed of every random choice.
    pub seed: u64,
}

/// A synthetic data set in memory, tiles in the order of their names.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticSet {
    /// Pixels on a side.
    pub size: usize,
    /// The tiles.
    pub tiles: Vec<SyntheticTile>,
}

/// One synthetic tile with everything that is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticTile {
    /// Its name: the path relative to the data folder, as `images/s012-t003.png`.
    pub name: String,
    /// Pixels: `size` × `size` × 3 bytes, RGB by rows.
    pub rgb: Vec<u8>,
    /// The hidden number behind the picture, in [0, 1].
    pub severity: f64,
    /// The slide that the tile was cut from, as `s012`.
    pub slide: String,
    /// The panel's majority: 0 = HP, 1 = SSA.
    pub class: usize,
    /// How many of the three annotators called it HP and SSA.
    pub votes: [u32; 2],
    /// Train or Test; all tiles of a slide are in one.
    pub partition: Partition,
}

/// A tile's place in the set, before anything is drawn.
pub(super) struct Place {
    /// Its slide's number and name.
    slide: usize,
    slide_name: String,
    tile: usize,
    rank: f32,
    partition: Partition,
}

impl SyntheticTissue {
    /// Makes the set on rayon's threads; `progress` hears how many tiles are done and of how many.
    ///
    /// The result does not depend on the number of threads: each slide and each tile has its own random stream.
    pub fn generate(&self, progress: &(dyn Fn(usize, usize) + Sync)) -> SyntheticSet {
        let places = self.places();
        let done = AtomicUsize::new(0);
        let draw = |(index, place)| {
            let (mut tile, mut rng) = self.labelled(index, place);
            let stain =
                SlideStain::draw(&mut stream(self.seed, &format!("synthetic/slide-{:03}", place.slide)));
            tile.rgb = render(tile.severity, &stain, self.size, &mut rng);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, places.len());
            tile
        };
        let tiles = places.par_iter().enumerate().map(draw).collect();
        SyntheticSet { size: self.size, tiles }
    }

    /// Deals tiles to slides, slides to partitions, and to each slide its rank in severity. Ranks are spread evenly
    /// over the slides of a partition, so that a small set has Table 1's proportions, too.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut rng = stream(self.seed, "synthetic/slides");
        let slides = self.tiles.div_ceil(TILES_PER_SLIDE);
        let mut order: Vec<usize> = (0..slides).collect();
        order.shuffle(&mut rng);
        let test = if slides < 2 { 0 } else { ((slides as f64 * TEST_SHARE).round() as usize).max(1) };
        let mut ranks = vec![(0.0, Partition::Train); slides];
        for (group, partition) in [(&order[..test], Partition::Test), (&order[test..], Partition::Train)] {
            for (place, &slide) in group.iter().enumerate() {
                ranks[slide] = ((place as f32 + rng.random::<f32>()) / group.len() as f32, partition);
            }
        }
        // As wide as the last number needs, so that the order of names is the order of numbers.
        let width = slides.saturating_sub(1).to_string().len().max(3);
        let place = |i: usize| {
            let slide = i / TILES_PER_SLIDE;
            let (rank, partition) = ranks[slide];
            Place {
                slide,
                slide_name: format!("s{slide:0width$}"),
                tile: i % TILES_PER_SLIDE,
                rank,
                partition,
            }
        };
        (0..self.tiles).map(place).collect()
    }

    /// A tile with all but its pixels, and its stream, from which they are to be drawn.
    pub(super) fn labelled(&self, index: usize, place: &Place) -> (SyntheticTile, Stream) {
        let mut rng = stream(self.seed, &format!("synthetic/tile-{index:05}"));
        let severity = tile_severity(slide_severity(place.rank), &mut rng);
        let votes = votes(severity, &mut rng);
        let tile = SyntheticTile {
            name: format!("images/{}-t{:03}.png", place.slide_name, place.tile),
            rgb: Vec::new(),
            severity: f64::from(severity),
            slide: place.slide_name.clone(),
            class: usize::from(votes[1] > votes[0]),
            votes,
            partition: place.partition,
        };
        (tile, rng)
    }
}

/// `n` tiles of `size` pixels with severities uniform in [0, 1], each from a slide of its own: what a severity probe
/// learns from and is checked on. Use a seed other than the data set's.
pub fn probe_tiles(n: usize, size: usize, seed: u64) -> Vec<(Vec<u8>, f64)> {
    let tile = |index: usize| {
        let mut rng = stream(seed, &format!("synthetic/probe-{index:05}"));
        let stain = SlideStain::draw(&mut rng);
        let severity: f64 = rng.random();
        (render(severity, &stain, size, &mut rng), severity)
    };
    (0..n).into_par_iter().map(tile).collect()
}
