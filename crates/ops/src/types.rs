//! What the operations take and give besides tensors.

use burn::tensor::Tensor;

/// How the border of a convolution's input is filled, the same number of pixels on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// With zeros.
    Zero(usize),
    /// With the pixels mirrored at the border, the border pixel itself not repeated; must be less than height and width.
    Reflect(usize),
}

impl Padding {
    /// Pixels on each side.
    pub fn pixels(self) -> usize {
        match self {
            Padding::Zero(p) | Padding::Reflect(p) => p,
        }
    }
}

/// The nonlinearity at the end of a fused normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The identity.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, `0.2·x` elsewhere (`CycleGAN`'s discriminator).
    LeakyRelu,
}

impl Activation {
    /// The factor of negative inputs: 1, 0 or 0.2.
    pub fn slope(self) -> f32 {
        match self {
            Activation::None => 1.0,
            Activation::Relu => 0.0,
            Activation::LeakyRelu => 0.2,
        }
    }
}

/// Result of [`crate::batch_norm_train`].
#[derive(Debug, Clone)]
pub struct BatchNormOutput {
    /// Normalised, shifted, activated: the shape of the input.
    pub y: Tensor<4>,
    /// Mean of the batch, `[channels]`, detached.
    pub mean: Tensor<1>,
    /// Biased variance of the batch, `[channels]`, detached.
    pub var: Tensor<1>,
}

/// What a convolution is told besides its tensors.
#[derive(Debug, Clone, Copy)]
pub struct ConvOptions {
    /// Stride of both axes.
    pub stride: usize,
    /// Padding on every side.
    pub pad: usize,
    /// Mirrored border instead of zeros.
    pub reflect: bool,
    /// Transposed, with so many rows and columns more than the least.
    pub transposed: Option<usize>,
}

/// What a normalisation is told besides its tensors.
#[derive(Debug, Clone, Copy)]
pub struct NormOptions {
    /// Added to the variance.
    pub eps: f64,
    /// The factor of negative values at the end.
    pub slope: f32,
}
