//! The mosaic that a generator's strides leave: how much power stands at its periods, over that beside them.

use std::f64::consts::{LN_2, PI};

use super::luminance::{WEIGHTS, luminance};

/// Frequencies along an axis, in quarters of a cycle a pixel: the periods of two strides of 2 are 4 and 2 pixels.
const QUARTERS: usize = 4;
/// How far beside a peak is looked, in cycles a tile: from behind the main lobe of the window (2) …
const NEAR: f64 = 3.0;
/// … to here, less in small tiles, so that no neighbour comes near another peak.
const FAR: f64 = 6.0;

/// How much stronger a square tile's luminance varies with periods of 2 and 4 pixels than with periods next to them: about 1 in real
/// tissue, large under the checkerboard or mosaic that transposed convolutions leave (Odena, Dumoulin & Olah 2016, *Distill*).
///
/// The spectrum, under a Hann window, at the nine pairs of 0, ¼ and ½ cycles a pixel along the axes (¼ of either sign; not both 0), each over
/// the median of 24 places around it at 3 and 6 cycles a tile (in tiles under 48 px at 3 and an eighth of the side), times ln 2, which makes
/// of the median the mean of a noise's power; the mean of the nine. The power of rounding to 8 bits is added above and below, so that a flat
/// tile has 1. Frequencies are exact, whatever the side.
///
/// JPEG's blocks have power at these frequencies, too: compare with the source's.
///
/// # Panics
/// If the tile is not `size` × `size`.
pub fn periodicity(tile: &[u8], size: usize) -> f64 {
    assert_eq!(tile.len(), size * size * 3, "a tile of {size} px");
    let n = size as f64;
    let window: Vec<f64> = (0..size).map(|i| (PI * (i as f64 + 0.5) / n).sin().powi(2)).collect();
    let sum: f64 = window.iter().sum();
    let squares: f64 = window.iter().map(|w| w * w).sum();
    let values = luminance(tile);
    let weighted = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).map(|(x, y)| f(x, y)).sum()
    };
    // The window's mean, so that nothing leaks from frequency 0.
    let mean = weighted(&|x, y| window[x] * window[y] * values[y * size + x]) / (sum * sum);
    let rounding = squares * squares * WEIGHTS.iter().map(|w| w * w).sum::<f64>() / 12.0;

    let far = FAR.min(n / 8.0).max(NEAR);
    let offsets = [0.0, -far, -NEAR, NEAR, far];
    let frequencies: Vec<f64> = (0..QUARTERS)
        .flat_map(|quarter| offsets.map(|offset| quarter as f64 / QUARTERS as f64 + offset / n))
        .collect();
    let waves: Vec<Wave> = frequencies.iter().map(|f| Wave::new(*f, &window)).collect();
    // Along x, for every row; then along y, for every pair.
    let rows: Vec<Vec<Complex>> = values
        .chunks_exact(size)
        .map(|row| waves.iter().map(|wave| wave.of(row.iter().map(|v| (v - mean, 0.0)))).collect())
        .collect();
    let power = |fy: usize, fx: usize| {
        let (re, im) = waves[fy].of(rows.iter().map(|row| row[fx]));
        re * re + im * im + rounding
    };
    let at = |quarter: usize| quarter * offsets.len();
    let ratio = |(qy, qx): &(usize, usize)| {
        let mut beside: Vec<f64> = (0..offsets.len() * offsets.len())
            .skip(1)
            .map(|i| power(at(*qy) + i / offsets.len(), at(*qx) + i % offsets.len()))
            .collect();
        beside.sort_by(f64::total_cmp);
        let median = f64::midpoint(beside[beside.len() / 2 - 1], beside[beside.len() / 2]);
        LN_2 * power(at(*qy), at(*qx)) / median
    };
    let ratios: Vec<f64> = PEAKS.iter().map(ratio).collect();
    ratios.iter().sum::<f64>() / ratios.len() as f64
}

/// The peaks in quarters of a cycle a pixel, (y, x); three quarters are minus one. Of a real picture the spectrum at the others is that of
/// these.
const PEAKS: [(usize, usize); 9] = [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2)];

type Complex = (f64, f64);

/// A windowed wave of one frequency.
struct Wave(Vec<Complex>);

impl Wave {
    fn new(frequency: f64, window: &[f64]) -> Self {
        let at = |(i, w): (usize, &f64)| {
            let angle = 2.0 * PI * frequency * i as f64;
            (w * angle.cos(), -w * angle.sin())
        };
        Self(window.iter().enumerate().map(at).collect())
    }

    fn of(&self, values: impl Iterator<Item = Complex>) -> Complex {
        self.0
            .iter()
            .zip(values)
            .fold((0.0, 0.0), |(re, im), ((c, s), (a, b))| (re + c * a - s * b, im + c * b + s * a))
    }
}
