//! The handful of tensor operations that the networks of grayzone spend their time in: convolution with its padding folded in,
//! transposed convolution, batch and instance normalisation fused with residual and activation, the two poolings, and the update of
//! Adam.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use ops::{Activation, Padding};
//!
//! let device = Device::flex().autodiff();
//! let x = Tensor::<4>::ones([1, 1, 3, 3], &device);
//! let w = Tensor::<4>::ones([2, 1, 3, 3], &device).require_grad();
//! let y = ops::activate(ops::conv2d(x, w.clone(), None, 1, Padding::Zero(1)), Activation::Relu);
//! assert_eq!(y.dims(), [1, 2, 3, 3]);
//! // Of the sum of all outputs: the weight in the middle saw nine pixels, a corner four.
//! let gradient = w.grad(&y.sum().backward()).unwrap();
//! assert_eq!(gradient.slice([0..1, 0..1, 1..2, 1..2]).into_scalar::<f32>(), 9.0);
//! ```
//!
//! Every function takes and gives ordinary Burn tensors, and all but [`adam_step`] are differentiable on an autodiff device. On the
//! processor (Burn's Flex backend, `f32`) they run on [`kernels`], and keep activations channels-last in memory behind the shape
//! `[n, c, h, w]`, so that one hands its result to the next without repacking; on any other device they are composed of Burn's own
//! operations ([`composed`]). The kernels' results are the same to the bit for any number of rayon threads.

pub mod composed;

mod adam;
mod autodiff;
mod extension;
mod flex;
mod layout;
mod operations;
mod types;

pub use adam::{AdamRule, Moments, adam_step, add_gradients};
pub use operations::{
    activate, batch_norm_eval, batch_norm_train, conv_transpose2d, conv2d, conv2d_batch_norm_eval, fork,
    global_avg_pool, instance_norm, max_pool_3x3_s2_p1,
};
pub use types::{Activation, BatchNormOutput, Padding};
