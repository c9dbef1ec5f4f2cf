//! The pixels of a data set, decoded once, in parallel, to 8 bits in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::conversions::{Conversions, Decoded};
use super::decode::{Room, decode_within, tile_dimensions};
use super::fit::{Fit, check_fit, check_square, fit_to, tile_bytes};
use crate::{Manifest, TissueError};

/// Tiles decoded between two looks at whether one failed.
const BLOCK: usize = 256;

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

/// Square RGB tiles of one size, in the order of their manifest.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// The side of every tile in pixels.
    pub size: usize,
    /// How many bits were taken as used in 16-bit tiles; `None` if there was none.
    pub bits: Option<u8>,
    /// What was converted, cropped or resized, for people to read.
    pub notes: Vec<String>,
    bytes: Vec<u8>,
}

impl Tiles {
    /// [`Tiles::read`] where nothing is said about the bits used.
    ///
    /// # Errors
    /// As [`Tiles::read`].
    pub fn load(
        manifest: &Manifest,
        size: Option<usize>,
        fit: Fit,
        cache_bytes: u64,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TissueError> {
        Self::read(manifest, &Reading { size, fit, bits: None, cache_bytes }, progress)
    }

    /// Decodes every tile of the manifest. `progress` is told (done, all) from any thread.
    ///
    /// # Errors
    /// If the tiles would take more than the cache (before anything is decoded), else the fault of the first tile, in the
    /// manifest's order, that has one; last of all 16-bit tiles that use few of their bits.
    pub fn read(
        manifest: &Manifest,
        reading: &Reading,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TissueError> {
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
        let room = check_cache(manifest, reading, &[(size, manifest.len())])?;
        let mut seen = Conversions::default();
        let all: Vec<usize> = (0..manifest.len()).collect();
        let mut bytes = Vec::new();
        let watch = Watch { done: AtomicUsize::new(0), all: all.len(), progress };
        decode_all(manifest, &all, size, reading, &room, &watch, &mut seen, &mut bytes)?;
        seen.check_bits(&manifest.source, reading.bits)?;
        let mut notes = seen.colour_notes(reading.bits);
        notes.extend(seen.size_notes(size, reading.fit));
        Ok(Self { size, bits: seen.bits_used(reading.bits), notes, bytes })
    }

    /// Decodes every tile at its own (square) size, those of one size together, the smallest first: the indices of each
    /// group and its pixels. The notes are the first group's.
    ///
    /// # Errors
    /// As [`Tiles::read`]; all groups together have to fit into the cache.
    pub fn read_by_size(
        manifest: &Manifest,
        reading: &Reading,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<(Vec<usize>, Self)>, TissueError> {
        check_some(manifest)?;
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, size) in dimensions_of_all(manifest).into_iter().enumerate() {
            let (width, height) = size?;
            check_square(&manifest.tile_path(i), width, height)?;
            groups.entry(width as usize).or_default().push(i);
        }
        let counts: Vec<(usize, usize)> =
            groups.iter().map(|(&size, indices)| (size, indices.len())).collect();
        let room = check_cache(manifest, reading, &counts)?;
        let mut seen = Conversions::default();
        let watch = Watch { done: AtomicUsize::new(0), all: manifest.len(), progress };
        let mut read = Vec::with_capacity(groups.len());
        for (size, indices) in groups {
            let mut bytes = Vec::new();
            decode_all(manifest, &indices, size, reading, &room, &watch, &mut seen, &mut bytes)?;
            read.push((indices, Self { size, bits: None, notes: Vec::new(), bytes }));
        }
        seen.check_bits(&manifest.source, reading.bits)?;
        for (_, tiles) in &mut read {
            tiles.bits = seen.bits_used(reading.bits);
        }
        if let Some((_, first)) = read.first_mut() {
            first.notes = seen.colour_notes(reading.bits);
        }
        Ok(read)
    }

    /// Tiles from pixels that are already there: HWC RGB8, one tile after the other.
    ///
    /// # Panics
    /// If `bytes` is no whole number of tiles.
    pub fn from_raw(size: usize, bytes: Vec<u8>) -> Self {
        assert!(size > 0 && bytes.len().is_multiple_of(size * size * 3), "whole tiles of {size} px expected");
        Self { size, bits: None, notes: Vec::new(), bytes }
    }

    /// The number of tiles.
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.size * self.size * 3)
    }

    /// Whether there are no tiles.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Tile `i` as HWC RGB8: `size * size * 3` bytes.
    ///
    /// # Panics
    /// If there is no tile `i`.
    pub fn tile(&self, i: usize) -> &[u8] {
        let length = self.size * self.size * 3;
        &self.bytes[i * length..(i + 1) * length]
    }

    /// SHA-256 (hex) of the size and every pixel.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update((self.size as u64).to_le_bytes());
        hasher.update(&self.bytes);
        files::hex(&hasher.finalize())
    }
}

impl Manifest {
    /// SHA-256 (hex) over labels, votes, slides and pixels: the data hash of a run, by which its data are known again.
    pub fn data_hash(&self, tiles: &Tiles) -> String {
        files::sha256_of_texts(&[&self.hash(), &tiles.hash()])
    }
}

/// Tells how many tiles are done.
struct Watch<'a> {
    done: AtomicUsize,
    all: usize,
    progress: &'a (dyn Fn(usize, usize) + Sync),
}

fn check_some(manifest: &Manifest) -> Result<(), TissueError> {
    if manifest.is_empty() {
        let why = "the data set has none".into();
        return Err(TissueError::Empty { path: manifest.source.clone(), why });
    }
    Ok(())
}

/// Refuses tiles, given as (side, how many), that would not fit into the cache; gives the room that is left for decoding.
fn check_cache(
    manifest: &Manifest,
    reading: &Reading,
    groups: &[(usize, usize)],
) -> Result<Room, TissueError> {
    if groups.iter().any(|&(size, _)| size == 0) {
        let (path, why) = (manifest.source.clone(), "a tile has one pixel at least".into());
        return Err(TissueError::WrongSize { path, width: 0, height: 0, why });
    }
    let needed = groups
        .iter()
        .fold(0_u64, |sum, &(size, n)| sum.saturating_add(tile_bytes(size).saturating_mul(n as u64)));
    if needed > reading.cache_bytes {
        let (file, tiles) = (manifest.source.clone(), manifest.len());
        let size = groups.iter().map(|&(size, _)| size).max().unwrap_or(0);
        return Err(TissueError::OverCache { file, tiles, size, needed, allowed: reading.cache_bytes });
    }
    Ok(Room::beside(reading.cache_bytes, needed))
}

/// Decodes the tiles `indices` to `size` px, one after the other into `bytes`.
#[allow(clippy::too_many_arguments, reason = "what two callers share and nobody else sees")]
fn decode_all(
    manifest: &Manifest,
    indices: &[usize],
    size: usize,
    reading: &Reading,
    room: &Room,
    watch: &Watch<'_>,
    seen: &mut Conversions,
    bytes: &mut Vec<u8>,
) -> Result<(), TissueError> {
    let length = tile_bytes(size) as usize;
    bytes.resize(length * indices.len(), 0);
    for (indices, out) in indices.chunks(BLOCK).zip(bytes.chunks_mut(BLOCK * length)) {
        let results: Vec<Result<Decoded, TissueError>> = out
            .par_chunks_mut(length)
            .zip(indices)
            .map(|(out, &i)| {
                let decoded = decode_to(&manifest.tile_path(i), size, reading, room, out);
                (watch.progress)(watch.done.fetch_add(1, Ordering::Relaxed) + 1, watch.all);
                decoded
            })
            .collect();
        for (&i, result) in indices.iter().zip(results) {
            seen.add(&manifest.tiles[i].image, result?);
        }
    }
    Ok(())
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

fn dimensions_of_all(manifest: &Manifest) -> Vec<Result<(u32, u32), TissueError>> {
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
