//! A perceptual hash: copies of a picture that were compressed, scaled or toned a little anew have nearly the same.

use std::f64::consts::PI;

use super::luminance::luminance;

/// Side of the picture that is hashed, in pixels.
const SIDE: usize = 32;
/// The lowest frequencies of each axis that are kept.
const KEPT: usize = 8;
/// A picture whose luminance, at 32 × 32 pixels, has a smaller standard deviation than this (of 255 levels) is flat: its hash would be chance.
const FLAT: f64 = 1.0;
/// Pictures whose hashes differ by no more than so many of 64 bits are near-copies. Of unrelated pictures some 32 bits differ.
pub const NEAR_COPY_BITS: u32 = 6;

/// 64 bits of a picture's coarsest light and dark: whether each of the 8 × 8 lowest frequencies of the discrete cosine transform of the
/// luminance is above their median (Zauner 2010, *Implementation and Benchmarking of Perceptual Image Hash Functions*, section 3.2.1; the
/// bits and their order are those of ImageHash's `phash`). The picture is brought to 32 × 32 pixels by the mean of areas, where `phash` has
/// Pillow's Lanczos filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerceptualHash(pub u64);

impl PerceptualHash {
    /// The hash of a picture, HWC RGB8. `None` of a flat one.
    ///
    /// # Panics
    /// If a side is 0 or `rgb` does not hold `width * height * 3` bytes.
    pub fn of(rgb: &[u8], width: usize, height: usize) -> Option<Self> {
        assert!(width > 0 && height > 0 && rgb.len() == width * height * 3, "a whole picture");
        let small = shrunk(&luminance(rgb), width, height);
        let mean = small.iter().sum::<f64>() / small.len() as f64;
        let variance = small.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / small.len() as f64;
        if variance < FLAT * FLAT {
            return None;
        }
        let low = lowest_frequencies(&small);
        let mut sorted = low.clone();
        sorted.sort_by(f64::total_cmp);
        let median = f64::midpoint(sorted[sorted.len() / 2 - 1], sorted[sorted.len() / 2]);
        Some(Self(low.iter().fold(0, |bits, v| bits << 1 | u64::from(*v > median))))
    }

    /// How many bits differ, 0 to 64.
    pub fn bits(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// How many bits differ: 0 between two flat pictures, 64 between a flat one and another.
pub fn bits_apart(a: Option<PerceptualHash>, b: Option<PerceptualHash>) -> u32 {
    match (a, b) {
        (Some(a), Some(b)) => a.bits(b),
        (None, None) => 0,
        _ => 64,
    }
}

/// The mean of the picture over each of 32 × 32 equal areas; pixels on a border count to both sides by how much of them lies there.
fn shrunk(values: &[f64], width: usize, height: usize) -> Vec<f64> {
    let (columns, rows) = (areas(width), areas(height));
    let mut narrow = vec![0.0; height * SIDE];
    for (out, row) in narrow.chunks_exact_mut(SIDE).zip(values.chunks_exact(width)) {
        for (out, (first, weights)) in out.iter_mut().zip(&columns) {
            *out = weights.iter().zip(&row[*first..]).map(|(w, v)| w * v).sum();
        }
    }
    let mut small = vec![0.0; SIDE * SIDE];
    for (out, (first, weights)) in small.chunks_exact_mut(SIDE).zip(&rows) {
        for (w, row) in weights.iter().zip(narrow[first * SIDE..].chunks_exact(SIDE)) {
            for (out, v) in out.iter_mut().zip(row) {
                *out += w * v;
            }
        }
    }
    small
}

/// Of each of 32 equal parts of `length` pixels: the first pixel and the weights of that and the next ones, which sum to 1.
fn areas(length: usize) -> Vec<(usize, Vec<f64>)> {
    let part = length as f64 / SIDE as f64;
    (0..SIDE)
        .map(|i| {
            // Whole numbers, so that no border is missed by rounding.
            let (first, end) = (i * length / SIDE, ((i + 1) * length).div_ceil(SIDE));
            let (from, to) = (i as f64 * part, (i + 1) as f64 * part);
            let weight = |p: usize| ((p as f64 + 1.0).min(to) - (p as f64).max(from)).max(0.0) / part;
            (first, (first..end).map(weight).collect())
        })
        .collect()
}

/// The 8 × 8 lowest frequencies of the two-dimensional cosine transform (type II, unnormalised), row by row.
fn lowest_frequencies(values: &[f64]) -> Vec<f64> {
    let angle = |k: usize, n: usize| PI * k as f64 * (2 * n + 1) as f64 / (2 * SIDE) as f64;
    let cosines: Vec<Vec<f64>> =
        (0..KEPT).map(|k| (0..SIDE).map(|n| 2.0 * angle(k, n).cos()).collect()).collect();
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let rows: Vec<Vec<f64>> =
        values.chunks_exact(SIDE).map(|row| cosines.iter().map(|c| sum(c, row)).collect()).collect();
    let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<_>>();
    let columns: Vec<Vec<f64>> = (0..KEPT).map(column).collect();
    (0..KEPT).flat_map(|ky| columns.iter().map(|c| sum(&cosines[ky], c)).collect::<Vec<_>>()).collect()
}
