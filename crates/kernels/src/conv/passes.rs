//! The passes of a convolution, each by the algorithm that its shape asks for.

use super::algorithm::{Algorithm, Pass, choose};
use super::finish::Finish;
use super::shape::ConvShape;
use super::{border, patches, positions, winograd};
use crate::dims::Dims;
use crate::sums::column_sums;

/// The convolution of channels-last `x` with channels-last `w`, finished.
///
/// # Panics
/// If a slice is not as long as the shape says.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], finish: &Finish<'_>) -> Vec<f32> {
    check(s, Some(x), None, Some(w));
    finish.check(s.y);
    match choose(s, Pass::Forward) {
        Algorithm::Winograd => winograd::forward(s, x, w, finish),
        Algorithm::Positions if finish.is_bias() => positions::forward(s, x, w, finish.shift),
        Algorithm::Positions => {
            let mut y = positions::forward(s, x, w, None);
            finish.all(&mut y, s.y.c);
            y
        }
        _ => patches::forward(s, x, w, finish),
    }
}

/// The gradient of the input, from the gradient `g` of the output; or the transposed convolution of `g`, plus `bias`, one number a channel of
/// the input.
///
/// # Panics
/// If a slice is not as long as the shape says; if there is a bias and a mirrored border.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    check(s, None, Some(g), Some(w));
    Finish::bias(bias).check(s.x);
    assert!(bias.is_none() || !s.reflect, "a transposed convolution has no mirrored border");
    if s.reflect && s.pad > 0 {
        let padded = Dims { h: s.x.h + 2 * s.pad, w: s.x.w + 2 * s.pad, ..s.x };
        let wide = input_gradient(&ConvShape { x: padded, pad: 0, reflect: false, ..*s }, g, w, None);
        return border::fold(&wide, s.x, s.pad);
    }
    match choose(s, Pass::InputGradient) {
        Algorithm::Winograd => winograd::input_gradient(s, g, w, bias),
        Algorithm::Positions => positions::input_gradient(s, g, w, bias),
        _ => patches::input_gradient(s, g, w, bias),
    }
}

/// The gradient of the weights, channels-last, from input `x` and output gradient `g`.
///
/// # Panics
/// If a slice is not as long as the shape says.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    check(s, Some(x), Some(g), None);
    match choose(s, Pass::WeightGradient) {
        Algorithm::Winograd => winograd::weight_gradient(s, x, g),
        Algorithm::Positions => positions::weight_gradient(s, x, g),
        Algorithm::Scattered => patches::weight_gradient_few(s, x, g),
        Algorithm::Patches => patches::weight_gradient(s, x, g),
    }
}

/// The gradient of the bias, from the output gradient `g` of `c` channels: the sum of each.
pub fn bias_gradient(g: &[f32], c: usize) -> Vec<f32> {
    column_sums(g, c)
}

/// What the unsafe code below relies on: input, output (or its gradient) and weights are as long as the shape says.
fn check(s: &ConvShape, x: Option<&[f32]>, y: Option<&[f32]>, w: Option<&[f32]>) {
    let fits = |numbers: Option<&[f32]>, count: usize| numbers.is_none_or(|numbers| numbers.len() == count);
    assert!(fits(x, s.x.len()), "a convolution's input is as long as its shape {:?}", s.x);
    assert!(fits(y, s.y.len()), "a convolution's output is as long as its shape {:?}", s.y);
    assert!(fits(w, s.weights()), "a convolution's weights are as many as its shape says: {s:?}");
}
