//! A slide at any resolution.

use image::RgbImage;

use crate::error::SlideError;
use crate::source::{Level, Source};

/// How far a level may be from the resolution that is asked for and still be taken for it.
const SAME: f64 = 0.02;

/// Why a slide cannot be had at a resolution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScaleFault {
    /// Nothing says how large its pixels are.
    #[error("its resolution is not known")]
    Unknown,
    /// It was scanned at less.
    #[error("its finest pixels are {has:.4} µm wide, and {wanted} µm are asked for")]
    TooCoarse {
        /// µm a pixel of the finest level.
        has: f64,
        /// µm a pixel asked for.
        wanted: f64,
    },
    /// A number that is no resolution.
    #[error("{0} µm a pixel is no resolution")]
    Nonsense(f64),
}

/// A source at one resolution in µm a pixel: from its nearest finer level, each pixel the mean of those that it covers, weighed by a triangle
/// (Pillow's antialiased bilinear). What a pixel is depends on its place alone, so that neighbouring tiles fit without a seam.
#[derive(Debug)]
pub struct Scaled<'a, S: Source + ?Sized> {
    source: &'a S,
    level: usize,
    /// How many pixels of the level one is wide and high; 1 where the level is taken as it is.
    factors: [f64; 2],
    size: [u64; 2],
}

impl<'a, S: Source + ?Sized> Scaled<'a, S> {
    /// The source at `mpp` µm a pixel; `mpp_is` says how large its finest pixels are, whatever it says itself.
    ///
    /// # Errors
    /// If the size of its pixels is not known, or they are more than 2 % larger than asked for.
    pub fn new(source: &'a S, mpp: f64, mpp_is: Option<f64>) -> Result<Self, ScaleFault> {
        for number in [Some(mpp), mpp_is].into_iter().flatten() {
            if !(number.is_finite() && number > 0.0) {
                return Err(ScaleFault::Nonsense(number));
            }
        }
        let finest = mpp_is.map(|mpp| [mpp; 2]).or(source.mpp()).ok_or(ScaleFault::Unknown)?;
        let levels = source.levels();
        let of_level = |level: &Level| finest.map(|side| side * level.downsample);
        let is_fine = |level: &&Level| of_level(level).iter().all(|side| *side <= mpp * (1.0 + SAME));
        // The coarsest that is fine enough.
        let Some(level) = levels.iter().rposition(|level| is_fine(&level)) else {
            return Err(ScaleFault::TooCoarse { has: finest[0].max(finest[1]), wanted: mpp });
        };
        let factors = of_level(&levels[level]).map(|side| mpp / side);
        let is_same = factors.iter().all(|factor| (factor - 1.0).abs() <= SAME);
        let factors = if is_same { [1.0; 2] } else { factors.map(|factor| factor.max(1.0)) };
        let side = |axis: usize| (levels[level].size[axis] as f64 / factors[axis]).round().max(1.0) as u64;
        Ok(Self { source, level, factors, size: [side(0), side(1)] })
    }

    /// Width and height at this resolution in pixels.
    pub fn size(&self) -> [u64; 2] {
        self.size
    }

    /// The level that its pixels come from, and how many of them one of its own is wide and high.
    pub fn level(&self) -> (usize, [f64; 2]) {
        (self.level, self.factors)
    }

    /// How many pixels of level 0 one of its own is wide and high.
    pub fn downsample(&self) -> [f64; 2] {
        self.factors.map(|factor| factor * self.source.levels()[self.level].downsample)
    }

    /// The pixels of `size` (width, height) from `at` (x, y), in pixels of this resolution; white beyond the slide.
    ///
    /// # Errors
    /// A part that cannot be read or decoded.
    pub fn read(&self, at: [i64; 2], size: [u32; 2]) -> Result<RgbImage, SlideError> {
        if self.factors == [1.0; 2] {
            return self.source.read(self.level, at, size);
        }
        let level = self.source.levels()[self.level].size;
        let taps: [Taps; 2] = std::array::from_fn(|i| Taps::of(at[i], size[i], self.factors[i], level[i]));
        let from = [taps[0].from, taps[1].from];
        let extent = [taps[0].extent(), taps[1].extent()];
        if extent.contains(&0) {
            return Ok(RgbImage::from_pixel(size[0], size[1], image::Rgb([255; 3])));
        }
        let fine = self.source.read(self.level, from, extent)?;
        Ok(weighed(&fine, &taps, size))
    }
}

/// Along one axis: for every pixel which of the finer ones count, and how much.
struct Taps {
    /// The first finer pixel that any of them needs.
    from: i64,
    /// Of each pixel the first one that counts, from `from` on, and the weights from there; none beyond the slide.
    of: Vec<(usize, Vec<f32>)>,
}

impl Taps {
    fn of(at: i64, n: u32, factor: f64, length: u64) -> Self {
        let of_pixel = |pixel: i64| {
            let middle = (pixel as f64 + 0.5) * factor;
            let first = ((middle - factor).floor().max(0.0)) as i64;
            let last = ((middle + factor).ceil() as i64).min(length as i64);
            let weight = |fine: i64| (1.0 - ((fine as f64 + 0.5 - middle) / factor).abs()).max(0.0);
            let inside = pixel >= 0 && middle < length as f64;
            let weights: Vec<f64> = if inside { (first..last).map(weight).collect() } else { Vec::new() };
            let sum: f64 = weights.iter().sum();
            (first, weights.into_iter().map(|w| (w / sum) as f32).collect::<Vec<f32>>())
        };
        let all: Vec<(i64, Vec<f32>)> = (0..i64::from(n)).map(|i| of_pixel(at + i)).collect();
        let from = all.iter().filter(|(_, w)| !w.is_empty()).map(|(first, _)| *first).min().unwrap_or(0);
        Self {
            from,
            of: all
                .into_iter()
                .map(|(first, w)| (if w.is_empty() { 0 } else { (first - from) as usize }, w))
                .collect(),
        }
    }

    /// How many finer pixels there are from `from` to the last that counts.
    fn extent(&self) -> u32 {
        self.of
            .iter()
            .filter(|(_, w)| !w.is_empty())
            .map(|(first, w)| (first + w.len()) as u32)
            .max()
            .unwrap_or(0)
    }
}

fn weighed(fine: &RgbImage, [across, down]: &[Taps; 2], [width, height]: [u32; 2]) -> RgbImage {
    let row = 3 * width as usize;
    let mut lines = vec![0_f32; row * fine.height() as usize];
    for (source, target) in
        fine.as_raw().chunks_exact(3 * fine.width() as usize).zip(lines.chunks_exact_mut(row))
    {
        for ((first, weights), pixel) in across.of.iter().zip(target.chunks_exact_mut(3)) {
            for (weight, fine) in weights.iter().zip(source[3 * first..].chunks_exact(3)) {
                for (sum, value) in pixel.iter_mut().zip(fine) {
                    *sum += weight * f32::from(*value);
                }
            }
        }
    }
    let mut out = RgbImage::from_pixel(width, height, image::Rgb([255; 3]));
    let mut sums = vec![0_f32; row];
    let pixels: &mut [u8] = &mut out;
    for ((first, weights), line) in down.of.iter().zip(pixels.chunks_exact_mut(row)) {
        if weights.is_empty() {
            continue;
        }
        sums.fill(0.0);
        for (weight, line) in weights.iter().zip(lines[first * row..].chunks_exact(row)) {
            for (sum, value) in sums.iter_mut().zip(line) {
                *sum += weight * value;
            }
        }
        for ((pixel, sums), (_, beside)) in line.chunks_exact_mut(3).zip(sums.chunks_exact(3)).zip(&across.of)
        {
            if !beside.is_empty() {
                for (value, sum) in pixel.iter_mut().zip(sums) {
                    // `as u8` saturates.
                    *value = sum.round() as u8;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two levels in memory, made from a formula of the place.
    #[derive(Debug)]
    struct Made {
        levels: Vec<Level>,
        mpp: Option<[f64; 2]>,
    }

    impl Source for Made {
        fn levels(&self) -> &[Level] {
            &self.levels
        }

        fn mpp(&self) -> Option<[f64; 2]> {
            self.mpp
        }

        fn read(&self, level: usize, at: [i64; 2], size: [u32; 2]) -> Result<RgbImage, SlideError> {
            let [width, height] = self.levels[level].size;
            let pixel = |x: u32, y: u32| {
                let (x, y) = (at[0] + i64::from(x), at[1] + i64::from(y));
                let inside = (0..width as i64).contains(&x) && (0..height as i64).contains(&y);
                let value = ((x * 7 + y * 13) % 251) as u8;
                image::Rgb(if inside { [value, 100 + level as u8, (x % 251) as u8] } else { [255; 3] })
            };
            Ok(RgbImage::from_fn(size[0], size[1], pixel))
        }
    }

    fn made(mpp: Option<f64>) -> Made {
        let level = |downsample: f64| Level {
            size: [(1000.0 / downsample) as u64, (600.0 / downsample) as u64],
            downsample,
            part: [64, 64],
        };
        Made { levels: vec![level(1.0), level(4.0)], mpp: mpp.map(|mpp| [mpp; 2]) }
    }

    #[test]
    fn the_nearest_finer_level_is_taken_and_what_cannot_be_is_told() {
        let slide = made(Some(0.25));
        let of = |mpp: f64| Scaled::new(&slide, mpp, None).map(|scaled| (scaled.level(), scaled.size()));
        assert_eq!(of(0.25), Ok(((0, [1.0; 2]), [1000, 600])));
        assert_eq!(of(0.2525), Ok(((0, [1.0; 2]), [1000, 600])), "within two percent it is the same");
        assert_eq!(of(0.5), Ok(((0, [2.0; 2]), [500, 300])));
        assert_eq!(of(1.0), Ok(((1, [1.0; 2]), [250, 150])));
        assert_eq!(of(2.0), Ok(((1, [2.0; 2]), [125, 75])));
        assert_eq!(of(0.2), Err(ScaleFault::TooCoarse { has: 0.25, wanted: 0.2 }));
        assert!(matches!(of(f64::NAN), Err(ScaleFault::Nonsense(_))) && of(0.0).is_err());
        let unknown = made(None);
        assert_eq!(Scaled::new(&unknown, 0.5, None).unwrap_err(), ScaleFault::Unknown);
        assert_eq!(Scaled::new(&unknown, 0.5, Some(0.25)).unwrap().size(), [500, 300]);
        assert_eq!(Scaled::new(&slide, 0.5, Some(0.5)).unwrap().size(), [1000, 600], "what is said counts");
    }

    #[test]
    fn neighbouring_tiles_fit_without_a_seam_and_beyond_the_slide_it_is_white() {
        let slide = made(Some(0.25));
        for mpp in [0.25, 0.33, 0.5, 0.77, 1.9] {
            let scaled = Scaled::new(&slide, mpp, None).unwrap();
            let whole = scaled.read([-7, -5], [90, 80]).unwrap();
            for (x, y, width, height) in [(0, 0, 33, 21), (33, 0, 57, 80), (11, 40, 70, 9)] {
                let part = scaled.read([x - 7, y - 5], [width, height]).unwrap();
                let cut = image::imageops::crop_imm(&whole, x as u32, y as u32, width, height).to_image();
                assert_eq!(part, cut, "{mpp} {x} {y}");
            }
            assert!((0..90).all(|x| whole.get_pixel(x, 4).0 == [255; 3]), "{mpp}");
            let [width, height] = scaled.size();
            let corner = scaled.read([width as i64 - 2, height as i64 - 2], [4, 4]).unwrap();
            assert_eq!((corner.get_pixel(2, 1).0, corner.get_pixel(1, 2).0), ([255; 3], [255; 3]), "{mpp}");
            assert_ne!(corner.get_pixel(1, 1).0, [255; 3], "{mpp}: the last pixel is the slide's");
        }
    }

    #[test]
    fn pixels_are_pillows() {
        // PIL.Image.fromarray(rgb).resize((500, 300), Image.BILINEAR), rgb[y, x] = ((7 x + 13 y) % 251, 100, x % 251).
        let slide = made(Some(0.25));
        let half = Scaled::new(&slide, 0.5, None).unwrap().read([0, 0], [500, 300]).unwrap();
        for ((x, y), wanted) in PILLOW {
            let found = half.get_pixel(x, y).0;
            // Pillow rounds between its two passes.
            let off = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off <= Some(1), "{x} {y}: {found:?} {wanted:?}");
        }
    }

    const PILLOW: [((u32, u32), [u8; 3]); 10] = [
        ((0, 0), [14, 100, 1]),
        ((1, 0), [27, 100, 3]),
        ((17, 5), [128, 100, 35]),
        ((125, 40), [40, 100, 125]),
        ((250, 123), [183, 100, 218]),
        ((499, 299), [208, 100, 245]),
        ((499, 0), [220, 100, 245]),
        ((0, 299), [84, 100, 1]),
        ((333, 77), [149, 100, 165]),
        ((60, 200), [30, 100, 121]),
    ];
}
