//! 3×3 convolution with stride 1 by Winograd's minimal filtering (Lavin & Gray 2016, arXiv:1509.09308), in all three passes.
//!
//! A tile of 4×4 output pixels is made from 6×6 input pixels by 36 multiplications a channel pair where the plain sum takes 144. Input tiles
//! and weights are transformed, 36 matrix products over the channels follow, and the products are transformed back: F(4×4, 3×3).
//! The input gradient is the same convolution of the output gradient by turned weights. The weight gradient multiplies the
//! transformed input tiles with the transformed tiles of the output gradient, sums over tiles, and transforms back to 3×3.

use pulp::{Simd, WithSimd};

use super::conv::ConvShape;
use super::layout::Dims;
use super::matmul::{Matrix, matmul_into};
use super::work::{Output, Scratch, Writer, run_blocks};
use crate::simd::{Level, level};

/// Output pixels of a tile each way.
const OUT: usize = 4;
/// Input pixels of a tile each way.
const IN: usize = OUT + 2;
/// Multiplications a tile, each a matrix product of its own.
const POINTS: usize = IN * IN;
/// Channels that are transformed at a time: a cache line, so that lines are written whole.
const LANES: usize = 16;
/// Floats between the end of one point's matrix and the next one's, so that they do not fall into the same cache sets.
const GAP: usize = 16;
/// Transformed weights (floats) that stay in a core's second-level cache beside a block of tiles.
const FEW_WEIGHTS: usize = POINTS * 128 * 128;
/// Tiles of a block that one thread takes from input to output. A multiple of six, the width of the matrix product's kernel.
const BLOCK_TILES: usize = 54;
/// Floats of transformed tiles that are held between two phases (16 MiB: in the shared cache).
const HELD_FLOATS: usize = 1 << 22;
/// The same where the weights are few, so that little is read again from the shared cache.
const HELD_FEW: usize = 1 << 20;
/// Floats of transformed weights that are held at a time where they are used once.
const PANEL_FLOATS: usize = 1 << 20;

/// Tiles of the output of a map of `h`×`w` pixels.
pub fn tiles_of(h: usize, w: usize) -> usize {
    h.div_ceil(OUT) * w.div_ceil(OUT)
}

/// Whether the convolution has the form that these functions compute.
pub fn suits(s: &ConvShape) -> bool {
    s.k == [3, 3]
        && s.stride == 1
        && s.pad <= 2
        && s.x.c.is_multiple_of(LANES)
        && s.y.c.is_multiple_of(LANES)
        && s.x.c > 0
        && s.y.c > 0
}

/// The convolution of channels-last `x` with weights `[out, 3, 3, in]`.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    convolve(
        &Tiles::new(s.x, s.y, s.pad, s.reflect),
        x,
        &Weights { w, ci: s.x.c, co: s.y.c, turned: false },
        bias,
    )
}

/// The gradient of the input from the gradient `g` of the output; for zero padding alone.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    debug_assert!(!s.reflect || s.pad == 0, "a mirrored border is folded by the caller");
    convolve(
        &Tiles::new(s.y, s.x, 2 - s.pad, false),
        g,
        &Weights { w, ci: s.x.c, co: s.y.c, turned: true },
        bias,
    )
}

/// The gradient of the weights, `[out, 3, 3, in]`, from input and output gradient.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let (ci, co) = (s.x.c, s.y.c);
    let tiles = Tiles::new(s.x, s.y, s.pad, s.reflect);
    let parallel = tiles.many();
    let held = tiles.held();
    // Where all tiles are held, the products of some output channels are done with before the next.
    let panel = if held == tiles.count() { panel(ci, co) } else { co };
    let (v_step, d_step, u_step) = (held * ci + GAP, held * co + GAP, ci * panel + GAP);
    let mut v = Scratch::take(POINTS * v_step);
    let mut d = Scratch::take(POINTS * d_step);
    let mut u = Scratch::take(POINTS * u_step);
    let (v, d, u) = (Writer::over(&mut v), Writer::over(&mut d), Writer::over(&mut u));
    let mut out = Output::new(co * 9 * ci);
    let writer = out.writer();
    for first in (0..tiles.count()).step_by(held) {
        let here = held.min(tiles.count() - first);
        run_blocks(here, parallel, |t| {
            let at = tiles.at(first + t);
            let input = TransformInput { lines: tiles.lines(x, at), c: ci, to: v.at(t * ci), step: v_step };
            let lines = tiles.gradient_lines(g, at);
            let gradient = TransformGradient { lines, c: co, to: d.at(t * co), step: d_step };
            // SAFETY: every line is a pixel; tile t has its own line in every point's matrix.
            unsafe {
                dispatch(input);
                dispatch(gradient);
            }
        });
        for o in (0..co).step_by(panel) {
            let channels = panel.min(co - o);
            run_blocks(POINTS, parallel, |point| {
                let grad = Matrix { ptr: d.at(point * d_step + o), row: 1, col: co };
                let columns = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
                // SAFETY: the transforms have written `here` lines of every point, and earlier tiles' products what is added to; the
                // task alone writes its point's.
                unsafe {
                    matmul_into(channels, ci, here, u.at(point * u_step), ci, grad, columns, first > 0)
                };
            });
            if first + here == tiles.count() {
                run_blocks(channels, parallel, |i| {
                    // SAFETY: each output channel has its own range, and its line of every product has been written.
                    unsafe {
                        let to = writer.range((o + i) * 9 * ci, 9 * ci).as_mut_ptr().cast();
                        dispatch(TransformBack { from: u.at(i * ci), step: u_step, c: ci, to });
                    }
                });
            }
        }
    }
    // SAFETY: every output channel has been written.
    unsafe { out.finish() }
}

/// Output channels whose transformed weights are held at a time.
fn panel(ci: usize, co: usize) -> usize {
    (PANEL_FLOATS / (POINTS * ci)).max(1).next_multiple_of(LANES).min(co)
}

/// How an output is cut into tiles, and where their inputs lie.
#[derive(Clone, Copy)]
struct Tiles {
    src: Dims,
    dst: Dims,
    pad: usize,
    reflect: bool,
    rows: usize,
    cols: usize,
}

/// A tile's place: image, first output row and column.
type Place = (usize, usize, usize);

impl Tiles {
    fn new(src: Dims, dst: Dims, pad: usize, reflect: bool) -> Self {
        Tiles { src, dst, pad, reflect, rows: dst.h.div_ceil(OUT), cols: dst.w.div_ceil(OUT) }
    }

    fn count(&self) -> usize {
        self.dst.n * self.rows * self.cols
    }

    /// Whether the work is worth several threads.
    fn many(&self) -> bool {
        self.dst.pixels() * self.src.c * self.dst.c > 1 << 19
    }

    fn few_weights(&self) -> bool {
        self.src.c * self.dst.c * POINTS <= FEW_WEIGHTS
    }

    /// Tiles that are held at a time.
    fn held(&self) -> usize {
        let floats = if self.few_weights() { HELD_FEW } else { HELD_FLOATS };
        let most = (floats / (POINTS * (self.src.c + self.dst.c))).max(BLOCK_TILES);
        self.count().div_ceil(self.count().div_ceil(most).max(1))
    }

    fn at(&self, tile: usize) -> Place {
        let (row, col) = (tile / self.cols, tile % self.cols);
        (row / self.rows, row % self.rows * OUT, col * OUT)
    }

    /// Source coordinates that a tile reads along one axis; none where it reads zeros.
    fn along(&self, first: usize, size: usize) -> [Option<usize>; IN] {
        std::array::from_fn(|i| {
            let at = (first + i) as isize - self.pad as isize;
            let last = size as isize - 1;
            if (0..=last).contains(&at) {
                Some(at as usize)
            } else if self.reflect {
                // Beyond the mirror of a whole map lie only pixels that no output needs.
                let at = if at < 0 { -at } else { 2 * last - at };
                (0..=last).contains(&at).then_some(at as usize)
            } else {
                None
            }
        })
    }

    /// The pixels of an input tile, row by row: where in `src` each starts.
    fn lines(&self, src: &[f32], (image, y, x): Place) -> [*const f32; POINTS] {
        let (rows, cols) = (self.along(y, self.src.h), self.along(x, self.src.w));
        let d = self.src;
        std::array::from_fn(|i| match (rows[i / IN], cols[i % IN]) {
            (Some(y), Some(x)) => src[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr(),
            _ => zeros(d.c),
        })
    }

    /// The pixels of a tile of the output's gradient.
    fn gradient_lines(&self, g: &[f32], (image, y, x): Place) -> [*const f32; OUT * OUT] {
        let d = self.dst;
        std::array::from_fn(|i| {
            let (y, x) = (y + i / OUT, x + i % OUT);
            if y < d.h && x < d.w {
                g[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr()
            } else {
                zeros(d.c)
            }
        })
    }
}

/// A pixel of `c` zeros.
fn zeros(c: usize) -> *const f32 {
    static ZEROS: [f32; 4096] = [0.0; 4096];
    ZEROS[..c].as_ptr()
}

/// Weights `[co, 3, 3, ci]` as a pass uses them: from `ci` to `co`, or turned by 180° from `co` to `ci`.
struct Weights<'a> {
    w: &'a [f32],
    ci: usize,
    co: usize,
    turned: bool,
}

impl Weights<'_> {
    /// Transforms those to output channels `first..first + count` into `[points, in, count]`; `step` numbers from point to point.
    fn transform(&self, first: usize, count: usize, u: Writer<'_>, step: usize, parallel: bool) {
        let taps = 9 * self.ci;
        if self.turned {
            run_blocks(self.co, parallel, |o| {
                let w = &self.w[o * taps..][..taps];
                let lines = std::array::from_fn(|t| w[(8 - t) * self.ci + first..][..count].as_ptr());
                // SAFETY: the lines are `count` long; channel o has its own line in every point's matrix.
                unsafe { dispatch(TransformWeights { lines, c: count, to: u.at(o * count), step }) };
            });
        } else {
            run_blocks(self.ci / LANES, parallel, |block| {
                let i = block * LANES;
                let w = &self.w[first * taps + i..];
                // SAFETY: the block has its own sixteen lines in every point's matrix.
                unsafe {
                    dispatch(TransformTransposed { w, ci: self.ci, co: count, to: u.at(i * count), step })
                };
            });
        }
    }
}

/// Convolves: blocks of tiles from input to output where the weights are few, else in three phases.
fn convolve(tiles: &Tiles, src: &[f32], w: &Weights<'_>, bias: Option<&[f32]>) -> Vec<f32> {
    let mut out = Output::new(tiles.dst.len());
    if tiles.few_weights() {
        in_blocks(tiles, src, w, bias, out.writer());
    } else {
        in_phases(tiles, src, w, bias, out.writer());
    }
    // SAFETY: the tiles cover the output.
    unsafe { out.finish() }
}

fn in_blocks(tiles: &Tiles, src: &[f32], w: &Weights<'_>, bias: Option<&[f32]>, out: Writer<'_>) {
    let (ci, co, count) = (tiles.src.c, tiles.dst.c, tiles.count());
    let u_step = ci * co + GAP;
    let mut u = Scratch::take(POINTS * u_step);
    w.transform(0, co, Writer::over(&mut u), u_step, tiles.many());
    // Few blocks are made equal, so that two threads end together.
    let per_block = if count > 8 * BLOCK_TILES {
        BLOCK_TILES
    } else {
        count.div_ceil(((count + BLOCK_TILES / 2) / BLOCK_TILES).max(1).next_multiple_of(2)).max(1)
    };
    run_blocks(count.div_ceil(per_block), tiles.many(), |block| {
        let first = block * per_block;
        let here = per_block.min(count - first);
        let (v_step, m_step) = (here * ci + GAP, here * co + GAP);
        let mut v = Scratch::take(POINTS * v_step);
        let mut m = Scratch::take(POINTS * m_step);
        let (v, m) = (Writer::over(&mut v), Writer::over(&mut m));
        for t in 0..here {
            let lines = tiles.lines(src, tiles.at(first + t));
            // SAFETY: every line is a pixel; tile t has its own line in every point's matrix.
            unsafe { dispatch(TransformInput { lines, c: ci, to: v.at(t * ci), step: v_step }) };
        }
        for point in 0..POINTS {
            let a = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
            let b = Matrix::rows(&u[point * u_step..][..ci * co], co);
            // SAFETY: all of `v`'s and `u`'s lines have just been written.
            unsafe { matmul_into(here, co, ci, m.at(point * m_step), co, a, b, false) };
        }
        for t in 0..here {
            let place = tiles.at(first + t);
            // SAFETY: the products have written the tile's line of every point; each tile has its own pixels of the output.
            unsafe {
                dispatch(TransformOutput { from: m.at(t * co), step: m_step, tiles, place, bias, to: out })
            };
        }
    });
}

fn in_phases(tiles: &Tiles, src: &[f32], w: &Weights<'_>, bias: Option<&[f32]>, out: Writer<'_>) {
    let (ci, co) = (tiles.src.c, tiles.dst.c);
    let parallel = tiles.many();
    let held = tiles.held();
    let once = held == tiles.count();
    let panel = if once { panel(ci, co) } else { co };
    let (v_step, m_step, u_step) = (held * ci + GAP, held * co + GAP, ci * panel + GAP);
    let mut v = Scratch::take(POINTS * v_step);
    let mut m = Scratch::take(POINTS * m_step);
    let mut u = Scratch::take(POINTS * u_step);
    let (v, m, u) = (Writer::over(&mut v), Writer::over(&mut m), Writer::over(&mut u));
    for first in (0..tiles.count()).step_by(held) {
        let here = held.min(tiles.count() - first);
        run_blocks(here, parallel, |t| {
            let lines = tiles.lines(src, tiles.at(first + t));
            // SAFETY: every line is a pixel; tile t has its own line in every point's matrix.
            unsafe { dispatch(TransformInput { lines, c: ci, to: v.at(t * ci), step: v_step }) };
        });
        for o in (0..co).step_by(panel) {
            let channels = panel.min(co - o);
            if once || first == 0 {
                w.transform(o, channels, u, u_step, parallel);
            }
            run_blocks(POINTS, parallel, |point| {
                let a = Matrix { ptr: v.at(point * v_step), row: ci, col: 1 };
                let b = Matrix { ptr: u.at(point * u_step), row: channels, col: 1 };
                // SAFETY: `here` lines of `v` and all of `u` have been written; the task alone writes these columns of its point.
                unsafe { matmul_into(here, channels, ci, m.at(point * m_step + o), co, a, b, false) };
            });
        }
        run_blocks(here, parallel, |t| {
            let place = tiles.at(first + t);
            // SAFETY: the products have written the tile's line of every point; each tile has its own pixels of the output.
            unsafe {
                dispatch(TransformOutput { from: m.at(t * co), step: m_step, tiles, place, bias, to: out })
            };
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
/// Squares and cubes.
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A * A;
const B3: f32 = B * B * B;
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
fn output<S: Simd>(s: S, m: [S::f32s; IN]) -> [S::f32s; OUT] {
    arithmetic!(s);
    let (p, q) = (add!(m[1], m[2]), sub!(m[1], m[2]));
    let (r, t) = (add!(m[3], m[4]), sub!(m[3], m[4]));
    [add!(add!(p, r), m[0]), fma!(A, q, mul!(B, t)), fma!(A2, p, mul!(B2, r)), fma!(A3, q, fma!(B3, t, m[5]))]
}

/// A·g.
#[inline(always)]
fn gradient<S: Simd>(s: S, g: [S::f32s; OUT]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (even_a, odd_a) = (fma!(A2, g[2], g[0]), fma!(A2, g[3], g[1]));
    let (even_b, odd_b) = (fma!(B2, g[2], g[0]), fma!(B2, g[3], g[1]));
    [
        g[0],
        fma!(A, odd_a, even_a),
        fma!(-A, odd_a, even_a),
        fma!(B, odd_b, even_b),
        fma!(-B, odd_b, even_b),
        g[3],
    ]
}

/// G·w.
#[inline(always)]
fn weights<S: Simd>(s: S, w: [S::f32s; 3]) -> [S::f32s; IN] {
    arithmetic!(s);
    let even_a = mul!(OF_A, fma!(A2, w[2], w[0]));
    let even_b = mul!(OF_B, fma!(B2, w[2], w[0]));
    [
        mul!(OF_0, w[0]),
        fma!(A * OF_A, w[1], even_a),
        fma!(-A * OF_A, w[1], even_a),
        fma!(B * OF_B, w[1], even_b),
        fma!(-B * OF_B, w[1], even_b),
        w[2],
    ]
}

/// Gᵀ·u.
#[inline(always)]
fn back<S: Simd>(s: S, u: [S::f32s; IN]) -> [S::f32s; 3] {
    arithmetic!(s);
    let (p, q) = (add!(u[1], u[2]), sub!(u[1], u[2]));
    let (r, t) = (add!(u[3], u[4]), sub!(u[3], u[4]));
    [
        fma!(OF_0, u[0], fma!(OF_A, p, mul!(OF_B, r))),
        fma!(A * OF_A, q, mul!(B * OF_B, t)),
        fma!(A2 * OF_A, p, fma!(B2 * OF_B, r, u[5])),
    ]
}

/// `$f` along the columns of a tile of `$n`×`$n` vectors, then along its rows: `$m`×`$m`. A macro, because a closure would not be
/// compiled for the same processor as what calls it.
macro_rules! both_ways {
    ($s:ident, $f:ident, $n:expr, $m:expr, |$i:ident| $load:expr, |$j:ident, $v:ident| $store:expr) => {{
        let zero = $s.splat_f32s(0.0);
        let mut columns = [[zero; $m]; $n];
        for x in 0..$n {
            let mut column = [zero; $n];
            for y in 0..$n {
                let $i = y * $n + x;
                column[y] = $load;
            }
            columns[x] = $f($s, column);
        }
        for y in 0..$m {
            let mut row = [zero; $n];
            for x in 0..$n {
                row[x] = columns[x][y];
            }
            let row = $f($s, row);
            for x in 0..$m {
                let ($j, $v) = (y * $m + x, row[x]);
                $store;
            }
        }
    }};
}

macro_rules! transform {
    ($(#[$doc:meta])* $name:ident, $n:expr, $f:ident) => {
        $(#[$doc])*
        struct $name {
            lines: [*const f32; $n * $n],
            c: usize,
            to: *mut f32,
            step: usize,
        }

        impl WithSimd for $name {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, s: S) {
                for c in (0..self.c).step_by(S::F32_LANES) {
                    // SAFETY: who makes one of these says that lines and destination are so long; channels come in sixteens.
                    unsafe {
                        let to = self.to.add(c);
                        both_ways!(s, $f, $n, IN, |i| load::<S>(self.lines[i].add(c)), |j, v| store::<S>(to.add(j * self.step), v));
                    }
                }
            }
        }
    };
}

transform! {
    /// An input tile to its line in each of the points' matrices.
    TransformInput, IN, input
}
transform! {
    /// A tile of the output's gradient to its lines.
    TransformGradient, OUT, gradient
}
transform! {
    /// 3×3 weights to their lines.
    TransformWeights, 3, weights
}

/// The weights between sixteen input channels and `co` output channels to their lines, output channels side by side.
struct TransformTransposed<'a> {
    /// From the first of these input channels on.
    w: &'a [f32],
    ci: usize,
    co: usize,
    to: *mut f32,
    step: usize,
}

impl WithSimd for TransformTransposed<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        const SQUARE: usize = LANES * LANES;
        let mut turned = [0.0f32; 9 * SQUARE];
        for o in (0..self.co).step_by(LANES) {
            for t in 0..9 {
                transpose(&self.w[(o * 9 + t) * self.ci..], 9 * self.ci, &mut turned[t * SQUARE..]);
            }
            for i in 0..LANES {
                for c in (0..LANES).step_by(S::F32_LANES) {
                    // SAFETY: `turned` holds nine squares; who makes one of these says that the destination is so long.
                    unsafe {
                        let from = turned.as_ptr().add(i * LANES + c);
                        let to = self.to.add(i * self.co + o + c);
                        both_ways!(
                            s,
                            weights,
                            3,
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

/// An output channel's line in each of the points' matrices back to its 3×3 weights.
struct TransformBack {
    from: *const f32,
    step: usize,
    c: usize,
    to: *mut f32,
}

impl WithSimd for TransformBack {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        for c in (0..self.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so.
            unsafe {
                let (from, to) = (self.from.add(c), self.to.add(c));
                both_ways!(s, back, IN, 3, |i| load::<S>(from.add(i * self.step)), |j, v| store::<S>(
                    to.add(j * self.c),
                    v
                ));
            }
        }
    }
}

/// A tile's line in each of the points' matrices to its pixels of the output, of those that there are.
struct TransformOutput<'a> {
    from: *const f32,
    step: usize,
    tiles: &'a Tiles,
    place: Place,
    bias: Option<&'a [f32]>,
    to: Writer<'a>,
}

impl WithSimd for TransformOutput<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let d = self.tiles.dst;
        let (image, y, x) = self.place;
        let (rows, cols) = (OUT.min(d.h - y), OUT.min(d.w - x));
        let start = ((image * d.h + y) * d.w + x) * d.c;
        for c in (0..d.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so; pixels outside the output are left out.
            unsafe {
                let from = self.from.add(c);
                let bias = match self.bias {
                    Some(b) => load::<S>(b.as_ptr().add(c)),
                    None => s.splat_f32s(0.0),
                };
                both_ways!(s, output, IN, OUT, |i| load::<S>(from.add(i * self.step)), |j, v| {
                    if j / OUT < rows && j % OUT < cols {
                        store::<S>(
                            self.to.at(start + (j / OUT * d.w + j % OUT) * d.c + c),
                            s.add_f32s(v, bias),
                        );
                    }
                });
            }
        }
    }
}
