//! The `gemm` crate's matrix product with the vector instructions in use: the crate itself always takes the widest that there are.

use gemm::Parallelism;
#[cfg(target_arch = "x86_64")]
use {
    gemm_common::gemm::gemm_basic_generic,
    gemm_common::simd::{MixedSimd, Scalar, V3},
    gemm_f32::microkernel,
};

use super::matrix::Matrix;
use crate::simd::{Level, level};

/// Numbers of a vector of AVX2.
#[cfg(target_arch = "x86_64")]
const LANES: usize = 8;

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
    let row = dst_row as isize;
    let [a_col, a_row, b_col, b_row] = [a.col, a.row, b.col, b.row].map(|step| step as isize);
    // Its kernels want the columns of `dst` in a row: as the crate does, the transposed product is computed where the rows are.
    #[cfg(target_arch = "x86_64")]
    let (size, steps, lhs, rhs) = if row > 1 {
        ((n, m), (row, 1), (b.ptr, b_row, b_col), (a.ptr, a_row, a_col))
    } else {
        ((m, n), (1, row), (a.ptr, a_col, a_row), (b.ptr, b_col, b_row))
    };
    /// The crate's kernels of one width, as its own choice calls them.
    #[cfg(target_arch = "x86_64")]
    macro_rules! of {
        ($width:ident, $simd:ty, $lanes:expr) => {{
            use microkernel::$width::f32::{H_M, H_N, H_UKR, MR_DIV_N, NR, UKR};
            if let Some(simd) = <$simd as MixedSimd<f32, f32, f32, f32>>::try_new() {
                // SAFETY: the caller's; and the processor has the instructions, or there would be no `simd`.
                return unsafe {
                    gemm_basic_generic::<$simd, f32, $lanes, { MR_DIV_N * $lanes }, NR, MR_DIV_N, H_M, H_N>(
                        simd,
                        size.0,
                        size.1,
                        k,
                        dst,
                        steps.0,
                        steps.1,
                        add,
                        lhs.0,
                        lhs.1,
                        lhs.2,
                        rhs.0,
                        rhs.1,
                        rhs.2,
                        1.0,
                        1.0,
                        false,
                        false,
                        false,
                        |a, b, c| a * b + c,
                        &UKR,
                        &H_UKR,
                        false,
                        Parallelism::None,
                    )
                };
            }
        }};
    }
    match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Portable => of!(scalar, Scalar, 1),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => of!(fma, V3, LANES),
        _ => {}
    }
    // SAFETY: the caller's.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst,
            1,
            row,
            add,
            a.ptr,
            a_col,
            a_row,
            b.ptr,
            b_col,
            b_row,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
