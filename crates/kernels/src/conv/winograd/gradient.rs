//! The gradient of the weights, from transformed tiles of the input and of the output's gradient.

use super::plan::{Plan, panel, share};
use super::sizes::{BLOCK_TILES, GAP, IN, POINTS};
use super::tiles::{TransformBack, dispatch};
use crate::conv::shape::ConvShape;
use crate::matmul::{Matrix, matmul_as_it_lies};
use crate::work::{Hint, Output, Scratch, Writer, prefetch_all, run_blocks};

/// Strips of tiles that have sums of their own, at most.
const STRIPS: usize = 8;
/// Sums (floats) that stay in a core's second-level cache beside a block of tiles.
const FEW_SUMS: usize = POINTS * 64 * 64;

/// The gradient of the weights, `[out, k, k, in]`.
pub fn weights_of_tiles<const K: usize, const OUT: usize>(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    let job = Job { s, plan: Plan::forward(s), x, g };
    let mut out = Output::new(s.y.c * s.k[0] * s.k[1] * s.x.c);
    let few_sums = POINTS * job.plan.src.channels() * job.plan.dst.channels() <= FEW_SUMS;
    if few_sums && job.plan.count() > 2 * STRIPS * BLOCK_TILES {
        job.in_strips::<K, OUT>(out.writer());
    } else {
        job.in_turns::<K, OUT>(out.writer());
    }
    // SAFETY: every tap of every output channel has been written.
    unsafe { out.finish() }
}

/// [`matmul_as_it_lies`] over `tiles`, of which there may be none, to dense sums.
///
/// # Safety
/// As there.
unsafe fn sum_products(
    co: usize,
    ci: usize,
    tiles: usize,
    sums: *mut f32,
    grad: Matrix,
    columns: Matrix,
    add: bool,
) {
    // SAFETY: the caller's.
    unsafe {
        if tiles > 0 {
            matmul_as_it_lies(co, ci, tiles, sums, ci, grad, columns, add);
        } else if !add {
            sums.write_bytes(0, co * ci);
        }
    }
}

struct Job<'a> {
    s: &'a ConvShape,
    plan: Plan,
    x: &'a [f32],
    g: &'a [f32],
}

impl Job<'_> {
    /// Strips of tiles side by side, each in blocks from pixels to sums of its own, which are added in their order. How many
    /// strips there are does not depend on the number of threads.
    fn in_strips<const K: usize, const OUT: usize>(&self, out: Writer<'_>) {
        let plan = &self.plan;
        let (ci, co, count) = (plan.src.channels(), plan.dst.channels(), plan.count());
        let per_strip = count.div_ceil(STRIPS).next_multiple_of(BLOCK_TILES);
        let strips = count.div_ceil(per_strip);
        let u_step = ci * co + GAP;
        let strip_step = POINTS * u_step;
        let mut u = Scratch::take(strips * strip_step);
        let u = Writer::over(&mut u);
        run_blocks(strips, true, |strip| {
            let (v_step, d_step) = (BLOCK_TILES * ci + GAP, BLOCK_TILES * co + GAP);
            let mut v = Scratch::take(POINTS * v_step);
            let mut d = Scratch::take(POINTS * d_step);
            let (v, d) = (Writer::over(&mut v), Writer::over(&mut d));
            let start = strip * per_strip;
            let end = count.min(start + per_strip);
            for first in (start..end).step_by(BLOCK_TILES) {
                let here = BLOCK_TILES.min(end - first);
                for t in 0..here {
                    plan.transform_input(self.x, first + t, v.at(t * ci), v_step);
                    plan.transform_gradient::<OUT>(self.g, first + t, d.at(t * co), d_step);
                }
                for point in 0..POINTS {
                    self.fetch_share(first + here, here, point);
                    let lines = plan.lines(point, first..first + here);
                    let grad = Matrix { ptr: d.at(point * d_step + lines.start * co), row: 1, col: co };
                    let columns = Matrix { ptr: v.at(point * v_step + lines.start * ci), row: ci, col: 1 };
                    let sums = u.at(strip * strip_step + point * u_step);
                    // SAFETY: these lines of the block have just been written, and the strip's earlier products what is added to; the
                    // strip alone writes its sums.
                    unsafe { sum_products(co, ci, lines.len(), sums, grad, columns, first > start) };
                }
            }
        });
        run_blocks(co, true, |o| {
            for point in 0..POINTS {
                // SAFETY: the strips are done, every one of them has written its sums, and this task alone has channel o's lines.
                let line = |strip: usize| unsafe {
                    std::slice::from_raw_parts_mut(u.at(strip * strip_step + point * u_step + o * ci), ci)
                };
                let sum = line(0);
                for strip in 1..strips {
                    sum.iter_mut().zip(line(strip)).for_each(|(sum, more)| *sum += *more);
                }
            }
            self.to_taps::<K>(u.at(o * ci), u_step, out, o);
        });
    }

    /// As many tiles as are held at a time: first the transforms of all, then point by point the products, which sum over them.
    fn in_turns<const K: usize, const OUT: usize>(&self, out: Writer<'_>) {
        let plan = &self.plan;
        let (ci, co) = (plan.src.channels(), plan.dst.channels());
        let parallel = plan.many();
        let held = plan.held();
        // Where all tiles are held, the products of some output channels are done with before the next.
        let panel = if held == plan.count() { panel(ci, co) } else { co };
        let (v_step, d_step, u_step) = (held * ci + GAP, held * co + GAP, ci * panel + GAP);
        let mut v = Scratch::take(POINTS * v_step);
        let mut d = Scratch::take(POINTS * d_step);
        let mut u = Scratch::take(POINTS * u_step);
        let (v, d, u) = (Writer::over(&mut v), Writer::over(&mut d), Writer::over(&mut u));
        for first in (0..plan.count()).step_by(held) {
            let here = held.min(plan.count() - first);
            run_blocks(here, parallel, |t| {
                plan.transform_input(self.x, first + t, v.at(t * ci), v_step);
                plan.transform_gradient::<OUT>(self.g, first + t, d.at(t * co), d_step);
            });
            for o in (0..co).step_by(panel) {
                let channels = panel.min(co - o);
                run_blocks(POINTS, parallel, |point| {
                    self.fetch_share(first + here, held, point);
                    let lines = plan.lines(point, first..first + here);
                    let grad = Matrix { ptr: d.at(point * d_step + lines.start * co + o), row: 1, col: co };
                    let columns = Matrix { ptr: v.at(point * v_step + lines.start * ci), row: ci, col: 1 };
                    let sums = u.at(point * u_step);
                    // SAFETY: the transforms have written these lines, and earlier tiles' products what is added to; the task alone
                    // writes its point's.
                    unsafe { sum_products(channels, ci, lines.len(), sums, grad, columns, first > 0) };
                });
                if first + here == plan.count() {
                    run_blocks(channels, parallel, |i| {
                        self.to_taps::<K>(u.at(i * ci), u_step, out, o + i);
                    });
                }
            }
        }
    }

    /// Has what a point's share of `count` tiles from `first` on reads brought to the cache.
    fn fetch_share(&self, first: usize, count: usize, point: usize) {
        let next = first..first + count;
        prefetch_all(share(self.plan.more(self.x, &self.plan.src, IN, next.clone()), point), Hint::Later);
        prefetch_all(share(self.plan.more(self.g, &self.plan.dst, self.plan.out, next), point), Hint::Later);
    }

    /// Transforms the sums of output channel `o`, in lines `step` apart, back to its taps; each channel is one task's alone.
    fn to_taps<const K: usize>(&self, from: *const f32, step: usize, out: Writer<'_>, o: usize) {
        let (s, c) = (self.s, self.s.x.c);
        let len = s.k[0] * s.k[1] * c;
        // SAFETY: each output channel has its own range.
        let to = unsafe { out.range(o * len, len) }.as_mut_ptr().cast::<f32>();
        for phase in 0..s.stride * s.stride {
            let taps = s.taps_of(phase).map(|tap| tap.map(|tap| to.wrapping_add(tap * c)));
            let from = from.wrapping_add(phase * c);
            // SAFETY: the channel's line of every product has been written; a tap's place is a pixel long.
            unsafe { dispatch(TransformBack::<K> { from, step, c, taps }) };
        }
    }
}
