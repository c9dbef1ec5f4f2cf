//! Convolution by Winograd's minimal filtering (Lavin & Gray 2016, arXiv:1509.09308), in all three passes: kernels of 3×3 with
//! stride 1 and of 4×4 with stride 1 and 2.
//!
//! A tile of 6×6 input pixels is transformed to 36 points, which are multiplied, a matrix product over the channels each, with the
//! transformed weights; the products are transformed back to output pixels. 3×3 weights make 4×4 outputs of a tile by 36 multiplications
//! a pair of channels where the plain sum takes 144, F(4×4, 3×3); 4×4 weights make 3×3 outputs, F(3×3, 4×4), also of a fourth.
//! Where a map ends within a tile, its rows or columns take four or five of the same points instead of six: 14 pixels are 4 + 4 + 4 + 2.
//!
//! With stride 2 the input falls apart into four phases, pixels of even and odd rows and columns, which are convolved with the taps of
//! their own by stride 1: a kernel of 2×2 over four times the channels, F(5×5, 2×2), with a third of 4×4's multiplications. (3×3 with
//! stride 2 has phases of one tap; by tiles it was hardly faster than by patches, and moved more memory.)
//!
//! The input gradient is the same convolution of the output gradient by turned weights, its output in phases. The weight gradient multiplies the
//! transformed input tiles with the transformed tiles of the output gradient, sums over tiles, and transforms back to the taps.

mod gradient;
mod plan;
mod points;
mod tiles;
mod weights;

use gradient::weights_of_tiles;
use plan::{Plan, share};
use weights::Weights;

use super::conv::ConvShape;
use super::finish::Finish;
use super::matmul::{Matrix, matmul_as_it_lies};
use super::work::{Output, Scratch, Writer, fetch, run_blocks};

/// Input pixels of a tile each way.
const IN: usize = 6;
/// Multiplications a tile, each a matrix product of its own.
const POINTS: usize = IN * IN;
/// Fewest points of a tile each way: see [`points`].
const FEWEST: usize = 4;
/// Most output pixels of a tile each way.
const MOST_OUT: usize = 5;
/// Most taps each way.
const MOST_TAPS: usize = 4;
/// Most channels of a map.
const MOST_CHANNELS: usize = 4096;
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
    let channels = |c: usize| (1..=MOST_CHANNELS).contains(&c) && c.is_multiple_of(LANES);
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

/// Output channels whose transformed weights are held at a time.
fn panel(ci: usize, co: usize) -> usize {
    (PANEL_FLOATS / (POINTS * ci)).max(1).next_multiple_of(LANES).min(co)
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
            let lines = plan.lines(point, first..first + here);
            let a = Matrix { ptr: v.at(point * v_step + lines.start * ci), row: ci, col: 1 };
            let b = Matrix { ptr: u.at(point * u_step), row: co, col: 1 };
            let to = m.at(point * m_step + lines.start * co);
            // SAFETY: these lines of `v` and all of `u` have just been written.
            unsafe { matmul_as_it_lies(lines.len(), co, ci, to, co, a, b, false) };
        }
        for t in 0..here {
            // SAFETY: the products have written the tile's line of each of its points; each tile has its own pixels.
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
                let lines = plan.lines(point, first..first + here);
                let a = Matrix { ptr: v.at(point * v_step + lines.start * ci), row: ci, col: 1 };
                let b = Matrix { ptr: u.at(point * u_step), row: channels, col: 1 };
                let to = m.at(point * m_step + lines.start * co + o);
                // SAFETY: these lines of `v` and all of `u` have been written; the task alone writes these columns of its point.
                unsafe { matmul_as_it_lies(lines.len(), channels, ci, to, co, a, b, false) };
            });
        }
        run_blocks(here, parallel, |t| {
            // SAFETY: the products have written the tile's line of each of its points; each tile has its own pixels.
            unsafe { plan.transform_output::<OUT>(m.at(t * co), m_step, first + t, finish, out) };
        });
    }
}
