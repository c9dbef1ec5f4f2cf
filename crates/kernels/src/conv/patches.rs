//! Convolutions as matrix products over gathered patches, a block of output pixels at a time.
//!
//! The input gradient of a convolution with stride s falls apart into s² plain convolutions of the output gradient, one for each residue of
//! row and column, so nothing is scattered.

use std::ops::Range;

use super::finish::Finish;
use super::shape::ConvShape;
use super::window::Window;
use super::{narrow, pack};
use crate::dims::Dims;
use crate::matmul::{Matrix, matmul_into};
use crate::work::{Output, Scratch, Writer, run_blocks};

/// Multiplications below which a block is not worth a thread.
const BLOCK_WORK: usize = 1 << 21;
/// Numbers of a patch that are gathered at a time, in whole taps: what the matrix product takes as its depth at a time.
const DEPTH: usize = 640;
/// Channels of a block: so many columns of packed weights, `DEPTH` deep, fill half of the second-level cache.
const CHANNELS: usize = 256;
/// Most pixels of a block, a multiple of the micro-kernel's six: the product packs the weights anew for each block, which costs a
/// twentieth of its time at 64 pixels and little at 192.
const PIXELS: usize = 192;
/// Numbers in a vector of the widest kind.
const LANES: usize = 16;
/// Floats of gathered patches in a block of the weight gradient.
const BLOCK_FLOATS: usize = 3 << 15;

/// The convolution.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], finish: &Finish<'_>) -> Vec<f32> {
    let packed = pack::transposed(w, s.k[0] * s.k[1] * s.x.c);
    let mut out = Output::new(s.y.len());
    convolve(&Window::of(s), x, &packed, s.y.c, finish, &out.writer(), None);
    // SAFETY: the window's output pixels are all of the output's.
    unsafe { out.finish() }
}

/// The gradient of the input, whose border is not mirrored.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let (ci, co, taps) = (s.x.c, s.y.c, s.k[0] * s.k[1]);
    let mut out = Output::new(s.x.len());
    let writer = out.writer();
    for a in 0..s.stride.min(s.x.h) {
        for b in 0..s.stride.min(s.x.w) {
            let (rows, cols) = (Phase::new(s, a, 0, s.x.h), Phase::new(s, b, 1, s.x.w));
            let order: Vec<usize> = (0..rows.taps)
                .flat_map(|u| (0..cols.taps).map(move |v| (u, v)))
                .map(|(u, v)| rows.tap(s, u) * s.k[1] + cols.tap(s, v))
                .collect();
            let packed = pack::by_tap(w, [co, ci, taps], &order);
            let window = Window {
                src: s.y,
                oh: rows.count,
                ow: cols.count,
                kh: rows.taps,
                kw: cols.taps,
                stride: 1,
                top: rows.shift,
                left: cols.shift,
                reflect: false,
            };
            let place = (s.stride > 1).then_some(Place { dims: s.x, stride: s.stride, a, b });
            convolve(&window, g, &packed, ci, &Finish::bias(bias), &writer, place);
        }
    }
    // SAFETY: the residues together are every row and column, each written by its convolution.
    unsafe { out.finish() }
}

/// One axis of one residue: input coordinates `stride·j + a`, and the kernel's taps that reach them.
struct Phase {
    count: usize,
    taps: usize,
    shift: isize,
    first: usize,
}

impl Phase {
    fn new(s: &ConvShape, a: usize, axis: usize, size: usize) -> Self {
        let first = (a + s.pad) % s.stride;
        let taps = s.k[axis].saturating_sub(first).div_ceil(s.stride);
        let shift = ((a + s.pad - first) / s.stride) as isize - taps as isize + 1;
        Phase { count: (size - a).div_ceil(s.stride), taps, shift, first }
    }

    /// The kernel's tap behind the window's: they run against one another.
    fn tap(&self, s: &ConvShape, u: usize) -> usize {
        self.first + s.stride * (self.taps - 1 - u)
    }
}

/// A line of `size` cut into equal pieces of at most `most`, multiples of `step`.
fn piece(size: usize, most: usize, step: usize) -> usize {
    size.div_ceil(size.div_ceil(most).max(1)).next_multiple_of(step).max(1)
}

/// The taps of a patch in pieces of about [`DEPTH`] numbers.
fn tap_ranges(window: &Window) -> Vec<Range<usize>> {
    let taps = window.kh * window.kw;
    let step = piece(taps, (DEPTH / window.src.c.max(1)).max(1), 1);
    (0..taps).step_by(step).map(|t| t..taps.min(t + step)).collect()
}

/// The gradient of the weights: pieces of the patches and blocks of output channels have weights of their own; many pixels are cut into
/// groups, whose sums are added in their order.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let window = Window::of(s);
    let (patch, co, pixels, c) = (window.patch(), s.y.c, window.pixels(), s.x.c);
    let size = patch * co;
    // Short patches may leave more of the last vector empty than the outputs do: then the product is the other way round.
    let waste = |len: usize| len.next_multiple_of(LANES) * size / len.max(1);
    let turned = patch <= DEPTH && waste(co) < waste(patch);
    let parts = tap_ranges(&window);
    let channels = piece(co, CHANNELS, 1);
    let blocks = co.div_ceil(channels);
    let wanted = (pixels * size / (2 * BLOCK_WORK)).clamp(1, 16).div_ceil(parts.len() * blocks);
    let groups = wanted.min(pixels / 256).max(1);
    let per_group = pixels.div_ceil(groups);

    let mut partial = Output::new(groups * size);
    let writer = partial.writer();
    run_blocks(groups * blocks * parts.len(), pixels * size > 2 * BLOCK_WORK, |task| {
        let (group, block, part) =
            (task / parts.len() / blocks, task / parts.len() % blocks, task % parts.len());
        let taps = parts[part].clone();
        let (from, width) = (taps.start * c, taps.len() * c);
        let (o, channels) = (block * channels, channels.min(co - block * channels));
        let (at, rows, pitch, cols) = if turned {
            (from * co + o, width, co, channels)
        } else {
            (o * patch + from, channels, patch, width)
        };
        // SAFETY: each task has its own rows and columns of its group's matrix.
        let dst = unsafe { writer.block(group * size + at, rows, pitch, cols) };
        let range = group * per_group..pixels.min((group + 1) * per_group);
        let most = piece(per_group, (BLOCK_FLOATS / width.max(1)).max(64), 1);
        let mut buffer = Scratch::take(if window.is_identity() { 0 } else { most * width });
        for first in range.clone().step_by(most) {
            let count = most.min(range.end - first);
            let block = first..first + count;
            let columns = Matrix::rows(gathered(&window, x, block, taps.clone(), &mut buffer), width);
            let grad = Matrix::rows(&g[first * co + o..(first + count) * co], co);
            let (a, b) = if turned { (columns, grad) } else { (grad, columns) };
            // SAFETY: patches hold count·width numbers, the gradient `channels` of each of count pixels, the destination rows·cols,
            // written by the first block.
            unsafe { matmul_into(rows, cols, count, dst, pitch, a.transposed(), b, first > range.start) };
        }
        if range.is_empty() {
            // SAFETY: the destination's rows.
            (0..rows).for_each(|row| unsafe { std::ptr::write_bytes(dst.add(row * pitch), 0, cols) });
        }
    });
    // SAFETY: every task has written its whole block.
    let sums = sum_groups(unsafe { partial.finish() }, size);
    if turned { pack::transposed(&sums, co).to_vec() } else { sums }
}

/// The sum of groups of `size` numbers, in their order.
fn sum_groups(mut sums: Vec<f32>, size: usize) -> Vec<f32> {
    let (total, others) = sums.split_at_mut(size);
    for other in others.chunks_exact(size) {
        for (t, o) in total.iter_mut().zip(other) {
            *t += o;
        }
    }
    sums.truncate(size);
    sums
}

/// The gradient of the weights of a convolution with stride 1 to few channels: of every (padded) input pixel, its channels times the
/// patch of output gradients that it reached, which is far smaller than the patch of input pixels that an output is made of.
pub fn weight_gradient_few(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let (ci, co, taps) = (s.x.c, s.y.c, s.k[0] * s.k[1]);
    let (oh, ow) = (s.x.h + 2 * s.pad, s.x.w + 2 * s.pad);
    let inputs = Window { oh, ow, kh: 1, kw: 1, ..Window::of(s) };
    let outputs = Window {
        src: s.y,
        oh,
        ow,
        kh: s.k[0],
        kw: s.k[1],
        stride: 1,
        top: 1 - s.k[0] as isize,
        left: 1 - s.k[1] as isize,
        reflect: false,
    };
    let (patch, pixels, size) = (outputs.patch(), outputs.pixels(), ci * co * taps);
    let groups = (pixels * size / (2 * BLOCK_WORK)).clamp(1, 16).min(pixels / 256).max(1);
    let per_group = pixels.div_ceil(groups);
    let mut partial = Output::new(groups * size);
    let writer = partial.writer();
    run_blocks(groups, pixels * size > 2 * BLOCK_WORK, |group| {
        // SAFETY: each group has its own range.
        let dst = unsafe { writer.block(group * size, patch, ci, ci) };
        let range = group * per_group..pixels.min((group + 1) * per_group);
        let rows = piece(per_group, (BLOCK_FLOATS / (patch + ci)).max(64), 1);
        let (mut left, mut right) = (Scratch::take(rows * patch), Scratch::take(rows * ci));
        for first in range.clone().step_by(rows) {
            let block = first..range.end.min(first + rows);
            let grads = Matrix::rows(gathered(&outputs, g, block.clone(), 0..taps, &mut left), patch);
            let pixels = Matrix::rows(gathered(&inputs, x, block.clone(), 0..1, &mut right), ci);
            let add = first > range.start;
            // SAFETY: as many patches as pixels, just gathered; the destination is written by the first block.
            unsafe { matmul_into(patch, ci, block.len(), dst, ci, grads.transposed(), pixels, add) };
        }
        if range.is_empty() {
            // SAFETY: the destination's own length.
            unsafe { std::ptr::write_bytes(dst, 0, size) };
        }
    });
    // SAFETY: every group has written its whole range.
    let sums = sum_groups(unsafe { partial.finish() }, size);
    // A patch of outputs runs against the kernel's taps.
    (0..co * taps)
        .flat_map(|i| &sums[((taps - 1 - i % taps) * co + i / taps) * ci..][..ci])
        .copied()
        .collect()
}

/// Where the pixels of one residue go: to row `stride·y + a`, column `stride·x + b`.
#[derive(Clone, Copy)]
struct Place {
    dims: Dims,
    stride: usize,
    a: usize,
    b: usize,
}

/// The patches' taps of a range of output pixels: gathered, or the source itself.
fn gathered<'a>(
    window: &Window,
    src: &'a [f32],
    pixels: Range<usize>,
    taps: Range<usize>,
    buffer: &'a mut Scratch,
) -> &'a [f32] {
    let width = taps.len() * window.src.c;
    if window.is_identity() {
        return &src[pixels.start * width..pixels.end * width];
    }
    let buffer = &mut buffer[..pixels.len() * width];
    window.gather(src, pixels, taps, buffer);
    buffer
}

/// Convolves by the window with packed weights `[kh, kw, c, co]` and writes every output pixel of it. Where the pixels have places of their own, they
/// are finished by a shift alone.
fn convolve(
    window: &Window,
    src: &[f32],
    packed: &[f32],
    co: usize,
    finish: &Finish<'_>,
    out: &Writer<'_>,
    place: Option<Place>,
) {
    let (patch, pixels) = (window.patch(), window.pixels());
    assert_eq!(packed.len(), patch * co, "weights match their window");
    if narrow::suits(window, co) {
        return convolve_narrow(window, src, packed, co, finish, out, place);
    }
    let parts = tap_ranges(window);
    let widest = parts.first().map_or(0, |taps| taps.len() * window.src.c);
    // By shapes alone: so that even small work falls into several blocks, but none so small that it is not worth a thread.
    let by_work = (pixels * patch * co / BLOCK_WORK).clamp(1, 64);
    let rows = piece(pixels, pixels.div_ceil(by_work).clamp(24, PIXELS), 6);
    let channels = piece(co, CHANNELS, 64);
    let blocks = co.div_ceil(channels);
    run_blocks(pixels.div_ceil(rows) * blocks, pixels * patch * co > 2 * BLOCK_WORK, |task| {
        let (first, o) = (task / blocks * rows, task % blocks * channels);
        let (count, channels) = (rows.min(pixels - first), channels.min(co - o));
        let mut buffer = Scratch::take(if window.is_identity() { 0 } else { count * widest });
        let mut result = Scratch::take(if place.is_some() { count * channels } else { 0 });
        let (dst, pitch) = match place {
            // SAFETY: each task has its own channels of its own pixels.
            None => (unsafe { out.block(first * co + o, count, co, channels) }, co),
            Some(_) => (result.as_mut_ptr(), channels),
        };
        for taps in &parts {
            let from = taps.start * window.src.c;
            let width = taps.len() * window.src.c;
            let columns = gathered(window, src, first..first + count, taps.clone(), &mut buffer);
            let weights = Matrix::rows(&packed[from * co + o..], co);
            // SAFETY: patches hold count·width numbers, as many rows of weights lie from `from` on (their number was just checked), the
            // destination has count rows of `channels`, written by the first product.
            unsafe {
                matmul_into(
                    count,
                    channels,
                    width,
                    dst,
                    pitch,
                    Matrix::rows(columns, width),
                    weights,
                    from > 0,
                );
            }
        }
        for i in 0..if parts.is_empty() || !finish.is_nothing() { count } else { 0 } {
            if parts.is_empty() {
                // SAFETY: a row of the destination.
                unsafe { std::ptr::write_bytes(dst.add(i * pitch), 0, channels) };
            }
            // SAFETY: a row of the destination, which has been written.
            let line = unsafe { std::slice::from_raw_parts_mut(dst.add(i * pitch), channels) };
            finish.line(line, o, (first + i) * co + o);
        }
        if let Some(place) = place {
            place.scatter(window, &result, first, co, o..o + channels, out);
        }
    });
}

impl Place {
    /// Copies output pixels from `first` on to where they belong.
    fn scatter(
        &self,
        window: &Window,
        pixels: &[f32],
        first: usize,
        co: usize,
        channels: Range<usize>,
        out: &Writer<'_>,
    ) {
        for (i, line) in pixels.chunks_exact(channels.len()).enumerate() {
            let (row, ox) = ((first + i) / window.ow, (first + i) % window.ow);
            let (image, oy) = (row / window.oh, row % window.oh);
            let (y, x) = (oy * self.stride + self.a, ox * self.stride + self.b);
            let at = ((image * self.dims.h + y) * self.dims.w + x) * co + channels.start;
            // SAFETY: each channel of each output pixel belongs to one block of one residue.
            unsafe { out.range(at, channels.len()) }.write_copy_of_slice(line);
        }
    }
}

/// [`convolve`] for few output channels.
fn convolve_narrow(
    window: &Window,
    src: &[f32],
    packed: &[f32],
    co: usize,
    finish: &Finish<'_>,
    out: &Writer<'_>,
    place: Option<Place>,
) {
    let patch = window.patch();
    let weights: Vec<f32> = (0..co * patch).map(|i| packed[(i % patch) * co + i / patch]).collect();
    let rows = (BLOCK_WORK / (window.ow * patch * co)).clamp(1, window.oh);
    let bands = window.oh.div_ceil(rows);
    run_blocks(window.src.n * bands, window.pixels() * patch * co > 2 * BLOCK_WORK, |block| {
        let (image, oy) = (block / bands, block % bands * rows);
        let rows = rows.min(window.oh - oy);
        let mut result = Scratch::take(rows * window.ow * co);
        narrow::convolve_rows(window, src, &weights, co, image, oy, rows, &mut result);
        let first = (image * window.oh + oy) * window.ow;
        for (i, line) in result.chunks_exact_mut(co).enumerate() {
            finish.line(line, 0, (first + i) * co);
        }
        if let Some(place) = place {
            place.scatter(window, &result, first, co, 0..co, out);
        } else {
            // SAFETY: each block has its own rows.
            let dst = unsafe { out.range(first * co, result.len()) };
            for (d, v) in dst.iter_mut().zip(result.iter()) {
                d.write(*v);
            }
        }
    });
}
