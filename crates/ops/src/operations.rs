//! The public functions, on Burn's tensors.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Tensor};

use crate::composed;
use crate::extension::TunedBackend;
use crate::types::{Activation, BatchNormOutput, ConvOptions, NormOptions, Padding};

/// Whether the kernels take the tensor.
pub(crate) fn tuned<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() == DType::F32 && matches!(x.device().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// Convolution (cross-correlation, as in every deep-learning library).
///
/// Shapes: `x` `[n, in, h, w]`, `w` `[out, in, k, k]`, `bias` `[out]` → `[n, out, (h + 2p − k)/stride + 1, …]`.
///
/// # Panics
/// If the shapes do not fit one another, or reflect padding is not smaller than the image.
pub fn conv2d(
    x: Tensor<4>,
    w: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: Padding,
) -> Tensor<4> {
    if !tuned(&x) {
        return composed::conv2d(x, w, bias, stride, padding);
    }
    let reflect = matches!(padding, Padding::Reflect(_));
    convolution(x, w, bias, ConvOptions { stride, pad: padding.pixels(), reflect, transposed: None })
}

fn convolution(x: Tensor<4>, w: Tensor<4>, bias: Option<Tensor<1>>, o: ConvOptions) -> Tensor<4> {
    let (x, w) = (x.into_dispatch(), w.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(b) => Dispatch::convolution_biased(x, w, b.into_dispatch(), o),
        None => Dispatch::convolution(x, w, o),
    })
}

/// Transposed convolution, torch's `ConvTranspose2d`.
///
/// Shapes: `x` `[n, in, h, w]`, `w` `[in, out, k, k]`, `bias` `[out]` → `[n, out, (h − 1)·stride − 2p + k + output_padding, …]`.
///
/// # Panics
/// If the shapes do not fit one another.
pub fn conv_transpose2d(
    x: Tensor<4>,
    w: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    output_padding: usize,
) -> Tensor<4> {
    if !tuned(&x) {
        return composed::conv_transpose2d(x, w, bias, stride, padding, output_padding);
    }
    let o = ConvOptions { stride, pad: padding, reflect: false, transposed: Some(output_padding) };
    convolution(x, w, bias, o)
}

/// Batch normalisation by the statistics of the batch: `y = act(γ·(x − mean)/√(var + eps) + β + residual)`.
///
/// Shapes: `x` and `residual` `[n, c, h, w]`, `gamma` and `beta` `[c]`. The variance handed back is the biased one.
///
/// # Panics
/// If the shapes do not fit one another.
pub fn batch_norm_train(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    eps: f64,
    residual: Option<Tensor<4>>,
    act: Activation,
) -> BatchNormOutput {
    if !tuned(&x) {
        return composed::batch_norm_train(x, gamma, beta, eps, residual, act);
    }
    let o = NormOptions { eps, slope: act.slope() };
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    let (y, mean, var) = match residual {
        Some(r) => Dispatch::norm_batch_residual(x, gamma, beta, r.into_dispatch(), o),
        None => Dispatch::norm_batch(x, gamma, beta, o),
    };
    let (mean, var) = (Tensor::from_dispatch(mean), Tensor::from_dispatch(var));
    BatchNormOutput { y: Tensor::from_dispatch(y), mean, var }
}

/// Batch normalisation by given statistics: `y = act(γ·(x − mean)/√(var + eps) + β + residual)`.
///
/// Shapes as in [`batch_norm_train`]; the statistics `[c]` are taken as constants.
///
/// # Panics
/// If the shapes do not fit one another.
#[allow(clippy::too_many_arguments)] // they are the formula's
pub fn batch_norm_eval(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    running_mean: Tensor<1>,
    running_var: Tensor<1>,
    eps: f64,
    residual: Option<Tensor<4>>,
    act: Activation,
) -> Tensor<4> {
    if !tuned(&x) {
        return composed::batch_norm_eval(x, gamma, beta, running_mean, running_var, eps, residual, act);
    }
    let o = NormOptions { eps, slope: act.slope() };
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    let (mean, var) = (running_mean.into_dispatch(), running_var.into_dispatch());
    Tensor::from_dispatch(match residual {
        Some(r) => Dispatch::norm_fixed_residual(x, gamma, beta, mean, var, r.into_dispatch(), o),
        None => Dispatch::norm_fixed(x, gamma, beta, mean, var, o),
    })
}

/// Convolution without bias and batch normalisation of its output by given statistics, for inference: [`conv2d`] and then
/// [`batch_norm_eval`], on the processor in one pass over the output.
///
/// Shapes as in those.
///
/// # Panics
/// If the shapes do not fit one another.
#[allow(clippy::too_many_arguments)] // they are the formula's
pub fn conv2d_batch_norm_eval(
    x: Tensor<4>,
    w: Tensor<4>,
    stride: usize,
    padding: Padding,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    running_mean: Tensor<1>,
    running_var: Tensor<1>,
    eps: f64,
    residual: Option<Tensor<4>>,
    act: Activation,
) -> Tensor<4> {
    if !tuned(&x) {
        let y = composed::conv2d(x, w, None, stride, padding);
        return composed::batch_norm_eval(y, gamma, beta, running_mean, running_var, eps, residual, act);
    }
    let reflect = matches!(padding, Padding::Reflect(_));
    let o = ConvOptions { stride, pad: padding.pixels(), reflect, transposed: None };
    let n = NormOptions { eps, slope: act.slope() };
    let (x, w) = (x.into_dispatch(), w.into_dispatch());
    let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
    let (mean, var) = (running_mean.into_dispatch(), running_var.into_dispatch());
    Tensor::from_dispatch(match residual {
        Some(r) => {
            Dispatch::convolution_normed_residual(x, w, gamma, beta, mean, var, r.into_dispatch(), o, n)
        }
        None => Dispatch::convolution_normed(x, w, gamma, beta, mean, var, o, n),
    })
}

/// Instance normalisation without scale and shift: each channel of each image by its own mean and biased variance,
/// then `y = act((x − mean)/√(var + eps) + residual)`.
///
/// # Panics
/// If the residual's shape is not the input's.
pub fn instance_norm(x: Tensor<4>, eps: f64, residual: Option<Tensor<4>>, act: Activation) -> Tensor<4> {
    if !tuned(&x) {
        return composed::instance_norm(x, eps, residual, act);
    }
    let o = NormOptions { eps, slope: act.slope() };
    Tensor::from_dispatch(match residual {
        Some(r) => Dispatch::norm_images_residual(x.into_dispatch(), r.into_dispatch(), o),
        None => Dispatch::norm_images(x.into_dispatch(), o),
    })
}

/// An activation alone.
pub fn activate(x: Tensor<4>, act: Activation) -> Tensor<4> {
    if act == Activation::None {
        return x;
    }
    if !tuned(&x) {
        return composed::activate(x, act);
    }
    Tensor::from_dispatch(Dispatch::activation(x.into_dispatch(), act.slope()))
}

/// The tensor twice, for where a network's ways part (a residual block, a downsampling beside it): `(main, side)`.
///
/// The same as a clone, but the two gradients are added channels-last in one pass. The first must reach the loss by itself whenever the
/// second does.
pub fn fork(x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    if !tuned(&x) {
        return (x.clone(), x);
    }
    let (main, side) = Dispatch::forked(x.into_dispatch());
    (Tensor::from_dispatch(main), Tensor::from_dispatch(side))
}

/// Max pooling with a window of 3, stride 2, padding 1 (`ResNet`'s stem): `[n, c, h, w]` → `[n, c, (h − 1)/2 + 1, (w − 1)/2 + 1]`.
pub fn max_pool_3x3_s2_p1(x: Tensor<4>) -> Tensor<4> {
    if !tuned(&x) {
        return composed::max_pool_3x3_s2_p1(x);
    }
    Tensor::from_dispatch(Dispatch::max_pool(x.into_dispatch()))
}

/// Mean over each channel's pixels: `[n, c, h, w]` → `[n, c]`.
pub fn global_avg_pool(x: Tensor<4>) -> Tensor<2> {
    if !tuned(&x) {
        return composed::global_avg_pool(x);
    }
    Tensor::from_dispatch(Dispatch::mean_pool(x.into_dispatch()))
}
