//! Ranks with ties, and the correlation of ranks.

use crate::summary::pearson;

/// The rank of each value, from 1; values that tie (0 and −0 do) share the mean of their ranks. The order of NaN is
/// that of [`f64::total_cmp`].
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let shared = below as f64 + (tied.len() + 1) as f64 / 2.0;
        for i in tied {
            ranks[*i] = shared;
        }
        below += tied.len();
    }
    ranks
}

/// Spearman's rank correlation of `x` and `y`, from −1 to 1: Pearson's correlation of their [`midranks`] (Spearman 1904,
/// *American Journal of Psychology* 15; with ties as Kendall & Gibbons 1990, *Rank Correlation Methods*).
///
/// `None` if the lengths differ, there are fewer than two pairs, one of the two is constant, or a value is NaN.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.iter().chain(y).any(|v| v.is_nan()) {
        return None;
    }
    pearson(&midranks(x), &midranks(y))
}
