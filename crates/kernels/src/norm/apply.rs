//! The normalisation itself.

use std::mem::MaybeUninit;

use crate::activation::{activated, with_act};
use crate::groups::Groups;
use crate::sums::repeated;
use crate::work::{Output, vectorised};

vectorised! {
    fn apply_chunk<const ACT: u8, const RESIDUAL: bool>(
        x: &[f32],
        mean: &[f32],
        scale: &[f32],
        shift: &[f32],
        residual: &[f32],
        slope: f32,
        out: &mut [MaybeUninit<f32>],
    ) {
        let width = mean.len();
        for (i, (x, y)) in x.chunks(width).zip(out.chunks_mut(width)).enumerate() {
            let n = x.len();
            let r = if RESIDUAL { &residual[i * width..][..n] } else { x };
            let (y, m, s, b) = (&mut y[..n], &mean[..n], &scale[..n], &shift[..n]);
            for j in 0..n {
                let mut v = (x[j] - m[j]) * s[j] + b[j];
                if RESIDUAL {
                    v += r[j];
                }
                y[j].write(activated::<ACT>(v, slope));
            }
        }
    }
}

/// `act((x − mean)·scale + shift + residual)`; `mean` and `scale` one a channel of each group, `shift` one a channel. A `slope` of 1 is no
/// activation, 0 a ReLU.
///
/// # Panics
/// If a slice is not as long as the groups say.
pub fn apply(
    x: &[f32],
    g: &Groups,
    mean: &[f32],
    scale: &[f32],
    shift: &[f32],
    residual: Option<&[f32]>,
    slope: f32,
) -> Vec<f32> {
    let c = g.c;
    assert!(
        x.len() == g.len() && residual.is_none_or(|r| r.len() == x.len()),
        "a tensor and its residual are as long as their groups together"
    );
    assert_eq!(
        [mean.len(), scale.len(), shift.len()],
        [g.count * c, g.count * c, c],
        "one mean and scale a channel of each group, one shift a channel"
    );
    let mut out = Output::new(g.len());
    let writer = out.writer();
    let shift = repeated(shift);
    let of = |values: &[f32]| -> Vec<Vec<f32>> { values.chunks_exact(c).map(repeated).collect() };
    let (mean, scale) = (of(mean), of(scale));
    with_act!(slope, ACT => g.for_chunks_from_the_end(|_, group, range| {
        // SAFETY: each chunk has its own range.
        let y = unsafe { writer.range(range.start, range.len()) };
        let (mean, scale) = (&mean[group], &scale[group]);
        match residual {
            Some(r) => apply_chunk::<ACT, true>(&x[range.clone()], mean, scale, &shift, &r[range], slope, y),
            None => apply_chunk::<ACT, false>(&x[range], mean, scale, &shift, &[], slope, y),
        }
    }));
    // SAFETY: the chunks cover the tensor.
    unsafe { out.finish() }
}
