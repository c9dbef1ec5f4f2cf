//! Convolution, its input gradient (which is the transposed convolution) and its weight gradient. Weights and their gradient lie
//! channels-last, `[out, kh, kw, in]`.

mod algorithm;
mod border;
mod finish;
mod narrow;
mod pack;
mod passes;
mod patches;
mod positions;
mod shape;
mod window;
mod winograd;

pub use finish::Finish;
pub use passes::{bias_gradient, forward, input_gradient, weight_gradient};
pub use shape::ConvShape;
