//! What a change does, from pairs that differ in nothing else: such as one seed trained on two sets of tiles.

use crate::bisection::crossing;
use crate::student::{noncentral_t_survival, t_deviations, t_two_sided};
use crate::summary::{mean, sd};

/// Mean of paired differences, with interval and test by Student's t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedT {
    /// How many pairs.
    pub n: usize,
    /// Mean difference, in the unit of the differences.
    pub mean: f64,
    /// Standard deviation of the differences (n − 1).
    pub sd: f64,
    /// Lower end of the interval of the mean difference.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of the mean difference being zero.
    pub p_value: f64,
}

/// The paired t test and the interval that belongs to it at `level`, such as 0.95 (Student 1908, *Biometrika* 6):
/// mean ± t · sd / √n, t with n − 1 degrees of freedom; `SciPy`'s `ttest_rel` and its `confidence_interval`.
///
/// Takes the differences as independent and, of few pairs, as about normal.
///
/// `None` of fewer than two pairs, or if a difference is not finite, all differences are the same (nothing then tells
/// how far chance reaches), or `level` is not between 0 and 1.
pub fn paired_t(differences: &[f64], level: f64) -> Option<PairedT> {
    let n = differences.len();
    let (mean, sd) = (mean(differences)?, sd(differences)?);
    if sd == 0.0 {
        return None;
    }
    let df = n as f64 - 1.0;
    let error = sd / (n as f64).sqrt();
    let half = t_deviations(level, df)? * error;
    let p_value = t_two_sided(mean / error, df)?;
    Some(PairedT { n, mean, sd, low: mean - half, high: mean + half, p_value })
}

/// The chance that a two-sided paired t test of `n` pairs at the level `alpha` (such as 0.05) finds a true mean
/// difference of `effect` standard deviations of the differences; statsmodels' `TTestPower.power`.
///
/// `None` of fewer than two pairs, or if `effect` is not finite or `alpha` is not between 0 and 1.
pub fn paired_t_power(effect: f64, n: usize, alpha: f64) -> Option<f64> {
    let df = n.checked_sub(2)? as f64 + 1.0;
    power(effect * (n as f64).sqrt(), df, t_deviations(1.0 - alpha, df)?)
}

/// The smallest true mean difference that a two-sided paired t test of `n` pairs at the level `alpha` finds with the
/// chance `power`, such as 0.8, where the differences have the standard deviation `sd`; in the unit of `sd`.
/// statsmodels' `TTestPower.solve_power`, times `sd`.
///
/// `None` of fewer than two pairs, or if `sd` is negative or not finite, `alpha` is not between 0 and 1, or `power` is
/// not between `alpha` and 1.
pub fn detectable_difference(sd: f64, n: usize, alpha: f64, power: f64) -> Option<f64> {
    if !(sd >= 0.0 && sd.is_finite()) {
        return None;
    }
    let df = n.checked_sub(2)? as f64 + 1.0;
    Some(sd / (n as f64).sqrt() * detectable_errors(df, alpha, power)?)
}

/// The same in standard errors, whatever the test's degrees of freedom.
pub(crate) fn detectable_errors(df: f64, alpha: f64, power: f64) -> Option<f64> {
    if !(alpha < power && power < 1.0) {
        return None;
    }
    let critical = t_deviations(1.0 - alpha, df)?;
    let misses = |errors: f64| Some(self::power(errors, df, critical)? < power);
    let mut high = 2.0;
    while misses(high)? {
        high *= 2.0;
    }
    Some(crossing(0.0, high, |errors| misses(errors) == Some(true)))
}

/// The chance that |T| exceeds `critical` where the true mean is `errors` standard errors.
fn power(errors: f64, df: f64, critical: f64) -> Option<f64> {
    let above = noncentral_t_survival(critical, df, errors)?;
    // Below −critical with a true mean of +errors is above +critical with one of −errors.
    let below = noncentral_t_survival(critical, df, -errors)?;
    Some(above + below)
}
