//! Weights between torch's order `[out, in, taps]` and the orders the products want. Small squares at a time, so that neither side
//! jumps about in memory.

use super::work::{Output, run_blocks};

/// Side of a square.
const SIDE: usize = 16;
/// Weights from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

/// `[out, in, taps]` → `[taps, in, out]`.
pub fn outputs_last(w: &[f32], [co, ci, taps]: [usize; 3], packed: &mut [f32]) {
    for i0 in (0..ci).step_by(SIDE) {
        for o0 in (0..co).step_by(SIDE) {
            let o1 = co.min(o0 + SIDE);
            for i in i0..ci.min(i0 + SIDE) {
                for t in 0..taps {
                    let line = &mut packed[(t * ci + i) * co..][o0..o1];
                    for (v, o) in line.iter_mut().zip(o0..o1) {
                        *v = w[(o * ci + i) * taps + t];
                    }
                }
            }
        }
    }
}

/// `[out, in, taps]` → `[order.len(), out, in]`, the taps in the given order.
pub fn inputs_last(w: &[f32], [co, ci, taps]: [usize; 3], order: &[usize], packed: &mut [f32]) {
    for (o, w) in w.chunks_exact(ci * taps).enumerate() {
        for (k, t) in order.iter().enumerate() {
            let line = &mut packed[(k * co + o) * ci..][..ci];
            for (v, w) in line.iter_mut().zip(w.chunks_exact(taps)) {
                *v = w[*t];
            }
        }
    }
}

/// `[parts, out, taps / parts, in]` → `[out, in, taps]`.
pub fn torch_order(sums: &[f32], [co, ci, taps]: [usize; 3], parts: usize) -> Vec<f32> {
    let per_part = taps / parts;
    let mut out = Output::new(sums.len());
    let writer = out.writer();
    run_blocks(co, sums.len() > PARALLEL, |o| {
        // SAFETY: each output channel has its own range.
        let line = unsafe { writer.range(o * ci * taps, ci * taps) };
        for t in 0..taps {
            let from = &sums[((t / per_part * co + o) * per_part + t % per_part) * ci..][..ci];
            for (v, s) in line.iter_mut().skip(t).step_by(taps).zip(from) {
                v.write(*s);
            }
        }
    });
    // SAFETY: every output channel has been written.
    unsafe { out.finish() }
}
