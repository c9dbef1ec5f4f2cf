//! The standard normal distribution.

use crate::bisection::crossing;
use std::f64::consts::SQRT_2;

/// `P(Z ≤ z)`, with nearly all digits also where it is small.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// Two-sided p-value of the score `z`: `P(|Z| ≥ |z|)`.
pub(crate) fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The z with `P(Z ≤ z) = p`, for 0 < p < 1.
pub(crate) fn quantile(p: f64) -> f64 {
    // Beyond 39 deviations no probability can be told from 0 or 1.
    crossing(-39.0, 39.0, |z| cdf(z) < p)
}

/// Half the width of a normal interval that holds the chance `level`, in standard deviations: 1.96 for 0.95.
pub(crate) fn deviations(level: f64) -> f64 {
    -quantile((1.0 - level) / 2.0)
}
