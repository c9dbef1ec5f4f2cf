//! Whether a probability of 0.8 comes true in eight of ten: Brier score, reliability bins, calibration error.

use crate::summary::mean;

/// How probabilities are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// Bins of one width from 0 to 1.
    EqualWidth,
    /// Bins of about as many items each, cut at quantiles; ties may join or empty bins.
    EqualCount,
}

/// The items of one bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// How many items; at least one.
    pub count: usize,
    /// Mean of their probabilities.
    pub predicted: f64,
    /// Share of them that are positive.
    pub observed: f64,
}

/// Mean squared difference between probability and outcome, 0 (best) to 1 (Brier 1950, *Monthly Weather Review* 78, in
/// its form for two classes; scikit-learn's `brier_score_loss`). Low for probabilities that are right *and* tell items
/// apart, so it measures more than calibration.
///
/// `None` of nothing, or if the lengths differ or a probability is not from 0 to 1.
pub fn brier_score(probabilities: &[f64], positive: &[bool]) -> Option<f64> {
    if !are_probabilities(probabilities, positive) {
        return None;
    }
    let miss = |(p, is): (&f64, &bool)| p - f64::from(*is);
    mean(&probabilities.iter().zip(positive).map(miss).map(|d| d * d).collect::<Vec<_>>())
}

/// Reliability by bins, in the order of probability, without those that are empty; scikit-learn's `calibration_curve`.
/// A probability on an edge belongs to the bin below.
///
/// `None` if `bins` is 0, the lengths differ, or a probability is not from 0 to 1.
pub fn reliability(
    probabilities: &[f64],
    positive: &[bool],
    bins: usize,
    binning: Binning,
) -> Option<Vec<ReliabilityBin>> {
    if bins == 0 || !are_probabilities(probabilities, positive) {
        return None;
    }
    let edges = inner_edges(probabilities, bins, binning);
    let mut members = vec![(Vec::new(), 0_usize); bins];
    for (p, is) in probabilities.iter().zip(positive) {
        let (of_bin, positives) = &mut members[edges.partition_point(|edge| edge < p)];
        of_bin.push(*p);
        *positives += usize::from(*is);
    }
    let bin = |(of_bin, positives): (Vec<f64>, usize)| {
        let count = of_bin.len();
        Some(ReliabilityBin { count, predicted: mean(&of_bin)?, observed: positives as f64 / count as f64 })
    };
    Some(members.into_iter().filter_map(bin).collect())
}

/// The bin of equal width, from 0, that a probability is put into by [`reliability`]; it is to be from 0 to 1, and there is to be a bin.
pub fn equal_width_bin(probability: f64, bins: usize) -> usize {
    let step = 1.0 / bins as f64;
    (1..bins).take_while(|i| *i as f64 * step < probability).count()
}

/// Expected calibration error: the mean over items of |predicted − observed| of their bin, 0 to 1 (Naeini, Cooper &
/// Hauskrecht 2015, *AAAI*; here of the probability of the positive class). It depends on the bins, and rises with fewer
/// items a bin: of a perfectly calibrated classifier it is above 0.
///
/// `None` of no bins.
pub fn calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let items: usize = bins.iter().map(|bin| bin.count).sum();
    let off: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.predicted - bin.observed).abs()).sum();
    (items > 0).then(|| off / items as f64)
}

fn are_probabilities(probabilities: &[f64], positive: &[bool]) -> bool {
    probabilities.len() == positive.len() && probabilities.iter().all(|p| (0.0..=1.0).contains(p))
}

/// The edges between bins, in the arithmetic of `NumPy`'s `linspace` and `percentile`, to the last digit: a probability
/// may lie on an edge.
fn inner_edges(probabilities: &[f64], bins: usize, binning: Binning) -> Vec<f64> {
    let step = 1.0 / bins as f64;
    let shares = (1..bins).map(|i| i as f64 * step);
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (binning, sorted.len().checked_sub(1)) {
        (Binning::EqualCount, Some(last)) => shares
            .map(|share| {
                let at = share * 100.0 / 100.0 * last as f64;
                let (below, part) = (at.floor(), at - at.floor());
                let (a, b) = (sorted[below as usize], sorted[(below as usize + 1).min(last)]);
                if part < 0.5 { a + (b - a) * part } else { b - (b - a) * (1.0 - part) }
            })
            .collect(),
        _ => shares.collect(),
    }
}
