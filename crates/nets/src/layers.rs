//! The layers: weights in torch's shapes, computed by `ops`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use ops::{Activation, Padding};

use crate::init::{self, Draw};
use crate::running::Running;

/// Planes of a picture: red, green, blue.
pub(crate) const COLOURS: usize = 3;
/// Added to a variance before the root, torch's default for batch and instance norm.
pub(crate) const EPS: f64 = 1e-5;
/// The share of a batch's statistics in the running ones, torch's default.
const MOMENTUM: f64 = 0.1;
/// Standard deviation of `CycleGAN`'s initial weights.
const GAN_STD: f64 = 0.02;

fn normal(draw: &mut impl Draw, shape: [usize; 4], std: f64, device: &Device) -> Param<Tensor<4>> {
    init::param(draw.normal(shape.iter().product(), std), shape, device)
}

/// A convolution: weight `[out, in, k, k]`, bias `[out]` if any. Stride and padding are the caller's.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Conv2d {
    /// Without bias, normal with variance 2 / (out · k²): torch's `kaiming_normal_(mode="fan_out", nonlinearity="relu")`.
    pub(crate) fn kaiming(draw: &mut impl Draw, shape: [usize; 4], device: &Device) -> Self {
        let fan_out = (shape[0] * shape[2] * shape[3]) as f64;
        Self { weight: normal(draw, shape, (2.0 / fan_out).sqrt(), device), bias: None }
    }

    /// Normal with standard deviation 0.02, bias zero.
    pub(crate) fn gan(draw: &mut impl Draw, shape: [usize; 4], device: &Device) -> Self {
        Self { weight: normal(draw, shape, GAN_STD, device), bias: Some(init::filled(0.0, shape[0], device)) }
    }

    /// `[n, in, h, w]` → `[n, out, (h + 2p − k)/stride + 1, …]`.
    pub fn forward(&self, x: Tensor<4>, stride: usize, padding: Padding) -> Tensor<4> {
        ops::conv2d(x, self.weight.val(), self.bias.as_ref().map(Param::val), stride, padding)
    }
}

/// The generator's transposed convolution (stride 2, padding 1, output padding 1): weight `[in, out, 3, 3]`, bias `[out]`.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[in, out, 3, 3]`.
    pub weight: Param<Tensor<4>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
}

impl ConvTranspose2d {
    pub(crate) fn gan(draw: &mut impl Draw, shape: [usize; 4], device: &Device) -> Self {
        Self { weight: normal(draw, shape, GAN_STD, device), bias: init::filled(0.0, shape[1], device) }
    }

    /// `[n, in, h, w]` → `[n, out, 2h, 2w]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        ops::conv_transpose2d(x, self.weight.val(), Some(self.bias.val()), 2, 1, 1)
    }
}

/// Batch normalisation with scale and shift; eps 1e-5, momentum 0.1, running variance unbiased, all as torch.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale, `[channels]`.
    pub weight: Param<Tensor<1>>,
    /// Shift, `[channels]`.
    pub bias: Param<Tensor<1>>,
    /// Running mean, `[channels]`.
    pub running_mean: Running,
    /// Running variance (n − 1), `[channels]`.
    pub running_var: Running,
}

impl BatchNorm {
    pub(crate) fn init(channels: usize, device: &Device) -> Self {
        Self {
            weight: init::filled(1.0, channels, device),
            bias: init::filled(0.0, channels, device),
            running_mean: Running::new(Tensor::zeros([channels], device)),
            running_var: Running::new(Tensor::ones([channels], device)),
        }
    }

    /// How many channels it normalises.
    pub(crate) fn channels(&self) -> usize {
        self.weight.lazy_shape()[0]
    }

    /// `act(norm(conv(x)) + residual)` by the running statistics; shapes `[n, channels, h, w]`.
    pub fn forward(
        &self,
        conv: &Conv2d,
        x: Tensor<4>,
        (stride, padding): (usize, Padding),
        residual: Option<Tensor<4>>,
        act: Activation,
    ) -> Tensor<4> {
        ops::conv2d_batch_norm_eval(
            x,
            conv.weight.val(),
            stride,
            padding,
            self.weight.val(),
            self.bias.val(),
            self.running_mean.value(),
            self.running_var.value(),
            EPS,
            residual,
            act,
        )
    }

    /// The same by the batch's statistics, which then move the running ones.
    pub fn forward_train(
        &self,
        conv: &Conv2d,
        x: Tensor<4>,
        (stride, padding): (usize, Padding),
        residual: Option<Tensor<4>>,
        act: Activation,
    ) -> Tensor<4> {
        let x = conv.forward(x, stride, padding);
        let [n, _, h, w] = x.dims();
        let count = (n * h * w) as f64;
        let out = ops::batch_norm_train(x, self.weight.val(), self.bias.val(), EPS, residual, act);
        self.running_mean.update(out.mean, MOMENTUM);
        // One value a channel has no unbiased variance; torch refuses it, we take its zero.
        self.running_var.update(out.var.mul_scalar(count / (count - 1.0).max(1.0)), MOMENTUM);
        out.y
    }
}

/// A fully connected layer: weight `[out, in]` as torch, bias `[out]`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Param<Tensor<2>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// Weight and bias uniform in ±1/√in, torch's default.
    pub(crate) fn init(draw: &mut impl Draw, inputs: usize, outputs: usize, device: &Device) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        Self {
            weight: init::param(draw.uniform(outputs * inputs, bound), [outputs, inputs], device),
            bias: init::param(draw.uniform(outputs, bound), [outputs], device),
        }
    }

    /// `[n, in]` → `[n, out]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val().transpose()).add(self.bias.val().unsqueeze())
    }
}
