//! Student's t distribution, central and noncentral.

use crate::bisection::crossing;
use crate::normal;

/// The sums leave out what is below e⁻⁴⁵ = 3e-20 of them.
const NEGLIGIBLE: f64 = 45.0;
/// Points of the trapezoid rule to a standard deviation of the integrand.
const POINTS: f64 = 2.5;
/// The rule's error falls as exp(−2π d / step), the integrand being analytic to d = π/4 off the axis.
const WIDEST_STEP: f64 = 0.12;
/// The largest noncentrality that is computed.
const MOST_DELTA: f64 = 1e6;

/// `P(T > t)` for a T with `df` degrees of freedom (any positive number), with nearly all digits also where it is small.
///
/// `None` if `t` is not finite or `df` is not positive and finite.
pub fn t_survival(t: f64, df: f64) -> Option<f64> {
    noncentral_t_survival(t, df, 0.0)
}

/// `P(T > t)` for `T = (Z + delta) / S`, Z standard normal and `df · S²` an independent χ² of `df` degrees of freedom:
/// the distribution of the t statistic where the true mean is `delta` standard errors (Johnson, Kotz & Balakrishnan
/// 1995, *Continuous Univariate Distributions* 2, chapter 31).
///
/// Given S the chance is Φ(delta − t S). The mean over S is taken as an integral over u = ln S, whose weight
/// exp(df (u − e²ᵘ / 2)) is analytic and falls off on both sides, where the trapezoid rule converges geometrically
/// (Trefethen & Weideman 2014, *SIAM Review* 56); all its terms are positive, so that no digits cancel.
///
/// `None` if `t` is not finite, `df` is not positive and finite, or `delta` is beyond ±1e6, as the time grows with it.
pub fn noncentral_t_survival(t: f64, df: f64, delta: f64) -> Option<f64> {
    if !t.is_finite() || delta.is_nan() || delta.abs() > MOST_DELTA || !(df > 0.0 && df.is_finite()) {
        return None;
    }
    let peak = peak(t, df, (-delta).max(0.0)).ln();
    let deviation = 1.0 / delta.mul_add(delta, 2.0 * df + 1.0).sqrt();
    let step = (deviation / POINTS).min(WIDEST_STEP);
    let low = peak.min(0.0) - NEGLIGIBLE / df - (2.0 * NEGLIGIBLE / df).sqrt();
    let high = peak.max(0.0) + (NEGLIGIBLE / df).sqrt();
    let (mut total, mut above) = (0.0, 0.0);
    for i in 0..=((high - low) / step).ceil() as u64 {
        let u = step.mul_add(-(i as f64), high);
        let weight = (df * (u - 0.5 * (2.0 * u).exp_m1())).exp();
        total += weight;
        above += weight * normal::cdf(delta - t * u.exp());
    }
    Some((above / total).min(1.0))
}

/// The S at which the integrand falls off to both sides in log S, or one beyond which it does: the larger root of
/// S² (df + t²) + S t below − df, where `below` is how far delta lies below zero.
fn peak(t: f64, df: f64, below: f64) -> f64 {
    let norm = df.sqrt().hypot(t);
    let half = t / norm * below;
    let root = half.hypot(2.0 * df.sqrt());
    if t > 0.0 { 2.0 * df / norm / (half + root) } else { (root - half) / 2.0 / norm }
}

/// Two-sided p-value of the statistic `t`: `P(|T| ≥ |t|)`. `None` where [`t_survival`] is.
pub fn t_two_sided(t: f64, df: f64) -> Option<f64> {
    Some((2.0 * t_survival(t.abs(), df)?).min(1.0))
}

/// Half the width of an interval that holds T with the chance `level`: 2.09 for 0.95 and 19 degrees of freedom.
///
/// `None` if `level` is not between 0 and 1, or `df` is not positive and finite.
pub fn t_deviations(level: f64, df: f64) -> Option<f64> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let outside = 1.0 - level;
    let exceeds = |t: f64| Some(t_two_sided(t, df)? > outside);
    let mut high = 2.0;
    while exceeds(high)? {
        high *= 2.0;
    }
    Some(crossing(0.0, high, |t| exceeds(t) == Some(true)))
}
