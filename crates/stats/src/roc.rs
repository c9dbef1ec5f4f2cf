//! The mean of several ROC curves, with a band by drawing slides.

use crate::bootstrap::{members, samples_in, stretch};
use crate::ranking::RankedScores;
use crate::summary::{mean, quantile};
use rand::{Rng, RngExt};

/// A point of a mean ROC curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// 1 − specificity.
    pub false_positive_rate: f64,
    /// Mean sensitivity there.
    pub sensitivity: f64,
    /// The 95 % band at this point and no other; `None` with too few slides.
    pub band: Option<[f64; 2]>,
}

/// The mean over trainings of the sensitivity at each of `steps` + 1 false positive rates 0, 1/steps, …, 1 (averaged vertically: Fawcett
/// 2006, *Pattern Recognition Letters* 27, section 8), each curve being straight between its points, and at its highest where it is
/// upright: `NumPy`'s `interp` of scikit-learn's `roc_curve`.
///
/// The band holds, point by point, for these trainings on other slides: whole slides are drawn, the same for all trainings, and the
/// percentiles stretched as [`crate::stretched_bootstrap`] does. Seldom is a whole curve inside it.
///
/// `scores[s][i]` is tile i's score after training s, `positive[i]` its class, `slides[i]` its slide. `None` if there are no trainings or
/// no steps, one class is missing, lengths differ, or a score is NaN.
pub fn mean_roc<R: Rng + ?Sized>(
    scores: &[Vec<f64>],
    (positive, slides): (&[bool], &[usize]),
    steps: usize,
    replicates: usize,
    rng: &mut R,
) -> Option<Vec<RocPoint>> {
    if steps == 0 || scores.is_empty() || slides.len() != positive.len() {
        return None;
    }
    let ranked: Vec<RankedScores> =
        scores.iter().map(|s| RankedScores::new(s, positive)).collect::<Option<_>>()?;
    let curve = |times: &[u32]| -> Option<Vec<f64>> {
        let curves: Vec<Vec<f64>> =
            ranked.iter().map(|r| r.sensitivities_of_draw(times, steps)).collect::<Option<_>>()?;
        (0..=steps).map(|k| mean(&curves.iter().map(|c| c[k]).collect::<Vec<_>>())).collect()
    };
    let estimate = curve(&vec![1; positive.len()])?;
    let members = members(slides);
    let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); steps + 1];
    let stretch = stretch(members.len(), samples_in(slides, positive));
    let mut times = vec![0_u32; positive.len()];
    for _ in 0..if stretch.is_some() { replicates } else { 0 } {
        times.fill(0);
        for _ in 0..members.len() {
            for tile in &members[rng.random_range(0..members.len())] {
                times[*tile] += 1;
            }
        }
        for (values, value) in drawn.iter_mut().zip(curve(&times).into_iter().flatten()) {
            values.push(value);
        }
    }
    let point = |(k, (sensitivity, values)): (usize, (f64, Vec<f64>))| {
        let end = |q| Some((sensitivity + stretch? * (quantile(&values, q)? - sensitivity)).clamp(0.0, 1.0));
        let band = end(0.025).zip(end(0.975)).map(|(low, high)| [low, high]);
        RocPoint { false_positive_rate: k as f64 / steps as f64, sensitivity, band }
    };
    Some(estimate.into_iter().zip(drawn).enumerate().map(point).collect())
}
