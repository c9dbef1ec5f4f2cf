//! The pixels of a data set, decoded once, in parallel, to 8 bits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapped::Mapped;
use sha2::{Digest, Sha256};

use super::conversions::Conversions;
use super::decoding::{Decoding, Reading, check_cache, check_some, dimensions_of_all, side};
use super::fit::{Fit, check_square, tile_bytes};
use crate::{Manifest, TissueError};

/// Square RGB tiles of one size, in the order of their manifest.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// The side of every tile in pixels.
    pub size: usize,
    /// How many bits were taken as used in 16-bit tiles; `None` if there was none.
    pub bits: Option<u8>,
    /// What was converted, cropped or resized, for people to read.
    pub notes: Vec<String>,
    store: Store,
}

/// Where the bytes of tiles are.
#[derive(Clone, Debug)]
enum Store {
    /// All of them in memory.
    Memory(Vec<u8>),
    /// In a file, whose hash is known; the system brings in what is looked at.
    File { map: Arc<Mapped>, path: PathBuf, hash: Option<String> },
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

    /// Decodes every tile of the manifest into memory. `progress` is told (done, all) from any thread.
    ///
    /// # Errors
    /// If the tiles would take more than the cache (before anything is decoded), else the fault of the first tile, in the
    /// manifest's order, that has one; last of all 16-bit tiles that use few of their bits.
    pub fn read(
        manifest: &Manifest,
        reading: &Reading,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TissueError> {
        let size = side(manifest, reading)?;
        let room = check_cache(manifest, reading, &[(size, manifest.len())])?;
        let mut decoding = Decoding::new(manifest, reading, room, progress);
        let all: Vec<usize> = (0..manifest.len()).collect();
        let mut bytes = vec![0; tile_bytes(size) as usize * all.len()];
        decoding.decode(&all, size, &mut bytes)?;
        let mut tiles = Self::from_raw(size, bytes);
        tiles.say(&decoding.seen, manifest, reading)?;
        Ok(tiles)
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
        let mut decoding = Decoding::new(manifest, reading, room, progress);
        let mut read = Vec::with_capacity(groups.len());
        for (size, indices) in groups {
            let mut bytes = vec![0; tile_bytes(size) as usize * indices.len()];
            decoding.decode(&indices, size, &mut bytes)?;
            read.push((indices, Self::from_raw(size, bytes)));
        }
        let seen = &decoding.seen;
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
        Self { size, bits: None, notes: Vec::new(), store: Store::Memory(bytes) }
    }

    /// Tiles from a file of such pixels and nothing else; `None` if it holds no whole number of them.
    pub(super) fn from_file(size: usize, path: &Path) -> std::io::Result<Option<Self>> {
        let map = Mapped::open(path)?;
        let is_whole = size > 0 && (map.len() as u64).is_multiple_of(tile_bytes(size));
        let store = Store::File { map: Arc::new(map), path: path.to_owned(), hash: None };
        Ok(is_whole.then(|| Self { size, bits: None, notes: Vec::new(), store }))
    }

    /// Notes what was converted while all of a manifest's tiles were decoded.
    ///
    /// # Errors
    /// 16-bit tiles that use few of their bits.
    pub(super) fn say(
        &mut self,
        seen: &Conversions,
        manifest: &Manifest,
        reading: &Reading,
    ) -> Result<(), TissueError> {
        seen.check_bits(&manifest.source, reading.bits)?;
        self.bits = seen.bits_used(reading.bits);
        self.notes = seen.colour_notes(reading.bits);
        self.notes.extend(seen.size_notes(self.size, reading.fit));
        Ok(())
    }

    /// Looks at every pixel once and for all: of tiles in a file, [`Tiles::hash`] then knows its answer.
    pub(super) fn know_hash(&mut self) -> String {
        let told = self.hash();
        if let Store::File { hash, .. } = &mut self.store {
            *hash = Some(told.clone());
        }
        told
    }

    /// The file that holds them, if they are not in memory.
    pub fn file(&self) -> Option<&Path> {
        match &self.store {
            Store::Memory(_) => None,
            Store::File { path, .. } => Some(path),
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.store {
            Store::Memory(bytes) => bytes,
            Store::File { map, .. } => map,
        }
    }

    /// The number of tiles.
    pub fn len(&self) -> usize {
        self.bytes().len() / (self.size * self.size * 3)
    }

    /// Whether there are no tiles.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Tile `i` as HWC RGB8: `size * size * 3` bytes.
    ///
    /// # Panics
    /// If there is no tile `i`.
    pub fn tile(&self, i: usize) -> &[u8] {
        let length = self.size * self.size * 3;
        &self.bytes()[i * length..(i + 1) * length]
    }

    /// SHA-256 (hex) of the size and every pixel.
    pub fn hash(&self) -> String {
        if let Store::File { hash: Some(known), .. } = &self.store {
            return known.clone();
        }
        let mut hasher = Sha256::new();
        hasher.update((self.size as u64).to_le_bytes());
        hasher.update(self.bytes());
        files::hex(&hasher.finalize())
    }
}

impl Manifest {
    /// SHA-256 (hex) over labels, votes, slides and pixels: the data hash of a run, by which its data are known again.
    pub fn data_hash(&self, tiles: &Tiles) -> String {
        files::sha256_of_texts(&[&self.hash(), &tiles.hash()])
    }
}
