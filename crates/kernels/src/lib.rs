//! The handful of tensor operations that the networks of grayzone spend their time in: convolution with its padding folded in,
//! transposed convolution, batch and instance normalisation fused with residual and activation, and the two poolings.
//!
//! Every function takes and gives ordinary Burn tensors and is differentiable on an autodiff device.

pub mod composed;
mod ops;

pub use ops::{
    Activation, BatchNormOutput, Padding, batch_norm_eval, batch_norm_train, conv_transpose2d, conv2d,
    global_avg_pool, instance_norm, max_pool_3x3_s2_p1,
};
