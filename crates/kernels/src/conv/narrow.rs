//! Convolution to one to four channels (an image, a patch map), where a matrix product would leave most of each vector empty: dot
//! products along the patch instead, four pixels at a time, straight from a padded copy of a few rows.

use super::window::Window;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};
use crate::work::Scratch;

/// Most output channels that this takes.
pub const MOST: usize = 4;
const LANES: usize = 8;

/// Whether dot products pay.
pub fn suits(window: &Window, co: usize) -> bool {
    co <= MOST && window.kh > 0 && window.kw * window.src.c >= 2 * LANES
}

/// Output rows `oy..oy + rows` of an image, `[rows, ow, co]`, by weights `[co, kh, kw, c]`.
#[allow(clippy::too_many_arguments)] // a matrix product is described by its sizes
pub fn convolve_rows(
    window: &Window,
    src: &[f32],
    weights: &[f32],
    co: usize,
    image: usize,
    oy: usize,
    rows: usize,
    out: &mut [f32],
) {
    let c = window.src.c;
    let step = window.stride * c;
    let width = ((window.ow - 1) * window.stride + window.kw) * c;
    let height = (rows - 1) * window.stride + window.kh;
    let mut padded = Scratch::take(height * width);
    for (j, line) in padded.chunks_exact_mut(width).enumerate() {
        window.padded_row(src, image, oy * window.stride + j, line);
    }
    let span = window.kw * c;
    for (r, out) in out.chunks_exact_mut(window.ow * co).enumerate() {
        let patch = Patch { data: &padded[r * window.stride * width..], width, height: window.kh, span };
        match co {
            1 => row::<1, 4>(&patch, step, weights, out),
            2 => row::<2, 4>(&patch, step, weights, out),
            3 => row::<3, 4>(&patch, step, weights, out),
            _ => row::<4, 2>(&patch, step, weights, out),
        }
    }
}

/// The first patch of a row of them: `height` lines of `span` numbers, `width` apart.
struct Patch<'a> {
    data: &'a [f32],
    width: usize,
    height: usize,
    span: usize,
}

fn row<const CO: usize, const PX: usize>(patch: &Patch<'_>, step: usize, weights: &[f32], out: &mut [f32]) {
    let pixels = out.len() / CO;
    assert_eq!(weights.len(), CO * patch.height * patch.span, "weights are as large as their patch");
    let last = (pixels - 1) * step + (patch.height - 1) * patch.width + patch.span;
    assert!(last <= patch.data.len(), "the last patch lies in the padded rows");
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2 {
        // SAFETY: the level in use is never above the processor's, and the two assertions above are what is asked for.
        unsafe { row_wide::<CO, PX>(patch, step, weights, out) };
        return;
    }
    row_plain::<CO>(patch, step, weights, out);
}

fn row_plain<const CO: usize>(patch: &Patch<'_>, step: usize, weights: &[f32], out: &mut [f32]) {
    for (px, out) in out.chunks_exact_mut(CO).enumerate() {
        for (o, w) in out.iter_mut().zip(weights.chunks_exact(patch.height * patch.span)) {
            let mut lanes = [0.0f32; LANES];
            for (ky, w) in w.chunks_exact(patch.span).enumerate() {
                let a = &patch.data[ky * patch.width + px * step..][..patch.span];
                for (a, w) in a.chunks(LANES).zip(w.chunks(LANES)) {
                    for ((l, a), w) in lanes.iter_mut().zip(a).zip(w) {
                        *l += a * w;
                    }
                }
            }
            *o = lanes.iter().sum();
        }
    }
}

/// # Safety
/// The processor has AVX2 and FMA; `weights` holds CO patches, and every patch of the row lies in the data.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn row_wide<const CO: usize, const PX: usize>(
    patch: &Patch<'_>,
    step: usize,
    weights: &[f32],
    out: &mut [f32],
) {
    let pixels = out.len() / CO;
    let mut px = 0;
    while px + PX <= pixels {
        // SAFETY: the caller's; these are pixels px..px + PX.
        unsafe { group_wide::<CO, PX>(patch, px * step, step, weights, &mut out[px * CO..]) };
        px += PX;
    }
    while px < pixels {
        // SAFETY: the caller's; this is pixel px.
        unsafe { group_wide::<CO, 1>(patch, px * step, step, weights, &mut out[px * CO..]) };
        px += 1;
    }
}

/// # Safety
/// As for [`row_wide`], for PX pixels whose first patch starts at `start`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn group_wide<const CO: usize, const PX: usize>(
    patch: &Patch<'_>,
    start: usize,
    step: usize,
    weights: &[f32],
    out: &mut [f32],
) {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps};
    let Patch { data, width, height, span } = *patch;
    let whole = span - span % LANES;
    let mut sums = [[_mm256_setzero_ps(); CO]; PX];
    for ky in 0..height {
        let at = start + ky * width;
        for i in (0..whole).step_by(LANES) {
            let mut w = [_mm256_setzero_ps(); CO];
            for (o, w) in w.iter_mut().enumerate() {
                // SAFETY: (o·height + ky)·span + i + LANES is at most the CO patches' length.
                *w = unsafe { _mm256_loadu_ps(weights.as_ptr().add((o * height + ky) * span + i)) };
            }
            for (p, sums) in sums.iter_mut().enumerate() {
                // SAFETY: line ky of pixel p's patch has at least i + LANES numbers, and lies in the data.
                let a = unsafe { _mm256_loadu_ps(data.as_ptr().add(at + p * step + i)) };
                for (s, w) in sums.iter_mut().zip(w) {
                    *s = _mm256_fmadd_ps(a, w, *s);
                }
            }
        }
    }
    for p in 0..PX {
        for o in 0..CO {
            let mut lanes = [0.0f32; LANES];
            // SAFETY: eight lanes fit the array.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sums[p][o]) };
            let halves: [f32; 4] = std::array::from_fn(|i| lanes[i] + lanes[i + 4]);
            out[p * CO + o] = (halves[0] + halves[2]) + (halves[1] + halves[3]);
        }
    }
    if whole < span {
        // Apart from the loop above, whose sums then all stay in registers.
        for ky in 0..height {
            for p in 0..PX {
                let line = &data[start + p * step + ky * width..][whole..span];
                for o in 0..CO {
                    let w = &weights[(o * height + ky) * span..][whole..span];
                    out[p * CO + o] += line.iter().zip(w).map(|(a, w)| a * w).sum::<f32>();
                }
            }
        }
    }
}
