//! What is done to a tile before a translator's networks see it and to what comes out of them, so that they can change neither stain, nor
//! padding, nor grain, if they are not meant to.

use serde::{Deserialize, Serialize};
use tissue::measure::padding;
use tissue::{Restaining, StainSpread};

use super::config::{Detail, StainMode, TranslatorConfig};
use crate::pixels;

/// Standard deviation, in pixels, of the blur that parts detail from the rest: at 0.4 cycles a pixel it leaves 8 % of a wave, at 0.1 82 %.
const BLUR: f64 = 0.9;
/// How far the blur reaches, in pixels.
const REACH: usize = 3;

/// How far beside padding JPEG and resizing have mixed it with tissue, in pixels: neither the one nor the other, it would widen a stain.
const RIM: usize = 2;

/// How a translator's tiles are framed. It is kept with the generators, since they know nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Framing {
    /// The one stain that all tiles are brought to, if it is locked: measured on the tiles of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stain: Option<StainSpread>,
    /// Whether padding is hidden.
    #[serde(default)]
    pub mask_padding: bool,
    /// Where the finest detail is from.
    #[serde(default)]
    pub detail: Detail,
}

/// A tile as the networks see it, and what is needed to put it back into its place.
#[derive(Debug, Clone)]
pub struct Framed {
    /// Levels 0 to 255, not rounded, row by row, `[r, g, b]`: in the common stain, padding filled.
    pub levels: Vec<[f64; 3]>,
    /// Where padding and its rim are, which take no stain; empty if nothing is done to padding.
    padding: Vec<bool>,
    /// Whether padding is hidden.
    hides: bool,
    /// Its own stain, if it has one and stains are locked.
    own: Option<StainSpread>,
}

impl Framing {
    /// By the settings; the common stain is the middle of those of `tiles` (RGB, `size` × `size`) that have one.
    pub fn measured(config: &TranslatorConfig, tiles: &[&[u8]], size: usize) -> Self {
        let stain = match config.stain {
            StainMode::Free => None,
            StainMode::Locked => StainSpread::middle(
                tiles
                    .iter()
                    .filter_map(|tile| StainSpread::of_tile(tile, &with_rim(&padding(tile, size), size))),
            ),
        };
        Self { stain, mask_padding: config.mask_padding, detail: config.detail }
    }

    /// Whether it leaves tiles as they are.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// As text, for the file of the generators; `None` if it leaves tiles as they are.
    pub fn told(&self) -> Option<String> {
        // It holds numbers and words alone.
        (!self.is_plain()).then(|| serde_json::to_string(self).expect("a framing is JSON"))
    }

    /// What [`told`](Self::told) told.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_told(text: Option<&str>) -> Result<Self, String> {
        text.map_or(Ok(Self::default()), |text| serde_json::from_str(text).map_err(|e| e.to_string()))
    }

    /// A tile (RGB, `size` × `size`) as the networks see it.
    pub fn frame(&self, tile: &[u8], size: usize) -> Framed {
        let padding = if self.stain.is_some() || self.mask_padding {
            with_rim(&padding(tile, size), size)
        } else {
            Vec::new()
        };
        let own = self.stain.and_then(|_| StainSpread::of_tile(tile, &padding));
        let mut levels: Vec<[f64; 3]> =
            tile.as_chunks::<3>().0.iter().map(|pixel| pixel.map(f64::from)).collect();
        if let Some((own, common)) = own.zip(self.stain) {
            let map = own.to(&common);
            for (pixel, _) in levels.iter_mut().zip(&padding).filter(|(_, padding)| !**padding) {
                *pixel = map.restain(*pixel);
            }
        }
        let hides = self.mask_padding && padding.contains(&true);
        if hides {
            let shown: Vec<[f64; 3]> =
                levels.iter().zip(&padding).filter(|(_, padding)| !**padding).map(|(p, _)| *p).collect();
            // A tile that is nothing but padding is filled with grey.
            let n = shown.len() as f64;
            let fill = if shown.is_empty() {
                [127.5; 3]
            } else {
                std::array::from_fn(|c| shown.iter().map(|p| p[c]).sum::<f64>() / n)
            };
            for (pixel, _) in levels.iter_mut().zip(&padding).filter(|(_, padding)| **padding) {
                *pixel = fill;
            }
        }
        Framed { levels, padding, hides, own }
    }

    /// What the networks made of `framed` (signed pixels, as they give them), as a tile in the place of `source`: with its detail, its stain
    /// and, to the bit, its padding, as far as these are kept. Where stains are locked and the source has too little tissue to tell its own
    /// (glass, one colour), there is nothing that a translation could keep to, and it is the source.
    pub fn finish(&self, framed: &Framed, made: &[f32], source: &[u8], size: usize) -> Vec<u8> {
        if self.is_plain() {
            return pixels::to_bytes(made);
        }
        if self.stain.is_some() && framed.own.is_none() {
            return source.to_vec();
        }
        let as_levels = |made: &[f32; 3]| made.map(|v| (f64::from(v) + 1.0) * 127.5);
        let mut levels: Vec<[f64; 3]> = made.as_chunks::<3>().0.iter().map(as_levels).collect();
        let source = source.as_chunks::<3>().0;
        let from_source = self.detail == Detail::Source;
        if let Some(own) = framed.own {
            // The stain is told by what is to be seen in the end, detail included.
            let seen = from_source.then(|| framed.detailed(&framed.levels, &levels, size));
            // Of a result without tissue nothing tells the stain: it is as if it had the common one.
            let now = framed.stain_of(seen.as_ref().unwrap_or(&levels)).or(self.stain);
            framed.restain(now.map(|now| now.to(&own)), &mut levels);
        }
        if from_source {
            // In the source's own stain, so that nothing scales what is taken from it.
            let own: Vec<[f64; 3]> = source.iter().map(|pixel| pixel.map(f64::from)).collect();
            levels = framed.detailed(&own, &levels, size);
            if let Some(own) = framed.own {
                // Detail is added in levels and stain in densities, so the mean moves a little: it is put right without a change of contrast.
                let now = framed.stain_of(&levels);
                let map = now.map(|now| StainSpread { mean: now.mean, ..own }.to(&own));
                framed.restain(map, &mut levels);
            }
        }
        let put = |(at, level): (usize, &[f64; 3])| -> [u8; 3] {
            // `as u8` saturates.
            if framed.is_hidden(at) { source[at] } else { level.map(|v| v.round() as u8) }
        };
        levels.iter().enumerate().flat_map(put).collect()
    }
}

impl Framed {
    /// Its pixels in [−1, 1], as the generators take them.
    pub fn signed(&self) -> Vec<f32> {
        self.levels.iter().flatten().map(|v| (v / 127.5 - 1.0) as f32).collect()
    }

    /// 1 where it is shown and 0 where padding is, pixel by pixel; `None` if nothing is hidden.
    pub fn shown(&self) -> Option<Vec<f32>> {
        self.hides.then(|| self.padding.iter().map(|padding| f32::from(!*padding)).collect())
    }

    /// `made` with the finest detail of `own`: `own` and what of the change is slow. Whatever was painted on padding stays out of the tissue
    /// beside it.
    fn detailed(&self, own: &[[f64; 3]], made: &[[f64; 3]], size: usize) -> Vec<[f64; 3]> {
        let change = |(at, (made, own)): (usize, (&[f64; 3], &[f64; 3]))| {
            if self.is_hidden(at) { [0.0; 3] } else { std::array::from_fn(|c| made[c] - own[c]) }
        };
        let change: Vec<[f64; 3]> = made.iter().zip(own).enumerate().map(change).collect();
        let slow = blurred(&change, size);
        own.iter().zip(&slow).map(|(own, slow)| std::array::from_fn(|c| own[c] + slow[c])).collect()
    }

    /// The stain of levels in its place, beside padding.
    fn stain_of(&self, levels: &[[f64; 3]]) -> Option<StainSpread> {
        StainSpread::of(levels.iter().zip(&self.padding).filter(|(_, padding)| !**padding).map(|(p, _)| *p))
    }

    /// Gives levels in its place another stain, if there is one, beside padding.
    fn restain(&self, map: Option<Restaining>, levels: &mut [[f64; 3]]) {
        let Some(map) = map else { return };
        for (level, _) in levels.iter_mut().zip(&self.padding).filter(|(_, padding)| !**padding) {
            *level = map.restain(*level);
        }
    }

    fn is_hidden(&self, at: usize) -> bool {
        self.hides && self.padding[at]
    }
}

/// Padding of a tile (`size` × `size`) and what lies within [`RIM`] pixels of it.
fn with_rim(padding: &[bool], size: usize) -> Vec<bool> {
    let mut wide = padding.to_vec();
    for at in (0..padding.len()).filter(|at| padding[*at]) {
        let around = |middle: usize| middle.saturating_sub(RIM)..(middle + RIM + 1).min(size);
        for y in around(at / size) {
            wide[y * size..][around(at % size)].fill(true);
        }
    }
    wide
}

/// A picture (`size` × `size`) through a Gaussian blur, its borders reflected.
fn blurred(picture: &[[f64; 3]], size: usize) -> Vec<[f64; 3]> {
    let weights: Vec<f64> =
        (0..=2 * REACH).map(|k| (-((k as f64 - REACH as f64) / BLUR).powi(2) / 2.0).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let reflected = |at: isize| -> usize {
        let last = size as isize - 1;
        let at = at.abs();
        (if at > last { 2 * last - at } else { at }).clamp(0, last) as usize
    };
    let along = |picture: &[[f64; 3]], place: &dyn Fn(usize, isize) -> usize| -> Vec<[f64; 3]> {
        (0..size * size)
            .map(|pixel| {
                let mut out = [0.0; 3];
                for (k, weight) in weights.iter().enumerate() {
                    let from = picture[place(pixel, k as isize - REACH as isize)];
                    for c in 0..3 {
                        out[c] += weight / sum * from[c];
                    }
                }
                out
            })
            .collect()
    };
    let rows = along(picture, &|pixel, k| pixel / size * size + reflected((pixel % size) as isize + k));
    along(&rows, &|pixel, k| reflected((pixel / size) as isize + k) * size + pixel % size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use tissue::random::stream;

    const SIZE: usize = 32;

    /// Tissue of two dyes with black padding on its left.
    fn tile(name: &str, dyes: [[f64; 3]; 2]) -> Vec<u8> {
        let mut rng = stream(1, name);
        let pixel = |at: usize, rng: &mut tissue::random::Stream| -> [u8; 3] {
            let amounts = [rng.random_range(0.2..0.9), rng.random_range(0.3..0.7)];
            let density = std::array::from_fn(|c| amounts[0] * dyes[0][c] + amounts[1] * dyes[1][c]);
            if at % SIZE < 4 { [0; 3] } else { tissue::levels_of(density).map(|v| v.round() as u8) }
        };
        (0..SIZE * SIZE).flat_map(|at| pixel(at, &mut rng)).collect()
    }

    const PURPLE: [[f64; 3]; 2] = [[0.65, 0.70, 0.29], [0.27, 0.68, 0.20]];
    const BROWN: [[f64; 3]; 2] = [[0.45, 0.60, 0.49], [0.25, 0.48, 0.40]];

    fn locked() -> (Framing, Vec<u8>) {
        let (purple, brown) = (tile("purple", PURPLE), tile("brown", BROWN));
        let config = TranslatorConfig {
            stain: StainMode::Locked,
            mask_padding: true,
            detail: Detail::Source,
            ..TranslatorConfig::default()
        };
        (Framing::measured(&config, &[&purple, &brown], SIZE), purple)
    }

    #[test]
    fn plain_framing_changes_nothing() {
        let tile = tile("purple", PURPLE);
        let framing = Framing::measured(&TranslatorConfig::default(), &[&tile], SIZE);
        assert!(framing.is_plain());
        let framed = framing.frame(&tile, SIZE);
        assert_eq!(framing.finish(&framed, &framed.signed(), &tile, SIZE), tile);
        let mut signed = Vec::new();
        pixels::push_signed(&tile, &mut signed);
        let worst = framed.signed().iter().zip(&signed).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "{worst}");
        assert!(framed.shown().is_none());
    }

    #[test]
    fn a_repainted_tile_comes_back_in_its_own_stain_with_its_padding_to_the_bit() {
        let (framing, tile) = locked();
        let framed = framing.frame(&tile, SIZE);
        assert_eq!((0..SIZE * SIZE).filter(|at| framed.is_hidden(*at)).count(), (4 + RIM) * SIZE);
        // A generator that makes everything paler and greener, padding included.
        let made: Vec<f32> = framed
            .signed()
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|[r, g, b]| [0.6 * r + 0.2, 0.5 * g + 0.4, 0.7 * b + 0.1])
            .collect();
        let out = framing.finish(&framed, &made, &tile, SIZE);
        let (was, is) = (tissue::stain_of(&tile), tissue::stain_of(&out));
        assert!((was.hue - is.hue).abs() < 1.0, "{was:?} {is:?}");
        assert!(
            (was.optical_density - is.optical_density).abs() < 0.01 * was.optical_density,
            "{was:?} {is:?}"
        );
        for at in (0..SIZE * SIZE).filter(|at| at % SIZE < 4) {
            assert_eq!(out[3 * at..3 * at + 3], [0; 3]);
        }
        // What is done to the tile itself and undone leaves it as it was, but for rounding.
        let same = framing.finish(&framed, &framed.signed(), &tile, SIZE);
        let worst = same.iter().zip(&tile).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 1, "{worst}");
    }

    #[test]
    fn the_finest_detail_is_the_source_s_and_a_slow_change_stays() {
        let (framing, _) = locked();
        let framing = Framing { stain: None, mask_padding: false, ..framing };
        let tile = tile("purple", PURPLE);
        let framed = framing.frame(&tile, SIZE);
        // A wave of 16 pixels, and a checker on top.
        let wave = |at: usize| 12.0 * ((at % SIZE) as f64 * std::f64::consts::TAU / 16.0).sin();
        let checker = |at: usize| if (at + at / SIZE).is_multiple_of(2) { 20.0 } else { -20.0 };
        let made: Vec<f32> = framed
            .levels
            .iter()
            .enumerate()
            .flat_map(|(at, p)| p.map(|v| ((v + wave(at) + checker(at)) / 127.5 - 1.0) as f32))
            .collect();
        let out = framing.finish(&framed, &made, &tile, SIZE);
        // Away from the borders: most of the wave is there, nearly nothing of the checker.
        let (mut waves, mut checkers, mut n) = (0.0, 0.0, 0.0);
        for at in (0..SIZE * SIZE)
            .filter(|at| (8..24).contains(&(at % SIZE)) && tile[3 * at] > 40 && tile[3 * at] < 215)
        {
            let change = f64::from(out[3 * at]) - f64::from(tile[3 * at]);
            waves += change * wave(at) / (12.0 * 12.0 / 2.0);
            checkers += change * checker(at) / (20.0 * 20.0);
            n += 1.0;
        }
        assert!(waves / n > 0.8 && (checkers / n).abs() < 0.1, "{} {} of {n}", waves / n, checkers / n);
    }

    #[test]
    fn tiles_without_a_stain_pass_through_whatever_is_made_of_them() {
        let (framing, _) = locked();
        let mut few = vec![250u8; SIZE * SIZE * 3];
        few[..20 * 3].copy_from_slice(&[150, 60, 120].repeat(20));
        let glass = vec![243u8; SIZE * SIZE * 3];
        for tile in [
            vec![255u8; SIZE * SIZE * 3],
            vec![0; SIZE * SIZE * 3],
            [200, 120, 160].repeat(SIZE * SIZE),
            glass,
            few,
        ] {
            let framed = framing.frame(&tile, SIZE);
            assert!(framed.signed().iter().all(|v| v.is_finite() && (-1.0..=1.0).contains(v)));
            let painted = vec![-0.3f32; SIZE * SIZE * 3];
            for made in [framed.signed(), painted] {
                assert_eq!(framing.finish(&framed, &made, &tile, SIZE), tile);
            }
        }
    }

    /// The power of a tile's luminance, under a Hann window, at 0.4 to 0.5 cycles a pixel in any direction.
    fn finest(tile: &[u8]) -> f64 {
        let window: Vec<f64> = (0..SIZE)
            .map(|i| (std::f64::consts::PI * (i as f64 + 0.5) / SIZE as f64).sin().powi(2))
            .collect();
        let values = tissue::measure::luminance(tile);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let half = SIZE as i32 / 2;
        let mut power = 0.0;
        for (fy, fx) in (-half..half).flat_map(|fy| (0..=half).map(move |fx| (fy, fx))) {
            if !(0.4..=0.5).contains(&(f64::from(fy).hypot(f64::from(fx)) / SIZE as f64)) {
                continue;
            }
            let (mut re, mut im) = (0.0, 0.0);
            for (at, value) in values.iter().enumerate() {
                let (y, x) = (at / SIZE, at % SIZE);
                let angle = std::f64::consts::TAU * (f64::from(fy) * y as f64 + f64::from(fx) * x as f64)
                    / SIZE as f64;
                let weighed = (value - mean) * window[y] * window[x];
                re += weighed * angle.cos();
                im -= weighed * angle.sin();
            }
            power += re * re + im * im;
        }
        power
    }

    #[test]
    fn power_at_the_finest_frequencies_is_the_source_s_within_a_decibel_whatever_the_generator_leaves_out() {
        let (framing, _) = locked();
        // Tissue as pictures are: power falls with frequency, and a little grain lies over it.
        let mut rng = stream(2, "grain");
        let smooth = |at: usize, c: usize| {
            let (x, y) = ((at % SIZE) as f64, (at / SIZE) as f64);
            let nuclei = (x / 3.1).sin() * (y / 2.7).cos() * 35.0 + ((x + y) / 5.0).sin() * 20.0;
            [175.0, 115.0, 165.0][c] + nuclei * [1.0, 0.9, 0.6][c]
        };
        let tile: Vec<u8> = (0..SIZE * SIZE)
            .flat_map(|at| {
                let grain = rng.random_range(-9.0..9.0);
                [0, 1, 2].map(|c| (smooth(at, c) + grain) as u8)
            })
            .collect();
        let framed = framing.frame(&tile, SIZE);
        // A generator that blurs, fades and repaints, and lays a checker over it.
        let soft = blurred(&blurred(&framed.levels, SIZE), SIZE);
        let made: Vec<f32> = soft
            .iter()
            .enumerate()
            .flat_map(|(at, p)| {
                let checker = if (at + at / SIZE).is_multiple_of(2) { 6.0 } else { -6.0 };
                [0.8 * p[0] + 20.0, 0.7 * p[1] + 50.0, 0.8 * p[2] + 30.0]
                    .map(|v| ((v + checker) / 127.5 - 1.0) as f32)
            })
            .collect();
        let decibels = |out: &[u8]| 10.0 * (finest(out) / finest(&tile)).log10();
        let out = framing.finish(&framed, &made, &tile, SIZE);
        assert!(decibels(&out).abs() < 1.0, "{} dB", decibels(&out));
        let own = Framing { detail: Detail::Generated, ..framing }.finish(&framed, &made, &tile, SIZE);
        assert!(decibels(&own).abs() > 3.0, "{} dB: the test would see nothing", decibels(&own));
    }

    #[test]
    fn what_is_painted_on_padding_stays_out_of_the_tissue_beside_it() {
        let (framing, tile) = locked();
        let framed = framing.frame(&tile, SIZE);
        let painted: Vec<f32> = framed
            .signed()
            .iter()
            .enumerate()
            .map(|(i, v)| if framed.is_hidden(i / 3) { -1.0 } else { *v })
            .collect();
        let same = framing.finish(&framed, &painted, &tile, SIZE);
        let worst = same.iter().zip(&tile).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 1, "{worst}");
    }

    #[test]
    fn the_mixed_rim_of_padding_is_no_stain() {
        let (framing, tile) = locked();
        let mut mixed = tile.clone();
        for at in (0..SIZE * SIZE).filter(|at| (4..4 + RIM).contains(&(at % SIZE))) {
            mixed[3 * at..3 * at + 3].copy_from_slice(&[40, 8, 30]);
        }
        assert_eq!(framing.frame(&mixed, SIZE).own, framing.frame(&tile, SIZE).own);
    }

    #[test]
    fn padding_that_is_not_hidden_takes_no_stain() {
        let (framing, tile) = locked();
        let framing = Framing { mask_padding: false, ..framing };
        let framed = framing.frame(&tile, SIZE);
        assert!(framed.shown().is_none());
        let out = framing.finish(&framed, &framed.signed(), &tile, SIZE);
        for at in (0..SIZE * SIZE).filter(|at| at % SIZE < 4) {
            assert_eq!(out[3 * at..3 * at + 3], [0; 3]);
        }
    }
}
