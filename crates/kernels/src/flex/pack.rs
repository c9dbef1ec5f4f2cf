//! Weights in the orders that the products want. They come channels-last, `[out, taps, in]`.

use rayon::prelude::*;

use super::work::Scratch;

/// Side of the squares that are transposed at a time, so that neither side jumps about in memory.
const SIDE: usize = 16;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 16;

/// Columns that a thread transposes at a time, so that it reads runs of some length.
const COLUMNS: usize = 64;

/// Calls `f` with each piece of `out`, `len` numbers but perhaps the last, and its number.
fn pieces(out: &mut [f32], len: usize, f: impl Fn(usize, &mut [f32]) + Sync + Send) {
    if out.len() > PARALLEL {
        out.par_chunks_mut(len).enumerate().for_each(|(i, piece)| f(i, piece));
    } else if len > 0 {
        out.chunks_mut(len).enumerate().for_each(|(i, piece)| f(i, piece));
    }
}

/// The transpose of a row-major matrix with rows of `cols` numbers.
pub fn transposed(src: &[f32], cols: usize) -> Scratch {
    let rows = src.len() / cols.max(1);
    let mut out = Scratch::take(src.len());
    pieces(&mut out, COLUMNS * rows, |i, dst| {
        // SAFETY: these columns are as many rows of the destination.
        unsafe { transpose(&src[i * COLUMNS..], cols, rows, dst.len() / rows, dst.as_mut_ptr(), rows) };
    });
    out
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
                let columns: [[f32; SIDE]; SIDE] = std::array::from_fn(|c| square.map(|row| row[c]));
                for (c, line) in columns.into_iter().enumerate() {
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
pub fn by_tap(w: &[f32], [co, ci, taps]: [usize; 3], order: &[usize]) -> Scratch {
    let mut out = Scratch::take(order.len() * co * ci);
    pieces(&mut out, co * ci, |k, dst| {
        for (line, w) in dst.chunks_exact_mut(ci).zip(w.chunks_exact(taps * ci)) {
            line.copy_from_slice(&w[order[k] * ci..][..ci]);
        }
    });
    out
}
