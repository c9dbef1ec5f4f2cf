//! The one matrix product everything rests on.

use gemm::Parallelism;

/// A matrix in memory: where it starts, and how far the next row and the next column are.
#[derive(Clone, Copy)]
pub struct Matrix {
    /// First number.
    pub ptr: *const f32,
    /// Distance of rows.
    pub row: usize,
    /// Distance of columns.
    pub col: usize,
}

impl Matrix {
    /// A row-major matrix with rows of `width` numbers.
    pub fn rows(data: &[f32], width: usize) -> Self {
        Matrix { ptr: data.as_ptr(), row: width, col: 1 }
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        Matrix { ptr: self.ptr, row: self.col, col: self.row }
    }
}

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
    // SAFETY: the caller's.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst,
            1,
            dst_row as isize,
            add,
            a.ptr,
            a.col as isize,
            a.row as isize,
            b.ptr,
            b.col as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
