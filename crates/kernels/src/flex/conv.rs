//! Convolution, its input gradient (which is the transposed convolution) and its weight gradient. Weights and their gradient lie
//! channels-last, `[out, kh, kw, in]`.
//!
//! All three are matrix products over gathered patches, a block of output pixels at a time. The input gradient of a convolution with
//! stride s falls apart into s² plain convolutions of the output gradient, one for each residue of row and column, so nothing is scattered.

use super::algorithm::{Algorithm, Pass, choose};
use super::gather::Window;
use super::layout::Dims;
use super::matmul::{Matrix, matmul, matmul_into};
use super::norm::column_sums;
use super::work::{Output, Scratch, Writer, run_blocks};
use super::{narrow, pack, positions, winograd};

/// Floats of gathered patches that a block works on (a quarter of a mebibyte: stays in the second-level cache).
const BLOCK_FLOATS: usize = 1 << 16;
/// Multiplications below which a block is not worth a thread.
const BLOCK_WORK: usize = 1 << 21;

/// A convolution's sizes; `x` and `y` are its input and output, `k` counts rows and columns of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct ConvShape {
    /// Input.
    pub x: Dims,
    /// Output.
    pub y: Dims,
    /// Rows and columns of the kernel.
    pub k: [usize; 2],
    /// Stride of both axes.
    pub stride: usize,
    /// Padding on every side.
    pub pad: usize,
    /// Mirrored border instead of zeros.
    pub reflect: bool,
}

impl ConvShape {
    /// Sizes of the convolution of `x` with `[out, in, k, k]` weights.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn new(x: Dims, w: &[usize], stride: usize, pad: usize, reflect: bool) -> Self {
        assert_eq!(x.c, w[1], "a convolution's weights {w:?} are for as many channels as its input has");
        assert!(stride > 0, "a convolution's stride is at least 1");
        assert!(
            x.h + 2 * pad >= w[2] && x.w + 2 * pad >= w[3],
            "a convolution's kernel {w:?} fits into its padded input {x:?}"
        );
        assert!(
            !reflect || (pad < x.h && pad < x.w),
            "reflect padding of {pad} needs more pixels than that each way: {x:?}"
        );
        let y = Dims {
            n: x.n,
            h: (x.h + 2 * pad - w[2]) / stride + 1,
            w: (x.w + 2 * pad - w[3]) / stride + 1,
            c: w[0],
        };
        ConvShape { x, y, k: [w[2], w[3]], stride, pad, reflect }
    }

    fn window(&self) -> Window {
        Window {
            src: self.x,
            oh: self.y.h,
            ow: self.y.w,
            kh: self.k[0],
            kw: self.k[1],
            stride: self.stride,
            top: -(self.pad as isize),
            left: -(self.pad as isize),
            reflect: self.reflect,
        }
    }
}

/// The convolution of channels-last `x` with channels-last `w`.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    match choose(s, Pass::Forward) {
        Algorithm::Winograd => return winograd::forward(s, x, w, bias),
        Algorithm::Positions => return positions::forward(s, x, w, bias),
        Algorithm::Patches => {}
    }
    let packed = pack::transposed(w, s.k[0] * s.k[1] * s.x.c);
    let mut out = Output::new(s.y.len());
    convolve(&s.window(), x, &packed, s.y.c, bias, &out.writer(), None);
    // SAFETY: the window's output pixels are all of the output's.
    unsafe { out.finish() }
}

/// The gradient of the input, from the gradient `g` of the output; or the transposed convolution of `g`, plus `bias`.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    if s.reflect && s.pad > 0 {
        let padded = Dims { h: s.x.h + 2 * s.pad, w: s.x.w + 2 * s.pad, ..s.x };
        let wide = input_gradient(&ConvShape { x: padded, pad: 0, reflect: false, ..*s }, g, w, None);
        return fold_border(&wide, s.x, s.pad);
    }
    match choose(s, Pass::InputGradient) {
        Algorithm::Winograd => return winograd::input_gradient(s, g, w, bias),
        Algorithm::Positions => return positions::input_gradient(s, g, w, bias),
        Algorithm::Patches => {}
    }
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
            convolve(&window, g, &packed, ci, bias, &writer, place);
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

/// The gradient of the weights, channels-last, from input and output gradient.
///
/// Large patches are cut into their rows or pixels, which have weights of their own; many pixels into groups, whose sums are added in
/// their order.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    match choose(s, Pass::WeightGradient) {
        Algorithm::Winograd => return winograd::weight_gradient(s, x, g),
        Algorithm::Positions => return positions::weight_gradient(s, x, g),
        Algorithm::Patches => {}
    }
    const MANY: usize = 512; // so that some 128 patches fit into a block
    let whole = s.window();
    let (patch, co, pixels) = (whole.patch(), s.y.c, whole.pixels());
    let size = patch * co;
    let (kh, kw) = (s.k[0], s.k[1]);
    let parts: Vec<Window> = if patch <= MANY {
        vec![whole]
    } else if kw * s.x.c <= MANY {
        (0..kh).map(|ky| whole.part(ky, None)).collect()
    } else {
        (0..kh * kw).map(|t| whole.part(t / kw, Some(t % kw))).collect()
    };
    let part = patch / parts.len();
    let wanted = (pixels * size / (2 * BLOCK_WORK)).clamp(1, 16).div_ceil(parts.len());
    let groups = wanted.min(pixels / 256).max(1);
    let per_group = pixels.div_ceil(groups);
    let rows = per_group.min((BLOCK_FLOATS / part).max(64));

    let mut partial = Output::new(groups * size);
    let writer = partial.writer();
    let tasks = groups * parts.len();
    run_blocks(tasks, pixels * size > 2 * BLOCK_WORK, |task| {
        let (group, p) = (task / parts.len(), task % parts.len());
        let window = &parts[p];
        // SAFETY: each task has its own columns of its group's matrix.
        let dst = unsafe { writer.block(group * size + p * part, co, patch, part) };
        let (from, to) = (group * per_group, pixels.min((group + 1) * per_group));
        let mut buffer = Scratch::take(if window.is_identity() { 0 } else { rows * part });
        for first in (from..to).step_by(rows) {
            let count = rows.min(to - first);
            let columns = Matrix::rows(patches(window, x, first, count, &mut buffer), part);
            let grad = Matrix::rows(&g[first * co..(first + count) * co], co).transposed();
            // SAFETY: patches hold count·part numbers, the gradient count·co, the destination co rows of part, written by the first block.
            unsafe { matmul_into(co, part, count, dst, patch, grad, columns, first > from) };
        }
        if from >= to {
            for o in 0..co {
                // SAFETY: the destination's rows.
                unsafe { std::ptr::write_bytes(dst.add(o * patch), 0, part) };
            }
        }
    });
    // SAFETY: every task has written its whole range.
    let mut sums = unsafe { partial.finish() };
    let (total, others) = sums.split_at_mut(size);
    for other in others.chunks_exact(size) {
        for (t, o) in total.iter_mut().zip(other) {
            *t += o;
        }
    }
    sums.truncate(size);
    sums
}

/// The gradient of the bias: the sums of the output gradient's channels.
pub fn bias_gradient(g: &[f32], c: usize) -> Vec<f32> {
    column_sums(g, c)
}

/// Where the pixels of one residue go: to row `stride·y + a`, column `stride·x + b`.
#[derive(Clone, Copy)]
struct Place {
    dims: Dims,
    stride: usize,
    a: usize,
    b: usize,
}

/// Output pixels in a block: so that the patches stay in the cache, large work falls into several blocks, and yet no block is so small
/// that reading the weights costs more than using them. By shapes alone.
fn block_rows(pixels: usize, patch: usize, co: usize) -> usize {
    let most = (BLOCK_FLOATS / patch.max(1)).max(64);
    let least = (patch * co / 2048).clamp(16, 64);
    let by_work = (pixels * patch * co / BLOCK_WORK).clamp(1, 64);
    let rows = pixels.div_ceil(by_work).clamp(least, most);
    pixels.div_ceil(pixels.div_ceil(rows).max(1)).next_multiple_of(8)
}

fn patches<'a>(
    window: &Window,
    src: &'a [f32],
    first: usize,
    count: usize,
    buffer: &'a mut Scratch,
) -> &'a [f32] {
    let patch = window.patch();
    if window.is_identity() {
        return &src[first * patch..(first + count) * patch];
    }
    if patch == 0 {
        return &[]; // a residue that no tap of the kernel reaches
    }
    window.gather(src, first, count, buffer);
    &buffer[..count * patch]
}

/// Convolves by the window with packed weights `[kh, kw, c, co]` and writes every output pixel of it.
fn convolve(
    window: &Window,
    src: &[f32],
    packed: &[f32],
    co: usize,
    bias: Option<&[f32]>,
    out: &Writer<'_>,
    place: Option<Place>,
) {
    let (patch, pixels) = (window.patch(), window.pixels());
    assert_eq!(packed.len(), patch * co, "weights match their window");
    if narrow::suits(window, co) {
        return convolve_narrow(window, src, packed, co, bias, out, place);
    }
    let rows = block_rows(pixels, patch, co);
    let blocks = pixels.div_ceil(rows);
    run_blocks(blocks, pixels * patch * co > 2 * BLOCK_WORK, |block| {
        let first = block * rows;
        let count = rows.min(pixels - first);
        let mut buffer = Scratch::take(if window.is_identity() { 0 } else { count * patch });
        let mut result = Scratch::take(if place.is_some() { count * co } else { 0 });
        let patches = patches(window, src, first, count, &mut buffer);
        let dst = match place {
            // SAFETY: each block has its own pixels.
            None => unsafe { out.range(first * co, count * co) }.as_mut_ptr().cast::<f32>(),
            Some(_) => result.as_mut_ptr(),
        };
        // SAFETY: patches hold count·patch numbers, the weights patch·co (just checked), the destination count·co.
        unsafe {
            matmul(count, co, patch, dst, Matrix::rows(patches, patch), Matrix::rows(packed, co), false);
        };
        if let Some(bias) = bias {
            // SAFETY: the product has written all of it.
            add_bias(unsafe { std::slice::from_raw_parts_mut(dst, count * co) }, bias);
        }
        if let Some(place) = place {
            place.scatter(window, &result, first, co, out);
        }
    });
}

fn add_bias(lines: &mut [f32], bias: &[f32]) {
    for line in lines.chunks_exact_mut(bias.len()) {
        for (v, b) in line.iter_mut().zip(bias) {
            *v += b;
        }
    }
}

impl Place {
    /// Copies output pixels from `first` on to where they belong.
    fn scatter(&self, window: &Window, pixels: &[f32], first: usize, co: usize, out: &Writer<'_>) {
        for (i, line) in pixels.chunks_exact(co).enumerate() {
            let (row, ox) = ((first + i) / window.ow, (first + i) % window.ow);
            let (image, oy) = (row / window.oh, row % window.oh);
            let (y, x) = (oy * self.stride + self.a, ox * self.stride + self.b);
            let at = ((image * self.dims.h + y) * self.dims.w + x) * co;
            // SAFETY: each output pixel belongs to one block of one residue.
            let dst = unsafe { out.range(at, co) };
            for (d, v) in dst.iter_mut().zip(line) {
                d.write(*v);
            }
        }
    }
}

/// [`convolve`] for few output channels.
fn convolve_narrow(
    window: &Window,
    src: &[f32],
    packed: &[f32],
    co: usize,
    bias: Option<&[f32]>,
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
        if let Some(bias) = bias {
            add_bias(&mut result, bias);
        }
        let first = (image * window.oh + oy) * window.ow;
        if let Some(place) = place {
            place.scatter(window, &result, first, co, out);
        } else {
            // SAFETY: each block has its own rows.
            let dst = unsafe { out.range(first * co, result.len()) };
            for (d, v) in dst.iter_mut().zip(result.iter()) {
                d.write(*v);
            }
        }
    });
}

/// Adds the gradient of a mirrored border to the pixels it was mirrored from.
fn fold_border(wide: &[f32], d: Dims, pad: usize) -> Vec<f32> {
    let (ww, c) = (d.w + 2 * pad, d.c);
    let sources = |i: usize, size: usize| {
        let mut at = [Some(i + pad), None, None];
        if (1..=pad).contains(&i) {
            at[1] = Some(pad - i);
        }
        if i + 1 < size && i + 1 + pad >= size {
            at[2] = Some(2 * (size - 1) - i + pad);
        }
        at.into_iter().flatten()
    };
    let mut out = Output::new(d.len());
    let writer = out.writer();
    run_blocks(d.n * d.h, d.len() > 1 << 17, |r| {
        let (image, y) = (r / d.h, r % d.h);
        // SAFETY: block r alone writes row r.
        let dst = unsafe { writer.range(r * d.w * c, d.w * c) };
        let line = |wy: usize| &wide[((image * (d.h + 2 * pad)) + wy) * ww * c..][..ww * c];
        let own = line(y + pad);
        for (v, o) in dst.iter_mut().zip(&own[pad * c..]) {
            v.write(*o);
        }
        // SAFETY: the loop above has written the whole row.
        let dst = unsafe { std::slice::from_raw_parts_mut(dst.as_mut_ptr().cast::<f32>(), d.w * c) };
        for (k, wy) in sources(y, d.h).enumerate() {
            let from = line(wy);
            if k > 0 {
                for (v, o) in dst.iter_mut().zip(&from[pad * c..]) {
                    *v += o;
                }
            }
            let near = (0..d.w).filter(|&x| x <= pad || x + 1 + pad >= d.w);
            for x in near {
                for wx in sources(x, d.w).skip(1) {
                    for (v, o) in dst[x * c..(x + 1) * c].iter_mut().zip(&from[wx * c..]) {
                        *v += o;
                    }
                }
            }
        }
    });
    // SAFETY: every row has been written.
    unsafe { out.finish() }
}
