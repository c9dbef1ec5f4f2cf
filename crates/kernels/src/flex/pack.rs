//! Weights in the orders that the products want. They come channels-last, `[out, taps, in]`.

use super::work::{Output, run_blocks};

/// Side of the squares that are transposed at a time, so that neither side jumps about in memory.
const SIDE: usize = 16;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 16;

/// The transpose of a row-major matrix with rows of `cols` numbers.
pub fn transposed(src: &[f32], cols: usize) -> Vec<f32> {
    let rows = src.len() / cols.max(1);
    let mut out = Output::new(src.len());
    let writer = out.writer();
    run_blocks(cols.div_ceil(SIDE), src.len() > PARALLEL, |block| {
        let c0 = block * SIDE;
        let width = SIDE.min(cols - c0);
        // SAFETY: each block has its own columns, which are rows of the output.
        let dst = unsafe { writer.range(c0 * rows, width * rows) };
        for r0 in (0..rows).step_by(SIDE) {
            let row = |r: usize| &src[(r0 + r) * cols + c0..][..width];
            if rows - r0 >= SIDE && width == SIDE {
                let square: [&[f32; SIDE]; SIDE] =
                    std::array::from_fn(|r| row(r).try_into().expect("a row of the square"));
                for c in 0..SIDE {
                    let line = &mut dst[c * rows + r0..][..SIDE];
                    for (v, row) in line.iter_mut().zip(square) {
                        v.write(row[c]);
                    }
                }
            } else {
                for r in 0..SIDE.min(rows - r0) {
                    for (c, v) in row(r).iter().enumerate() {
                        dst[c * rows + r0 + r].write(*v);
                    }
                }
            }
        }
    });
    // SAFETY: the blocks cover every column, and each writes all of its own.
    unsafe { out.finish() }
}

/// `[out, taps, in]` → `[order.len(), out, in]`, the taps in the given order.
pub fn by_tap(w: &[f32], [co, ci, taps]: [usize; 3], order: &[usize]) -> Vec<f32> {
    let mut out = Output::new(order.len() * co * ci);
    let writer = out.writer();
    run_blocks(order.len(), order.len() * co * ci > PARALLEL, |k| {
        // SAFETY: each tap has its own range.
        let dst = unsafe { writer.range(k * co * ci, co * ci) };
        for (line, w) in dst.chunks_exact_mut(ci).zip(w.chunks_exact(taps * ci)) {
            line.write_copy_of_slice(&w[order[k] * ci..][..ci]);
        }
    });
    // SAFETY: every line of every tap has been written.
    unsafe { out.finish() }
}
