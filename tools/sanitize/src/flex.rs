//! See `crates/kernels/src/flex/mod.rs`.

#[path = "../../../crates/kernels/src/flex/adam.rs"]
pub mod adam;
#[path = "../../../crates/kernels/src/flex/algorithm.rs"]
pub mod algorithm;
#[path = "../../../crates/kernels/src/flex/border.rs"]
pub mod border;
#[path = "../../../crates/kernels/src/flex/conv.rs"]
pub mod conv;
#[path = "../../../crates/kernels/src/flex/dims.rs"]
pub mod dims;
#[path = "../../../crates/kernels/src/flex/elementwise.rs"]
pub mod elementwise;
#[path = "../../../crates/kernels/src/flex/finish.rs"]
pub mod finish;
#[path = "../../../crates/kernels/src/flex/gather.rs"]
pub mod gather;
#[path = "../../../crates/kernels/src/flex/matmul.rs"]
pub mod matmul;
#[path = "../../../crates/kernels/src/flex/narrow.rs"]
pub mod narrow;
#[path = "../../../crates/kernels/src/flex/norm.rs"]
pub mod norm;
#[path = "../../../crates/kernels/src/flex/pack.rs"]
pub mod pack;
#[path = "../../../crates/kernels/src/flex/patches.rs"]
pub mod patches;
#[path = "../../../crates/kernels/src/flex/pool.rs"]
pub mod pool;
#[path = "../../../crates/kernels/src/flex/positions.rs"]
pub mod positions;
#[path = "../../../crates/kernels/src/flex/transpose.rs"]
pub mod transpose;
#[path = "../../../crates/kernels/src/flex/winograd/mod.rs"]
pub mod winograd;
#[path = "../../../crates/kernels/src/flex/work.rs"]
pub mod work;

/// The matrix product without vectors.
pub mod product {
    use super::matmul::Matrix;

    /// See `crates/kernels/src/flex/product.rs`.
    ///
    /// # Safety
    /// As there.
    #[allow(clippy::too_many_arguments)]
    pub unsafe fn product(
        m: usize,
        n: usize,
        k: usize,
        dst: *mut f32,
        dst_row: usize,
        a: Matrix,
        b: Matrix,
        add: bool,
    ) {
        let [row, a_col, a_row, b_col, b_row] =
            [dst_row, a.col, a.row, b.col, b.row].map(|step| step as isize);
        let alone = gemm::Parallelism::None;
        // SAFETY: the caller's.
        unsafe {
            gemm::gemm(
                m, n, k, dst, 1, row, add, a.ptr, a_col, a_row, b.ptr, b_col, b_row, 1.0, 1.0, false, false, false,
                alone,
            );
        }
    }
}
