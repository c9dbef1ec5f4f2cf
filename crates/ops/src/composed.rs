//! The same operations composed of Burn's own: right on every backend, the reference for the tuned ones.

use burn::tensor::{
    Tensor, activation, module, ops::ConvOptions, ops::ConvTransposeOptions, ops::MaxPoolOptions,
};

use kernels::adam::AdamRule;

use crate::types::{Activation, BatchNormOutput, Padding};

/// See [`crate::conv2d`].
pub fn conv2d(
    x: Tensor<4>,
    w: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: Padding,
) -> Tensor<4> {
    let (x, p) = match padding {
        Padding::Zero(p) => (x, p),
        Padding::Reflect(p) => (reflect(reflect(x, 2, p), 3, p), 0),
    };
    module::conv2d(x, w, bias, ConvOptions::new([stride; 2], [p; 2], [1; 2], 1))
}

/// Mirrors `p` pixels at both ends of an axis, the border pixel not repeated.
fn reflect(x: Tensor<4>, axis: usize, p: usize) -> Tensor<4> {
    if p == 0 {
        return x;
    }
    let size = x.dims()[axis];
    assert!(p < size, "reflect padding of {p} needs more than {p} pixels, there are {size}");
    let before = x.clone().narrow(axis, 1, p).flip([axis as isize]);
    let after = x.clone().narrow(axis, size - 1 - p, p).flip([axis as isize]);
    Tensor::cat(vec![before, x, after], axis)
}

/// See [`crate::conv_transpose2d`].
pub fn conv_transpose2d(
    x: Tensor<4>,
    w: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    output_padding: usize,
) -> Tensor<4> {
    let options = ConvTransposeOptions::new([stride; 2], [padding; 2], [output_padding; 2], [1; 2], 1);
    module::conv_transpose2d(x, w, bias, options)
}

/// See [`crate::batch_norm_train`].
pub fn batch_norm_train(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    eps: f64,
    residual: Option<Tensor<4>>,
    act: Activation,
) -> BatchNormOutput {
    let out = module::batch_norm_train(x, gamma, beta, eps);
    BatchNormOutput { y: finish(out.output, residual, act), mean: out.mean, var: out.variance }
}

/// See [`crate::batch_norm_eval`].
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
    finish(module::batch_norm(x, gamma, beta, running_mean, running_var, eps), residual, act)
}

/// See [`crate::instance_norm`].
pub fn instance_norm(x: Tensor<4>, eps: f64, residual: Option<Tensor<4>>, act: Activation) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let like = (&x.device(), x.dtype());
    let (one, zero) = (Tensor::ones([n * c], like), Tensor::zeros([n * c], like));
    let out = module::batch_norm_train(x.reshape([1, n * c, h, w]), one, zero, eps);
    finish(out.output.reshape([n, c, h, w]), residual, act)
}

fn finish(y: Tensor<4>, residual: Option<Tensor<4>>, act: Activation) -> Tensor<4> {
    let y = match residual {
        Some(r) => y + r,
        None => y,
    };
    activate(y, act)
}

/// See [`crate::activate`].
pub fn activate(y: Tensor<4>, act: Activation) -> Tensor<4> {
    match act {
        Activation::None => y,
        Activation::Relu => activation::relu(y),
        Activation::LeakyRelu => {
            // Burn's own passes the whole gradient on at zero, where torch and the kernels pass the slope's share.
            let below = y.clone().greater_elem(0).bool_not();
            let scaled = y.clone().mul_scalar(0.2);
            y.mask_where(below, scaled)
        }
    }
}

/// See [`crate::max_pool_3x3_s2_p1`].
pub fn max_pool_3x3_s2_p1(x: Tensor<4>) -> Tensor<4> {
    let options = MaxPoolOptions::new([3; 2]).with_stride([2; 2]).with_padding([1; 2]);
    module::max_pool2d(x, options)
}

/// See [`crate::global_avg_pool`].
pub fn global_avg_pool(x: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c])
}

/// See [`crate::adam_step`]: the parameter and its two moments.
pub fn adam_step<const D: usize>(
    rule: AdamRule,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    first: Tensor<D>,
    second: Tensor<D>,
) -> [Tensor<D>; 3] {
    let gradient = gradient + parameter.clone() * rule.weight_decay;
    let first = first.clone() + (gradient.clone() - first) * rule.one_minus_beta1;
    let second = second * rule.beta2 + gradient.clone() * gradient * rule.one_minus_beta2;
    let deviation = second.clone().sqrt() * rule.inverse_sqrt_correction2 + rule.epsilon;
    let parameter = parameter - first.clone() * rule.step_size / deviation;
    [parameter, first, second]
}
