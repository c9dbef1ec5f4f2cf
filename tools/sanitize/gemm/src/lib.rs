//! The matrix product, plainly, with the signature of the `gemm` crate for `f32`.

/// As the crate names it.
pub enum Parallelism {
    /// On this thread.
    None,
}

/// `dst = alpha·dst + beta·lhs·rhs`, or without `dst` unless `read_dst`.
///
/// # Safety
/// The pointers reach every element of their matrices, `dst` overlaps neither, and is initialised if `read_dst`.
#[allow(clippy::too_many_arguments)]
pub unsafe fn gemm(
    m: usize,
    n: usize,
    k: usize,
    dst: *mut f32,
    dst_cs: isize,
    dst_rs: isize,
    read_dst: bool,
    lhs: *const f32,
    lhs_cs: isize,
    lhs_rs: isize,
    rhs: *const f32,
    rhs_cs: isize,
    rhs_rs: isize,
    alpha: f32,
    beta: f32,
    _conj_dst: bool,
    _conj_lhs: bool,
    _conj_rhs: bool,
    _parallelism: Parallelism,
) {
    let at = |i: usize, step: isize| i as isize * step;
    for i in 0..m {
        for j in 0..n {
            // SAFETY: the caller's.
            unsafe {
                let to = dst.offset(at(i, dst_rs) + at(j, dst_cs));
                let sum: f32 = (0..k)
                    .map(|l| {
                        *lhs.offset(at(i, lhs_rs) + at(l, lhs_cs))
                            * *rhs.offset(at(l, rhs_rs) + at(j, rhs_cs))
                    })
                    .sum();
                *to = if read_dst { alpha * *to + beta * sum } else { beta * sum };
            }
        }
    }
}
