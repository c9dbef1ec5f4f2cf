//! The matrix product in three plain loops, in place of the `gemm` crate's: that crate takes hours to build with a sanitizer.

use super::matrix::Matrix;

/// `dst = a·b`, or `dst += a·b` if `add`: `a` is m×k, `b` k×n, the rows of `dst` lie `dst_row` apart. On this thread alone.
///
/// # Safety
/// The pointers reach every element of their matrices, `dst` overlaps neither, and is initialised if `add`.
#[allow(clippy::too_many_arguments)] // a matrix product is described by its sizes
pub unsafe fn matmul_into(
    m: usize,
    n: usize,
    k: usize,
    dst: *mut f32,
    dst_row: usize,
    a: Matrix,
    b: Matrix,
    add: bool,
) {
    for i in 0..m {
        for j in 0..n {
            // SAFETY: the caller's.
            unsafe {
                let to = dst.add(i * dst_row + j);
                let products =
                    (0..k).map(|l| *a.ptr.add(i * a.row + l * a.col) * *b.ptr.add(l * b.row + j * b.col));
                let sum: f32 = products.sum();
                *to = if add { *to + sum } else { sum };
            }
        }
    }
}
