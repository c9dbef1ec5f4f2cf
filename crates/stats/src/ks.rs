//! The two-sample Kolmogorov–Smirnov test, two-sided.
//!
//! Exact where both samples have at most 10 000 values, else by the large-sample distribution: `SciPy`'s choice for
//! `ks_2samp(method="auto")`.
//!
//! **Exact.** Under the null every order of the pooled values is equally likely, an order being a lattice path from
//! (0, 0) to (m, n). The p-value is the share of paths that somewhere touch or cross |i/m − j/n| = D, counted in whole
//! numbers: |i·n − j·m| / gcd ≥ h with h = D·lcm(m, n).
//! - m = n: Hodges (1958, *Arkiv för Matematik* 3, eq. 2.4), by reflection:
//!   2·[C(2n, n−h) − C(2n, n−2h) + …] / C(2n, n).
//! - else: the share `A(i, j)` of touching paths among those that end in (i, j) obeys
//!   `A(i, j) = (i·A(i−1, j) + j·A(i, j−1)) / (i + j)`, 1 on and beyond the boundary, 0 at the origin (Kim & Jennrich
//!   1973; in this form Viehmann 2021, arXiv:2102.08037). It only averages numbers from 0 to 1, so it neither
//!   overflows nor cancels, and a p of 1e-300 has all its digits.
//!
//! As under `SciPy`, ties are taken as they are; the p-value is then conservative.

use crate::StatsError;
use crate::kolmogorov;

/// The largest sample for which the exact distribution is used (`SciPy`'s limit).
pub const LARGEST_EXACT: usize = 10_000;

/// What a two-sample Kolmogorov–Smirnov test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KsTest {
    /// Largest distance between the two empirical distribution functions, 0 to 1.
    pub statistic: f64,
    /// Two-sided p-value, 0 to 1.
    pub p_value: f64,
    /// Whether the p-value is exact rather than asymptotic.
    pub exact: bool,
}

/// Two-sample Kolmogorov–Smirnov test of `a` against `b`, two-sided.
///
/// # Errors
/// If a sample is empty or holds a value that is not finite.
pub fn ks_two_sample(a: &[f64], b: &[f64]) -> Result<KsTest, StatsError> {
    let (a, b) = (sorted(a, 1)?, sorted(b, 2)?);
    let (n1, n2) = (a.len() as u64, b.len() as u64);
    let distance = largest_distance(&a, &b);
    let statistic = distance as f64 / (u128::from(n1) * u128::from(n2)) as f64;
    let exact = a.len().max(b.len()) <= LARGEST_EXACT;
    let p_value = if exact {
        let divisor = greatest_common_divisor(n1, n2);
        // Both samples have at most 10 000 values here, so the product fits.
        let steps = (distance / u128::from(divisor)) as u64;
        if steps == 0 {
            1.0
        } else if n1 == n2 {
            touching_share_square(n1, steps)
        } else {
            touching_share(n1.max(n2), n1.min(n2), divisor, steps)
        }
    } else {
        let (n1, n2) = (n1 as f64, n2 as f64);
        let effective = (n1.max(n2) * n1.min(n2) / (n1 + n2)).round_ties_even();
        kolmogorov::survival(effective as u64, statistic)
    };
    Ok(KsTest { statistic, p_value: p_value.clamp(0.0, 1.0), exact })
}

fn sorted(values: &[f64], sample: usize) -> Result<Vec<f64>, StatsError> {
    if values.is_empty() {
        return Err(StatsError::Empty { sample });
    }
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(StatsError::NotFinite { sample, position: i + 1, value: values[i] });
    }
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    Ok(values)
}

/// `max |i·n − j·m|` over the pooled values, with i and j how many values of each sample are no larger.
fn largest_distance(a: &[f64], b: &[f64]) -> u128 {
    let (m, n) = (a.len() as u128, b.len() as u128);
    let (mut i, mut j, mut largest) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] == value {
            i += 1;
        }
        while j < b.len() && b[j] == value {
            j += 1;
        }
        largest = largest.max((i as u128 * n).abs_diff(j as u128 * m));
    }
    // Once one sample is used up, the distance only shrinks.
    largest
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Share of paths to (n, n) that reach |i − j| = h, by reflection. The alternating sum is nested, each term as its
/// ratio to the one before, so that nothing overflows and every error is damped.
fn touching_share_square(n: u64, h: u64) -> f64 {
    let mut nested = 0.0;
    for k in (1..=n / h).rev() {
        // C(2n, n − kh) / C(2n, n − (k−1)h)
        let ratio: f64 = ((k - 1) * h..k * h).map(|s| (n - s) as f64 / (n + s + 1) as f64).product();
        nested = ratio * (1.0 - nested);
    }
    2.0 * nested
}

/// Share of paths to (m, n) that reach `|i·n − j·m| / divisor = h`, for m > n, column by column.
fn touching_share(m: u64, n: u64, divisor: u64, h: u64) -> f64 {
    let (mg, ng, h) = ((m / divisor) as i64, (n / divisor) as i64, h as i64);
    // Whatever lies beyond the band is on the boundary's far side: 1.
    let mut share = vec![1.0_f64; n as usize + 1];
    for i in 0..=m as i64 {
        // Inside: −h < i·ng − j·mg < h.
        let first = ((i * ng - h).div_euclid(mg) + 1).max(0);
        let end = (i * ng + h + mg - 1).div_euclid(mg).min(n as i64 + 1);
        let mut below = 1.0;
        for j in first..end {
            let here = &mut share[j as usize];
            if i + j == 0 {
                *here = 0.0;
            } else {
                *here = (i as f64 * *here + j as f64 * below) / (i + j) as f64;
            }
            below = *here;
        }
        if first >= end {
            return 1.0;
        }
    }
    share[n as usize]
}
