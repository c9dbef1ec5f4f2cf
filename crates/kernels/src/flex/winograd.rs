//! Convolution by Winograd's minimal filtering (Lavin & Gray 2016, arXiv:1509.09308), in all three passes: kernels of 3×3 with
//! stride 1 and of 4×4 with stride 1 and 2.
//!
//! A tile of 6×6 input pixels is transformed to 36 points, which are multiplied, a matrix product over the channels each, with the
//! transformed weights; the products are transformed back to output pixels. 3×3 weights make 4×4 outputs of a tile by 36 multiplications
//! a pair of channels where the plain sum takes 144, F(4×4, 3×3); 4×4 weights make 3×3 outputs, F(3×3, 4×4), also of a fourth.
//!
//! With stride 2 the input falls apart into four phases, pixels of even and odd rows and columns, which are convolved with the taps of
//! their own by stride 1: a kernel of 2×2 over four times the channels, F(5×5, 2×2), with a third of 4×4's multiplications. (3×3 with
//! stride 2 has phases of one tap; by tiles it was hardly faster than by patches, and moved more memory.)
//!
//! The input gradient is the same convolution of the output gradient by turned weights, its output in phases. The weight gradient multiplies the
//! transformed input tiles with the transformed tiles of the output gradient, sums over tiles, and transforms back to the taps.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::conv::ConvShape;
use super::finish::Finish;
use super::layout::Dims;
use super::matmul::{Matrix, matmul_as_it_lies};
use super::work::{Output, Scratch, Writer, fetch, fetch_line, fetch_to_write, run_blocks};
use crate::simd::{Level, level};

/// Input pixels of a tile each way.
const IN: usize = 6;
/// Multiplications a tile, each a matrix product of its own.
const POINTS: usize = IN * IN;
/// Most output pixels of a tile each way.
const MOST_OUT: usize = 5;
/// Most taps each way.
const MOST_TAPS: usize = 4;
/// Channels that are transformed at a time: a cache line, so that lines are written whole.
const LANES: usize = 16;
/// Floats between the end of one point's matrix and the next one's, so that they do not fall into the same cache sets.
const GAP: usize = 16;
/// Transformed weights (floats) that stay in a core's second-level cache beside a block of tiles.
const FEW_WEIGHTS: usize = POINTS * 128 * 128;
/// Tiles of a block that one thread takes from input to output. A multiple of six, the height of the matrix product's micro-kernel.
const BLOCK_TILES: usize = 24;
/// Floats of transformed tiles that are held between two phases (16 MiB: in the shared cache).
const HELD_FLOATS: usize = 1 << 22;
/// The same where the weights are few, so that little is read again from the shared cache.
const HELD_FEW: usize = 1 << 20;
/// Floats of transformed weights that are held at a time where they are used once.
const PANEL_FLOATS: usize = 1 << 20;

/// Whether the convolution has the form that these functions compute.
pub fn suits(s: &ConvShape) -> bool {
    let channels = |c: usize| c > 0 && c.is_multiple_of(LANES);
    s.k[0] == s.k[1]
        && matches!((s.k[0], s.stride), (3, 1) | (4, 1 | 2))
        && channels(s.x.c)
        && channels(s.y.c)
}

/// Multiplications of a forward pass.
pub fn multiplications(s: &ConvShape) -> usize {
    Plan::forward(s).multiplications()
}

/// Multiplications of an input gradient.
pub fn backward_multiplications(s: &ConvShape) -> usize {
    Plan::backward(s).multiplications()
}

/// Calls `$f` with the number of taps a phase has each way and that of a tile's output pixels.
macro_rules! by_taps {
    ($s:expr, $f:ident($($arg:expr),*)) => {
        match $s.k[0].div_ceil($s.stride) {
            2 => $f::<2, 5>($($arg),*),
            3 => $f::<3, 4>($($arg),*),
            4 => $f::<4, 3>($($arg),*),
            taps => unreachable!("no tiles for {taps} taps"),
        }
    };
}

/// The convolution of channels-last `x` with weights `[out, k, k, in]`, finished.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], finish: &Finish<'_>) -> Vec<f32> {
    by_taps!(s, convolve(&Plan::forward(s), x, &Weights { w, s, turned: false }, finish))
}

/// The gradient of the input from the gradient `g` of the output; for zero padding alone.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    debug_assert!(!s.reflect || s.pad == 0, "a mirrored border is folded by the caller");
    by_taps!(s, convolve(&Plan::backward(s), g, &Weights { w, s, turned: true }, &Finish::bias(bias)))
}

/// The gradient of the weights, `[out, k, k, in]`, from input and output gradient.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    by_taps!(s, weights_of_tiles(s, x, g))
}

fn weights_of_tiles<const K: usize, const OUT: usize>(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let plan = Plan::forward(s);
    let (ci, co) = (plan.src.channels(), plan.dst.channels());
    let (c, k) = (s.x.c, s.k[0]);
    let parallel = plan.many();
    let held = plan.held();
    // Where all tiles are held, the products of some output channels are done with before the next.
    let panel = if held == plan.count() { panel(ci, co) } else { co };
    let (v_step, d_step, u_step) = (held * ci + GAP, held * co + GAP, ci * panel + GAP);
    let mut v = Scratch::take(POINTS * v_step);
    let mut d = Scratch::take(POINTS * d_step);
    let mut u = Scratch::take(POINTS * u_step);
    let (v, d, u) = (Writer::over(&mut v), Writer::over(&mut d), Writer::over(&mut u));
    let mut out = Output::new(co * k * k * c);
    let writer = out.writer();
    for first in (0..plan.count()).step_by(held) {
        let here = held.min(plan.count() - first);
        run_blocks(here, parallel, |t| {
            plan.transform_input(x, first + t, v.at(t * ci), v_step);
            let lines = plan.gradient_lines(g, first + t);
            // SAFETY: every line is a pixel; tile t has its own line in every point's matrix.
            unsafe {
                dispatch(TransformGradient::<OUT> { lines, c: co, to: d.at(t * co), step: d_step, next: 0 })
            };
        });
        let next = first + here..first + here + held;
        let next_x = plan.more(x, &plan.src, IN, next.clone());
        let next_g = plan.more(g, &plan.dst, plan.out, next);
        for o in (0..co).step_by(panel) {
            let channels = panel.min(co - o);
            run_blocks(POINTS, parallel, |point| {
                fetch(share(next_x, point));
                fetch(share(next_g, point));
                let grad = Matrix { ptr: d.at(point * d_step + o), row: 1, col: co };
                let columns = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
                let dst = u.at(point * u_step);
                // SAFETY: the transforms have written `here` lines of every point, and earlier tiles' products what is added to; the
                // task alone writes its point's.
                unsafe { matmul_as_it_lies(channels, ci, here, dst, ci, grad, columns, first > 0) };
            });
            if first + here == plan.count() {
                run_blocks(channels, parallel, |i| {
                    // SAFETY: each output channel has its own range.
                    let to =
                        unsafe { writer.range((o + i) * k * k * c, k * k * c) }.as_mut_ptr().cast::<f32>();
                    for phase in 0..s.stride * s.stride {
                        let taps = s.taps_of(phase).map(|tap| tap.map(|tap| to.wrapping_add(tap * c)));
                        // SAFETY: the channel's line of every product has been written; a tap's place is a pixel long.
                        unsafe {
                            dispatch(TransformBack::<K> {
                                from: u.at(i * ci + phase * c),
                                step: u_step,
                                c,
                                taps,
                            });
                        };
                    }
                });
            }
        }
    }
    // SAFETY: every tap of every output channel has been written.
    unsafe { out.finish() }
}

/// Output channels whose transformed weights are held at a time.
fn panel(ci: usize, co: usize) -> usize {
    (PANEL_FLOATS / (POINTS * ci)).max(1).next_multiple_of(LANES).min(co)
}

/// Phases and their taps.
impl ConvShape {
    /// Taps of a phase each way.
    fn phase_taps(&self) -> usize {
        self.k[0].div_ceil(self.stride)
    }

    /// The taps of a phase, row by row; none where the kernel has none.
    fn taps_of(&self, phase: usize) -> [Option<usize>; MOST_TAPS * MOST_TAPS] {
        let (n, k, s) = (self.phase_taps(), self.k[0], self.stride);
        std::array::from_fn(|i| {
            let (y, x) = (i / n * s + phase / s, i % n * s + phase % s);
            (i < n * n && y < k && x < k).then_some(y * k + x)
        })
    }
}

/// An image as tiles see it: tile coordinate `v` of phase `p` is the image's coordinate `step·v + p − offset`.
#[derive(Clone, Copy)]
struct Side {
    dims: Dims,
    step: usize,
    offset: isize,
}

impl Side {
    /// Channels of all phases.
    fn channels(&self) -> usize {
        self.dims.c * self.step * self.step
    }

    fn coordinate(&self, v: usize, phase: usize) -> isize {
        (self.step * v + phase) as isize - self.offset
    }
}

/// How an output is cut into tiles, and where their inputs lie.
#[derive(Clone, Copy)]
struct Plan {
    src: Side,
    dst: Side,
    reflect: bool,
    /// Output pixels of a tile each way.
    out: usize,
    /// Tile coordinates of the first tile.
    first: usize,
    /// Tiles a column and a row.
    rows: usize,
    cols: usize,
}

impl Plan {
    fn forward(s: &ConvShape) -> Self {
        let src = Side { dims: s.x, step: s.stride, offset: s.pad as isize };
        let dst = Side { dims: s.y, step: 1, offset: 0 };
        Self::new(s, src, dst, s.reflect, 0, [s.y.h, s.y.w])
    }

    fn backward(s: &ConvShape) -> Self {
        let src = Side { dims: s.y, step: 1, offset: s.phase_taps() as isize - 1 };
        let dst = Side { dims: s.x, step: s.stride, offset: s.pad as isize };
        let first = s.pad / s.stride;
        let count = |size: usize| (size - 1 + s.pad) / s.stride + 1 - first;
        Self::new(s, src, dst, false, first, [count(s.x.h), count(s.x.w)])
    }

    fn new(s: &ConvShape, src: Side, dst: Side, reflect: bool, first: usize, count: [usize; 2]) -> Self {
        let out = IN + 1 - s.phase_taps();
        Plan { src, dst, reflect, out, first, rows: count[0].div_ceil(out), cols: count[1].div_ceil(out) }
    }

    fn count(&self) -> usize {
        self.dst.dims.n * self.rows * self.cols
    }

    fn multiplications(&self) -> usize {
        self.count() * POINTS * self.src.channels() * self.dst.channels()
    }

    /// Whether the work is worth several threads.
    fn many(&self) -> bool {
        self.multiplications() > 1 << 20
    }

    fn few_weights(&self) -> bool {
        self.src.channels() * self.dst.channels() * POINTS <= FEW_WEIGHTS
    }

    /// Tiles that are held at a time.
    fn held(&self) -> usize {
        let floats = if self.few_weights() { HELD_FEW } else { HELD_FLOATS };
        let most = (floats / (POINTS * (self.src.channels() + self.dst.channels()))).max(BLOCK_TILES);
        self.count().div_ceil(self.count().div_ceil(most).max(1))
    }

    /// A tile's image, and the tile coordinates of its first row and column.
    fn at(&self, tile: usize) -> (usize, usize, usize) {
        let (row, col) = (tile / self.cols, tile % self.cols);
        (row / self.rows, self.first + row % self.rows * self.out, self.first + col * self.out)
    }

    /// Where on the input the coordinate `v` lies; none where zeros are read.
    fn read(&self, v: usize, phase: usize, size: usize) -> Option<usize> {
        let (at, last) = (self.src.coordinate(v, phase), size as isize - 1);
        let at = match at {
            _ if (0..=last).contains(&at) => at,
            _ if !self.reflect => return None,
            _ if at < 0 => -at,
            _ => 2 * last - at,
        };
        // Beyond the mirror of a whole map lie only pixels that no output needs.
        (0..=last).contains(&at).then_some(at as usize)
    }

    /// What a run of tiles reads of the numbers of a side beyond what the tiles before it did, in whole rows; `size` pixels a tile and phase.
    fn more<'a>(&self, data: &'a [f32], side: &Side, size: usize, tiles: Range<usize>) -> &'a [f32] {
        let d = side.dims;
        let end = |tile: usize| match tile.min(self.count()).checked_sub(1) {
            None => 0,
            Some(last) => {
                let (image, y, _) = self.at(last);
                let row = side.coordinate(y + size - 1, side.step - 1) + 1;
                (image * d.h + row.clamp(0, d.h as isize) as usize) * d.w * d.c
            }
        };
        &data[end(tiles.start)..end(tiles.end)]
    }

    /// At the first tile of a row, has what the row reads brought to the cache in one go.
    fn fetch_row(&self, src: &[f32], tile: usize) {
        if tile.is_multiple_of(self.cols) {
            fetch(self.more(src, &self.src, IN, tile..tile + self.cols));
        }
    }

    /// Transforms all phases of an input tile to its line in each of the points' matrices, which lie `step` apart.
    fn transform_input(&self, src: &[f32], tile: usize, to: *mut f32, step: usize) {
        let (image, y, x) = self.at(tile);
        let (d, s) = (self.src.dims, self.src.step);
        for phase in 0..s * s {
            let rows: [_; IN] = std::array::from_fn(|i| self.read(y + i, phase / s, d.h));
            let cols: [_; IN] = std::array::from_fn(|i| self.read(x + i, phase % s, d.w));
            let lines = std::array::from_fn(|i| match (rows[i / IN], cols[i % IN]) {
                (Some(y), Some(x)) => src[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr(),
                _ => zeros(d.c),
            });
            // SAFETY: every line is a pixel; the tile has its own line in every point's matrix, in it each phase its own channels.
            unsafe { dispatch(TransformInput { lines, c: d.c, to: to.add(phase * d.c), step, next: 0 }) };
        }
    }

    /// The pixels of a tile of the output's gradient.
    fn gradient_lines(&self, g: &[f32], tile: usize) -> [*const f32; MOST_OUT * MOST_OUT] {
        let (image, y, x) = self.at(tile);
        let (d, n) = (self.dst.dims, self.out);
        std::array::from_fn(|i| {
            let (y, x) = (y + i / n, x + i % n);
            if i < n * n && y < d.h && x < d.w {
                g[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr()
            } else {
                zeros(d.c)
            }
        })
    }

    /// Transforms a tile's line of the products, in matrices `step` apart, to its pixels of the output.
    ///
    /// # Safety
    /// The line has been written in each of the matrices, and nobody else writes the tile's pixels.
    unsafe fn transform_output<const OUT: usize>(
        &self,
        from: *const f32,
        step: usize,
        tile: usize,
        finish: &Finish<'_>,
        out: Writer<'_>,
    ) {
        let (image, y, x) = self.at(tile);
        let (d, s) = (self.dst.dims, self.dst.step);
        let next = s * OUT * d.c;
        for phase in 0..s * s {
            let place = |v: usize, phase: usize, size: usize| {
                let at = self.dst.coordinate(v, phase);
                (0..size as isize).contains(&at).then_some(at as usize)
            };
            let rows: [_; OUT] = std::array::from_fn(|i| place(y + i, phase / s, d.h));
            let cols: [_; OUT] = std::array::from_fn(|i| place(x + i, phase % s, d.w));
            let mut pixels = [None; MOST_OUT * MOST_OUT];
            for i in 0..OUT * OUT {
                if let (Some(y), Some(x)) = (rows[i / OUT], cols[i % OUT]) {
                    pixels[i] = Some(((image * d.h + y) * d.w + x) * d.c);
                }
            }
            let from = from.wrapping_add(phase * d.c);
            let (finish, to) = (*finish, out);
            // SAFETY: the caller's; a pixel is `c` long.
            unsafe { dispatch(TransformOutput::<OUT> { from, step, c: d.c, finish, pixels, to, next }) };
        }
    }
}

/// The part of `numbers` that is fetched beside one of the points' products.
fn share(numbers: &[f32], point: usize) -> &[f32] {
    &numbers[numbers.len() * point / POINTS..numbers.len() * (point + 1) / POINTS]
}

/// A pixel of `c` zeros.
fn zeros(c: usize) -> *const f32 {
    static ZEROS: [f32; 4096] = [0.0; 4096];
    ZEROS[..c].as_ptr()
}

/// Weights `[out, k, k, in]` as a pass uses them: from the input's channels to the output's, or turned by 180° and back.
struct Weights<'a> {
    w: &'a [f32],
    s: &'a ConvShape,
    turned: bool,
}

impl Weights<'_> {
    /// Transforms those to channels `first..first + count` (of all phases) into `[points, from, count]`; `step` numbers from point to point.
    fn transform<const K: usize>(
        &self,
        first: usize,
        count: usize,
        u: Writer<'_>,
        step: usize,
        parallel: bool,
    ) {
        let (s, ci, co) = (self.s, self.s.x.c, self.s.y.c);
        let line = s.k[0] * s.k[1] * ci;
        let phases = s.stride * s.stride;
        if self.turned {
            run_blocks(co, parallel, |o| {
                let w = &self.w[o * line..][..line];
                for phase in 0..phases {
                    let (from, to) = (first.max(phase * ci), (first + count).min((phase + 1) * ci));
                    if from >= to {
                        continue;
                    }
                    let taps = s.taps_of(phase);
                    let lines = std::array::from_fn(|t| match taps[..K * K].iter().rev().nth(t) {
                        Some(Some(tap)) => w[tap * ci + from - phase * ci..][..to - from].as_ptr(),
                        _ => zeros(to - from),
                    });
                    let dst = u.at(o * count + from - first);
                    // SAFETY: the lines are as long; channel o has its own line in every point's matrix.
                    unsafe {
                        dispatch(TransformWeights::<K> { lines, c: to - from, to: dst, step, next: line })
                    };
                }
            });
        } else {
            run_blocks(phases * ci / LANES, parallel, |block| {
                let (phase, i) = (block * LANES / ci, block * LANES % ci);
                let taps = s.taps_of(phase);
                let to = u.at(block * LANES * count);
                let w = &self.w[first * line + i..];
                // SAFETY: the block has its own sixteen lines in every point's matrix.
                unsafe { dispatch(TransformTransposed::<K> { w, line, ci, taps, co: count, to, step }) };
            });
        }
    }
}

/// Convolves: blocks of tiles from input to output where the weights are few, else in three phases.
fn convolve<const K: usize, const OUT: usize>(
    plan: &Plan,
    src: &[f32],
    w: &Weights<'_>,
    finish: &Finish<'_>,
) -> Vec<f32> {
    let mut out = Output::new(plan.dst.dims.len());
    if plan.few_weights() {
        in_blocks::<K, OUT>(plan, src, w, finish, out.writer());
    } else {
        in_turns::<K, OUT>(plan, src, w, finish, out.writer());
    }
    // SAFETY: the tiles cover the output.
    unsafe { out.finish() }
}

fn in_blocks<const K: usize, const OUT: usize>(
    plan: &Plan,
    src: &[f32],
    w: &Weights<'_>,
    finish: &Finish<'_>,
    out: Writer<'_>,
) {
    let (ci, co, count) = (plan.src.channels(), plan.dst.channels(), plan.count());
    let u_step = ci * co + GAP;
    let mut u = Scratch::take(POINTS * u_step);
    let u = Writer::over(&mut u);
    w.transform::<K>(0, co, u, u_step, plan.many());
    // Few blocks are made equal, so that two threads end together.
    let per_block = if count > 8 * BLOCK_TILES {
        BLOCK_TILES
    } else {
        count.div_ceil(((count + BLOCK_TILES / 2) / BLOCK_TILES).max(1).next_multiple_of(2)).max(1)
    };
    run_blocks(count.div_ceil(per_block), plan.many(), |block| {
        let first = block * per_block;
        let here = per_block.min(count - first);
        let (v_step, m_step) = (here * ci + GAP, here * co + GAP);
        let mut v = Scratch::take(POINTS * v_step);
        let mut m = Scratch::take(POINTS * m_step);
        let (v, m) = (Writer::over(&mut v), Writer::over(&mut m));
        for t in 0..here {
            plan.transform_input(src, first + t, v.at(t * ci), v_step);
        }
        let next = plan.more(src, &plan.src, IN, first + here..first + 2 * here);
        for point in 0..POINTS {
            fetch(share(next, point));
            let a = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
            let b = Matrix { ptr: u.at(point * u_step), row: co, col: 1 };
            // SAFETY: all of `v`'s and `u`'s lines have just been written.
            unsafe { matmul_as_it_lies(here, co, ci, m.at(point * m_step), co, a, b, false) };
        }
        for t in 0..here {
            // SAFETY: the products have written the tile's line of every point; each tile has its own pixels.
            unsafe { plan.transform_output::<OUT>(m.at(t * co), m_step, first + t, finish, out) };
        }
    });
}

fn in_turns<const K: usize, const OUT: usize>(
    plan: &Plan,
    src: &[f32],
    w: &Weights<'_>,
    finish: &Finish<'_>,
    out: Writer<'_>,
) {
    let (ci, co) = (plan.src.channels(), plan.dst.channels());
    let parallel = plan.many();
    let held = plan.held();
    let once = held == plan.count();
    let panel = if once { panel(ci, co) } else { co };
    let (v_step, m_step, u_step) = (held * ci + GAP, held * co + GAP, ci * panel + GAP);
    let mut v = Scratch::take(POINTS * v_step);
    let mut m = Scratch::take(POINTS * m_step);
    let mut u = Scratch::take(POINTS * u_step);
    let (v, m, u) = (Writer::over(&mut v), Writer::over(&mut m), Writer::over(&mut u));
    for first in (0..plan.count()).step_by(held) {
        let here = held.min(plan.count() - first);
        run_blocks(here, parallel, |t| {
            plan.fetch_row(src, first + t);
            plan.transform_input(src, first + t, v.at(t * ci), v_step);
        });
        for o in (0..co).step_by(panel) {
            let channels = panel.min(co - o);
            if once || first == 0 {
                w.transform::<K>(o, channels, u, u_step, parallel);
            }
            run_blocks(POINTS, parallel, |point| {
                let a = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
                let b = Matrix { ptr: u.at(point * u_step), row: channels, col: 1 };
                // SAFETY: `here` lines of `v` and all of `u` have been written; the task alone writes these columns of its point.
                unsafe { matmul_as_it_lies(here, channels, ci, m.at(point * m_step + o), co, a, b, false) };
            });
        }
        run_blocks(here, parallel, |t| {
            // SAFETY: the products have written the tile's line of every point; each tile has its own pixels.
            unsafe { plan.transform_output::<OUT>(m.at(t * co), m_step, first + t, finish, out) };
        });
    }
}

/// Runs a transform with the vector instructions in use.
///
/// # Safety
/// What the transform says of its pointers.
unsafe fn dispatch<T: WithSimd<Output = ()>>(transform: T) {
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::{V3, V4};
        let level = level();
        if level == Level::Avx512
            && let Some(simd) = V4::try_new()
        {
            return Simd::vectorize(simd, transform);
        }
        if level >= Level::Avx2
            && let Some(simd) = V3::try_new()
        {
            return Simd::vectorize(simd, transform);
        }
    }
    transform.with_simd(pulp::Scalar::new());
}

/// `to[j][i] = from[i][j]` for 16×16 numbers, the rows of `from` being `stride` apart.
#[inline(always)]
fn transpose(from: &[f32], stride: usize, to: &mut [f32]) {
    let rows: [&[f32; LANES]; LANES] =
        std::array::from_fn(|i| from[i * stride..].first_chunk().expect("sixteen numbers a row"));
    for (j, to) in to.chunks_exact_mut(LANES).take(LANES).enumerate() {
        for (v, row) in to.iter_mut().zip(rows) {
            *v = row[j];
        }
    }
}

/// # Safety
/// One vector may be read at `from`.
#[inline(always)]
unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: the caller's.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// # Safety
/// One vector may be written at `to`.
#[inline(always)]
unsafe fn store<S: Simd>(to: *mut f32, v: S::f32s) {
    // SAFETY: the caller's.
    unsafe { to.cast::<S::f32s>().write_unaligned(v) };
}

/// `a·f` by constants of the algorithm.
macro_rules! arithmetic {
    ($s:ident) => {
        #[allow(unused_macros)]
        macro_rules! add {
            ($a:expr, $b:expr) => {
                $s.add_f32s($a, $b)
            };
        }
        #[allow(unused_macros)]
        macro_rules! sub {
            ($a:expr, $b:expr) => {
                $s.sub_f32s($a, $b)
            };
        }
        #[allow(unused_macros)]
        macro_rules! mul {
            ($f:expr, $a:expr) => {
                $s.mul_f32s($s.splat_f32s($f), $a)
            };
        }
        /// `f·a + b`
        #[allow(unused_macros)]
        macro_rules! fma {
            ($f:expr, $a:expr, $b:expr) => {
                $s.mul_add_e_f32s($s.splat_f32s($f), $a, $b)
            };
        }
    };
}

/// The polynomials are taken at 0, ±A, ±B and infinity. These keep four times more of single precision than the usual 0, ±1, ±2
/// (Barabasz et al. 2020, arXiv:1803.10986, on the choice of points), and what is made of them has few binary digits.
const A: f32 = 0.625;
const B: f32 = 1.5;
/// Their powers.
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A2;
const B3: f32 = B * B2;
const A4: f32 = A2 * A2;
const B4: f32 = B2 * B2;
/// One over the product of a point's differences to the others, of 0, ±A and ±B.
const OF_0: f32 = 1.0 / (A2 * B2);
const OF_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const OF_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// Bᵀ·d.
#[inline(always)]
fn input<S: Simd>(s: S, d: [S::f32s; IN]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (even_a, odd_a) = (fma!(-B2, d[2], d[4]), fma!(-B2, d[1], d[3]));
    let (even_b, odd_b) = (fma!(-A2, d[2], d[4]), fma!(-A2, d[1], d[3]));
    [
        fma!(A2 * B2, d[0], fma!(-(A2 + B2), d[2], d[4])),
        fma!(A, odd_a, even_a),
        fma!(-A, odd_a, even_a),
        fma!(B, odd_b, even_b),
        fma!(-B, odd_b, even_b),
        fma!(A2 * B2, d[1], fma!(-(A2 + B2), d[3], d[5])),
    ]
}

/// Aᵀ·m.
#[inline(always)]
fn output<S: Simd, const N: usize>(s: S, m: [S::f32s; IN]) -> [S::f32s; N] {
    arithmetic!(s);
    let (p, q) = (add!(m[1], m[2]), sub!(m[1], m[2]));
    let (r, t) = (add!(m[3], m[4]), sub!(m[3], m[4]));
    let mut y = [m[0]; N];
    y[0] = add!(add!(p, r), m[0]);
    y[1] = fma!(A, q, mul!(B, t));
    y[2] = fma!(A2, p, mul!(B2, r));
    if N > 3 {
        y[3] = fma!(A3, q, mul!(B3, t));
    }
    if N > 4 {
        y[4] = fma!(A4, p, mul!(B4, r));
    }
    y[N - 1] = add!(y[N - 1], m[5]);
    y
}

/// A·g.
#[inline(always)]
fn gradient<S: Simd, const N: usize>(s: S, g: [S::f32s; N]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (mut even_a, mut odd_a) = (fma!(A2, g[2], g[0]), g[1]);
    let (mut even_b, mut odd_b) = (fma!(B2, g[2], g[0]), g[1]);
    if N > 3 {
        (odd_a, odd_b) = (fma!(A2, g[3], odd_a), fma!(B2, g[3], odd_b));
    }
    if N > 4 {
        (even_a, even_b) = (fma!(A4, g[4], even_a), fma!(B4, g[4], even_b));
    }
    [
        g[0],
        fma!(A, odd_a, even_a),
        fma!(-A, odd_a, even_a),
        fma!(B, odd_b, even_b),
        fma!(-B, odd_b, even_b),
        g[N - 1],
    ]
}

/// G·w.
#[inline(always)]
fn weights<S: Simd, const N: usize>(s: S, w: [S::f32s; N]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (mut even_a, mut odd_a) = (w[0], w[1]);
    let (mut even_b, mut odd_b) = (w[0], w[1]);
    if N > 2 {
        (even_a, even_b) = (fma!(A2, w[2], even_a), fma!(B2, w[2], even_b));
    }
    if N > 3 {
        (odd_a, odd_b) = (fma!(A2, w[3], odd_a), fma!(B2, w[3], odd_b));
    }
    let (even_a, even_b) = (mul!(OF_A, even_a), mul!(OF_B, even_b));
    [
        mul!(OF_0, w[0]),
        fma!(A * OF_A, odd_a, even_a),
        fma!(-A * OF_A, odd_a, even_a),
        fma!(B * OF_B, odd_b, even_b),
        fma!(-B * OF_B, odd_b, even_b),
        w[N - 1],
    ]
}

/// Gᵀ·u.
#[inline(always)]
fn back<S: Simd, const N: usize>(s: S, u: [S::f32s; IN]) -> [S::f32s; N] {
    arithmetic!(s);
    let (p, q) = (add!(u[1], u[2]), sub!(u[1], u[2]));
    let (r, t) = (add!(u[3], u[4]), sub!(u[3], u[4]));
    let mut w = [u[0]; N];
    w[0] = fma!(OF_0, u[0], fma!(OF_A, p, mul!(OF_B, r)));
    w[1] = fma!(A * OF_A, q, mul!(B * OF_B, t));
    if N > 2 {
        w[2] = fma!(A2 * OF_A, p, mul!(B2 * OF_B, r));
    }
    if N > 3 {
        w[3] = fma!(A3 * OF_A, q, mul!(B3 * OF_B, t));
    }
    w[N - 1] = add!(w[N - 1], u[5]);
    w
}

/// On a cache line's boundary, so that no vector lies across two.
#[repr(align(64))]
struct Aligned<T>(T);

/// `$f` along the columns of a tile of `$n`×`$n` vectors, then along its rows: `$m`×`$m`. A macro, because a closure would not be
/// compiled for the same processor as what calls it.
macro_rules! both_ways {
    ($s:ident, $f:ident, $n:expr, $m:expr, |$i:ident| $load:expr, |$j:ident, $v:ident| $store:expr) => {{
        let zero = $s.splat_f32s(0.0);
        let mut columns = Aligned([[zero; $m]; $n]);
        for x in 0..$n {
            let mut column = [zero; $n];
            for y in 0..$n {
                let $i = y * $n + x;
                column[y] = $load;
            }
            columns.0[x] = $f($s, column);
        }
        for y in 0..$m {
            let mut row = [zero; $n];
            for x in 0..$n {
                row[x] = columns.0[x][y];
            }
            let row: [_; $m] = $f($s, row);
            for x in 0..$m {
                let ($j, $v) = (y * $m + x, row[x]);
                $store;
            }
        }
    }};
}

macro_rules! transform {
    ($(#[$doc:meta])* $name:ident $(<$N:ident>)?, $lines:expr, $n:expr, $f:ident) => {
        $(#[$doc])*
        struct $name $(<const $N: usize>)? {
            lines: [*const f32; $lines],
            c: usize,
            to: *mut f32,
            step: usize,
            /// How much further the lines lie that are transformed next; 0 if they are in the cache.
            next: usize,
        }

        impl $(<const $N: usize>)? WithSimd for $name $(<$N>)? {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, s: S) {
                for c in (0..self.c).step_by(S::F32_LANES) {
                    // SAFETY: who makes one of these says that lines and destination are so long; channels come in sixteens.
                    unsafe {
                        let to = self.to.add(c);
                        both_ways!(
                            s, $f, $n, IN,
                            |i| {
                                if self.next > 0 {
                                    fetch_line(self.lines[i].wrapping_add(c + self.next));
                                }
                                load::<S>(self.lines[i].add(c))
                            },
                            |j, v| store::<S>(to.add(j * self.step), v)
                        );
                    }
                }
            }
        }
    };
}

transform! {
    /// An input tile to its line in each of the points' matrices.
    TransformInput, POINTS, IN, input
}
transform! {
    /// A tile of the output's gradient to its lines.
    TransformGradient<N>, MOST_OUT * MOST_OUT, N, gradient
}
transform! {
    /// A phase's taps to their lines.
    TransformWeights<N>, MOST_TAPS * MOST_TAPS, N, weights
}

/// An output channel's line in each of the points' matrices back to a phase's taps, of those that there are.
struct TransformBack<const N: usize> {
    from: *const f32,
    step: usize,
    c: usize,
    taps: [Option<*mut f32>; MOST_TAPS * MOST_TAPS],
}

impl<const N: usize> WithSimd for TransformBack<N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        for c in (0..self.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so.
            unsafe {
                let from = self.from.add(c);
                both_ways!(s, back, IN, N, |i| load::<S>(from.add(i * self.step)), |j, v| {
                    if let Some(to) = self.taps[j] {
                        store::<S>(to.add(c), v);
                    }
                });
            }
        }
    }
}

/// A tile's line in each of the points' matrices to its pixels of the output, of those that there are.
struct TransformOutput<'a, const N: usize> {
    from: *const f32,
    step: usize,
    c: usize,
    finish: Finish<'a>,
    /// Where in the output a pixel begins.
    pixels: [Option<usize>; MOST_OUT * MOST_OUT],
    to: Writer<'a>,
    /// How much further the next tile's pixel begins.
    next: usize,
}

impl<const N: usize> WithSimd for TransformOutput<'_, N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Finish { scale, shift, residual, slope } = self.finish;
        let zero = s.splat_f32s(0.0);
        for c in (0..self.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so; pixels outside the output are left out.
            unsafe {
                let from = self.from.add(c);
                let shift = match shift {
                    Some(shift) => load::<S>(shift.as_ptr().add(c)),
                    None => zero,
                };
                let scale = match scale {
                    Some(scale) => load::<S>(scale.as_ptr().add(c)),
                    None => s.splat_f32s(1.0),
                };
                both_ways!(s, output, IN, N, |i| load::<S>(from.add(i * self.step)), |j, v| {
                    if let Some(at) = self.pixels[j] {
                        let mut v = s.mul_add_e_f32s(v, scale, shift);
                        if let Some(residual) = residual {
                            v = s.add_f32s(v, load::<S>(residual.as_ptr().add(at + c)));
                        }
                        if slope != 1.0 {
                            let negative = s.less_than_f32s(v, zero);
                            v = s.select_f32s(negative, s.mul_f32s(v, s.splat_f32s(slope)), v);
                        }
                        let to = self.to.at(at + c);
                        fetch_to_write(to.wrapping_add(self.next));
                        store::<S>(to, v);
                    }
                });
            }
        }
    }
}

/// A phase's taps between sixteen input channels and `co` output channels to their lines, output channels side by side.
struct TransformTransposed<'a, const N: usize> {
    /// From the first of these input channels on.
    w: &'a [f32],
    /// Numbers of an output channel.
    line: usize,
    ci: usize,
    taps: [Option<usize>; MOST_TAPS * MOST_TAPS],
    co: usize,
    to: *mut f32,
    step: usize,
}

impl<const N: usize> WithSimd for TransformTransposed<'_, N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        const SQUARE: usize = LANES * LANES;
        let mut turned = [0.0f32; MOST_TAPS * MOST_TAPS * SQUARE];
        for o in (0..self.co).step_by(LANES) {
            for (i, tap) in self.taps.iter().enumerate() {
                if let Some(tap) = tap {
                    let from = &self.w[o * self.line + tap * self.ci..];
                    (LANES..2 * LANES)
                        .for_each(|row| fetch_line(from.as_ptr().wrapping_add(row * self.line)));
                    transpose(from, self.line, &mut turned[i * SQUARE..]);
                }
            }
            for i in 0..LANES {
                for c in (0..LANES).step_by(S::F32_LANES) {
                    // SAFETY: `turned` holds a square a tap; who makes one of these says that the destination is so long.
                    unsafe {
                        let from = turned.as_ptr().add(i * LANES + c);
                        let to = self.to.add(i * self.co + o + c);
                        both_ways!(
                            s,
                            weights,
                            N,
                            IN,
                            |k| load::<S>(from.add(k * SQUARE)),
                            |j, v| store::<S>(to.add(j * self.step), v)
                        );
                    }
                }
            }
        }
    }
}
