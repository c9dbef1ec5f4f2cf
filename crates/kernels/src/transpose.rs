//! Transposes, by squares of 4×4 in registers: of two plain loops the compiler makes writes scattered number by number.

/// Side of the squares that are transposed at a time, so that neither side jumps about in memory.
pub const SIDE: usize = 16;
/// Side of those in registers.
const FOUR: usize = 4;

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
            let (src, dst) = (&src[r0 * pitch + c0..], dst.wrapping_add(c0 * dst_pitch + r0));
            if height == SIDE && width == SIDE {
                // SAFETY: the square is inside the destination.
                unsafe { square(src, pitch, dst, dst_pitch) };
            } else {
                for r in 0..height {
                    for (c, v) in src[r * pitch..][..width].iter().enumerate() {
                        // SAFETY: inside the destination.
                        unsafe { dst.add(c * dst_pitch + r).write(*v) };
                    }
                }
            }
        }
    }
}

/// Transposes [`SIDE`]×[`SIDE`] numbers.
///
/// # Safety
/// `dst` may be written at as many numbers from each of as many rows, `dst_pitch` apart.
#[inline(always)]
pub unsafe fn square(src: &[f32], pitch: usize, dst: *mut f32, dst_pitch: usize) {
    for i in (0..SIDE).step_by(FOUR) {
        for j in (0..SIDE).step_by(FOUR) {
            let rows = std::array::from_fn(|row| {
                *src[(i + row) * pitch + j..].first_chunk().expect("four numbers of a row")
            });
            for (col, line) in turned(rows).into_iter().enumerate() {
                // SAFETY: inside the square.
                unsafe { dst.add((j + col) * dst_pitch + i).cast::<[f32; FOUR]>().write_unaligned(line) };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turned(square: [[f32; FOUR]; FOUR]) -> [[f32; FOUR]; FOUR] {
    use std::arch::x86_64::{__m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps};
    // SAFETY: four floats are as long as a vector of four, and every x86-64 processor has these instructions.
    unsafe {
        let [a, b, c, d] = std::mem::transmute::<[[f32; FOUR]; FOUR], [__m128; FOUR]>(square);
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (ab_high, cd_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        std::mem::transmute::<[__m128; FOUR], [[f32; FOUR]; FOUR]>([
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(ab_high, cd_high),
            _mm_movehl_ps(cd_high, ab_high),
        ])
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn turned(square: [[f32; FOUR]; FOUR]) -> [[f32; FOUR]; FOUR] {
    std::array::from_fn(|col| std::array::from_fn(|row| square[row][col]))
}
