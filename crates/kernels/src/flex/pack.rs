//! Weights in the orders that the products want. They come channels-last, `[out, taps, in]`.

use super::work::{Output, run_blocks};

/// Side of the squares that are transposed at a time, so that neither side jumps about in memory.
const SIDE: usize = 16;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 16;

/// Columns that a thread transposes at a time, so that it reads runs of some length.
const COLUMNS: usize = 64;

/// The transpose of a row-major matrix with rows of `cols` numbers.
pub fn transposed(src: &[f32], cols: usize) -> Vec<f32> {
    let rows = src.len() / cols.max(1);
    let mut out = Output::new(src.len());
    let writer = out.writer();
    run_blocks(cols.div_ceil(COLUMNS), src.len() > PARALLEL, |block| {
        let c0 = block * COLUMNS;
        let width = COLUMNS.min(cols - c0);
        // SAFETY: each block has its own columns, which are rows of the output.
        unsafe { transpose(&src[c0..], cols, rows, width, writer.block(c0 * rows, width, rows, rows), rows) };
    });
    // SAFETY: the blocks cover every column, and each writes all of its own.
    unsafe { out.finish() }
}

/// Transposes `rows` rows of `cols` numbers, `pitch` apart, into `cols` rows, `dst_pitch` apart.
///
/// # Safety
/// `dst` may be written at `rows` numbers from each of `cols` rows.
pub unsafe fn transpose(
    src: &[f32],
    pitch: usize,
    rows: usize,
    cols: usize,
    dst: *mut f32,
    dst_pitch: usize,
) {
    for r0 in (0..rows).step_by(SIDE) {
        for c0 in (0..cols).step_by(SIDE) {
            let (height, width) = (SIDE.min(rows - r0), SIDE.min(cols - c0));
            let row = |r: usize| &src[(r0 + r) * pitch + c0..][..width];
            if height == SIDE && width == SIDE {
                // Each row was cut to SIDE numbers.
                let square: [&[f32; SIDE]; SIDE] =
                    std::array::from_fn(|r| row(r).try_into().expect("a row of the square"));
                for c in 0..SIDE {
                    let line: [f32; SIDE] = std::array::from_fn(|r| square[r][c]);
                    // SAFETY: SIDE numbers from column r0 of row c0 + c, inside the destination.
                    unsafe { dst.add((c0 + c) * dst_pitch + r0).cast::<[f32; SIDE]>().write_unaligned(line) };
                }
            } else {
                for r in 0..height {
                    for (c, v) in row(r).iter().enumerate() {
                        // SAFETY: inside the destination.
                        unsafe { dst.add((c0 + c) * dst_pitch + r0 + r).write(*v) };
                    }
                }
            }
        }
    }
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
