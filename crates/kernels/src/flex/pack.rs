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
        let inputs = SIDE.min(ci - i0);
        for o0 in (0..co).step_by(SIDE) {
            let row = |o: usize| &w[((o0 + o) * ci + i0) * taps..][..inputs * taps];
            if co - o0 >= SIDE {
                let rows: [&[f32]; SIDE] = std::array::from_fn(row);
                for i in 0..inputs {
                    for t in 0..taps {
                        let line = &mut packed[(t * ci + i0 + i) * co + o0..][..SIDE];
                        for (v, row) in line.iter_mut().zip(rows) {
                            // SAFETY: each row holds inputs·taps numbers.
                            *v = unsafe { *row.get_unchecked(i * taps + t) };
                        }
                    }
                }
            } else {
                for o in 0..co - o0 {
                    for (at, v) in row(o).iter().enumerate() {
                        packed[(at % taps * ci + i0 + at / taps) * co + o0 + o] = *v;
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
            for (v, w) in line.iter_mut().zip(w[*t..].iter().step_by(taps)) {
                *v = *w;
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
