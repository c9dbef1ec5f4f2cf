//! What chance in the test tiles does to areas under ROC curves: DeLong's variance, interval and test.
//!
//! All of it takes the tiles as independent of each other. Where several come from one slide, the intervals are too
//! narrow and the p-values too small; [`crate::auc_difference_interval`] draws whole slides instead.

use crate::normal;
use crate::ranks::midranks;
use crate::summary::mean;

/// An area under the ROC curve and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeLong {
    /// The area, as [`crate::auc`].
    pub auc: f64,
    /// Its variance.
    pub variance: f64,
    /// Lower end of the normal interval, at least 0.
    pub low: f64,
    /// Upper end, at most 1.
    pub high: f64,
}

/// Two areas under ROC curves of the same items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeLongPair {
    /// Both areas.
    pub aucs: [f64; 2],
    /// Variance of each, and their covariance.
    pub covariance: [[f64; 2]; 2],
    /// The second area minus the first.
    pub difference: f64,
    /// Lower end of the normal interval of the difference.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of the areas being equal; `None` if the variance of the difference is 0, as where both scores
    /// order the items alike.
    pub p_value: Option<f64>,
}

/// Variance of the area under the ROC curve (DeLong, DeLong & Clarke-Pearson 1988, *Biometrics* 44), from the ranks of
/// Sun & Xu (2014, *IEEE Signal Processing Letters* 21), and the normal interval at `level`, such as 0.95.
///
/// An area of 1 (or 0) has variance 0: the interval then says nothing.
///
/// `None` where [`crate::auc`] is, if there are fewer than two items of a class, or `level` is not between 0 and 1.
pub fn delong(scores: &[f64], positive: &[bool], level: f64) -> Option<DeLong> {
    let half = deviations(level)?;
    let of = Components::new(scores, positive)?;
    let variance = of.covariance(&of)?;
    let reach = half * variance.sqrt();
    Some(DeLong { auc: of.auc, variance, low: (of.auc - reach).max(0.0), high: (of.auc + reach).min(1.0) })
}

/// Compares the areas of two scores of the same items: covariance, interval of the difference at `level` and test as
/// in [`delong`]'s sources.
///
/// `None` where [`delong`] is for either.
pub fn delong_pair(first: &[f64], second: &[f64], positive: &[bool], level: f64) -> Option<DeLongPair> {
    let half = deviations(level)?;
    let (a, b) = (Components::new(first, positive)?, Components::new(second, positive)?);
    let both = a.covariance(&b)?;
    let apart = b.minus(&a);
    let error = apart.covariance(&apart)?.sqrt();
    let difference = b.auc - a.auc;
    Some(DeLongPair {
        aucs: [a.auc, b.auc],
        covariance: [[a.covariance(&a)?, both], [both, b.covariance(&b)?]],
        difference,
        low: difference - half * error,
        high: difference + half * error,
        p_value: (error > 0.0).then(|| normal::two_sided(difference / error)),
    })
}

fn deviations(level: f64) -> Option<f64> {
    (level > 0.0 && level < 1.0).then(|| normal::deviations(level))
}

/// The structural components: of each item, the share of the other class that it is on the right side of.
struct Components {
    auc: f64,
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

impl Components {
    fn new(scores: &[f64], positive: &[bool]) -> Option<Self> {
        if scores.len() != positive.len() || scores.iter().any(|s| s.is_nan()) {
            return None;
        }
        let of = |class: bool, values: &[f64]| -> Vec<f64> {
            values.iter().zip(positive).filter(|(_, p)| **p == class).map(|(v, _)| *v).collect()
        };
        // An item's rank among all, less that among its own class, is how many of the other class it exceeds.
        let among_all = midranks(scores);
        let exceeds = |class: bool| -> Vec<f64> {
            let own = midranks(&of(class, scores));
            of(class, &among_all).iter().zip(own).map(|(all, own)| all - own).collect()
        };
        let (above, over) = (exceeds(true), exceeds(false));
        let (m, n) = (above.len() as f64, over.len() as f64);
        let positives: Vec<f64> = above.iter().map(|wins| wins / n).collect();
        let negatives = over.iter().map(|losses| 1.0 - losses / m).collect();
        Some(Self { auc: mean(&positives)?, positives, negatives })
    }

    fn covariance(&self, other: &Self) -> Option<f64> {
        let of_positives = covariance(&self.positives, &other.positives)? / self.positives.len() as f64;
        let of_negatives = covariance(&self.negatives, &other.negatives)? / self.negatives.len() as f64;
        Some(of_positives + of_negatives)
    }

    fn minus(&self, other: &Self) -> Self {
        let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            auc: self.auc - other.auc,
            positives: less(&self.positives, &other.positives),
            negatives: less(&self.negatives, &other.negatives),
        }
    }
}

/// Sample covariance (n − 1). `None` of fewer than two.
fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() < 2 {
        return None;
    }
    let (of_x, of_y) = (mean(x)?, mean(y)?);
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - of_x) * (y - of_y)).sum();
    Some(products / (x.len() - 1) as f64)
}
