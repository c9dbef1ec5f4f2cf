//! The losses, as mean values over a batch. What a classifier is fitted by is one function here, named where the fit is described
//! (`classifier::job`, `classifier::regressor`); what a translator's step adds up is in `translator::losses`.

use burn::tensor::{Tensor, activation::log_softmax};

/// Cross-entropy of `logits` `[n, classes]` against one-hot (or soft) `targets` of the same shape, mean over n.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let n = logits.dims()[0] as f64;
    (log_softmax(logits, 1) * targets).sum().mul_scalar(-1.0 / n)
}

/// Mean squared error of `values` against `targets`, both `[n, k]`.
pub fn mean_squared_error(values: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    (values - targets).square().mean()
}

/// The least-squares GAN loss: how far the patch maps `[n, 1, h, w]` are from calling every patch of an image its
/// target, `[n, 1, 1, 1]`: 1 for real, 0 for fake.
pub fn least_squares_gan(patches: Tensor<4>, targets: Tensor<4>) -> Tensor<1> {
    (patches - targets).square().mean()
}

/// Mean absolute difference of two images `[n, c, h, w]`: the cycle and identity loss, before their weights.
pub fn l1(x: Tensor<4>, y: Tensor<4>) -> Tensor<1> {
    (x - y).abs().mean()
}

/// The Huber loss with its bend at 1: half the square of a difference up to there, and a straight line beyond; mean over all of `away`.
pub fn huber(away: Tensor<2>) -> Tensor<1> {
    let away = away.abs();
    let bent = away.clone().clamp_max(1.0);
    // With m = min(|a|, 1), half the square and the line are both m (|a| − m / 2).
    (bent.clone() * (away - bent.mul_scalar(0.5))).mean()
}

/// The value of a loss. Waits for the device.
pub fn value(loss: &Tensor<1>) -> f64 {
    f64::from(loss.clone().into_scalar::<f32>())
}
