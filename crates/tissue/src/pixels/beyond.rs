//! Tiles that take more than the cache: decoded once into a file, and looked at there.

use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::decode::Room;
use super::decoding::{BLOCK, Decoding, Reading, bytes_of, side};
use super::fit::tile_bytes;
use super::tiles::Tiles;
use crate::{Manifest, TissueError};

/// What is known of a file of tiles. It is written after it: without it the file is nobody's.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// SHA-256 of what the tiles were made from.
    made_from: String,
    /// Side of a tile in pixels.
    size: usize,
    /// How many bits were taken as used in 16-bit tiles.
    bits: Option<u8>,
    /// What was converted.
    notes: Vec<String>,
    /// [`Tiles::hash`].
    hash: String,
}

impl Tiles {
    /// [`Tiles::read`], but tiles that would take more than the cache are kept in a file in `folder`, which is made, and looked at there: a file
    /// that an earlier call left of the same pictures, else a new one. Such a file is as large as the tiles, and nobody removes it. What they
    /// are does not depend on where they are.
    ///
    /// # Errors
    /// As [`Tiles::read`] but for the size of the cache, and if the file cannot be written or read.
    pub fn read_beyond(
        manifest: &Manifest,
        reading: &Reading,
        folder: &Path,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TissueError> {
        let size = side(manifest, reading)?;
        if bytes_of(&[(size, manifest.len())]) <= reading.cache_bytes {
            return Self::read(manifest, reading, progress);
        }
        let made_from = made_from(manifest, reading, size)?;
        let file = folder.join(format!("tiles-{}.bin", &made_from[..16]));
        let told = file.with_extension("json");
        if let Some(tiles) = kept(manifest, &file, &told, &made_from) {
            progress(manifest.len(), manifest.len());
            return Ok(tiles);
        }

        // A quarter of the cache for the tiles that are about to be written.
        let at_once = ((reading.cache_bytes / 4 / tile_bytes(size)) as usize).clamp(1, BLOCK);
        let room = Room::beside(reading.cache_bytes, tile_bytes(size).saturating_mul(at_once as u64));
        let mut decoding = Decoding::new(manifest, reading, room, progress);
        let mut out = files::AtomicFile::create(&file)?;
        let mut block = vec![0; tile_bytes(size) as usize * at_once];
        for indices in (0..manifest.len()).collect::<Vec<_>>().chunks(at_once) {
            let block = &mut block[..tile_bytes(size) as usize * indices.len()];
            decoding.decode(indices, size, block)?;
            out.write(block)?;
        }
        // Before the file is put in its place: what cannot be used leaves none.
        decoding.seen.check_bits(&manifest.source, reading.bits)?;
        out.finish()?;
        let unreadable = |source| TissueError::Read { path: file.clone(), source };
        let lost = || unreadable(std::io::Error::other("it is not as long as it was written"));
        let mut tiles = Self::from_file(size, &file).map_err(unreadable)?.ok_or_else(lost)?;
        tiles.say(&decoding.seen, manifest, reading)?;
        let hash = tiles.know_hash();
        let kept = Kept { made_from, size, bits: tiles.bits, notes: tiles.notes.clone(), hash };
        files::write_json(&told, &kept)?;
        Ok(tiles)
    }
}

/// The tiles of an earlier call, if they are there, are of these pictures, and are what they were when they were written: each pixel is
/// looked at. What cannot be used is made anew.
fn kept(manifest: &Manifest, file: &Path, told: &Path, made_from: &str) -> Option<Tiles> {
    let kept: Kept = files::read_json(told).ok()?;
    let mut tiles = Tiles::from_file(kept.size, file).ok()??;
    if kept.made_from != made_from || tiles.len() != manifest.len() || tiles.know_hash() != kept.hash {
        return None;
    }
    (tiles.bits, tiles.notes) = (kept.bits, kept.notes);
    Some(tiles)
}

/// By which a file of tiles is known: names, lengths and times of the pictures, and how they are read.
fn made_from(manifest: &Manifest, reading: &Reading, size: usize) -> Result<String, TissueError> {
    let mut texts = vec![format!("{size} {:?} {:?}", reading.fit, reading.bits)];
    for i in 0..manifest.len() {
        let path = manifest.tile_path(i);
        let there = std::fs::metadata(&path).map_err(|source| TissueError::Read { path, source })?;
        texts.push(format!("{} {} {}", manifest.tiles[i].image, there.len(), time_of(&there)));
    }
    Ok(files::sha256_of_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Nanoseconds since 1970, where the file system knows.
fn time_of(there: &Metadata) -> u128 {
    let time = there.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    time.map_or(0, |time| time.as_nanos())
}
