//! Normalisation by channel over groups of pixels: one group is the batch (batch norm) or an image (instance norm). Each pass over
//! memory does all that it can: normalise, scale, shift, add the residual, activate.

mod apply;
mod gradient;
mod statistics;

pub use crate::groups::Groups;
pub use apply::apply;
pub use gradient::{Incoming, NormGradients, Saved, gradients, gradients_with_residual};
pub use statistics::{inverse_deviation, statistics};
