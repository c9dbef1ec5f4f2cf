//! Convolution, its input gradient (which is the transposed convolution) and its weight gradient.
//!
//! All three are matrix products over gathered patches, a block of output pixels at a time. The input gradient of a convolution with
//! stride s falls apart into s² plain convolutions of the output gradient, one for each residue of row and column, so nothing is scattered.

use super::gather::Window;
use super::layout::Dims;
use super::matmul::{Matrix, matmul};
use super::norm::column_sums;
use super::work::{Output, Scratch, Writer, run_blocks};

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

/// The convolution of channels-last `x` with torch-ordered `w`.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let (ci, co, taps) = (s.x.c, s.y.c, s.k[0] * s.k[1]);
    let mut packed = Scratch::take(w.len());
    for t in 0..taps {
        for i in 0..ci {
            let line = &mut packed[(t * ci + i) * co..][..co];
            for (o, v) in line.iter_mut().enumerate() {
                *v = w[(o * ci + i) * taps + t];
            }
        }
    }
    let mut out = Output::new(s.y.len());
    convolve(&s.window(), x, &packed, co, bias, &out.writer(), None);
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
    let (ci, co, taps) = (s.x.c, s.y.c, s.k[0] * s.k[1]);
    let mut out = Output::new(s.x.len());
    let writer = out.writer();
    let mut packed = Scratch::take(w.len());
    for a in 0..s.stride.min(s.x.h) {
        for b in 0..s.stride.min(s.x.w) {
            let (rows, cols) = (Phase::new(s, a, 0, s.x.h), Phase::new(s, b, 1, s.x.w));
            for u in 0..rows.taps {
                for v in 0..cols.taps {
                    let t = rows.tap(s, u) * s.k[1] + cols.tap(s, v);
                    let block = &mut packed[(u * cols.taps + v) * co * ci..][..co * ci];
                    for (o, line) in block.chunks_exact_mut(ci).enumerate() {
                        for (i, p) in line.iter_mut().enumerate() {
                            *p = w[(o * ci + i) * taps + t];
                        }
                    }
                }
            }
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
            convolve(&window, g, &packed[..window.kh * window.kw * co * ci], ci, bias, &writer, place);
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

/// The gradient of the weights, torch-ordered, from input and output gradient.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let window = s.window();
    let (patch, co, pixels) = (window.patch(), s.y.c, window.pixels());
    let size = patch * co;
    let rows = block_rows(pixels, patch, co);
    let blocks = pixels.div_ceil(rows);
    // Each group of blocks adds up on its own, then the groups in their order.
    let groups = (pixels * size / (2 * BLOCK_WORK)).clamp(1, 16).min(blocks.max(1));
    let mut partial = Output::new(groups * size);
    let writer = partial.writer();
    run_blocks(groups, groups > 1, |group| {
        // SAFETY: each group has its own range.
        let dst = unsafe { writer.range(group * size, size) }.as_mut_ptr().cast::<f32>();
        let mut buffer = Scratch::take(if window.is_identity() { 0 } else { rows * patch });
        let (from, to) = (blocks * group / groups, blocks * (group + 1) / groups);
        for block in from..to {
            let first = block * rows;
            let count = rows.min(pixels - first);
            let patches = patches(&window, x, first, count, &mut buffer);
            let grad = Matrix::rows(&g[first * co..(first + count) * co], co);
            let columns = Matrix::rows(patches, patch).transposed();
            // SAFETY: patches hold count·patch numbers, the gradient count·co, the destination patch·co, written by the first block.
            unsafe { matmul(patch, co, count, dst, columns, grad, block > from) };
        }
    });
    // SAFETY: every group has at least one block, whose product writes the whole range.
    let mut sums = unsafe { partial.finish() };
    let (total, others) = sums.split_at_mut(size);
    for other in others.chunks_exact(size) {
        for (t, o) in total.iter_mut().zip(other) {
            *t += o;
        }
    }
    let (ci, taps) = (s.x.c, s.k[0] * s.k[1]);
    let mut out = vec![0.0; size];
    for (o, line) in out.chunks_exact_mut(patch).enumerate() {
        for i in 0..ci {
            for t in 0..taps {
                line[i * taps + t] = total[(t * ci + i) * co + o];
            }
        }
    }
    out
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

/// Output pixels in a block: by the cache, and so that large work falls into several blocks. By shapes alone.
fn block_rows(pixels: usize, patch: usize, co: usize) -> usize {
    let by_cache = pixels.div_ceil((BLOCK_FLOATS / patch.max(1)).max(32));
    let by_work = (pixels * patch * co / BLOCK_WORK).min(64);
    pixels.div_ceil(by_cache.max(by_work).max(1)).next_multiple_of(8)
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
            matmul(count, co, patch, dst, Matrix::rows(patches, patch), Matrix::rows(packed, co), false)
        };
        if let Some(bias) = bias {
            // SAFETY: the product has written all of it.
            let dst = unsafe { std::slice::from_raw_parts_mut(dst, count * co) };
            for line in dst.chunks_exact_mut(co) {
                for (v, b) in line.iter_mut().zip(bias) {
                    *v += b;
                }
            }
        }
        if let Some(p) = place {
            for (i, line) in result.chunks_exact(co).enumerate() {
                let (row, ox) = ((first + i) / window.ow, (first + i) % window.ow);
                let (image, oy) = (row / window.oh, row % window.oh);
                let (y, x) = (oy * p.stride + p.a, ox * p.stride + p.b);
                let at = ((image * p.dims.h + y) * p.dims.w + x) * co;
                // SAFETY: each output pixel belongs to one block of one residue.
                let dst = unsafe { out.range(at, co) };
                for (d, v) in dst.iter_mut().zip(line) {
                    d.write(*v);
                }
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
