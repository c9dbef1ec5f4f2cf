//! What a classifier does at one threshold, and which threshold to take.

use crate::binomial::Share;

/// A classifier at a threshold: items that score at least as much are called positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    /// The threshold.
    pub threshold: f64,
    /// Share of the positive items that are called positive, with Wilson's interval.
    pub sensitivity: Share,
    /// Share of the negative items that are called negative, with Wilson's interval.
    pub specificity: Share,
    /// Share of all items that are called what they are, with Wilson's interval.
    pub accuracy: Share,
    /// Mean of sensitivity and specificity, 0 to 1.
    pub balanced_accuracy: f64,
    /// Lower end of its interval, joined from those of its two parts.
    pub balanced_low: f64,
    /// Upper end.
    pub balanced_high: f64,
}

/// Sensitivity, specificity, accuracy and balanced accuracy at `threshold`, with intervals at `level`, such as 0.95:
/// Wilson's of the shares, and of balanced accuracy the square-and-add interval that belongs to them (Newcombe 1998,
/// *Statistics in Medicine* 17, method 10, of sensitivity less the false positive rate; halved, as balanced accuracy is
/// `(1 + difference) / 2`).
///
/// All take the items to be independent; of several tiles a slide the intervals are too narrow.
///
/// `None` if there are no items of a class or more than `u32::MAX` items, the lengths differ, a score or the threshold
/// is NaN, or `level` is not between 0 and 1.
pub fn operating_point(
    scores: &[f64],
    positive: &[bool],
    threshold: f64,
    level: f64,
) -> Option<OperatingPoint> {
    if scores.len() != positive.len() || threshold.is_nan() || scores.iter().any(|s| s.is_nan()) {
        return None;
    }
    let count = |class: bool, called: bool| {
        let is = |(s, p): &(&f64, &bool)| **p == class && (**s >= threshold) == called;
        u32::try_from(scores.iter().zip(positive).filter(is).count()).ok()
    };
    let (hits, misses) = (count(true, true)?, count(true, false)?);
    let (rejections, false_alarms) = (count(false, false)?, count(false, true)?);
    let positives = hits.checked_add(misses)?;
    let negatives = rejections.checked_add(false_alarms)?;
    let share = |count, of| Share::with_wilson(count, of, level);
    let (sensitivity, specificity) = (share(hits, positives)?, share(rejections, negatives)?);
    let accuracy = share(hits.checked_add(rejections)?, positives.checked_add(negatives)?)?;
    let balanced_accuracy = f64::midpoint(sensitivity.value, specificity.value);
    let below = (sensitivity.value - sensitivity.low).hypot(specificity.value - specificity.low);
    let above = (sensitivity.high - sensitivity.value).hypot(specificity.high - specificity.value);
    Some(OperatingPoint {
        threshold,
        sensitivity,
        specificity,
        accuracy,
        balanced_accuracy,
        balanced_low: balanced_accuracy - below / 2.0,
        balanced_high: balanced_accuracy + above / 2.0,
    })
}

/// The threshold with the largest sensitivity + specificity − 1 (Youden 1950, *Cancer* 3), hence with the largest
/// balanced accuracy, among the scores that occur; of several the highest. Meant for the validation tiles: what it
/// attains on the tiles that it was chosen on is too good.
///
/// `None` where [`crate::auc`] is, or if no threshold is better than calling everything negative.
pub fn youden_threshold(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if scores.len() != positive.len() || scores.iter().any(|s| s.is_nan()) {
        return None;
    }
    let mut items: Vec<(f64, bool)> = scores.iter().copied().zip(positive.iter().copied()).collect();
    items.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = items.iter().filter(|item| item.1).count() as i128;
    let negatives = items.len() as i128 - positives;
    // J times both numbers, in whole numbers, so that equal ones are seen to be equal.
    let (mut best, mut threshold, mut now) = (0, None, 0);
    for tied in items.chunk_by(|a, b| a.0 == b.0) {
        for (_, is_positive) in tied {
            now += if *is_positive { negatives } else { -positives };
        }
        if now > best {
            (best, threshold) = (now, Some(tied[0].0));
        }
    }
    threshold
}
