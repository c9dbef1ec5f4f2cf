//! Sums over pixels, channel by channel.

use crate::groups::Groups;
use crate::work::{Output, vectorised};

/// Channels are few and vectors wide: so many pixels are taken side by side.
pub fn side_by_side(c: usize) -> usize {
    (64 / c).max(1)
}

/// `values`, one a channel, repeated for the pixels taken side by side.
pub fn repeated(values: &[f32]) -> Vec<f32> {
    values.repeat(side_by_side(values.len().max(1)))
}

vectorised! {
    /// Adds lanes back up to channels, in the first of them.
    pub fn fold(lanes: &mut [f32], c: usize) {
        let (first, others) = lanes.split_at_mut(c);
        for other in others.chunks_exact(c) {
            for (f, o) in first.iter_mut().zip(other) {
                *f += o;
            }
        }
    }
}

/// Lanes whose sums stay in registers.
pub const LANES: usize = 64;

vectorised! {
    /// Adds up, lane by lane. Rows are as long as `acc`; the last may be cut off.
    pub fn add_lanes(x: &[f32], acc: &mut [f32]) {
        let width = acc.len();
        for x in x.chunks(width) {
            for (a, v) in acc.iter_mut().zip(x) {
                *a += v;
            }
        }
    }
}

/// Sums of the columns of a matrix with rows of `c`.
pub fn column_sums(x: &[f32], c: usize) -> Vec<f32> {
    let g = Groups::new(1, x.len() / c, c);
    let mut partial = Output::new(g.chunks * c);
    let writer = partial.writer();
    g.for_chunks(|i, _, range| {
        let mut lanes = vec![0.0; c * side_by_side(c)];
        add_lanes(&x[range], &mut lanes);
        fold(&mut lanes, c);
        // SAFETY: each chunk has its own range.
        unsafe { writer.range(i * c, c) }.write_copy_of_slice(&lanes[..c]);
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };
    sum_chunks(&partial, c, c).into_iter().map(|v| v as f32).collect()
}

/// Sums `partial`, one line of `width` a chunk of which the first `c` count, in order and in double precision.
pub fn sum_chunks(partial: &[f32], width: usize, c: usize) -> Vec<f64> {
    let mut sums = vec![0.0f64; c];
    for line in partial.chunks_exact(width) {
        for (s, v) in sums.iter_mut().zip(line) {
            *s += f64::from(*v);
        }
    }
    sums
}
