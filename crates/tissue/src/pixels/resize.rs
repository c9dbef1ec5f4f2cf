//! Resizing a tile, bilinear and antialiased, as torchvision's `resize(antialias=True)` on uint8.

/// Fractional bits of a weight. 256 levels, a sum of weights of 1 and the sign leave 22.
const BITS: u32 = 22;

/// The source pixels one target pixel averages, along one axis.
struct Window {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes a square tile of `from` × `from` 8-bit RGB pixels to `to` × `to`.
///
/// Each target pixel is a weighted mean of the source pixels around its centre, the weights a triangle of half-width
/// one *target* pixel when shrinking (so nothing aliases), one source pixel when enlarging, cut off at the border
/// and made to sum to one. First along the rows, rounded to bytes, then along the columns: the order and rounding
/// of Pillow and torch, from which this differs by at most one level.
///
/// # Panics
/// If `from` is 0, or `tile` is not `3 · from²` long.
pub fn resize_bilinear(tile: &[u8], from: usize, to: usize) -> Vec<u8> {
    assert!(from > 0, "a tile without pixels");
    assert_eq!(tile.len(), 3 * from * from, "bytes of a tile of {from}");
    if from == to {
        return tile.to_vec();
    }
    let windows = windows(from, to);
    let mut narrowed = Vec::with_capacity(3 * from * to);
    for row in tile.chunks_exact(3 * from) {
        for window in &windows {
            let mut sums = [HALF; 3];
            for (pixel, weight) in row[3 * window.first..].as_chunks::<3>().0.iter().zip(&window.weights) {
                for channel in 0..3 {
                    sums[channel] += i32::from(pixel[channel]) * weight;
                }
            }
            narrowed.extend(sums.map(to_byte));
        }
    }
    let mut result = Vec::with_capacity(3 * to * to);
    let mut sums = vec![0_i32; 3 * to];
    for window in &windows {
        sums.fill(HALF);
        for (row, weight) in narrowed.chunks_exact(3 * to).skip(window.first).zip(&window.weights) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += i32::from(*value) * weight;
            }
        }
        result.extend(sums.iter().map(|sum| to_byte(*sum)));
    }
    result
}

const HALF: i32 = 1 << (BITS - 1);

fn to_byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

fn windows(from: usize, to: usize) -> Vec<Window> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|i| {
            let centre = scale * (i as f64 + 0.5);
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let weight = |j: usize| (1.0 - ((j as f64 + 0.5 - centre) / reach).abs()).max(0.0);
            let total: f64 = (first..end).map(weight).sum();
            let fixed = |w: f64| (w / total * f64::from(1_u32 << BITS)).round() as i32;
            Window { first, weights: (first..end).map(|j| fixed(weight(j))).collect() }
        })
        .collect()
}
