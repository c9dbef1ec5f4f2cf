//! Logarithms of binomial and hypergeometric probabilities by their saddle points (Loader 2000, "Fast and Accurate
//! Computation of Binomial Probabilities"): no large factorials are subtracted from each other, so that a probability
//! has nearly all its digits for any number of trials.

use std::f64::consts::PI;

/// `ln n! − ln(√(2πn) (n/e)^n)`, for a whole n of at least 1.
pub(crate) fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        let ln_factorial: f64 = (2..=n as u32).map(|i| f64::from(i).ln()).sum();
        return ln_factorial - 0.5 * (2.0 * PI * n).ln() - n * n.ln() + n;
    }
    let s = 1.0 / (n * n);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / n
}

/// `x ln(x/m) + m − x`, without the cancellation near x = m.
pub(crate) fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - difference;
    }
    // ln(x/m) = 2 artanh(v), v = (x − m)/(x + m).
    let v = difference / (x + m);
    let (mut sum, mut power) = (difference * v, 2.0 * x * v);
    for k in 1..200 {
        power *= v * v;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `ln P(X = k)` of a binomial X of `n` trials with chance `p` of success, for k ≤ n and 0 < p < 1.
pub(crate) fn ln_binomial(k: u64, n: u64, p: f64) -> f64 {
    let (chosen, rest, size) = (k as f64, (n - k) as f64, n as f64);
    if k == 0 {
        return size * (-p).ln_1p();
    }
    if k == n {
        return size * p.ln();
    }
    stirling_error(size)
        - stirling_error(chosen)
        - stirling_error(rest)
        - deviance(chosen, size * p)
        - deviance(rest, size * (1.0 - p))
        + 0.5 * (size / (2.0 * PI * chosen * rest)).ln()
}

/// `ln P(X = k)`, X being how many of `marked` items are among `drawn` out of `marked + plain`, for a k that can
/// occur and 0 < drawn < marked + plain. The share drawn is as good as any other: it cancels.
pub(crate) fn ln_hypergeometric(k: u64, marked: u64, plain: u64, drawn: u64) -> f64 {
    let all = marked + plain;
    let share = drawn as f64 / all as f64;
    ln_binomial(k, marked, share) + ln_binomial(drawn - k, plain, share) - ln_binomial(drawn, all, share)
}

/// `1 + r₁ + r₁r₂ + …`: a sum of falling terms, relative to its first one, from the ratios of each to the one before.
pub(crate) fn falling_sum(ratios: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for ratio in ratios {
        term *= ratio;
        sum += term;
        // What follows falls faster still: far below the last digit.
        if term < 1e-22 * sum {
            break;
        }
    }
    sum
}
