//! The gradient of a mirrored border.

use crate::dims::Dims;
use crate::work::{Output, run_blocks};

/// Adds the gradient of a mirrored border to the pixels it was mirrored from.
pub fn fold(wide: &[f32], d: Dims, pad: usize) -> Vec<f32> {
    let (ww, c) = (d.w + 2 * pad, d.c);
    let sources = |i: usize, size: usize| {
        let mut at = [Some(i + pad), None, None];
        if (1..=pad).contains(&i) {
            at[1] = Some(pad - i);
        }
        if i + 1 < size && i + 1 + pad >= size {
            at[2] = Some(2 * (size - 1) - i + pad);
        }
        at.into_iter().flatten()
    };
    let mut out = Output::new(d.len());
    let writer = out.writer();
    run_blocks(d.n * d.h, d.len() > 1 << 17, |r| {
        let (image, y) = (r / d.h, r % d.h);
        // SAFETY: block r alone writes row r.
        let dst = unsafe { writer.range(r * d.w * c, d.w * c) };
        let line = |wy: usize| &wide[((image * (d.h + 2 * pad)) + wy) * ww * c..][..ww * c];
        let own = line(y + pad);
        for (v, o) in dst.iter_mut().zip(&own[pad * c..]) {
            v.write(*o);
        }
        // SAFETY: the loop above has written the whole row.
        let dst = unsafe { std::slice::from_raw_parts_mut(dst.as_mut_ptr().cast::<f32>(), d.w * c) };
        for (k, wy) in sources(y, d.h).enumerate() {
            let from = line(wy);
            if k > 0 {
                for (v, o) in dst.iter_mut().zip(&from[pad * c..]) {
                    *v += o;
                }
            }
            let near = (0..d.w).filter(|&x| x <= pad || x + 1 + pad >= d.w);
            for x in near {
                for wx in sources(x, d.w).skip(1) {
                    for (v, o) in dst[x * c..(x + 1) * c].iter_mut().zip(&from[wx * c..]) {
                        *v += o;
                    }
                }
            }
        }
    });
    // SAFETY: every row has been written.
    unsafe { out.finish() }
}
