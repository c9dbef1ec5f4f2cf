//! From input tiles to output tiles.

use super::plan::{Plan, panel, share};
use super::sizes::{BLOCK_TILES, GAP, IN, POINTS};
use super::weights::Weights;
use crate::conv::finish::Finish;
use crate::matmul::{Matrix, matmul_as_it_lies};
use crate::work::{Hint, Output, Scratch, Writer, prefetch_all, run_blocks};

/// Convolves: blocks of tiles from input to output where the weights are few, else in three phases.
pub fn convolve<const K: usize, const OUT: usize>(
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
            prefetch_all(share(next, point), Hint::Later);
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
