//! What is known of each translated tile, as the page's script reads it.

use super::strips::{Files, Strips};
use crate::load::{PhiRun, Run};
use crate::saliency::{self, Of};
use crate::spread::spread;
use crate::tiles::Album;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rayon::prelude::*;
use record::thresholds::UNCHANGED;
use record::{TileQualityRow, TranslationRow};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Bytes of the page that the gallery may take: with the other sections, a report stays below 20 MB.
const BUDGET: usize = 15_000_000;
/// Of that, one part in so many may be numbers and maps: where there are too many tiles for that, some are left out.
const BESIDES: usize = 3;

/// The most bits by which the perceptual hashes of near-copies differ: as the study counts them (`tissue::measure`, and docs/statistics.md).
const NEAR_COPY_BITS: u32 = 6;

/// Something amiss with a translation as a picture.
pub struct Flag {
    pub name: &'static str,
    /// What it means, and how it is told.
    pub meaning: &'static str,
    on: fn(&TileQualityRow) -> bool,
}

/// All of them, in the order of the script's indices.
pub const FLAGS: [Flag; 5] = [
    Flag {
        name: "inverted",
        meaning: "light and dark changed places: luminance correlates with the source's below 0",
        on: |q| q.luminance_correlation.is_some_and(|r| r < 0.0),
    },
    Flag {
        name: "mosaic",
        meaning: "a pattern at the generator's strides: a periodicity index above 2, and above twice the source's",
        on: |q| q.periodicity > 2.0 && q.periodicity > 2.0 * q.periodicity_source,
    },
    Flag {
        name: "padding repainted",
        meaning: "more than half of the source's padding has another colour",
        on: |q| q.padding_repainted.is_some_and(|share| share > 0.5),
    },
    Flag {
        name: "near-copy",
        meaning: "almost a training tile other than its source: at most 6 of 64 bits of their perceptual hashes differ",
        on: |q| q.nearest_bits.is_some_and(|bits| bits <= NEAR_COPY_BITS),
    },
    Flag {
        name: "unchanged",
        meaning: "hardly more than colours differ from the source: SSIM of 0.95 and more",
        on: |q| q.ssim >= UNCHANGED,
    },
];

/// All that the page embeds.
pub struct Gallery {
    /// [`Data`] as JSON, without a `<`.
    pub data: String,
    /// A line a tile: its strip in base64.
    pub pictures: String,
    /// A line a tile: its maps' bytes in base64, those of source and translation at each selectivity. `None` if the run has no maps.
    pub maps: Option<String>,
    /// Tiles in it, and tiles translated.
    pub tiles: usize,
    pub of: usize,
    /// Side of the pictures, and of those on file.
    pub side: u32,
    pub full_side: u32,
    /// Whether every pixel is as it is on file.
    pub lossless: bool,
    /// Whether the translations have been measured as pictures.
    pub measured: bool,
    /// Whether tiles have slides.
    pub slides: bool,
}

/// What the script knows.
#[derive(Serialize)]
struct Data<'a> {
    /// Side of a picture in px.
    side: u32,
    /// Px from one picture of a strip to the next.
    pitch: u32,
    /// The strips' format.
    kind: &'static str,
    /// Side of a map; 0 without any.
    map: u32,
    /// Selectivities, as they are spelled.
    phis: Vec<String>,
    /// Which of them is shown first.
    shown: usize,
    flags: Vec<&'static str>,
    /// In the order of their names.
    tiles: Vec<Tile<'a>>,
}

#[derive(Serialize)]
struct Tile<'a> {
    image: &'a str,
    slide: Option<&'a str>,
    /// Which pictures are there: the source, then the translation at each selectivity.
    there: Vec<u8>,
    /// At which selectivity there are maps of the source and of the translation, which share a scale.
    maps: Vec<u8>,
    /// What is known of the translation at each selectivity.
    at: Vec<Option<Translation<'a>>>,
    #[serde(skip)]
    files: Files,
    #[serde(skip)]
    map_files: Vec<Option<[PathBuf; 2]>>,
}

#[derive(Clone, Serialize)]
struct Translation<'a> {
    /// By the scorer, by the held-out judge.
    kept: [u8; 2],
    /// Confidence in source, translation, and translation translated back.
    scorer: [Option<f64>; 3],
    judge: [Option<f64>; 3],
    /// Which flags it has.
    flags: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Quality<'a>>,
}

#[derive(Clone, Serialize)]
struct Quality<'a> {
    ssim: Option<f64>,
    luminance: Option<f64>,
    /// Of source and translation.
    periodicity: [Option<f64>; 2],
    padding: Option<f64>,
    repainted: Option<f64>,
    /// Bits by which the hashes of the source and of the nearest other tile differ.
    bits: [Option<u32>; 2],
    nearest: Option<&'a str>,
}

impl Gallery {
    /// Gathers all translations at the selectivities `phis`, of which `shown` is in view first. `None` if no picture is on file.
    pub fn of(run: &Run, album: &Album, phis: &[&PhiRun], shown: &PhiRun) -> Option<Self> {
        let slides: BTreeMap<&str, &str> =
            run.confidences.iter().map(|row| (row.image.as_str(), row.slide.as_str())).collect();
        let known: Vec<BTreeMap<&str, Translation>> = phis.iter().map(|phi| translations(phi)).collect();
        let mut images: Vec<&str> =
            ranked(shown, drop_in_confidence).into_iter().map(|t| t.image.as_str()).collect();
        let in_view: BTreeSet<&str> = images.iter().copied().collect();
        let elsewhere: BTreeSet<&str> = known.iter().flat_map(|at| at.keys().copied()).collect();
        images.extend(elsewhere.difference(&in_view));
        let of = images.len();
        let mut tiles: Vec<Tile> = images
            .into_iter()
            .map(|image| Tile {
                image,
                slide: slides.get(image).copied().filter(|slide| !slide.is_empty()),
                there: Vec::new(),
                maps: Vec::new(),
                at: known.iter().map(|at| at.get(image).cloned()).collect(),
                files: pictures(album, phis, image),
                map_files: maps(run, phis, image),
            })
            .collect();
        let mapped = tiles.iter().any(|tile| tile.map_files.iter().any(Option::is_some));
        let map_text = if mapped { base64_length(2 * phis.len()) } else { 0 };
        let besides = |tiles: &[Tile]| json(tiles).len() + map_text * tiles.len();
        let most = tiles.len() * (BUDGET / BESIDES) / besides(&tiles).max(1);
        thin(&mut tiles, most);

        let files: Vec<Files> = tiles.iter_mut().map(|tile| std::mem::take(&mut tile.files)).collect();
        let mut strips = Strips::encode(&files, BUDGET.saturating_sub(besides(&tiles)))?;
        let mut left: Vec<Option<Tile>> = tiles.into_iter().map(Some).collect();
        let mut with_strips: Vec<(Tile, String)> = Vec::new();
        for strip in std::mem::take(&mut strips.tiles) {
            let Some(mut tile) = left[strip.tile].take() else { continue };
            tile.there = strip.there.iter().map(|there| u8::from(*there)).collect();
            with_strips.push((tile, strip.base64));
        }
        with_strips.sort_by(|(a, _), (b, _)| a.image.cmp(b.image));
        let (mut tiles, pictures): (Vec<Tile>, Vec<String>) = with_strips.into_iter().unzip();
        let maps = mapped.then(|| tiles.par_iter_mut().map(embed_maps).collect::<Vec<String>>().join("\n"));
        let data = Data {
            side: strips.side,
            pitch: strips.pitch,
            kind: strips.kind(),
            map: if mapped { saliency::SIDE } else { 0 },
            phis: phis.iter().map(|phi| phi.phi.to_string()).collect(),
            shown: phis.iter().position(|phi| phi.phi == shown.phi).unwrap_or(0),
            flags: FLAGS.iter().map(|flag| flag.name).collect(),
            tiles,
        };
        Some(Self {
            pictures: pictures.join("\n"),
            maps,
            tiles: data.tiles.len(),
            of,
            side: strips.side,
            full_side: strips.full_side,
            lossless: strips.lossless,
            measured: phis.iter().any(|phi| !phi.quality.is_empty()),
            slides: data.tiles.iter().any(|tile| tile.slide.is_some()),
            data: json(&data),
        })
    }
}

/// By how much translation lowers the held-out judge's confidence.
pub fn drop_in_confidence(tile: &TranslationRow) -> f64 {
    tile.held_out_source - tile.held_out_generated
}

/// The tiles of a selectivity by a number, smallest first, ties by name.
pub fn ranked(phi: &PhiRun, key: fn(&TranslationRow) -> f64) -> Vec<&TranslationRow> {
    let mut rows: Vec<&TranslationRow> = phi.tiles.iter().collect();
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| a.image.cmp(&b.image)));
    rows
}

/// Leaves out tiles, evenly, until `most` are left.
fn thin(tiles: &mut Vec<Tile>, most: usize) {
    if tiles.len() > most {
        let keep = spread(tiles.len(), most);
        let mut at = 0;
        tiles.retain(|_| {
            at += 1;
            keep.binary_search(&(at - 1)).is_ok()
        });
    }
}

fn translations(phi: &PhiRun) -> BTreeMap<&str, Translation<'_>> {
    let quality: BTreeMap<&str, &TileQualityRow> =
        phi.quality.iter().map(|q| (q.image.as_str(), q)).collect();
    phi.tiles
        .iter()
        .map(|row| {
            let quality = quality.get(row.image.as_str()).copied();
            let translation = Translation {
                kept: [row.kept, row.kept_held_out].map(u8::from),
                scorer: [row.confidence_source, row.confidence_generated, row.confidence_reconstructed]
                    .map(short),
                judge: [row.held_out_source, row.held_out_generated, row.held_out_reconstructed].map(short),
                flags: (0..FLAGS.len()).filter(|f| quality.is_some_and(FLAGS[*f].on)).collect(),
                quality: quality.map(|q| Quality {
                    ssim: short(q.ssim),
                    luminance: q.luminance_correlation.and_then(short),
                    periodicity: [q.periodicity_source, q.periodicity].map(short),
                    padding: short(q.padding),
                    repainted: q.padding_repainted.and_then(short),
                    bits: [Some(q.source_bits), q.nearest_bits],
                    nearest: q.nearest.as_deref(),
                }),
            };
            (row.image.as_str(), translation)
        })
        .collect()
}

/// To four decimals; nothing if it is no number.
fn short(value: f64) -> Option<f64> {
    value.is_finite().then(|| (value * 1e4).round() / 1e4)
}

/// Source and translations of a tile.
fn pictures(album: &Album, phis: &[&PhiRun], image: &str) -> Files {
    let source = phis.iter().find_map(|phi| album.source_file(phi.phi, image));
    std::iter::once(source).chain(phis.iter().map(|phi| album.generated_file(phi.phi, image))).collect()
}

/// Where the scorer looks in a tile and in its translation, at each selectivity.
fn maps(run: &Run, phis: &[&PhiRun], image: &str) -> Vec<Option<[PathBuf; 2]>> {
    let file = |phi: &PhiRun, of| saliency::file(&run.folder, phi.phi, image, of);
    phis.iter().map(|phi| Some([file(phi, Of::Source)?, file(phi, Of::Generated)?])).collect()
}

/// The maps of a tile as text, missing ones black; the tile is told which are there.
fn embed_maps(tile: &mut Tile) -> String {
    let pair =
        |files: &[PathBuf; 2]| Some([saliency::small(&files[0])?, saliency::small(&files[1])?].concat());
    let maps: Vec<Option<Vec<u8>>> = tile.map_files.iter().map(|files| pair(files.as_ref()?)).collect();
    tile.maps = maps.iter().map(|map| u8::from(map.is_some())).collect();
    let size = 2 * (saliency::SIDE * saliency::SIDE) as usize;
    let bytes: Vec<u8> = maps.into_iter().flat_map(|map| map.unwrap_or_else(|| vec![0; size])).collect();
    BASE64.encode(bytes)
}

/// Bytes of text of so many maps, and the end of the line.
fn base64_length(maps: usize) -> usize {
    (maps * (saliency::SIDE * saliency::SIDE) as usize).div_ceil(3) * 4 + 1
}

/// As JSON that a page can hold: no name in it ends the script element that it stands in.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // What is written here has no maps with keys of other kinds than text, and no numbers that JSON lacks: it cannot fail.
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}
