//! What decoding a set of tiles brought to light: sizes, conversions, and how many bits are really used.

use std::collections::BTreeMap;
use std::path::Path;

use super::decode::{Deep, Pixels};
use super::fit::Fit;
use crate::TissueError;
use crate::counted::{grouped, tiles};

/// The largest value that leaves the highest of 16 bits unused.
const HALF: u16 = u16::MAX >> 1;
/// The largest value of 14 bits, the most that cameras give which store them in 16.
const CAMERA: u16 = u16::MAX >> 2;
/// One tile in how many may be as dark as that in a set of which others are bright.
const MANY: usize = 4;

/// What decoding one tile brought to light.
pub(crate) struct Decoded {
    /// Width and height in the file.
    pub size: (u32, u32),
    /// How its colours were converted, if they were.
    note: Option<String>,
    deep: Option<Deep>,
}

impl Decoded {
    pub fn of(pixels: &Pixels) -> Self {
        Self { size: pixels.image.dimensions(), note: pixels.note.clone(), deep: pixels.deep }
    }
}

/// Counts of what was converted, with the first tile of each kind.
#[derive(Default)]
pub(crate) struct Conversions {
    colours: BTreeMap<String, (usize, String)>,
    sizes: BTreeMap<(u32, u32), usize>,
    /// Of 16 bits, as whole numbers.
    words: Values,
    floats: Values,
}

/// The values of tiles that have more than 8 bits.
#[derive(Default)]
struct Values {
    tiles: usize,
    /// The tiles with more than spikes, by which the bits are judged.
    judged: usize,
    /// The largest of all, spikes aside.
    most: u16,
    /// How many values are spikes, in how many tiles, and the first of these.
    spikes: usize,
    spiked: usize,
    first_spiked: String,
    /// Tiles of which no value is above what 14 bits hold, the first of them, and the largest value in them.
    dark: usize,
    first_dark: String,
    most_dark: u16,
}

impl Values {
    fn add(&mut self, image: &str, deep: Deep) {
        /// Less beside full scale is black beside white, whatever the bits.
        const BLACK: u16 = 63;
        self.tiles += 1;
        if deep.spikes > 0 {
            self.spikes += deep.spikes;
            self.spiked += 1;
            if self.spiked == 1 {
                image.clone_into(&mut self.first_spiked);
            }
        }
        let Some(most) = deep.most.filter(|&most| deep.spikes == 0 || most > BLACK) else { return };
        self.judged += 1;
        self.most = self.most.max(most);
        if most <= CAMERA {
            self.dark += 1;
            self.most_dark = self.most_dark.max(most);
            if self.dark == 1 {
                image.clone_into(&mut self.first_dark);
            }
        }
    }
}

impl Conversions {
    pub fn add(&mut self, image: &str, decoded: Decoded) {
        *self.sizes.entry(decoded.size).or_default() += 1;
        if let Some(note) = decoded.note {
            self.colours.entry(note).or_insert_with(|| (0, image.to_owned())).0 += 1;
        }
        if let Some(deep) = decoded.deep {
            let values = if deep.is_float { &mut self.floats } else { &mut self.words };
            values.add(image, deep);
        }
    }

    /// Refuses 16-bit tiles, unless `bits` says how many they use, if none of them uses the upper half of the range or many
    /// no more than a camera's 14 bits (of floating-point ones: if none is above a quarter): what a camera gives as 12 bits
    /// would become near-black tiles. Spikes do not count.
    pub fn check_bits(&self, file: &Path, bits: Option<u8>) -> Result<(), TissueError> {
        if bits.is_some() {
            return Ok(());
        }
        let Values { judged: all, most, dark, most_dark, .. } = self.words;
        let refused = |tiles: usize, of: usize, most: u16, is_float: bool| {
            let bits = (16 - most.leading_zeros() as u8).max(1);
            let spikes = if is_float { self.floats.spikes } else { self.words.spikes };
            Err(TissueError::FewBits { file: file.to_path_buf(), tiles, of, most, bits, is_float, spikes })
        };
        if all > 0 && most <= HALF {
            return refused(all, all, most, false);
        }
        if dark >= 2 && dark * MANY >= all {
            return refused(dark, all, most_dark, false);
        }
        let Values { judged: tiles, most, .. } = self.floats;
        if tiles > 0 && most <= CAMERA { refused(tiles, tiles, most, true) } else { Ok(()) }
    }

    /// The bits taken as used, if there are tiles of which it had to be known.
    pub fn bits_used(&self, bits: Option<u8>) -> Option<u8> {
        (self.words.tiles + self.floats.tiles > 0).then_some(bits.unwrap_or(16))
    }

    /// The colours converted, one line a kind, and the range of values measured.
    pub fn colour_notes(&self, bits: Option<u8>) -> Vec<String> {
        let line = |(note, (n, first)): (&String, &(usize, String))| {
            format!("{} {} {note} (first: {first})", tiles(*n), if *n == 1 { "is" } else { "are" })
        };
        let mut notes: Vec<String> = self.colours.iter().map(line).collect();
        if self.words.tiles > 0 {
            let full = u16::MAX >> (16 - bits.unwrap_or(16));
            let (most, full) = (grouped(self.words.most.into()), grouped(full.into()));
            notes
                .push(format!("the largest value in 16-bit tiles is {most}, and {full} was taken for white"));
            let Values { spikes, spiked, first_spiked, .. } = &self.words;
            if *spikes > 0 {
                let (n, end) = if *spikes == 1 { ("value", "s") } else { ("values", "") };
                notes.push(format!(
                    "{} {n} in {} of 16 bits lie{end} far above the others, as scale bars, padding and hot pixels do, and saturate{end} (first: {first_spiked})",
                    grouped(*spikes),
                    tiles(*spiked)
                ));
            }
        }
        if self.floats.tiles > 0 {
            let most = f32::from(self.floats.most) / f32::from(u16::MAX);
            notes.push(format!(
                "the largest value in floating-point tiles is {most:.3}, and 1 was taken for white"
            ));
        }
        let Values { tiles: n, dark, first_dark, .. } = &self.words;
        // A single dark tile is dark; several beside bright ones may come from another camera.
        if bits.is_none() && *dark >= 2 && dark < n {
            notes.push(format!(
                "warning: {} of {} in 16 bits have no value above {} (first: {first_dark}): if they come from a camera of fewer bits, they are shown too dark",
                grouped(*dark),
                tiles(*n),
                grouped(CAMERA.into())
            ));
        }
        notes
    }

    /// Widths and heights with their counts, ascending.
    pub fn sizes(&self) -> impl Iterator<Item = (u32, u32, usize)> {
        self.sizes.iter().map(|(&(w, h), &n)| (w, h, n))
    }

    /// The sizes that were brought to `size`, one line each.
    pub fn size_notes(&self, size: usize, fit: Fit) -> Vec<String> {
        let how = if fit == Fit::CenterCrop { "centre-cropped" } else { "resized" };
        self.sizes()
            .filter(|&(w, h, _)| (w as usize, h as usize) != (size, size))
            .map(|(w, h, n)| format!("{} of {w} × {h} px {how} to {size} px", tiles(n)))
            .collect()
    }
}
