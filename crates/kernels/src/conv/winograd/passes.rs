//! The three passes, by the kernel's taps.

use super::convolve::convolve;
use super::gradient::weights_of_tiles;
use super::plan::Plan;
use super::sizes::{LANES, MOST_CHANNELS};
use super::weights::Weights;
use crate::conv::finish::Finish;
use crate::conv::shape::ConvShape;

/// Whether the convolution has the form that these functions compute.
pub fn suits(s: &ConvShape) -> bool {
    let channels = |c: usize| (1..=MOST_CHANNELS).contains(&c) && c.is_multiple_of(LANES);
    s.k[0] == s.k[1]
        && matches!((s.k[0], s.stride), (3, 1) | (4, 1 | 2))
        && channels(s.x.c)
        && channels(s.y.c)
}

/// Multiplications of a forward pass.
pub fn multiplications(s: &ConvShape) -> usize {
    Plan::forward(s).multiplications()
}

/// Multiplications of an input gradient.
pub fn backward_multiplications(s: &ConvShape) -> usize {
    Plan::backward(s).multiplications()
}

/// Calls `$f` with the number of taps a phase has each way and that of a tile's output pixels.
macro_rules! by_taps {
    ($s:expr, $f:ident($($arg:expr),*)) => {
        match $s.k[0].div_ceil($s.stride) {
            2 => $f::<2, 5>($($arg),*),
            3 => $f::<3, 4>($($arg),*),
            4 => $f::<4, 3>($($arg),*),
            taps => unreachable!("no tiles for {taps} taps"),
        }
    };
}

/// The convolution of channels-last `x` with weights `[out, k, k, in]`, finished.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], finish: &Finish<'_>) -> Vec<f32> {
    by_taps!(s, convolve(&Plan::forward(s), x, &Weights { w, s, turned: false }, finish))
}

/// The gradient of the input from the gradient `g` of the output; for zero padding alone.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    debug_assert!(!s.reflect || s.pad == 0, "a mirrored border is folded by the caller");
    by_taps!(s, convolve(&Plan::backward(s), g, &Weights { w, s, turned: true }, &Finish::bias(bias)))
}

/// The gradient of the weights, `[out, k, k, in]`, from input and output gradient.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    by_taps!(s, weights_of_tiles(s, x, g))
}
