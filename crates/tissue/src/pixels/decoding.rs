//! Tiles being decoded, in parallel, within the memory that there is for it.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::conversions::{Conversions, Decoded};
use super::decode::{Room, decode_within, tile_dimensions};
use super::fit::{Fit, check_fit, check_square, fit_to, tile_bytes};
use crate::{Manifest, TissueError};

/// Tiles decoded between two looks at whether one failed.
pub(super) const BLOCK: usize = 256;

/// How the tiles of a data set are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The side of every tile in pixels. `None`: that of the first tile ([`Fit::Exact`]) or the shortest side of all.
    pub size: Option<usize>,
    /// What is done with tiles of another size.
    pub fit: Fit,
    /// How many of 16 bits are used, 8 to 16, in 16-bit tiles. `None`: all, and a set of which no value is above the lower half
    /// is refused.
    pub bits: Option<u8>,
    /// Bytes that decoded tiles may take, and what decoding takes on top.
    pub cache_bytes: u64,
}

/// Decodes tiles of a manifest, and gathers what was converted.
pub(super) struct Decoding<'a> {
    manifest: &'a Manifest,
    reading: &'a Reading,
    room: Room,
    /// Tiles done, and all that there are.
    done: AtomicUsize,
    progress: &'a (dyn Fn(usize, usize) + Sync),
    /// What was converted so far.
    pub seen: Conversions,
}

impl<'a> Decoding<'a> {
    pub fn new(
        manifest: &'a Manifest,
        reading: &'a Reading,
        room: Room,
        progress: &'a (dyn Fn(usize, usize) + Sync),
    ) -> Self {
        Self { manifest, reading, room, done: AtomicUsize::new(0), progress, seen: Conversions::default() }
    }

    /// Decodes the tiles `indices` to `size` px, one after the other into `out`, which has as many bytes.
    ///
    /// # Errors
    /// The fault of the first of them that has one.
    pub fn decode(&mut self, indices: &[usize], size: usize, out: &mut [u8]) -> Result<(), TissueError> {
        let length = tile_bytes(size) as usize;
        for (indices, out) in indices.chunks(BLOCK).zip(out.chunks_mut(BLOCK * length)) {
            let results: Vec<Result<Decoded, TissueError>> = out
                .par_chunks_mut(length)
                .zip(indices)
                .map(|(out, &i)| {
                    let path = self.manifest.tile_path(i);
                    let decoded = decode_to(&path, size, self.reading, &self.room, out);
                    (self.progress)(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.manifest.len());
                    decoded
                })
                .collect();
            for (&i, result) in indices.iter().zip(results) {
                self.seen.add(&self.manifest.tiles[i].image, result?);
            }
        }
        Ok(())
    }
}

/// The side that all tiles are brought to.
pub(super) fn side(manifest: &Manifest, reading: &Reading) -> Result<usize, TissueError> {
    check_some(manifest)?;
    let size = match (reading.size, reading.fit) {
        (Some(size), _) => size,
        (None, Fit::Exact) => {
            let (width, height) = tile_dimensions(manifest.tile_path(0))?;
            check_square(&manifest.tile_path(0), width, height)?;
            width as usize
        }
        (None, _) => shortest_side(manifest)?,
    };
    if size == 0 {
        let (path, why) = (manifest.source.clone(), "a tile has one pixel at least".into());
        return Err(TissueError::WrongSize { path, width: 0, height: 0, why });
    }
    Ok(size)
}

pub(super) fn check_some(manifest: &Manifest) -> Result<(), TissueError> {
    if manifest.is_empty() {
        let why = "the data set has none".into();
        return Err(TissueError::Empty { path: manifest.source.clone(), why });
    }
    Ok(())
}

/// Bytes of tiles, given as (side, how many).
pub(super) fn bytes_of(groups: &[(usize, usize)]) -> u64 {
    groups.iter().fold(0_u64, |sum, &(size, n)| sum.saturating_add(tile_bytes(size).saturating_mul(n as u64)))
}

/// Refuses tiles, given as (side, how many), that would not fit into the cache; gives the room that is left for decoding.
pub(super) fn check_cache(
    manifest: &Manifest,
    reading: &Reading,
    groups: &[(usize, usize)],
) -> Result<Room, TissueError> {
    let needed = bytes_of(groups);
    if needed > reading.cache_bytes {
        let (file, tiles) = (manifest.source.clone(), manifest.len());
        let size = groups.iter().map(|&(size, _)| size).max().unwrap_or(0);
        return Err(TissueError::OverCache { file, tiles, size, needed, allowed: reading.cache_bytes });
    }
    Ok(Room::beside(reading.cache_bytes, needed))
}

fn decode_to(
    path: &Path,
    size: usize,
    reading: &Reading,
    room: &Room,
    out: &mut [u8],
) -> Result<Decoded, TissueError> {
    let check = |found| check_fit(path, found, size, reading.fit);
    decode_within(path, reading.bits, room, &check, |pixels| {
        let decoded = Decoded::of(&pixels);
        out.copy_from_slice(&fit_to(pixels.image, size, reading.fit));
        decoded
    })
}

/// Width and height of every tile, or the fault of its file.
pub(super) fn dimensions_of_all(manifest: &Manifest) -> Vec<Result<(u32, u32), TissueError>> {
    (0..manifest.len()).into_par_iter().map(|i| tile_dimensions(manifest.tile_path(i))).collect()
}

fn shortest_side(manifest: &Manifest) -> Result<usize, TissueError> {
    let mut least = u32::MAX;
    for size in dimensions_of_all(manifest) {
        let (width, height) = size?;
        least = least.min(width).min(height);
    }
    Ok(least as usize)
}
