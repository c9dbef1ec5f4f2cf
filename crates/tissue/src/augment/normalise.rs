//! Bytes to the classifier's floats.

use serde::{Deserialize, Serialize};

/// What takes the place of a channel's standard deviation when it never changes: one grey level.
const SMALLEST_STD: f32 = 1.0 / 255.0;

/// Mean and standard deviation of each channel, in units of 0 to 1: a value v becomes `(v/255 − mean) / std`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normalise {
    /// Means of red, green and blue.
    pub mean: [f32; 3],
    /// Standard deviations of red, green and blue, above 0.
    pub std: [f32; 3],
}

impl Normalise {
    /// Those of the paper's authors: means 0.7, 0.6, 0.7, deviations 0.15.
    pub fn paper() -> Self {
        Self { mean: [0.7, 0.6, 0.7], std: [0.15; 3] }
    }

    /// Mean and (population) standard deviation over every pixel of the given 8-bit RGB tiles. A channel that never
    /// changes gets the deviation 1/255. Without a single pixel: the paper's.
    pub fn measured<'a>(tiles: impl IntoIterator<Item = &'a [u8]>) -> Self {
        // Whole numbers, so that the order of the tiles cannot matter.
        let mut counts = [[0_u64; 256]; 3];
        for tile in tiles {
            for pixel in tile.as_chunks::<3>().0 {
                for channel in 0..3 {
                    counts[channel][usize::from(pixel[channel])] += 1;
                }
            }
        }
        let mut result = Self::paper();
        for (channel, counts) in counts.iter().enumerate() {
            let pixels: u64 = counts.iter().sum();
            if pixels == 0 {
                continue;
            }
            let moment = |f: &dyn Fn(f64) -> f64| {
                counts.iter().enumerate().map(|(v, n)| f(v as f64) * *n as f64).sum::<f64>() / pixels as f64
            };
            let mean = moment(&|v| v);
            let variance = moment(&|v| (v - mean) * (v - mean));
            result.mean[channel] = (mean / 255.0) as f32;
            let std = (variance.sqrt() / 255.0) as f32;
            result.std[channel] = if std > 0.0 { std } else { SMALLEST_STD };
        }
        result
    }

    /// Writes one tile of `size` × `size` 8-bit RGB pixels to `out`, normalised, channel by channel (CHW).
    ///
    /// # Panics
    /// If `tile` or `out` is not `3 · size²` long.
    pub fn to_chw(&self, tile: &[u8], size: usize, out: &mut [f32]) {
        let area = size * size;
        assert_eq!(tile.len(), 3 * area, "bytes of a tile of {size}");
        assert_eq!(out.len(), 3 * area, "floats of a tile of {size}");
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            let std = if std > 0.0 { std } else { SMALLEST_STD };
            let table: [f32; 256] = std::array::from_fn(|v| (v as f32 / 255.0 - mean) / std);
            let plane = &mut out[channel * area..(channel + 1) * area];
            for (value, pixel) in plane.iter_mut().zip(tile.as_chunks::<3>().0) {
                *value = table[usize::from(pixel[channel])];
            }
        }
    }
}
