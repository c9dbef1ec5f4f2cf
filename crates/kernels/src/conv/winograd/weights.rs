//! The weights' way to the points.

use super::plan::zeros;
use super::sizes::LANES;
use super::tiles::{TransformTransposed, TransformWeights, dispatch};
use crate::conv::shape::ConvShape;
use crate::work::{Writer, run_blocks};

/// Weights `[out, k, k, in]` as a pass uses them: from the input's channels to the output's, or turned by 180° and back.
pub struct Weights<'a> {
    pub w: &'a [f32],
    pub s: &'a ConvShape,
    pub turned: bool,
}

impl Weights<'_> {
    /// Transforms those to channels `first..first + count` (of all phases) into `[points, from, count]`; `step` numbers from point to point.
    pub fn transform<const K: usize>(
        &self,
        first: usize,
        count: usize,
        u: Writer<'_>,
        step: usize,
        parallel: bool,
    ) {
        let (s, ci, co) = (self.s, self.s.x.c, self.s.y.c);
        let line = s.k[0] * s.k[1] * ci;
        let phases = s.stride * s.stride;
        if self.turned {
            run_blocks(co, parallel, |o| {
                let w = &self.w[o * line..][..line];
                for phase in 0..phases {
                    let (from, to) = (first.max(phase * ci), (first + count).min((phase + 1) * ci));
                    if from >= to {
                        continue;
                    }
                    let taps = s.taps_of(phase);
                    let lines = std::array::from_fn(|t| match taps[..K * K].iter().rev().nth(t) {
                        Some(Some(tap)) => w[tap * ci + from - phase * ci..][..to - from].as_ptr(),
                        _ => zeros(to - from),
                    });
                    let dst = u.at(o * count + from - first);
                    // SAFETY: the lines are as long; channel o has its own line in every point's matrix.
                    unsafe {
                        dispatch(TransformWeights::<K> { lines, c: to - from, to: dst, step, next: line });
                    };
                }
            });
        } else {
            run_blocks(phases * ci / LANES, parallel, |block| {
                let (phase, i) = (block * LANES / ci, block * LANES % ci);
                let taps = s.taps_of(phase);
                let to = u.at(block * LANES * count);
                let w = &self.w[first * line + i..];
                // SAFETY: the block has its own sixteen lines in every point's matrix.
                unsafe { dispatch(TransformTransposed::<K> { w, line, ci, taps, co: count, to, step }) };
            });
        }
    }
}
