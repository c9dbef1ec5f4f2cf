//! What optics, sensors and files do to a picture, at random strength: blur, noise and JPEG, so that a classifier cannot tell tiles by their
//! finest detail, which generated ones lack.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::jpeg::compressed;
use crate::random::{Stream, stream};

/// How far from its middle a blur reaches, in pixels: three of the largest standard deviations that are used.
const REACH: usize = 3;

/// Random blur, noise and compression, in this order, as a microscope, its camera and its files have it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Degradation {
    /// Standard deviation of a Gaussian blur, uniform from 0 to this many pixels, at most 1.
    pub blur: f64,
    /// Standard deviation of Gaussian noise, every number of every pixel by itself, uniform from 0 to this many grey levels.
    pub noise: f64,
    /// The share of tiles that are compressed as JPEG and read again.
    pub jpeg: f64,
    /// Lowest and highest quality of that, 1 to 100, all between equally likely.
    pub quality: [u8; 2],
}

impl Degradation {
    /// Blur up to 1 px, noise up to 8 grey levels, half of the tiles as JPEG of quality 40 to 95.
    pub fn usual() -> Self {
        Self { blur: 1.0, noise: 8.0, jpeg: 0.5, quality: [40, 95] }
    }

    /// Degrades one tile of `size` × `size` 8-bit RGB pixels in place. Always draws the same number of values, whatever the tile holds and
    /// however large it is.
    pub fn apply(&self, tile: &mut [u8], size: usize, rng: &mut Stream) {
        let blur_sigma = self.blur * rng.random::<f64>();
        let noise_sigma = self.noise * rng.random::<f64>();
        let noise_seed = rng.next_u64();
        let is_compressed = rng.random::<f64>() < self.jpeg;
        let [low, high] = self.quality;
        // Scaled and not drawn from a range, which takes a number of draws that depends on chance.
        let steps = f64::from(high.saturating_sub(low)) + 1.0;
        let quality = low.saturating_add((steps * rng.random::<f64>()) as u8);
        blur(tile, size, blur_sigma);
        noise(tile, noise_sigma, &mut stream(noise_seed, "noise"));
        if is_compressed {
            jpeg(tile, size, quality);
        }
    }
}

/// Blurs a tile of `size` × `size` 8-bit RGB pixels by a Gaussian of `sigma` pixels, at most 1; beyond its edges it is its mirror image.
pub fn blur(tile: &mut [u8], size: usize, sigma: f64) {
    // Narrower, the middle's neighbours weigh less than a thousandth of it.
    if sigma < 0.25 || size == 0 {
        return;
    }
    let weights: [f64; REACH + 1] =
        std::array::from_fn(|k| (-((k * k) as f64) / (2.0 * sigma * sigma)).exp());
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    let weights = weights.map(|w| (w / sum) as f32);
    let line = 3 * size;
    let mut across = vec![0_f32; tile.len()];
    // A line with the mirrored pixels at both ends.
    let mut padded = vec![0_f32; line + 6 * REACH];
    for (from, to) in tile.chunks_exact(line).zip(across.chunks_exact_mut(line)) {
        for (x, pixel) in padded.chunks_exact_mut(3).enumerate() {
            let at = 3 * mirrored(x, size);
            for (value, byte) in pixel.iter_mut().zip(&from[at..at + 3]) {
                *value = f32::from(*byte);
            }
        }
        weigh(to, &weights, |k| &padded[3 * k..3 * k + line]);
    }
    let mut down = vec![0_f32; line];
    for (y, to) in tile.chunks_exact_mut(line).enumerate() {
        weigh(&mut down, &weights, |k| {
            let row = mirrored(y + k, size);
            &across[row * line..(row + 1) * line]
        });
        for (byte, value) in to.iter_mut().zip(&down) {
            *byte = value.round() as u8;
        }
    }
}

/// The place in a line of `size` of the place `at`, counted from [`REACH`] before it.
fn mirrored(at: usize, size: usize) -> usize {
    let period = 2 * size;
    // The edge pixel is its own neighbour.
    let place = (at + REACH * (period - 1)) % period;
    place.min(period - 1 - place)
}

/// The weighted sum of `line(0)` to `line(2 · REACH)`, of which the middle one has the first weight.
fn weigh<'a>(to: &mut [f32], weights: &[f32; REACH + 1], line: impl Fn(usize) -> &'a [f32]) {
    for (to, middle) in to.iter_mut().zip(line(REACH)) {
        *to = weights[0] * middle;
    }
    for (k, weight) in weights.iter().enumerate().skip(1) {
        for ((to, before), after) in to.iter_mut().zip(line(REACH - k)).zip(line(REACH + k)) {
            *to += weight * (before + after);
        }
    }
}

/// Adds Gaussian noise of `sigma` grey levels to every number, rounded and kept within 0 to 255. None is farther out than 3.7 deviations.
pub fn noise(tile: &mut [u8], sigma: f64, rng: &mut Stream) {
    if sigma <= 0.0 {
        return;
    }
    // Pixels are whole numbers, so that the noise can be rounded before it is added.
    let levels = QUANTILES.map(|quantile| (sigma * quantile).round() as i16);
    for few in tile.chunks_mut((u64::BITS / QUANTILE_BITS) as usize) {
        let mut bits = rng.next_u64();
        for byte in few {
            let level = levels[bits as usize % levels.len()];
            bits >>= QUANTILE_BITS;
            *byte = (i16::from(*byte)).saturating_add(level).clamp(0, 255) as u8;
        }
    }
}

/// Random bits that a draw from the normal distribution takes.
const QUANTILE_BITS: u32 = 12;

/// The normal distribution in as many equally likely numbers as there are draws: each the middle of its share. Looked up, a draw takes a
/// tenth of the time that the logarithm and the sine of Box and Muller's take.
static QUANTILES: LazyLock<[f64; 1 << QUANTILE_BITS]> = LazyLock::new(|| {
    const STEP: f64 = 1e-3;
    let density = |x: f64| (-x * x / 2.0).exp() / TAU.sqrt();
    let mut quantiles = [0.0; 1 << QUANTILE_BITS];
    let share = 1.0 / quantiles.len() as f64;
    // Simpson's rule from the middle on; a quantile lies between two steps.
    let (mut x, mut below) = (0.0, 0.5);
    for k in quantiles.len() / 2..quantiles.len() {
        let wanted = (k as f64 + 0.5) * share;
        let mut more = 0.0;
        while below < wanted {
            more = STEP / 6.0 * (density(x) + 4.0 * density(x + STEP / 2.0) + density(x + STEP));
            (x, below) = (x + STEP, below + more);
        }
        let quantile =
            if more > 0.0 { x - STEP * (below - wanted) / more } else { x - (below - wanted) / density(x) };
        quantiles[k] = quantile;
        quantiles[(1 << QUANTILE_BITS) - 1 - k] = -quantile;
    }
    quantiles
});

/// Compresses a tile of `size` × `size` 8-bit RGB pixels as baseline JPEG (colours at full resolution) of that quality, 1 to 100, and reads it
/// again.
///
/// # Panics
/// If `tile` is not `3 · size²` long, or its side is not 1 to 65,535, which is what JPEG can say.
pub fn jpeg(tile: &mut [u8], size: usize, quality: u8) {
    assert_eq!(tile.len(), 3 * size * size, "bytes of a tile of {size}");
    // Memory takes every byte, and what was just written whole is read whole: only a side that JPEG cannot say is left.
    tile.copy_from_slice(
        &compressed(tile, size, quality.clamp(1, 100)).expect("a side of 1 to 65,535 pixels"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_normal_distributions() {
        // Python's statistics.NormalDist().inv_cdf((k + 0.5) / 4096)
        for (k, wanted) in [
            (2048, 0.000_305_984_9),
            (2150, 0.062_768_095_5),
            (3071, 0.674_105_661_1),
            (3900, 1.667_278_778_5),
            (4000, 1.989_637_706_2),
            (4095, 3.668_329_285_1),
        ] {
            assert!((QUANTILES[k] - wanted).abs() < 1e-6, "{k}: {}", QUANTILES[k]);
            assert_eq!(QUANTILES[4095 - k], -QUANTILES[k]);
        }
        let variance = QUANTILES.iter().map(|q| q * q).sum::<f64>() / 4096.0;
        assert!((variance - 0.999_679).abs() < 1e-6, "{variance}");
    }
}
