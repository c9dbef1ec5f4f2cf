//! The distribution of Kolmogorov's one-sample statistic `D_n`, which the large-sample two-sample test borrows with
//! `n = m₁m₂/(m₁+m₂)`.
//!
//! Which method serves which n and d follows Simard & L'Ecuyer (2011, *J. Stat. Software* 39(11)), as `SciPy`'s
//! `kstwo.sf` does, so that the two agree also where a method is only approximate (n > 140: the sum leaves out the
//! chance of touching both sides, below 1e-7, and Pelz & Good's series stops at its third correction). They agree
//! within 1e-9, relative to the tail probability; a tail of less than 1e-300 may come out as 0 in one of the two.

use crate::saddle_point::{deviance, stirling_error};
use std::f64::consts::PI;

/// The most observations for which the exact sum is taken.
const LARGEST_SUM: u64 = 1_000_000;

/// `P(D_n ≥ d)`, for `n` observations and a distance `d`.
pub fn survival(n: u64, d: f64) -> f64 {
    let (size, t) = (n as f64, n as f64 * d);
    if n == 0 || t <= 0.5 || d.is_nan() {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if t <= 1.0 {
        return 1.0 - factorial_share(n, |i| i * (2.0 * t - 1.0) / size);
    }
    if t >= size - 1.0 {
        return 2.0 * (1.0 - d).powf(size);
    }
    let z_squared = t * d;
    let tail_from = if n <= 140 { 4.0 } else { 2.2 };
    let p = if d >= 0.5 || z_squared >= tail_from {
        2.0 * one_sided_survival(n, d)
    } else if n <= 140 || (n <= 100_000 && size * d.powf(1.5) <= 1.4) {
        1.0 - marsaglia_tsang_wang(n, d)
    } else {
        1.0 - pelz_good(size, d)
    };
    p.clamp(0.0, 1.0)
}

/// `∏ factor(i)` for i from 1 to n.
fn factorial_share(n: u64, factor: impl Fn(f64) -> f64) -> f64 {
    (1..=n).map(|i| factor(i as f64)).product()
}

/// `P(D_n⁺ ≥ d)`, the one-sided statistic: Birnbaum & Tingey's (1951) sum
/// `d Σⱼ C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j)`, whose terms are all positive, each a binomial probability
/// computed by its saddle point (Loader 2000) so that it has all its digits for any n. Beyond a million, as `SciPy`,
/// the limit `exp(−(6nd + 1)² / 18n)` (Maag & Dicaire 1971), off by 1e-6 of an ordinary tail and 0.2 % of one of 1e-56.
fn one_sided_survival(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let shift = size * d;
    if n > LARGEST_SUM {
        return (-(6.0 * shift + 1.0) * (6.0 * shift + 1.0) / (18.0 * size)).exp();
    }
    // j = 0, and a sum from small to large would gain nothing: the terms are of one sign.
    let mut sum = (size * (-d).ln_1p()).exp();
    for j in 1..n {
        let (chosen, rest) = (j as f64, (n - j) as f64);
        if rest <= shift {
            break;
        }
        let exponent = stirling_error(size)
            - stirling_error(chosen)
            - stirling_error(rest)
            - deviance(chosen, chosen + shift)
            - deviance(rest, rest - shift);
        // 700 e-folds below the first term's scale nothing is left to add.
        if exponent > -745.0 {
            let binomial = (size / (2.0 * PI * chosen * rest)).sqrt() * exponent.exp();
            sum += binomial * shift / (chosen + shift);
        }
    }
    sum
}

/// `P(D_n < d)` exactly, as an entry of a matrix power (Durbin 1973; Marsaglia, Tsang & Wang 2003, *J. Stat.
/// Software* 8(18)). The matrix has side `2⌊nd⌋ + 1`; all its entries are non-negative, so digits are kept.
fn marsaglia_tsang_wang(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let k = (size * d).floor() as usize + 1;
    let side = 2 * k - 1;
    let h = k as f64 - size * d;
    let mut step = vec![0.0; side * side];
    for row in 0..side {
        for column in 0..=(row + 1).min(side - 1) {
            let mut entry = 1.0;
            if column == 0 {
                entry -= h.powi(row as i32 + 1);
            }
            if row == side - 1 {
                entry -= h.powi((side - column) as i32);
            }
            if column == 0 && row == side - 1 {
                entry += (2.0 * h - 1.0).max(0.0).powi(side as i32);
            }
            let factorial: f64 = (2..=row + 1 - column).map(|i| i as f64).product();
            step[row * side + column] = entry / factorial;
        }
    }
    let (power, exponent) = matrix_power(&step, side, n);
    scaled_factorial_share(n, power[(k - 1) * side + k - 1], exponent)
}

/// `matrix^n` as (mantissas, power of two).
fn matrix_power(matrix: &[f64], side: usize, n: u64) -> (Vec<f64>, i64) {
    let mut result: Option<(Vec<f64>, i64)> = None;
    let mut square = (matrix.to_vec(), 0_i64);
    let mut rest = n;
    loop {
        if rest & 1 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some((r, e)) => normalised(product(&r, &square.0, side), e + square.1),
            });
        }
        rest >>= 1;
        if rest == 0 {
            // n is at least 1, so one bit was set; the identity would otherwise be asked for.
            return result.unwrap_or_else(|| (identity(side), 0));
        }
        square = normalised(product(&square.0, &square.0, side), 2 * square.1);
    }
}

fn identity(side: usize) -> Vec<f64> {
    (0..side * side).map(|i| f64::from(u8::from(i % (side + 1) == 0))).collect()
}

fn product(a: &[f64], b: &[f64], side: usize) -> Vec<f64> {
    let mut result = vec![0.0; side * side];
    for (a_row, out) in a.chunks_exact(side).zip(result.chunks_exact_mut(side)) {
        for (a, b_row) in a_row.iter().zip(b.chunks_exact(side)) {
            for (out, b) in out.iter_mut().zip(b_row) {
                *out += a * b;
            }
        }
    }
    result
}

/// Moves the common power of two of large entries into the exponent, which is exact.
fn normalised(mut matrix: Vec<f64>, exponent: i64) -> (Vec<f64>, i64) {
    let largest = matrix.iter().copied().fold(0.0, f64::max);
    if largest < 2.0_f64.powi(300) {
        return (matrix, exponent);
    }
    for entry in &mut matrix {
        *entry *= 2.0_f64.powi(-300);
    }
    (matrix, exponent + 300)
}

/// `value · 2^exponent · n!/nⁿ`, staying in range on the way.
fn scaled_factorial_share(n: u64, value: f64, mut exponent: i64) -> f64 {
    let mut result = value;
    for i in 1..=n {
        result *= i as f64 / n as f64;
        if result < 2.0_f64.powi(-300) && exponent >= 300 {
            result *= 2.0_f64.powi(300);
            exponent -= 300;
        }
    }
    result * 2.0_f64.powi(exponent as i32)
}

/// `P(D_n < d)` by the limit distribution and three corrections in 1/√n (Pelz & Good 1976, *J. Royal Stat. Soc. B*
/// 38; written out by Simard & L'Ecuyer 2011). Error below 3e-6 for n > 140, falling as 1/n².
fn pelz_good(n: f64, d: f64) -> f64 {
    let z = n.sqrt() * d;
    let z2 = z * z;
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let root = (PI / 2.0).sqrt();
    let (mut limit, mut first, mut second, mut third) = (0.0, 0.0, 0.0, 0.0);
    // Terms fall as exp(−π²k²/2z²), and z² < 2.2 here: 20 is far beyond the last digit.
    for k in 0..20 {
        let half = (f64::from(k) + 0.5) * PI;
        let h2 = half * half;
        let weight = (-h2 / (2.0 * z2)).exp();
        // The sums run over all whole k; −k−1 repeats k.
        limit += 2.0 * weight;
        first += 2.0 * weight * (h2 - z2);
        second +=
            2.0 * weight * (6.0 * z6 + 2.0 * z4 + h2 * (2.0 * z4 - 5.0 * z2) + h2 * h2 * (1.0 - 2.0 * z2));
        third += 2.0
            * weight
            * (h2 * h2 * h2 * (5.0 - 30.0 * z2)
                + h2 * h2 * (212.0 * z4 - 60.0 * z2)
                + h2 * (135.0 * z4 - 96.0 * z6)
                - 30.0 * z6
                - 90.0 * z6 * z2);
    }
    let (mut second_whole, mut third_whole) = (0.0, 0.0);
    for k in 1..20 {
        let w2 = f64::from(k * k) * PI * PI;
        let weight = 2.0 * (-w2 / (2.0 * z2)).exp();
        second_whole += weight * w2;
        third_whole += weight * (3.0 * z2 * w2 - w2 * w2);
    }
    let k0 = root / z * limit;
    let k1 = root / (6.0 * z4) * first;
    let k2 = root / (72.0 * z6 * z) * second - root / (36.0 * z2 * z) * second_whole;
    let k3 = root / (6480.0 * z6 * z4) * third + root / (216.0 * z6) * third_whole;
    k0 + k1 / n.sqrt() + k2 / n + k3 / (n * n.sqrt())
}
