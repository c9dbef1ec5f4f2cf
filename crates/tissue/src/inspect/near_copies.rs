//! Tiles that are nearly the same picture.

use std::cmp::Ordering;

use rayon::prelude::*;
use serde::Serialize;

use crate::Manifest;
use crate::measure::{NEAR_COPY_BITS, PerceptualHash};

/// The most pairs that are named.
const NAMED: usize = 100;

/// Pairs of tiles that are nearly the same picture by perceptual hash, and not the same in every pixel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NearCopies {
    /// How many pairs there are.
    pub pairs: usize,
    /// Of them, how many are of two slides, where slides are known.
    pub across_slides: usize,
    /// Of them, how many have a tile in train and one in test.
    pub across_sides: usize,
    /// The pairs, at most 100: those across train and test first, then those of two slides, each the nearest first.
    pub named: Vec<NearCopy>,
}

/// Two tiles that are nearly the same picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearCopy {
    /// The tiles, in the manifest's order.
    pub tiles: [String; 2],
    /// How many of the 64 bits of their hashes differ.
    pub bits: u32,
    /// Whether they come from two slides.
    pub across_slides: bool,
    /// Whether one is in train and one in test.
    pub across_sides: bool,
}

/// What is known of a decoded tile: the digest of its pixels, and its hash if it has one.
pub type Print = (Vec<u8>, Option<PerceptualHash>);

/// Looks at all pairs: of 3,000 tiles in a few hundredths of a second, of 100,000 in seconds.
pub fn near_copies(manifest: &Manifest, prints: &[Print]) -> NearCopies {
    let pairs = (0..prints.len()).into_par_iter().fold(Found::default, |mut found, j| {
        if let Some(hash) = prints[j].1 {
            for (i, (digest, other)) in prints[..j].iter().enumerate() {
                let bits = other.map_or(u32::MAX, |other| hash.bits(other));
                if bits <= NEAR_COPY_BITS && *digest != prints[j].0 {
                    found.add(Pair::of(manifest, [i, j], bits));
                }
            }
        }
        found
    });
    let found = pairs.reduce(Found::default, Found::with);
    let named = |pair: Pair| NearCopy {
        tiles: pair.tiles.map(|i| manifest.tiles[i].image.clone()),
        bits: pair.bits,
        across_slides: pair.across_slides,
        across_sides: pair.across_sides,
    };
    let [pairs, across_slides, across_sides] = found.counts;
    NearCopies { pairs, across_slides, across_sides, named: found.nearest().into_iter().map(named).collect() }
}

#[derive(Clone, Copy)]
struct Pair {
    tiles: [usize; 2],
    bits: u32,
    across_slides: bool,
    across_sides: bool,
}

impl Pair {
    fn of(manifest: &Manifest, tiles: [usize; 2], bits: u32) -> Self {
        let [a, b] = tiles.map(|i| &manifest.tiles[i]);
        let across_sides = a.partition.zip(b.partition).is_some_and(|(a, b)| a != b);
        Self { tiles, bits, across_slides: manifest.slides_known && a.slide != b.slide, across_sides }
    }

    /// No two pairs are equal, so that which are kept does not depend on the order in which they are found.
    fn order(&self, other: &Self) -> Ordering {
        let key = |p: &Self| (!p.across_sides, !p.across_slides, p.bits, p.tiles);
        key(self).cmp(&key(other))
    }
}

/// Pairs found so far: all counted, the foremost kept, so that a set of empty tiles does not fill the memory.
#[derive(Default)]
struct Found {
    counts: [usize; 3],
    kept: Vec<Pair>,
}

impl Found {
    fn add(&mut self, pair: Pair) {
        let counted = [true, pair.across_slides, pair.across_sides];
        for (n, counts) in self.counts.iter_mut().zip(counted) {
            *n += usize::from(counts);
        }
        self.kept.push(pair);
        if self.kept.len() > 20 * NAMED {
            self.shorten();
        }
    }

    fn with(mut self, other: Self) -> Self {
        for (n, more) in self.counts.iter_mut().zip(other.counts) {
            *n += more;
        }
        self.kept.extend(other.kept);
        self.shorten();
        self
    }

    fn shorten(&mut self) {
        self.kept.sort_unstable_by(Pair::order);
        self.kept.truncate(NAMED);
    }

    fn nearest(mut self) -> Vec<Pair> {
        self.shorten();
        self.kept
    }
}
