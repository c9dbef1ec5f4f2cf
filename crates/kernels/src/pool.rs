//! The two poolings: maxima of windows of 3×3 with stride 2 and padding 1, and means of whole images.

use std::mem::MaybeUninit;

use crate::dims::Dims;
use crate::sums::column_sums;
use crate::work::{Output, run_blocks, vectorised};

/// Numbers of the input from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

/// Sizes after pooling with window 3, stride 2, padding 1.
pub fn pooled(d: Dims) -> Dims {
    Dims { h: d.h.div_ceil(2), w: d.w.div_ceil(2), ..d }
}

vectorised! {
    /// A row of windows over up to three rows of the input: maxima, and the taps they came from.
    fn max_row(lines: &[Option<&[f32]>; 3], c: usize, y: &mut [MaybeUninit<f32>], from: &mut [u8]) {
        const SIDE: usize = 16; // channels held in registers
        for (ox, (y, from)) in y.chunks_exact_mut(c).zip(from.chunks_exact_mut(c)).enumerate() {
            for (block, (y, from)) in y.chunks_mut(SIDE).zip(from.chunks_mut(SIDE)).enumerate() {
                let (mut best, mut taps) = ([f32::NEG_INFINITY; SIDE], [0u32; SIDE]);
                for (ky, line) in lines.iter().enumerate() {
                    let Some(line) = line else { continue };
                    for kx in 0..3 {
                        let Some(ix) = (2 * ox + kx).checked_sub(1).filter(|ix| (ix + 1) * c <= line.len()) else { continue };
                        let tap = (3 * ky + kx) as u32;
                        let x = &line[ix * c + block * SIDE..][..y.len()];
                        if let Ok(x) = <&[f32; SIDE]>::try_from(x) {
                            for i in 0..SIDE {
                                // Not a number wins, as in torch.
                                let more = x[i] > best[i] || x[i].is_nan();
                                best[i] = if more { x[i] } else { best[i] };
                                taps[i] = if more { tap } else { taps[i] };
                            }
                        } else {
                            for (i, x) in x.iter().enumerate() {
                                if *x > best[i] || x.is_nan() {
                                    (best[i], taps[i]) = (*x, tap);
                                }
                            }
                        }
                    }
                }
                for (i, (y, from)) in y.iter_mut().zip(from).enumerate() {
                    y.write(best[i]);
                    *from = taps[i] as u8;
                }
            }
        }
    }
}

/// The maxima, and which of the window's nine pixels each came from (the first, if several), by its place in the window, row
/// by row.
///
/// # Panics
/// If `x` is not as long as its sizes say.
pub fn max_forward(x: &[f32], d: Dims) -> (Vec<f32>, Vec<u8>) {
    assert_eq!(x.len(), d.len(), "a batch is as long as its sizes say");
    let o = pooled(d);
    let row = o.w * o.c;
    let mut y = Output::new(o.len());
    let writer = y.writer();
    let mut from = vec![0u8; o.len()];
    let pool = |(r, from): (usize, &mut [u8])| {
        let (image, oy) = (r / o.h, r % o.h);
        let lines = [0, 1, 2].map(|ky| {
            let iy = (2 * oy + ky).checked_sub(1).filter(|iy| *iy < d.h)?;
            Some(&x[(image * d.h + iy) * d.w * d.c..][..d.w * d.c])
        });
        // SAFETY: each row of windows has its own range.
        max_row(&lines, d.c, unsafe { writer.range(r * row, row) }, from);
    };
    if d.len() > PARALLEL {
        use rayon::prelude::*;
        from.par_chunks_exact_mut(row).enumerate().for_each(pool);
    } else {
        from.chunks_exact_mut(row).enumerate().for_each(pool);
    }
    // SAFETY: every row has been written.
    (unsafe { y.finish() }, from)
}

vectorised! {
    /// Adds the gradient of a row of windows, of which this is row `ky`, to a row of the input.
    fn add_where(grad: &[f32], from: &[u8], c: usize, ky: usize, dx: &mut [f32]) {
        let windows = grad.len() / c;
        for (ix, dx) in dx.chunks_exact_mut(c).enumerate() {
            for ox in ix / 2..=ix.div_ceil(2).min(windows - 1) {
                let tap = (3 * ky + ix + 1 - 2 * ox) as u8;
                for ((d, g), t) in dx.iter_mut().zip(&grad[ox * c..][..c]).zip(&from[ox * c..][..c]) {
                    *d += if *t == tap { *g } else { 0.0 };
                }
            }
        }
    }
}

/// The gradient of the input, `from` as [`max_forward`] gave it. `d` are the input's sizes.
///
/// # Panics
/// If the gradient is not as long as the pooled sizes say.
pub fn max_backward(grad: &[f32], from: &[u8], d: Dims) -> Vec<f32> {
    let o = pooled(d);
    assert_eq!([grad.len(), from.len()], [o.len(); 2], "a gradient is as long as its sizes say");
    let row = d.w * d.c;
    let mut dx = Output::new(d.len());
    let writer = dx.writer();
    run_blocks(d.n * d.h, d.len() > PARALLEL, |r| {
        let (image, iy) = (r / d.h, r % d.h);
        // SAFETY: each row has its own range.
        let dx = unsafe { writer.range(r * row, row) };
        dx.fill(MaybeUninit::new(0.0));
        // SAFETY: just filled.
        let dx = unsafe { dx.assume_init_mut() };
        // Row iy is in the windows of rows ⌊iy/2⌋ and, if odd, the next.
        for oy in iy / 2..=iy.div_ceil(2).min(o.h - 1) {
            let ky = iy + 1 - 2 * oy;
            let at = (image * o.h + oy) * o.w * o.c;
            add_where(&grad[at..][..o.w * o.c], &from[at..][..o.w * o.c], d.c, ky, dx);
        }
    });
    // SAFETY: every row has been written.
    unsafe { dx.finish() }
}

/// Means over the pixels of each image and channel, `[n, c]`.
///
/// # Panics
/// If `x` is not as long as its sizes say.
pub fn mean_forward(x: &[f32], d: Dims) -> Vec<f32> {
    assert_eq!(x.len(), d.len(), "a batch is as long as its sizes say");
    let area = d.h * d.w;
    let inverse = 1.0 / area as f32;
    let mut y = Vec::with_capacity(d.n * d.c);
    for image in x.chunks_exact(area * d.c) {
        y.extend(column_sums(image, d.c).into_iter().map(|s| s * inverse));
    }
    y
}

/// The gradient of the input, of sizes `d`: each pixel its share.
///
/// # Panics
/// If the gradient is not one number an image and channel.
pub fn mean_backward(grad: &[f32], d: Dims) -> Vec<f32> {
    assert_eq!(grad.len(), d.n * d.c, "one gradient an image and channel");
    let area = d.h * d.w;
    let inverse = 1.0 / area as f32;
    let mut dx = Output::new(d.len());
    let writer = dx.writer();
    run_blocks(d.n, d.len() > PARALLEL, |image| {
        // SAFETY: each image has its own range.
        let out = unsafe { writer.range(image * area * d.c, area * d.c) };
        for pixel in out.chunks_exact_mut(d.c) {
            for (v, g) in pixel.iter_mut().zip(&grad[image * d.c..][..d.c]) {
                v.write(g * inverse);
            }
        }
    });
    // SAFETY: every image has been written.
    unsafe { dx.finish() }
}
