//! Inference on a share: exactly by the binomial test, McNemar's test, and Clopper and Pearson's interval; nearly by
//! Wilson's interval.
//!
//! Exact tails are summed from their first, largest term, whose logarithm comes from the saddle point; every term is
//! positive, so digits are kept down to 1e-300. The time grows with the square root of the number of trials.

use crate::bisection::crossing;
use crate::normal;
use crate::saddle_point::{falling_sum, ln_binomial};

/// Terms that are larger than the observed one by less than this share count as equal to it (`SciPy`'s `binomtest`).
const TIE: f64 = 1e-7;

/// Two-sided exact binomial test: the chance, over `n` trials that each succeed with chance `p`, of a count that is
/// no likelier than `k` successes. `SciPy`'s `binomtest`, which counts terms within 1e-7 of the observed one as equal.
///
/// 1 for no trials. `None` if `k` exceeds `n`, or `p` is not a number from 0 to 1.
pub fn binomial_exact(k: u32, n: u32, p: f64) -> Option<f64> {
    if k > n || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let (k, n) = (u64::from(k), u64::from(n));
    let expected = p * n as f64;
    if k as f64 == expected {
        return Some(1.0);
    }
    if p == 0.0 || p == 1.0 {
        return Some(0.0);
    }
    let most_likely_tie = ln_binomial(k, n, p) + TIE.ln_1p();
    let no_likelier = |i: u64| ln_binomial(i, n, p) <= most_likely_tie;
    // Beyond the expected count probabilities only fall, so the far tail starts where they first are no larger.
    let (near, far) = if (k as f64) < expected {
        let mode = expected.ceil() as u64;
        let start = first_where(mode, n + 1, no_likelier);
        if start == mode {
            return Some(1.0);
        }
        (lower_tail(Some(k), n, p), upper_tail(start, n, p))
    } else {
        let mode = expected.floor() as u64;
        let steps = first_where(0, mode + 1, |steps| no_likelier(mode - steps));
        if steps == 0 {
            return Some(1.0);
        }
        (upper_tail(k, n, p), lower_tail(mode.checked_sub(steps), n, p))
    };
    Some((near + far).min(1.0))
}

/// Exact two-sided p-value of McNemar's test: `only_first` items were judged right by the first of two readers alone,
/// `only_second` by the second alone; if the two are equally good, each such item falls to either with chance 1/2
/// (McNemar 1947; the exact form of statsmodels' `mcnemar`). 1 if there are no such items.
pub fn mcnemar_exact(only_first: u32, only_second: u32) -> f64 {
    let items = u64::from(only_first) + u64::from(only_second);
    (2.0 * lower_tail(Some(u64::from(only_first.min(only_second))), items, 0.5)).min(1.0)
}

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// How many of the items.
    pub count: u32,
    /// Out of how many items.
    pub of: u32,
    /// `count / of`, 0 to 1.
    pub value: f64,
    /// Lower end of the interval that it was made with.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
}

impl Share {
    /// `count` of `of` items, with the Clopper–Pearson interval at `level`. `None` where [`clopper_pearson`] is.
    pub fn new(count: u32, of: u32, level: f64) -> Option<Self> {
        let (low, high) = clopper_pearson(count, of, level)?;
        Some(Self { count, of, value: f64::from(count) / f64::from(of), low, high })
    }

    /// `count` of `of` items, with Wilson's interval at `level`. `None` where [`wilson`] is.
    pub fn with_wilson(count: u32, of: u32, level: f64) -> Option<Self> {
        let (low, high) = wilson(count, of, level)?;
        Some(Self { count, of, value: f64::from(count) / f64::from(of), low, high })
    }
}

/// Interval of Clopper & Pearson (1934, *Biometrika* 26) for the share of which `k` successes in `n` trials are a
/// sample: the shares that neither one-sided exact test rejects at `(1 − level) / 2`. It covers the true share with
/// at least the chance `level`, such as 0.95.
///
/// `None` if there are no trials, `k` exceeds `n`, or `level` is not between 0 and 1.
pub fn clopper_pearson(k: u32, n: u32, level: f64) -> Option<(f64, f64)> {
    if n == 0 || k > n || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (k, n) = (u64::from(k), u64::from(n));
    let each_side = (1.0 - level) / 2.0;
    let low = if k == 0 { 0.0 } else { crossing(0.0, 1.0, |p| upper_tail(k, n, p) < each_side) };
    let high = if k == n { 1.0 } else { crossing(0.0, 1.0, |p| lower_tail(Some(k), n, p) > each_side) };
    Some((low, high))
}

/// Score interval of Wilson (1927, *Journal of the American Statistical Association* 22) for the share of which `k`
/// successes in `n` trials are a sample: the shares from which k / n is within z of their own standard errors. It covers
/// the true share with about the chance `level`, such as 0.95, over all shares, where [`clopper_pearson`] covers every
/// share at least so often. statsmodels' `proportion_confint(method="wilson")`.
///
/// `None` if there are no trials, `k` exceeds `n`, or `level` is not between 0 and 1.
pub fn wilson(k: u32, n: u32, level: f64) -> Option<(f64, f64)> {
    if n == 0 || k > n || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (k, n) = (f64::from(k), f64::from(n));
    let z = normal::deviations(level);
    // Of the ends one is a difference that might cancel: it is had from the other, and from the mirrored share.
    let upper = |k: f64| (k + 0.5 * z * z + z * (k * (n - k) / n + 0.25 * z * z).sqrt()) / (n + z * z);
    let low = if k == 0.0 { 0.0 } else { k * k / n / (n + z * z) / upper(k) };
    let high = if k == n { 1.0 } else { upper(k) };
    Some((low, high))
}

/// `P(X ≤ k)`, for k ≤ n and 0 < p < 1; a k of `None` lies below 0.
fn lower_tail(k: Option<u64>, n: u64, p: f64) -> f64 {
    let Some(k) = k else { return 0.0 };
    if k == n {
        return 1.0;
    }
    if k as f64 > p * n as f64 {
        return 1.0 - upper_tail(k + 1, n, p);
    }
    let odds = (1.0 - p) / p;
    let ratios = (1..=k).rev().map(|i| i as f64 / (n - i + 1) as f64 * odds);
    (ln_binomial(k, n, p) + falling_sum(ratios).ln()).exp()
}

/// `P(X ≥ k)`, for 0 < p < 1.
fn upper_tail(k: u64, n: u64, p: f64) -> f64 {
    if k > n {
        return 0.0;
    }
    if k as f64 <= p * n as f64 {
        return 1.0 - lower_tail(k.checked_sub(1), n, p);
    }
    let odds = p / (1.0 - p);
    let ratios = (k..n).map(|i| (n - i) as f64 / (i + 1) as f64 * odds);
    (ln_binomial(k, n, p) + falling_sum(ratios).ln()).exp()
}

/// The first whole number from `from` to below `end` at which `holds`, which then goes on to hold; `end` if nowhere.
pub(crate) fn first_where(from: u64, end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
