//! The stain of a tile in three numbers, to see whether a translator repaints instead of reshaping.

use serde::{Deserialize, Serialize};

use super::density;

/// The stain of a tile: means over its tissue pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StainMeasure {
    /// Mean over pixels and channels of the optical density −log10((v + 1) / 256): 0 is white, 1 a tenth of the light.
    pub optical_density: f64,
    /// Circular mean of the HSV hue in degrees, 0 to 360, each pixel weighted by its saturation (a grey pixel has
    /// no hue); hematoxylin and eosin lie between violet and pink, about 270 to 350. 0 if nothing has colour.
    pub hue: f64,
    /// Mean HSV saturation, 0 to 1.
    pub saturation: f64,
    /// The share of pixels that are tissue, 0 to 1. Where none is, the means are over all pixels.
    pub tissue: f64,
}

/// Measures the stain of a tile, HWC RGB8. Glass and black padding do not count, unless there is nothing else.
pub fn stain_of(tile: &[u8]) -> StainMeasure {
    let pixels: Vec<[u8; 3]> = tile.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    let tissue: Vec<[u8; 3]> =
        pixels.iter().copied().filter(|p| density::is_tissue(p.map(f64::from))).collect();
    let share = if pixels.is_empty() { 0.0 } else { tissue.len() as f64 / pixels.len() as f64 };
    means(if tissue.is_empty() { &pixels } else { &tissue }, share)
}

fn optical_density(pixel: [u8; 3]) -> f64 {
    density::mean(density::optical_density(pixel.map(f64::from)))
}

/// HSV hue in radians and saturation in 0..1.
fn hue_saturation([r, g, b]: [u8; 3]) -> (f64, f64) {
    let (r, g, b) = (f64::from(r), f64::from(g), f64::from(b));
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let range = max - min;
    if range == 0.0 {
        return (0.0, 0.0);
    }
    let sixth = if max == r {
        (g - b) / range
    } else if max == g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    (sixth * std::f64::consts::FRAC_PI_3, range / max)
}

fn means(pixels: &[[u8; 3]], tissue: f64) -> StainMeasure {
    let n = pixels.len().max(1) as f64;
    let (mut density, mut x, mut y, mut saturation) = (0.0, 0.0, 0.0, 0.0);
    for &pixel in pixels {
        let (h, s) = hue_saturation(pixel);
        density += optical_density(pixel);
        x += s * h.cos();
        y += s * h.sin();
        saturation += s;
    }
    let hue = if x == 0.0 && y == 0.0 { 0.0 } else { y.atan2(x).to_degrees().rem_euclid(360.0) };
    StainMeasure { optical_density: density / n, hue, saturation: saturation / n, tissue }
}
