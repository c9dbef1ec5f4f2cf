//! Whether two samples that have nothing in common differ: such as trainings of two programs, each from seeds of its own.

use crate::paired::detectable_errors;
use crate::student::{t_deviations, t_two_sided};
use crate::summary::{mean, sd};

/// Difference of two means, with interval and test by Welch's t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WelchT {
    /// Mean of the second sample less mean of the first.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Lower end of the interval of the difference.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of the difference being zero.
    pub p_value: f64,
}

/// Welch's t test of two independent samples, and the interval that belongs to it at `level`, such as 0.95 (Welch 1947,
/// *Biometrika* 34; degrees of freedom by Satterthwaite 1946): the samples may differ in size and spread. `SciPy`'s
/// `ttest_ind(second, first, equal_var=False)` and its `confidence_interval`.
///
/// Takes the values as independent and, of few, as about normal.
///
/// `None` if a sample has fewer than two values, or a value is not finite, neither sample varies (nothing then tells how far
/// chance reaches), or `level` is not between 0 and 1.
pub fn welch_t(first: &[f64], second: &[f64], level: f64) -> Option<WelchT> {
    let difference = mean(second)? - mean(first)?;
    let (error, df) = error_and_df(first, second)?;
    let half = t_deviations(level, df)? * error;
    let p_value = t_two_sided(difference / error, df)?;
    Some(WelchT { difference, error, df, low: difference - half, high: difference + half, p_value })
}

/// The smallest true difference that Welch's test at the level `alpha` finds with the chance `power`, such as 0.8, in samples
/// of these sizes and spreads; by the noncentral t distribution with Welch's degrees of freedom, which is an approximation
/// where the spreads differ.
///
/// `None` where [`welch_t`] is, or if `alpha` is not between 0 and 1, or `power` is not between `alpha` and 1.
pub fn welch_detectable_difference(first: &[f64], second: &[f64], alpha: f64, power: f64) -> Option<f64> {
    let (error, df) = error_and_df(first, second)?;
    Some(error * detectable_errors(df, alpha, power)?)
}

/// The standard error of the difference of means, and Satterthwaite's degrees of freedom.
fn error_and_df(first: &[f64], second: &[f64]) -> Option<(f64, f64)> {
    let part = |sample: &[f64]| Some((sd(sample)?.powi(2) / sample.len() as f64, sample.len() as f64 - 1.0));
    let ((a, df_a), (b, df_b)) = (part(first)?, part(second)?);
    let variance = a + b;
    if variance == 0.0 {
        return None;
    }
    // As shares, so that small variances do not vanish when squared.
    let df = 1.0 / ((a / variance).powi(2) / df_a + (b / variance).powi(2) / df_b);
    Some((variance.sqrt(), df))
}
