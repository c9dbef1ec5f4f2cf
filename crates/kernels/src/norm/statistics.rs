//! Mean and variance.

use crate::groups::Groups;
use crate::sums::{LANES, add_lanes, fold, side_by_side};
use crate::work::{Output, vectorised};

vectorised! {
    /// Adds `x − shift` and its square up, lane by lane. Rows are as long as `shift`; the last may be cut off.
    fn add_shifted(x: &[f32], shift: &[f32], sums: &mut [f32], squares: &mut [f32]) {
        let width = shift.len();
        let whole = x.len() - x.len() % width;
        let blocks = width - width % LANES;
        for at in (0..blocks).step_by(LANES) {
            let (mut sum, mut square, mut k) = ([0.0f32; LANES], [0.0f32; LANES], [0.0f32; LANES]);
            k.copy_from_slice(&shift[at..][..LANES]);
            for row in x[..whole].chunks_exact(width) {
                let row = &row[at..][..LANES];
                for j in 0..LANES {
                    let d = row[j] - k[j];
                    sum[j] += d;
                    square[j] += d * d;
                }
            }
            for j in 0..LANES {
                sums[at + j] += sum[j];
                squares[at + j] += square[j];
            }
        }
        for (i, row) in x.chunks(width).enumerate() {
            let from = if i * width < whole { blocks } else { 0 };
            let n = row.len();
            let (row, k) = (&row[from..], &shift[from..n]);
            let (sums, squares) = (&mut sums[from..n], &mut squares[from..n]);
            for j in 0..row.len() {
                let d = row[j] - k[j];
                sums[j] += d;
                squares[j] += d * d;
            }
        }
    }
}

/// Mean and biased variance of every channel of every group, `[groups · c]` each.
///
/// A chunk is read once: sums and sums of squares are of the distance from the mean of its first sixteenth, which is at most four standard
/// deviations from the chunk's own mean, so that little cancels.
///
/// # Panics
/// If `x` is not as long as the groups say.
pub fn statistics(x: &[f32], g: &Groups) -> (Vec<f32>, Vec<f32>) {
    assert_eq!(x.len(), g.len(), "a tensor is as long as its groups together");
    let c = g.c;
    let mut partial = Output::new(g.count * g.chunks * 2 * c);
    let writer = partial.writer();
    g.for_chunks(|i, _, range| {
        let x = &x[range];
        let pixels = g.pixels_of(i);
        let width = c * side_by_side(c);
        let mut lanes = vec![0.0; 3 * width];
        let (shift, sums) = lanes.split_at_mut(width);
        let (sums, squares) = sums.split_at_mut(width);
        let sample = pixels.div_ceil(16);
        add_lanes(&x[..sample * c], sums);
        fold(sums, c);
        for shift in shift.chunks_exact_mut(c) {
            for (k, sum) in shift.iter_mut().zip(&*sums) {
                *k = sum / sample as f32;
            }
        }
        sums.fill(0.0);
        add_shifted(x, shift, sums, squares);
        fold(sums, c);
        fold(squares, c);
        // SAFETY: each chunk has its own range.
        let (means, centred) = unsafe { writer.range(i * 2 * c, 2 * c) }.split_at_mut(c);
        let inverse = 1.0 / pixels as f32;
        for ch in 0..c {
            means[ch].write(shift[ch] + sums[ch] * inverse);
            centred[ch].write((squares[ch] - sums[ch] * (sums[ch] * inverse)).max(0.0));
        }
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };
    let (mut means, mut vars) = (Vec::with_capacity(g.count * c), Vec::with_capacity(g.count * c));
    for (group, lines) in partial.chunks_exact(g.chunks * 2 * c).enumerate() {
        // Chan, Golub and LeVeque's rule joins the chunks' means and sums of squares.
        let (mut n, mut mean, mut squares) = (0.0f64, vec![0.0f64; c], vec![0.0f64; c]);
        for (chunk, line) in lines.chunks_exact(2 * c).enumerate() {
            let more = g.pixels_of(group * g.chunks + chunk) as f64;
            let all = n + more;
            join(line, more / all, n * more / all, &mut mean, &mut squares);
            n = all;
        }
        means.extend(mean.into_iter().map(|v| v as f32));
        vars.extend(squares.into_iter().map(|v| (v / n) as f32));
    }
    (means, vars)
}

vectorised! {
    /// Joins a chunk's means and sums of squares to those of the chunks before it; `part` is its part of all pixels.
    fn join(line: &[f32], part: f64, weight: f64, mean: &mut [f64], squares: &mut [f64]) {
        let c = mean.len();
        let (means, centred, squares) = (&line[..c], &line[c..][..c], &mut squares[..c]);
        for ch in 0..c {
            let delta = f64::from(means[ch]) - mean[ch];
            squares[ch] += f64::from(centred[ch]) + delta * delta * weight;
            mean[ch] += delta * part;
        }
    }
}

/// `1/√(var + eps)`.
pub fn inverse_deviation(var: &[f32], eps: f64) -> Vec<f32> {
    var.iter().map(|v| (1.0 / (f64::from(*v) + eps).sqrt()) as f32).collect()
}
