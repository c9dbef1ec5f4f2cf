//! The sizes of a convolution.

use crate::dims::Dims;

/// A convolution's sizes; `x` and `y` are its input and output, `k` counts rows and columns of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct ConvShape {
    /// Input.
    pub(crate) x: Dims,
    /// Output.
    pub(crate) y: Dims,
    /// Rows and columns of the kernel.
    pub(crate) k: [usize; 2],
    /// Stride of both axes.
    pub(crate) stride: usize,
    /// Padding on every side.
    pub(crate) pad: usize,
    /// Mirrored border instead of zeros.
    pub(crate) reflect: bool,
}

impl ConvShape {
    /// Sizes of the convolution of `x` with `[out, in, k, k]` weights.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn new(x: Dims, w: [usize; 4], stride: usize, pad: usize, reflect: bool) -> Self {
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

    /// Sizes of the convolution whose input gradient is the transposed convolution of `x` with `[in, out, k, k]` weights, that is: its output
    /// has the sizes of `x`. Its input has `more` rows and columns than the fewest that there can be.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn transposed(x: Dims, w: [usize; 4], stride: usize, pad: usize, more: usize) -> Self {
        assert!(more < stride, "output padding {more} is less than the stride {stride}");
        let size = |n: usize, k: usize| {
            let size = ((n - 1) * stride + k + more).checked_sub(2 * pad).filter(|size| *size > 0);
            size.unwrap_or_else(|| {
                panic!("a transposed convolution of {x:?} with padding {pad} leaves nothing")
            })
        };
        let out = Dims { n: x.n, h: size(x.h, w[2]), w: size(x.w, w[3]), c: w[1] };
        let shape = ConvShape::new(out, w, stride, pad, false);
        assert_eq!(shape.y, x, "a transposed convolution's weights {w:?} fit its input");
        shape
    }

    /// Sizes of the input.
    pub fn input(&self) -> Dims {
        self.x
    }

    /// Sizes of the output.
    pub fn output(&self) -> Dims {
        self.y
    }

    /// Numbers of the weights.
    pub fn weights(&self) -> usize {
        self.y.c * self.k[0] * self.k[1] * self.x.c
    }
}
