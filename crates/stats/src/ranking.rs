//! Area under the ROC curve, from ranks.

/// Area under the ROC curve: the probability that a positive scores above a negative, a tie counting one half
/// (Mann–Whitney's U over the number of pairs; equal to the trapezoid rule).
///
/// `scores` and `positive` have one entry an item. `None` if there is only one class, if the lengths differ or if a
/// score is NaN; infinite scores are ordered as usual.
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if scores.len() != positive.len() || scores.iter().any(|s| s.is_nan()) {
        return None;
    }
    let mut items: Vec<(f64, bool)> = scores.iter().copied().zip(positive.iter().copied()).collect();
    items.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Twice the number of pairs won, so that ties stay whole numbers and the sum is exact.
    let (mut twice_won, mut negatives, mut positives) = (0_u128, 0_u128, 0_u128);
    // `==` rather than the order's own equality, so that 0 and -0 tie.
    for tied in items.chunk_by(|a, b| a.0 == b.0) {
        let p = tied.iter().filter(|item| item.1).count() as u128;
        let n = tied.len() as u128 - p;
        twice_won += p * (2 * negatives + n);
        negatives += n;
        positives += p;
    }
    let pairs = positives * negatives;
    (pairs > 0).then(|| twice_won as f64 / (2 * pairs) as f64)
}
