//! The product of small matrices without copying them first.

use super::matrix::Matrix;
use super::product::matmul_into;

/// Rows and columns of a piece whose factors the `gemm` crate (0.19) takes as they lie: up to eight times its micro-kernel's six rows, and once
/// its 64 columns. With more it first copies one of them in the micro-kernel's order.
const ROWS: usize = 48;
/// See [`ROWS`].
const COLS: usize = 64;

/// [`matmul_into`] for factors that stay in the second-level cache and in which neighbouring columns of `b` and of `dst` are neighbours in memory:
/// piece by piece, so that nothing is copied.
///
/// # Safety
/// As there.
#[allow(clippy::too_many_arguments)] // a matrix product is described by its sizes
pub unsafe fn matmul_as_it_lies(
    m: usize,
    n: usize,
    k: usize,
    dst: *mut f32,
    dst_row: usize,
    a: Matrix,
    b: Matrix,
    add: bool,
) {
    for j in (0..n).step_by(COLS) {
        for i in (0..m).step_by(ROWS) {
            let (rows, cols) = (ROWS.min(m - i), COLS.min(n - j));
            let a = Matrix { ptr: a.ptr.wrapping_add(i * a.row), ..a };
            let b = Matrix { ptr: b.ptr.wrapping_add(j * b.col), ..b };
            // SAFETY: the caller's, for a piece of it.
            unsafe { matmul_into(rows, cols, k, dst.add(i * dst_row + j), dst_row, a, b, add) };
        }
    }
}
