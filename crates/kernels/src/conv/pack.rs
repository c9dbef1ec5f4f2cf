//! Weights in the orders that the products want. They come channels-last, `[out, taps, in]`.

use rayon::prelude::*;

use crate::transpose::transpose;
use crate::work::Scratch;

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
