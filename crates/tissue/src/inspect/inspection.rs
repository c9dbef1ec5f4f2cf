//! Reading a data set whole, without stopping at the first fault.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::near_copies::{NearCopies, Print, near_copies};
use crate::checks::{duplicate_faults, group_equal, slide_faults};
use crate::counted::{grouped, pairs};
use crate::import::{GivenSplit, Import, import};
use crate::measure::PerceptualHash;
use crate::pixels::{Conversions, Decoded, Room, decode_within};
use crate::{Agreement, Fit, Manifest, Partition, TissueError};

/// How a study would read the tiles.
#[derive(Clone, Debug)]
pub struct Options {
    /// The classes used, in their order; empty for all.
    pub classes: Vec<String>,
    /// The side of the tiles in pixels; `None` for the size most of them have.
    pub size: Option<usize>,
    /// What is done with tiles of another size.
    pub fit: Fit,
    /// How many of 16 bits 16-bit tiles use; `None` for all.
    pub bits: Option<u8>,
    /// The memory that the decoded tiles may take.
    pub cache_bytes: u64,
    /// What a study asks of slides and tiles.
    pub study: Demands,
}

/// What a study with default settings asks of the data besides classes and sizes.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// The folds of its scorers.
    pub folds: usize,
    /// The share of train slides that it keeps for validation.
    pub validation: f64,
    /// The seed of its split.
    pub seed: u64,
    /// The smallest share, in percent, of a class's train tiles that it takes for hard ones.
    pub least_phi: f64,
    /// The fewest hard tiles that it trains a translator on.
    pub fewest_hard: usize,
}

impl Default for Demands {
    fn default() -> Self {
        Self { folds: 5, validation: 0.15, seed: 0, least_phi: 12.5, fewest_hard: 20 }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            classes: Vec::new(),
            size: None,
            fit: Fit::Exact,
            bits: None,
            cache_bytes: 4 << 30,
            study: Demands::default(),
        }
    }
}

/// A data set looked at whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Whether a study could use the data: there is no fault.
    pub usable: bool,
    /// The classes, in the order of a network's outputs.
    pub classes: Vec<String>,
    /// How many tiles there are.
    pub n_tiles: usize,
    /// How many slides they come from.
    pub n_slides: usize,
    /// Whether every tile's slide is known.
    pub slides_known: bool,
    /// The paper's Table 1: by partition, then class, then agreement; empty cells left out.
    pub counts: Vec<Count>,
    /// The sizes in the files, ascending.
    pub sizes: Vec<TileSize>,
    /// Groups of tiles that are equal in every pixel.
    pub duplicates: Vec<Vec<String>>,
    /// Tiles that are nearly the same picture.
    pub near_copies: NearCopies,
    /// Slides that are in train and in test.
    pub slides_on_both_sides: Vec<String>,
    /// What keeps a study from using the data, first the lines of the table, then classes, tiles and duplicates.
    pub faults: Vec<Fault>,
    /// What was left out, assumed or would be converted.
    pub notes: Vec<String>,
}

impl Inspection {
    /// The first fault, if any, and how many more there are.
    pub fn first_fault(&self) -> Option<(&Fault, usize)> {
        self.faults.first().map(|fault| (fault, self.faults.len() - 1))
    }
}

/// Tiles of one partition, class and agreement, as in the `data` of `results.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Count {
    /// "train", "test", or "none" before a split.
    pub partition: &'static str,
    /// The label.
    pub class: String,
    /// "high" (unanimous), "low", or "none" without votes.
    pub agreement: &'static str,
    /// How many tiles.
    pub n: usize,
}

/// Tiles of one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TileSize {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How many tiles.
    pub n: usize,
}

/// Something that keeps a study from using the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// What, where, and why.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl From<&TissueError> for Fault {
    fn from(error: &TissueError) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }
}

/// Looks at a data set as a study without options would.
///
/// # Errors
/// If nothing can be told of it: no data set, no table, a missing column.
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, TissueError> {
    inspect_with(path, &Options::default(), &|_, _| {})
}

/// Looks at a data set as a study with these options would. `progress` is told (tiles decoded, all) from any thread.
///
/// # Errors
/// If nothing can be told of it (no data set, no table, a missing column), or the options name an unknown class.
pub fn inspect_with(
    path: impl AsRef<Path>,
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Inspection, TissueError> {
    let Import { mut manifest, mut faults, .. } = import(path.as_ref(), GivenSplit::Read)?;
    // Rows at fault may be those that tell the sides.
    if faults.is_empty() && !manifest.is_partitioned() {
        manifest.notes.push("no partition: a study would split by slide, seeded, 35 % to test".into());
    }
    if faults.is_empty() {
        manifest.select_classes(&options.classes)?;
        faults.extend(manifest.study_faults());
    }
    if faults.is_empty() {
        faults.extend(split_fault(&manifest, options.study));
        manifest.notes.extend(few_hard_tiles(&manifest, options.study));
    }
    let pixels = Pixels::of(&manifest, options, progress);
    faults.extend(pixels.faults);
    faults.extend(duplicate_faults(&manifest, &pixels.duplicates));
    Ok(Inspection {
        usable: faults.is_empty(),
        n_tiles: manifest.len(),
        n_slides: manifest.slides(),
        slides_known: manifest.slides_known,
        counts: counts(&manifest),
        sizes: pixels.sizes,
        slides_on_both_sides: on_both_sides(&manifest),
        faults: faults.iter().map(Fault::from).collect(),
        notes: notes(&manifest, pixels.notes, &pixels.duplicates, &pixels.near_copies),
        near_copies: pixels.near_copies,
        duplicates: named(&manifest, pixels.duplicates),
        classes: manifest.classes,
    })
}

/// What a study would find wrong with the split that it makes, and with its folds.
fn split_fault(manifest: &Manifest, study: Demands) -> Option<TissueError> {
    if manifest.has_plenty_of_slides() {
        return None;
    }
    let mut split = manifest.clone();
    let checked = if split.ensure_partition(study.seed) { split.check_for_study() } else { Ok(()) };
    checked.and_then(|()| split.check_folds(study.folds, study.validation, study.seed)).err()
}

/// A warning where the largest class has too few train tiles for a translator, which only a study needs.
fn few_hard_tiles(manifest: &Manifest, study: Demands) -> Option<String> {
    let mut n = vec![0usize; manifest.classes.len()];
    for tile in manifest.tiles.iter().filter(|t| t.partition != Some(Partition::Test)) {
        n[tile.class] += 1;
    }
    let share =
        if manifest.is_partitioned() { 1.0 } else { 1.0 - crate::TEST_SHARE } * (1.0 - study.validation);
    let (class, &most) = n.iter().enumerate().max_by_key(|&(class, n)| (n, std::cmp::Reverse(class)))?;
    let train = most as f64 * share;
    let (needed, hard) = (study.fewest_hard as f64, train * study.least_phi / 100.0);
    if hard >= needed {
        return None;
    }
    let class = files::quoted(&manifest.classes[class]);
    // An easy tile is in the upper half: no more than half can be hard.
    let way_out = if train * 0.5 >= needed {
        format!("a study needs phi of about {:.0} or more", (needed * 100.0 / train).ceil())
    } else {
        format!(
            "a study needs about {} tiles of it in train, with phi = 50",
            grouped((needed * 2.0 / share).ceil() as usize)
        )
    };
    Some(format!(
        "warning: of the largest class, {class}, phi = {} percent are about {hard:.0} hard tiles, and a translator needs {needed}: {way_out}",
        study.least_phi
    ))
}

fn counts(manifest: &Manifest) -> Vec<Count> {
    let mut counts: BTreeMap<(Option<Partition>, usize, Option<Agreement>), usize> = BTreeMap::new();
    for tile in &manifest.tiles {
        *counts.entry((tile.partition, tile.class, tile.stratum())).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((partition, class, agreement), n)| Count {
            partition: partition.map_or("none", Partition::name),
            class: manifest.classes[class].clone(),
            agreement: agreement.map_or("none", Agreement::name),
            n,
        })
        .collect()
}

fn on_both_sides(manifest: &Manifest) -> Vec<String> {
    let slide =
        |fault| if let TissueError::SlideOnTwoSides { slide, .. } = fault { Some(slide) } else { None };
    slide_faults(manifest).into_iter().filter_map(slide).collect()
}

fn named(manifest: &Manifest, groups: Vec<Vec<usize>>) -> Vec<Vec<String>> {
    let names = |group: Vec<usize>| group.into_iter().map(|i| manifest.tiles[i].image.clone()).collect();
    groups.into_iter().map(names).collect()
}

fn notes(
    manifest: &Manifest,
    pixels: Vec<String>,
    duplicates: &[Vec<usize>],
    near_copies: &NearCopies,
) -> Vec<String> {
    let mut notes = manifest.notes.clone();
    notes.extend(pixels);
    let across = duplicates.iter().filter(|group| {
        let first = &manifest.tiles[group[0]];
        group.iter().any(|&i| manifest.tiles[i].class != first.class)
    });
    let n = across.count();
    if n > 0 {
        notes.push(format!("warning: {} groups of equal tiles have different labels", grouped(n)));
    }
    if near_copies.across_sides > 0 {
        notes.push(format!(
            "warning: {} of near-copies across train and test: where they show the same tissue, the test tells too much",
            pairs(near_copies.across_sides)
        ));
    }
    notes
}

/// What decoding every tile brought to light.
struct Pixels {
    faults: Vec<TissueError>,
    sizes: Vec<TileSize>,
    duplicates: Vec<Vec<usize>>,
    near_copies: NearCopies,
    notes: Vec<String>,
}

impl Pixels {
    fn of(manifest: &Manifest, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Self {
        let n = manifest.len();
        let done = AtomicUsize::new(0);
        let room = Room::beside(options.cache_bytes, 0);
        let looked: Vec<Result<(Decoded, Print), TissueError>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let path = manifest.tile_path(i);
                let looked = decode_within(&path, options.bits, &room, &|_| Ok(0), |pixels| {
                    let image = &pixels.image;
                    let width = image.width().to_le_bytes();
                    let digest = Sha256::new().chain_update(width).chain_update(image.as_raw());
                    let sides = (image.width() as usize, image.height() as usize);
                    let hash = PerceptualHash::of(image.as_raw(), sides.0, sides.1);
                    (Decoded::of(&pixels), (digest.finalize().to_vec(), hash))
                });
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, n);
                looked
            })
            .collect();

        let mut seen = Conversions::default();
        let mut sizes = vec![None; n];
        let mut prints: Vec<Print> = Vec::with_capacity(n);
        let mut broken = BTreeMap::new();
        for (i, result) in looked.into_iter().enumerate() {
            match result {
                Ok((decoded, print)) => {
                    sizes[i] = Some(decoded.size);
                    seen.add(&manifest.tiles[i].image, decoded);
                    prints.push(print);
                }
                Err(fault) => {
                    // No two broken tiles are equal: their "digests" are their numbers.
                    prints.push((i.to_le_bytes().to_vec(), None));
                    broken.insert(i, fault);
                }
            }
        }
        let found: Vec<TileSize> =
            seen.sizes().map(|(width, height, n)| TileSize { width, height, n }).collect();
        let mut notes = seen.colour_notes(options.bits);
        let size = options.size.map(|s| s as u32).or_else(|| size_a_study_takes(&found, options.fit));
        let mut faults = Vec::new();
        if let Some(size) = size {
            let misfits = sizes.iter().enumerate().filter_map(|(i, s)| Some((i, (*s)?)));
            for (i, (width, height)) in misfits.filter(|&(_, s)| !fits(s, size, options.fit)) {
                let why = wrong_size(size, options.fit);
                broken.insert(i, TissueError::WrongSize { path: manifest.tile_path(i), width, height, why });
            }
            if found.len() > 1 && options.fit != Fit::Exact {
                notes.push(format!("tiles of {} sizes would be brought to {size} px", found.len()));
            }
            let needed = u64::from(size) * u64::from(size) * 3 * n as u64;
            if needed > options.cache_bytes {
                let (file, allowed) = (manifest.source.clone(), options.cache_bytes);
                faults.push(TissueError::OverCache { file, tiles: n, size: size as usize, needed, allowed });
            }
        }
        faults.splice(0..0, broken.into_values());
        faults.extend(seen.check_bits(&manifest.source, options.bits).err());
        let near_copies = near_copies(manifest, &prints);
        let duplicates = group_equal(prints.into_iter().map(|(digest, _)| digest));
        Self { faults, sizes: found, duplicates, near_copies, notes }
    }
}

/// The size of most tiles that are square, or the shortest side where others are brought to one size.
fn size_a_study_takes(sizes: &[TileSize], fit: Fit) -> Option<u32> {
    let side = |s: &TileSize| s.width.min(s.height);
    if fit != Fit::Exact {
        return sizes.iter().map(side).min();
    }
    let square = sizes.iter().filter(|s| s.width == s.height).max_by_key(|s| (s.n, s.width));
    square.or(sizes.first()).map(side)
}

fn fits((width, height): (u32, u32), size: u32, fit: Fit) -> bool {
    match fit {
        Fit::Exact => (width, height) == (size, size),
        Fit::CenterCrop => width.min(height) >= size,
        Fit::Resize => true,
    }
}

fn wrong_size(size: u32, fit: Fit) -> String {
    if fit == Fit::CenterCrop {
        format!("it is smaller than the crop of {size} × {size} px")
    } else {
        format!("every tile must be {size} × {size} px and none is resized unasked")
    }
}
