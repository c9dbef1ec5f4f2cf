//! Convolution, its input gradient (which is the transposed convolution) and its weight gradient. Weights and their gradient lie
//! channels-last, `[out, kh, kw, in]`.

use super::algorithm::{Algorithm, Pass, choose};
use super::dims::Dims;
use super::finish::Finish;
use super::gather::Window;
use super::norm::column_sums;
use super::{border, patches, positions, winograd};

/// A convolution's sizes; `x` and `y` are its input and output, `k` counts rows and columns of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct ConvShape {
    /// Input.
    pub x: Dims,
    /// Output.
    pub y: Dims,
    /// Rows and columns of the kernel.
    pub k: [usize; 2],
    /// Stride of both axes.
    pub stride: usize,
    /// Padding on every side.
    pub pad: usize,
    /// Mirrored border instead of zeros.
    pub reflect: bool,
}

impl ConvShape {
    /// Sizes of the convolution of `x` with `[out, in, k, k]` weights.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn new(x: Dims, w: &[usize], stride: usize, pad: usize, reflect: bool) -> Self {
        assert_eq!(x.c, w[1], "a convolution's weights {w:?} are for as many channels as its input has");
        assert!(stride > 0, "a convolution's stride is at least 1");
        assert!(
            x.h + 2 * pad >= w[2] && x.w + 2 * pad >= w[3],
            "a convolution's kernel {w:?} fits into its padded input {x:?}"
        );
        assert!(
            !reflect || (pad < x.h && pad < x.w),
            "reflect padding of {pad} needs more pixels than that each way: {x:?}"
        );
        let y = Dims {
            n: x.n,
            h: (x.h + 2 * pad - w[2]) / stride + 1,
            w: (x.w + 2 * pad - w[3]) / stride + 1,
            c: w[0],
        };
        ConvShape { x, y, k: [w[2], w[3]], stride, pad, reflect }
    }

    /// The patches of the input, one for each output pixel.
    pub fn window(&self) -> Window {
        Window {
            src: self.x,
            oh: self.y.h,
            ow: self.y.w,
            kh: self.k[0],
            kw: self.k[1],
            stride: self.stride,
            top: -(self.pad as isize),
            left: -(self.pad as isize),
            reflect: self.reflect,
        }
    }
}

/// The convolution of channels-last `x` with channels-last `w`, finished.
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], finish: &Finish<'_>) -> Vec<f32> {
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

/// The gradient of the input, from the gradient `g` of the output; or the transposed convolution of `g`, plus `bias`.
pub fn input_gradient(s: &ConvShape, g: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
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

/// The gradient of the weights, channels-last, from input and output gradient.
pub fn weight_gradient(s: &ConvShape, x: &[f32], g: &[f32]) -> Vec<f32> {
    match choose(s, Pass::WeightGradient) {
        Algorithm::Winograd => winograd::weight_gradient(s, x, g),
        Algorithm::Positions => positions::weight_gradient(s, x, g),
        Algorithm::Scattered => patches::weight_gradient_few(s, x, g),
        Algorithm::Patches => patches::weight_gradient(s, x, g),
    }
}

/// The gradient of the bias: the sums of the output gradient's channels.
pub fn bias_gradient(g: &[f32], c: usize) -> Vec<f32> {
    column_sums(g, c)
}
