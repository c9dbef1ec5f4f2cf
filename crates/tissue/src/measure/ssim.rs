//! Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004, *IEEE Transactions on Image Processing* 13).

use super::luminance::luminance;

/// The window: Gaussian of this standard deviation, cut off at [`RADIUS`] pixels.
const SIGMA: f64 = 1.5;
/// Pixels to each side: 11 in all.
const RADIUS: usize = 5;
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// Mean structural similarity of the luminance of two square tiles of `size` pixels a side, −1 to 1: Gaussian window of 11 × 11 with
/// σ = 1.5, K₁ = 0.01, K₂ = 0.03, over the places where the window fits whole. `None` where it fits nowhere (under 11 pixels).
///
/// scikit-image's `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)`.
///
/// # Panics
/// If a tile is not `size` × `size`.
pub fn ssim(tile: &[u8], other: &[u8], size: usize) -> Option<f64> {
    assert!([tile, other].iter().all(|t| t.len() == size * size * 3), "tiles of {size} px");
    if size <= 2 * RADIUS {
        return None;
    }
    let (x, y) = (luminance(tile), luminance(other));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<_>>();
    let window = window();
    let mean = |values: &[f64]| smoothed(values, size, &window);
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let (xx, yy, xy) = (mean(&product(&x, &x)), mean(&product(&y, &y)), mean(&product(&x, &y)));
    let sum: f64 = (0..mean_x.len())
        .map(|at| {
            let (mx, my) = (mean_x[at], mean_y[at]);
            let (var_x, var_y, cov) = (xx[at] - mx * mx, yy[at] - my * my, xy[at] - mx * my);
            (2.0 * mx * my + C1) * (2.0 * cov + C2) / ((mx * mx + my * my + C1) * (var_x + var_y + C2))
        })
        .sum();
    Some(sum / mean_x.len() as f64)
}

fn window() -> [f64; 2 * RADIUS + 1] {
    let weight = |i: usize| (-0.5 * ((i as f64 - RADIUS as f64) / SIGMA).powi(2)).exp();
    let weights: [f64; 2 * RADIUS + 1] = std::array::from_fn(weight);
    let sum: f64 = weights.iter().sum();
    weights.map(|w| w / sum)
}

/// The weighted means where the window fits whole: `size − 10` rows of as many.
fn smoothed(values: &[f64], size: usize, window: &[f64; 2 * RADIUS + 1]) -> Vec<f64> {
    let inner = size - 2 * RADIUS;
    let mut rows = Vec::with_capacity(size * inner);
    for row in values.chunks_exact(size) {
        rows.extend(row.windows(window.len()).map(|w| w.iter().zip(window).map(|(v, k)| v * k).sum::<f64>()));
    }
    let mut means = vec![0.0; inner * inner];
    for (y, out) in means.chunks_exact_mut(inner).enumerate() {
        for (k, row) in window.iter().zip(rows[y * inner..].chunks_exact(inner)) {
            for (out, v) in out.iter_mut().zip(row) {
                *out += k * v;
            }
        }
    }
    means
}
