//! From any strides to channels-last.

use crate::dims::Dims;
use crate::work::{Output, run_blocks};

/// Channels whose streams are read side by side.
const CHANNELS: usize = 16;

/// The numbers of a batch of images in the order `[n, h, w, c]`. In `src` they lie from `start` on, `strides` numbers apart from one image,
/// channel, row and column to the next.
///
/// # Panics
/// If a place lies outside of `src`.
pub fn channels_last(src: &[f32], start: usize, strides: [isize; 4], d: Dims) -> Vec<f32> {
    let [sn, sc, sh, sw] = strides;
    let row = d.w * d.c;
    let mut out = Output::new(d.len());
    let writer = out.writer();
    run_blocks(d.n * d.h, d.len() > 1 << 17, |i| {
        // SAFETY: block i alone writes row i.
        let dst = unsafe { writer.range(i * row, row) };
        let base = start as isize + (i / d.h) as isize * sn + (i % d.h) as isize * sh;
        for c0 in (0..d.c).step_by(CHANNELS) {
            let c1 = (c0 + CHANNELS).min(d.c);
            for px in 0..d.w {
                let at = base + px as isize * sw;
                for c in c0..c1 {
                    dst[px * d.c + c].write(src[(at + c as isize * sc) as usize]);
                }
            }
        }
    });
    // SAFETY: the blocks covered every row, and every row is written whole.
    unsafe { out.finish() }
}
