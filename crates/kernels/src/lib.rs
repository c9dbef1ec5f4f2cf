//! The handful of tensor operations that the networks of grayzone spend their time in: convolution with its padding folded in,
//! transposed convolution, batch and instance normalisation fused with residual and activation, and the two poolings.
//!
//! Every function takes and gives ordinary Burn tensors and is differentiable on an autodiff device. On the processor (Burn's Flex
//! backend, `f32`) they run as kernels of this crate, which keep activations channels-last in memory behind the shape `[n, c, h, w]`, so
//! that one hands its result to the next without repacking; on any other device they are composed of Burn's own operations
//! ([`composed`]). The kernels' results are the same to the bit for any number of rayon threads.

mod autodiff;
pub mod composed;
mod extension;
mod flex;
pub mod memory;
mod ops;
pub mod simd;

pub use flex::adam::{AdamRule, adam_step};
pub use ops::{
    Activation, BatchNormOutput, Padding, activate, batch_norm_eval, batch_norm_train, conv_transpose2d,
    conv2d, conv2d_batch_norm_eval, fork, global_avg_pool, instance_norm, max_pool_3x3_s2_p1,
};
