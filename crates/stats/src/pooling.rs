//! One score of many tiles: a slide's, a patient's.

use crate::summary::mean;

/// What the scores of a slide's tiles say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    /// How many tiles there are.
    pub n: usize,
    /// Their mean score.
    pub mean: f64,
    /// The mean of the `k` highest, or of all where there are fewer: what a slide is whose lesion fills a few tiles.
    pub top: f64,
    /// The share of tiles that score above the threshold.
    pub share_above: f64,
}

/// Pools the scores of the tiles of one slide. `None` without a tile, with `k` 0, or if a score is not a finite number.
pub fn pooled(scores: &[f64], k: usize, threshold: f64) -> Option<Pooled> {
    if k == 0 || scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(k);
    let above = scores.iter().filter(|score| **score > threshold).count();
    Some(Pooled {
        n: scores.len(),
        mean: mean(scores)?,
        top: mean(&sorted)?,
        share_above: above as f64 / scores.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_pooled_in_three_ways_whatever_their_order() {
        let told = Pooled { n: 4, mean: 0.5, top: 0.8, share_above: 0.5 };
        for scores in [[0.1, 0.9, 0.3, 0.7], [0.7, 0.3, 0.9, 0.1]] {
            let found = pooled(&scores, 2, 0.5).unwrap();
            assert!(
                (found.mean - told.mean).abs() < 1e-15 && (found.top - told.top).abs() < 1e-15,
                "{found:?}"
            );
            assert_eq!((found.n, found.share_above), (told.n, told.share_above));
        }
        // A score at the threshold is not above it, and fewer tiles than k are all of them.
        let few = pooled(&[0.5, 0.25], 10, 0.5).unwrap();
        assert_eq!((few.top, few.mean, few.share_above), (0.375, 0.375, 0.0));
        for nothing in [pooled(&[], 2, 0.5), pooled(&[0.5], 0, 0.5), pooled(&[0.5, f64::NAN], 1, 0.5)] {
            assert_eq!(nothing, None);
        }
    }
}
