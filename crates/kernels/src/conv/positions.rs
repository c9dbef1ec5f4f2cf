//! Convolution on maps of a few pixels by a batch of images: a matrix product for each pixel of the map, over the taps that stay inside
//! it alone, with the images side by side in the vectors.
//!
//! Maps are turned to `[pixel, channel, image]` and back, which costs little as they are small. The weights, which are large, are then
//! used as they lie, and their zeros' partners at the border are never multiplied: on a map of 2×2 that is 16 of 36 pairs of pixel and tap.

use super::shape::ConvShape;
use crate::dims::Dims;
use crate::matmul::{Matrix, matmul_into};
use crate::transpose::transpose;
use crate::work::{Output, Scratch, run_blocks};

/// Output channels of a block of the forward pass: so that their weights stay in the second-level cache while every pixel uses them, in
/// rows of the micro-kernel's six.
fn forward_rows(patch: usize) -> usize {
    (((1 << 17) / patch.max(1)) / 6 * 6).max(6)
}
/// Output channels whose weights the input gradient uses for every pixel before it goes on to the next.
const GRADIENT_DEPTH: usize = 64;
/// Channels in a block of either gradient.
const GRADIENT_BLOCK: usize = 128;

/// The taps of one axis, from the first and to before the second, that output coordinate `o` finds inside the map.
fn taps_inside(s: &ConvShape, axis: usize, o: usize, size: usize) -> std::ops::Range<usize> {
    let end = (size + s.pad).saturating_sub(o * s.stride).min(s.k[axis]);
    s.pad.saturating_sub(o * s.stride).min(end)..end
}

/// Pairs of output pixel and tap that lie inside the map: `(output pixel, tap, input pixel)`.
fn pairs(s: &ConvShape) -> Vec<[usize; 3]> {
    let mut all = Vec::new();
    for p in 0..s.y.h * s.y.w {
        let (oy, ox) = (p / s.y.w, p % s.y.w);
        for ky in taps_inside(s, 0, oy, s.x.h) {
            for kx in taps_inside(s, 1, ox, s.x.w) {
                let (iy, ix) = (oy * s.stride + ky - s.pad, ox * s.stride + kx - s.pad);
                all.push([p, ky * s.k[1] + kx, iy * s.x.w + ix]);
            }
        }
    }
    all
}

/// The part of all multiplications of a patch-wise convolution that this one does.
pub fn share_inside(s: &ConvShape) -> f64 {
    let inside = |axis: usize, out: usize, size: usize| -> usize {
        (0..out).map(|o| taps_inside(s, axis, o, size).len()).sum()
    };
    let all = s.y.h * s.k[0] * s.y.w * s.k[1];
    (inside(0, s.y.h, s.x.h) * inside(1, s.y.w, s.x.w)) as f64 / all as f64
}

/// `[image, pixel, channel]` → `[pixel, channel, image]`.
fn images_last(x: &[f32], d: Dims) -> Vec<f32> {
    let (pixels, size) = (d.h * d.w, d.c * d.n);
    let mut out = Output::new(d.len());
    let writer = out.writer();
    run_blocks(pixels, d.len() > 1 << 16, |q| {
        // SAFETY: each pixel has its own range, of as many numbers as the transpose writes.
        unsafe {
            let dst = writer.block(q * size, d.c, d.n, d.n);
            transpose(&x[q * d.c..], pixels * d.c, d.n, d.c, dst, d.n);
        };
    });
    // SAFETY: every pixel has been written.
    unsafe { out.finish() }
}

/// The reverse of [`images_last`], with a bias added.
fn images_first(x: &[f32], d: Dims, bias: Option<&[f32]>) -> Vec<f32> {
    let (pixels, size) = (d.h * d.w, d.c * d.n);
    let mut out = Output::new(d.len());
    let writer = out.writer();
    run_blocks(pixels, d.len() > 1 << 16, |q| {
        // SAFETY: each pixel has its own lines, one an image.
        let dst = unsafe { writer.block(q * d.c, d.n, pixels * d.c, d.c) };
        // SAFETY: as above; these are all of them.
        unsafe { transpose(&x[q * size..], d.n, d.c, d.n, dst, pixels * d.c) };
        if let Some(bias) = bias {
            for image in 0..d.n {
                // SAFETY: as above, and just written.
                let line = unsafe { std::slice::from_raw_parts_mut(dst.add(image * pixels * d.c), d.c) };
                for (v, b) in line.iter_mut().zip(bias) {
                    *v += b;
                }
            }
        }
    });
    // SAFETY: every pixel of every image has been written.
    unsafe { out.finish() }
}

/// The convolution.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let (n, ci, co, pixels) = (s.x.n, s.x.c, s.y.c, s.y.h * s.y.w);
    let patch = s.k[0] * s.k[1] * ci;
    let src = images_last(x, s.x);
    let rows = forward_rows(patch);
    let mut out = Output::new(s.y.len());
    let writer = out.writer();
    // Pixels of one block of channels follow one another, so that they find its weights in the cache.
    run_blocks(co.div_ceil(rows) * pixels, true, |task| {
        let (first, p) = (task / pixels * rows, task % pixels);
        let (oy, ox) = (p / s.y.w, p % s.y.w);
        let rows = rows.min(co - first);
        // SAFETY: each task has its own channels of its own pixel.
        let dst = unsafe { writer.block((p * co + first) * n, rows, n, n) };
        let columns = taps_inside(s, 1, ox, s.x.w);
        let depth = columns.len() * ci;
        let lines = if depth > 0 { taps_inside(s, 0, oy, s.x.h) } else { 0..0 };
        let mut add = false;
        for ky in lines {
            let tap = ky * s.k[1] + columns.start;
            let at = (oy * s.stride + ky - s.pad) * s.x.w + (ox * s.stride + columns.start - s.pad);
            let a = Matrix::rows(&w[first * patch + tap * ci..], patch);
            let b = Matrix::rows(&src[at * ci * n..][..depth * n], n);
            // SAFETY: rows of `depth` weights end inside their output channel's, pixels side by side hold depth·n numbers, the
            // destination is this task's and written by the first product.
            unsafe { matmul_into(rows, n, depth, dst, n, a, b, add) };
            add = true;
        }
        if !add {
            // SAFETY: the destination's own length.
            unsafe { std::ptr::write_bytes(dst, 0, rows * n) };
        }
    });
    // SAFETY: every task has written all of its own.
    images_first(&unsafe { out.finish() }, s.y, bias)
}

/// The gradient of the input.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let (n, ci, co, pixels) = (s.x.n, s.x.c, s.y.c, s.x.h * s.x.w);
    let patch = s.k[0] * s.k[1] * ci;
    let grad = images_last(g, s.y);
    let mut reaching = vec![Vec::new(); pixels];
    for [p, tap, q] in pairs(s) {
        reaching[q].push((p, tap));
    }
    let mut out = Output::new(s.x.len());
    let writer = out.writer();
    run_blocks(ci.div_ceil(GRADIENT_BLOCK), true, |block| {
        let first = block * GRADIENT_BLOCK;
        let rows = GRADIENT_BLOCK.min(ci - first);
        for from in (0..co).step_by(GRADIENT_DEPTH) {
            let depth = GRADIENT_DEPTH.min(co - from);
            for (q, taps) in reaching.iter().enumerate() {
                // SAFETY: each block has its own channels of every pixel.
                let dst = unsafe { writer.block((q * ci + first) * n, rows, n, n) };
                for (i, (p, tap)) in taps.iter().enumerate() {
                    let a = Matrix::rows(&w[from * patch + tap * ci + first..], patch).transposed();
                    let b = Matrix::rows(&grad[(p * co + from) * n..][..depth * n], n);
                    // SAFETY: the tap's weights of `depth` output and `rows` input channels, a pixel's `depth` channels, and this block's
                    // destination, written by the first product.
                    unsafe { matmul_into(rows, n, depth, dst, n, a, b, from + i > 0) };
                }
                if taps.is_empty() {
                    // SAFETY: the destination's own length.
                    unsafe { std::ptr::write_bytes(dst, 0, rows * n) };
                }
            }
        }
    });
    // SAFETY: every block has written all of its own.
    images_first(&unsafe { out.finish() }, s.x, bias)
}

/// The gradient of the weights.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let (n, ci, co, taps) = (s.x.n, s.x.c, s.y.c, s.k[0] * s.k[1]);
    let patch = taps * ci;
    let grad = images_last(g, s.y);
    let mut by_tap = vec![Vec::new(); taps];
    for [p, tap, q] in pairs(s) {
        by_tap[tap].push((p, q));
    }
    let mut out = Output::new(co * patch);
    let writer = out.writer();
    let blocks = co.div_ceil(GRADIENT_BLOCK);
    run_blocks(blocks * taps, true, |task| {
        let (first, tap) = (task / taps * GRADIENT_BLOCK, task % taps);
        let rows = GRADIENT_BLOCK.min(co - first);
        let pairs = &by_tap[tap];
        let depth = pairs.len() * n;
        // SAFETY: each task has its own rows and columns of the weights.
        let dst = unsafe { writer.block(first * patch + tap * ci, rows, patch, ci) };
        let (mut left, mut right) = (Scratch::take(rows * depth), Scratch::take(depth * ci));
        if pairs.is_empty() {
            for row in 0..rows {
                // SAFETY: a row of the destination.
                unsafe { std::ptr::write_bytes(dst.add(row * patch), 0, ci) };
            }
            return;
        }
        for (c, line) in left.chunks_exact_mut(depth).enumerate() {
            for (part, (p, _)) in line.chunks_exact_mut(n).zip(pairs) {
                part.copy_from_slice(&grad[(p * co + first + c) * n..][..n]);
            }
        }
        let lines = pairs.iter().flat_map(|(_, q)| (0..n).map(move |image| image * s.x.h * s.x.w + q));
        for (line, at) in right.chunks_exact_mut(ci).zip(lines) {
            line.copy_from_slice(&x[at * ci..][..ci]);
        }
        // SAFETY: rows·depth and depth·ci numbers, just gathered, into this task's destination.
        unsafe {
            matmul_into(
                rows,
                ci,
                depth,
                dst,
                patch,
                Matrix::rows(&left, depth),
                Matrix::rows(&right, ci),
                false,
            );
        }
    });
    // SAFETY: every task has written all of its own.
    unsafe { out.finish() }
}
