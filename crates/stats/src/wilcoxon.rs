//! Wilcoxon's signed-rank test.

use crate::normal;
use crate::ranks::midranks;

/// Up to so many pairs the distribution is counted out, if no two differences tie and none is zero (`SciPy`'s limit).
const MOST_EXACT: usize = 50;
/// Up to so many pairs it is counted out with ties and zeros, too (`SciPy`'s limit).
const MOST_EXACT_WITH_TIES: usize = 13;

/// A signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// The sum of the ranks of the differences above zero, ranks being those of absolute values.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Whether every choice of signs was counted; else the p-value is the normal approximation's.
    pub exact: bool,
}

/// Wilcoxon's signed-rank test of whether `differences`, one a pair, lie symmetrically around zero (Wilcoxon 1945,
/// *Biometrics Bulletin* 1). As `SciPy`'s `wilcoxon(differences, zero_method="wilcox", correction=False)`: differences
/// of zero are left out, ties share the mean of their ranks; the p-value is exact (every choice of signs equally likely)
/// up to 50 pairs, or up to 13 where there are zeros or ties, and beyond that the normal approximation's with the
/// variance that ties leave. Differences tie where they are equal to the last digit.
///
/// The p-value is 1 if all differences are zero. With five pairs it cannot fall below 0.0625.
///
/// `None` if there are no differences, or one is not finite.
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Option<SignedRank> {
    if differences.is_empty() || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let changed: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let ranks = midranks(&changed.iter().map(|d| d.abs()).collect::<Vec<_>>());
    let statistic = changed.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let tied = tie_sizes(&ranks);
    let plain = changed.len() == differences.len() && tied.iter().all(|t| *t == 1.0);
    let most = if plain { MOST_EXACT } else { MOST_EXACT_WITH_TIES };
    let exact = differences.len() <= most || changed.is_empty();
    let p_value = if exact { p_counted(statistic, &ranks) } else { p_normal(statistic, &tied) };
    Some(SignedRank { statistic, p_value, exact })
}

/// How many share each rank.
fn tie_sizes(ranks: &[f64]) -> Vec<f64> {
    let mut sorted = ranks.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|tied| tied.len() as f64).collect()
}

/// Twice the smaller tail over all choices of signs.
fn p_counted(statistic: f64, ranks: &[f64]) -> f64 {
    // Twice the ranks, which are whole numbers with ties, too.
    let doubled: Vec<usize> = ranks.iter().map(|r| (2.0 * r) as usize).collect();
    let observed = (2.0 * statistic) as usize;
    // choices[s]: of how many choices of signs the positive ranks sum to s / 2. Below 2⁵⁰, hence exact.
    let mut choices = vec![0.0; doubled.iter().sum::<usize>() + 1];
    choices[0] = 1.0;
    let mut largest = 0;
    for rank in doubled {
        largest += rank;
        for sum in (rank..=largest).rev() {
            choices[sum] += choices[sum - rank];
        }
    }
    let all: f64 = choices.iter().sum();
    let below: f64 = choices[..=observed].iter().sum();
    let above: f64 = choices[observed..].iter().sum();
    (2.0 * below.min(above) / all).min(1.0)
}

fn p_normal(statistic: f64, tied: &[f64]) -> f64 {
    let n: f64 = tied.iter().sum();
    let mean = n * (n + 1.0) / 4.0;
    let by_ties: f64 = tied.iter().map(|t| t * t * t - t).sum();
    let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - by_ties / 2.0) / 24.0;
    normal::two_sided((statistic - mean) / variance.sqrt())
}
