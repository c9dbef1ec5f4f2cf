//! The pixels of a data set, decoded once, in parallel, to 8 bits in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{RgbImage, imageops};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::decode::{decode_tile, dimensions};
use crate::manifest::tiles;
use crate::{Manifest, TissueError, resize_bilinear};

/// Tiles decoded between two looks at whether one failed.
const BLOCK: usize = 256;

/// What to do with tiles that are not square or not of the size wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Refuse them.
    #[default]
    Exact,
    /// Cut the square of that size from the middle; a smaller tile is refused.
    CenterCrop,
    /// Cut the largest square from the middle and resize it, bilinear and antialiased.
    Resize,
}

impl FromStr for Fit {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "exact" => Ok(Self::Exact),
            "center-crop" => Ok(Self::CenterCrop),
            "resize" => Ok(Self::Resize),
            _ => Err(format!("\"{name}\" is none of exact, center-crop, resize")),
        }
    }
}

/// Square RGB tiles of one size, in the order of their manifest.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// The side of every tile in pixels.
    pub size: usize,
    /// What was converted, cropped or resized, for people to read.
    pub notes: Vec<String>,
    bytes: Vec<u8>,
}

impl Tiles {
    /// Decodes every tile of the manifest to `size` px as `fit` says. Without a size: that of the first tile
    /// ([`Fit::Exact`]) or the shortest side of all. `progress` is told (done, all) from any thread.
    ///
    /// # Errors
    /// If the tiles would take more than `cache_bytes` (before anything is decoded), else the fault of the first
    /// tile, in the manifest's order, that has one.
    pub fn load(
        manifest: &Manifest,
        size: Option<usize>,
        fit: Fit,
        cache_bytes: u64,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TissueError> {
        let n = manifest.len();
        if n == 0 {
            let why = "the data set has none".into();
            return Err(TissueError::Empty { path: manifest.source.clone(), why });
        }
        let size = match (size, fit) {
            (Some(size), _) => size,
            (None, Fit::Exact) => {
                let (width, height) = dimensions(&manifest.tile_path(0))?;
                check_square(&manifest.tile_path(0), width, height)?;
                width as usize
            }
            (None, _) => shortest_side(manifest)?,
        };
        if size == 0 {
            let (path, why) = (manifest.source.clone(), "a tile has one pixel at least".into());
            return Err(TissueError::WrongSize { path, width: 0, height: 0, why });
        }
        let tile_bytes = (size as u64).saturating_mul(size as u64).saturating_mul(3);
        let needed = tile_bytes.saturating_mul(n as u64);
        if needed > cache_bytes {
            let file = manifest.source.clone();
            return Err(TissueError::OverCache { file, tiles: n, size, needed, allowed: cache_bytes });
        }

        let done = AtomicUsize::new(0);
        let mut bytes = vec![0; needed as usize];
        let mut seen = Conversions::default();
        for (block, out) in bytes.chunks_mut(BLOCK * tile_bytes as usize).enumerate() {
            let results: Vec<Result<Decoded, TissueError>> = out
                .par_chunks_mut(tile_bytes as usize)
                .enumerate()
                .map(|(k, out)| {
                    let decoded = decode_to(&manifest.tile_path(block * BLOCK + k), size, fit, out);
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, n);
                    decoded
                })
                .collect();
            for (k, result) in results.into_iter().enumerate() {
                seen.add(&manifest.tiles[block * BLOCK + k].image, result?);
            }
        }
        Ok(Self { size, notes: seen.notes(size, fit), bytes })
    }

    /// Tiles from pixels that are already there: HWC RGB8, one tile after the other.
    ///
    /// # Panics
    /// If `bytes` is no whole number of tiles.
    pub fn from_raw(size: usize, bytes: Vec<u8>) -> Self {
        assert!(size > 0 && bytes.len().is_multiple_of(size * size * 3), "whole tiles of {size} px expected");
        Self { size, notes: Vec::new(), bytes }
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

/// What decoding one tile brought to light.
pub(crate) struct Decoded {
    /// Width and height in the file.
    pub size: (u32, u32),
    /// How its colours were converted, if they were.
    pub note: Option<String>,
}

fn decode_to(path: &Path, size: usize, fit: Fit, out: &mut [u8]) -> Result<Decoded, TissueError> {
    let (image, note) = decode_tile(path)?;
    let decoded = Decoded { size: image.dimensions(), note };
    out.copy_from_slice(&fit_to(path, image, size, fit)?);
    Ok(decoded)
}

/// The pixels of an image at `size` px, as `fit` allows.
fn fit_to(path: &Path, image: RgbImage, size: usize, fit: Fit) -> Result<Vec<u8>, TissueError> {
    let (width, height) = image.dimensions();
    if width as usize == size && height as usize == size {
        return Ok(image.into_raw());
    }
    let wrong = |why: String| TissueError::WrongSize { path: path.to_path_buf(), width, height, why };
    match fit {
        Fit::Exact => {
            check_square(path, width, height)?;
            Err(wrong(format!("every tile must be {size} × {size} px and none is resized unasked")))
        }
        Fit::CenterCrop if (width.min(height) as usize) < size => {
            Err(wrong(format!("it is smaller than the crop of {size} × {size} px")))
        }
        Fit::CenterCrop => Ok(center_crop(&image, size as u32).into_raw()),
        Fit::Resize => {
            let side = width.min(height);
            Ok(resize_bilinear(center_crop(&image, side).as_raw(), side as usize, size))
        }
    }
}

fn center_crop(image: &RgbImage, side: u32) -> RgbImage {
    let (x, y) = ((image.width() - side) / 2, (image.height() - side) / 2);
    imageops::crop_imm(image, x, y, side, side).to_image()
}

fn check_square(path: &Path, width: u32, height: u32) -> Result<(), TissueError> {
    if width == height {
        return Ok(());
    }
    let why = "a tile must be square and none is cropped unasked".into();
    Err(TissueError::WrongSize { path: path.to_path_buf(), width, height, why })
}

fn shortest_side(manifest: &Manifest) -> Result<usize, TissueError> {
    let sides: Vec<Result<u32, TissueError>> = (0..manifest.len())
        .into_par_iter()
        .map(|i| dimensions(&manifest.tile_path(i)).map(|(w, h)| w.min(h)))
        .collect();
    let mut least = u32::MAX;
    for side in sides {
        least = least.min(side?);
    }
    Ok(least as usize)
}

/// Counts of what was converted, with the first tile of each kind.
#[derive(Default)]
pub(crate) struct Conversions {
    colours: BTreeMap<String, (usize, String)>,
    sizes: BTreeMap<(u32, u32), usize>,
}

impl Conversions {
    pub fn add(&mut self, image: &str, decoded: Decoded) {
        *self.sizes.entry(decoded.size).or_default() += 1;
        if let Some(note) = decoded.note {
            self.colours.entry(note).or_insert_with(|| (0, image.to_owned())).0 += 1;
        }
    }

    /// The colours converted, one line a kind.
    pub fn colour_notes(&self) -> Vec<String> {
        let line = |(note, (n, first)): (&String, &(usize, String))| {
            format!("{} {} {note} (first: {first})", tiles(*n), if *n == 1 { "is" } else { "are" })
        };
        self.colours.iter().map(line).collect()
    }

    /// Widths and heights with their counts, ascending.
    pub fn sizes(&self) -> impl Iterator<Item = (u32, u32, usize)> {
        self.sizes.iter().map(|(&(w, h), &n)| (w, h, n))
    }

    fn notes(&self, size: usize, fit: Fit) -> Vec<String> {
        let how = if fit == Fit::CenterCrop { "centre-cropped" } else { "resized" };
        let mut notes = self.colour_notes();
        for (w, h, n) in self.sizes().filter(|&(w, h, _)| (w as usize, h as usize) != (size, size)) {
            notes.push(format!("{} of {w} × {h} px {how} to {size} px", tiles(n)));
        }
        notes
    }
}
