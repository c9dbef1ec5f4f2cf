//! Splits by slide: train and test, folds, validation. No slide is ever cut in two.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use crate::counted::tiles;
use crate::random::{self, Stream};
use crate::{Manifest, Partition};

/// The share of tiles that a seeded split puts in test, and of slides in synthetic tissue: as Table 1 of the paper.
pub const TEST_SHARE: f64 = 0.35;

/// How many random orders of the slides are tried; the most even assignment wins.
pub(crate) const ORDERS: usize = 64;

impl Manifest {
    /// Splits by slide if the data set brings no split: 35 % of the tiles to test, stratified by class, seeded.
    /// Returns whether it did.
    pub fn ensure_partition(&mut self, seed: u64) -> bool {
        if self.is_partitioned() {
            return false;
        }
        self.split(seed, TEST_SHARE);
        let n_test = self.indices(Partition::Test).len();
        self.notes.push(format!(
            "no partition in the data: split by slide with seed {seed}, {} of {} to test",
            n_test,
            tiles(self.len())
        ));
        true
    }

    /// Splits anew by slide, whatever split there was: `test_share` of the tiles of each class to test, as nearly
    /// as whole slides allow; at least one slide on each side if there are two.
    pub fn split(&mut self, seed: u64, test_share: f64) {
        let sides = train_test(self, seed, test_share);
        for (tile, side) in self.tiles.iter_mut().zip(sides) {
            tile.partition = Some(side);
        }
    }
}

/// Assigns each of the tiles `indices` a fold in `0..k`, by slide and evenly by class; the result is aligned with
/// `indices`. The same seed gives the same folds whatever the order of `indices`.
pub fn folds_by_slide(manifest: &Manifest, indices: &[usize], k: usize, seed: u64) -> Vec<usize> {
    let k = k.max(1);
    let shares = vec![1.0 / k as f64; k];
    assign(manifest, indices, &shares, &mut random::stream(seed, "tissue/folds"))
}

/// Takes about `share` of the tiles `indices` out, by slide and evenly by class (the validation split):
/// `(rest, taken)`, each in the order of `indices`. Takes nothing at share 0.
pub fn take_slides(
    manifest: &Manifest,
    indices: &[usize],
    share: f64,
    seed: u64,
) -> (Vec<usize>, Vec<usize>) {
    if share <= 0.0 {
        return (indices.to_vec(), Vec::new());
    }
    let share = share.min(1.0);
    let parts =
        assign(manifest, indices, &[1.0 - share, share], &mut random::stream(seed, "tissue/validation"));
    let side =
        |part: usize| indices.iter().zip(&parts).filter(|(_, p)| **p == part).map(|(i, _)| *i).collect();
    (side(0), side(1))
}

/// The side of every tile in a seeded split by slide.
fn train_test(manifest: &Manifest, seed: u64, test_share: f64) -> Vec<Partition> {
    let all: Vec<usize> = (0..manifest.len()).collect();
    let share = test_share.clamp(0.0, 1.0);
    assign(manifest, &all, &[1.0 - share, share], &mut random::stream(seed, "tissue/split"))
        .into_iter()
        .map(|part| if part == 0 { Partition::Train } else { Partition::Test })
        .collect()
}

/// Deals the slides of `indices` to parts of the given shares so that every class is spread as the shares say.
///
/// Slides are dealt greedily in a random order, each to the part where it does the least harm to
/// Σ over parts and classes of (share reached − share wanted)² / share wanted; of several orders the one with the
/// fewest parts missing a class, then the smallest sum, is taken. No part of a share above 0 stays empty if there are slides enough.
fn assign(manifest: &Manifest, indices: &[usize], shares: &[f64], rng: &mut Stream) -> Vec<usize> {
    // Sorted by slide, so that neither the order of `indices` nor of the manifest matters.
    let mut slides: BTreeMap<&str, BTreeMap<usize, f64>> = BTreeMap::new();
    let mut totals = vec![0.0; manifest.classes.len()];
    for &i in indices {
        let tile = &manifest.tiles[i];
        *slides.entry(&tile.slide).or_default().entry(tile.class).or_default() += 1.0;
        totals[tile.class] += 1.0;
    }
    let names: Vec<&str> = slides.keys().copied().collect();
    let counts: Vec<Vec<(usize, f64)>> =
        slides.values().map(|c| c.iter().map(|(&class, &n)| (class, n / totals[class])).collect()).collect();

    let mut order: Vec<usize> = (0..counts.len()).collect();
    let mut best: Option<((usize, f64), Vec<usize>)> = None;
    for _ in 0..ORDERS {
        order.shuffle(rng);
        let (part_of, cost) = deal(&counts, &order, shares, (totals.len(), totals.len()));
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, part_of));
        }
    }
    let part_of = best.map(|(_, parts)| parts).unwrap_or_default();
    indices
        .iter()
        .map(|&i| {
            let slide = names.binary_search(&manifest.tiles[i].slide.as_str());
            slide.map_or(0, |s| part_of[s])
        })
        .collect()
}

/// One greedy deal in the order given: each slide's part, and (parts missing a class, unevenness). Of the `classes` the first `needed`
/// count as missing.
pub(crate) fn deal(
    counts: &[Vec<(usize, f64)>],
    order: &[usize],
    shares: &[f64],
    (classes, needed): (usize, usize),
) -> (Vec<usize>, (usize, f64)) {
    let mut reached = vec![vec![0.0; classes]; shares.len()];
    let mut part_of = vec![0; counts.len()];
    let mut is_empty: Vec<bool> = shares.iter().map(|&share| share > 0.0).collect();
    for (dealt, &slide) in order.iter().enumerate() {
        // The last slides go to the parts that have none yet.
        let must_fill = order.len() - dealt <= is_empty.iter().filter(|e| **e).count();
        let harm = |part: usize| -> f64 {
            let share = shares[part];
            if share <= 0.0 || (must_fill && !is_empty[part]) {
                return f64::INFINITY;
            }
            counts[slide].iter().map(|&(c, n)| n * (n + 2.0 * (reached[part][c] - share))).sum::<f64>()
                / share
        };
        let mut least = (0, f64::INFINITY);
        for part in 0..shares.len() {
            let h = harm(part);
            if h < least.1 {
                least = (part, h);
            }
        }
        is_empty[least.0] = false;
        part_of[slide] = least.0;
        for &(c, n) in &counts[slide] {
            reached[least.0][c] += n;
        }
    }
    let mut missing = 0;
    let mut unevenness = 0.0;
    for (part, &share) in shares.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        for (class, &r) in reached[part].iter().enumerate() {
            // A class without tiles is missing from every part alike and does not change the comparison.
            missing += usize::from(r == 0.0 && class < needed);
            unevenness += (r - share) * (r - share) / share;
        }
    }
    (part_of, (missing, unevenness))
}
