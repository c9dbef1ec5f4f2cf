//! Area under the ROC curve, from ranks; of items that count several times, and of more than two classes.

use crate::summary::mean;

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

/// Area under the ROC curve within blocks, such as the test folds of a cross-validation, each scored by a model of its own: of all pairs of a
/// positive and a negative *of one block*, the share in which the positive scores higher, a tie counting one half. Scores of two blocks are
/// never compared. It is the mean of the blocks' own areas, each counting as many times as it has pairs.
///
/// `blocks[i]` is item i's block, of which only equality matters. `None` if no block has both classes, if lengths differ or if a score is NaN.
pub fn auc_within(scores: &[f64], positive: &[bool], blocks: &[usize]) -> Option<f64> {
    RankedScores::within(scores, positive, blocks)?.auc_of_draw(&vec![1; scores.len()])
}

/// Scores put in order once, for areas of many draws of the same items.
#[derive(Debug, Clone)]
pub struct RankedScores {
    /// The items, block by block.
    ascending: Vec<Item>,
}

/// An item in its place.
#[derive(Debug, Clone, Copy)]
struct Item {
    index: usize,
    positive: bool,
    /// Whether its score ties with the one before.
    ties: bool,
    /// Whether it is the first of its block.
    begins: bool,
}

impl RankedScores {
    /// `None` if the lengths differ or a score is NaN.
    pub fn new(scores: &[f64], positive: &[bool]) -> Option<Self> {
        Self::within(scores, positive, &vec![0; scores.len()])
    }

    /// The same for areas within blocks, as [`auc_within`].
    pub fn within(scores: &[f64], positive: &[bool], blocks: &[usize]) -> Option<Self> {
        let lengths_differ = scores.len() != positive.len() || scores.len() != blocks.len();
        if lengths_differ || scores.iter().any(|s| s.is_nan()) {
            return None;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| blocks[*a].cmp(&blocks[*b]).then(scores[*a].total_cmp(&scores[*b])));
        let item = |(at, &item): (usize, &usize)| {
            let before = at.checked_sub(1).map(|before| order[before]);
            let same_block = before.filter(|before| blocks[*before] == blocks[item]);
            Item {
                index: item,
                positive: positive[item],
                ties: same_block.is_some_and(|before| scores[before] == scores[item]),
                begins: same_block.is_none(),
            }
        };
        Some(Self { ascending: order.iter().enumerate().map(item).collect() })
    }

    /// Area under the ROC curve as [`auc`]'s (or [`auc_within`]'s), item i counting `times[i]` times. `None` if no block has both classes in
    /// the draw, or the length differs.
    pub fn auc_of_draw(&self, times: &[u32]) -> Option<f64> {
        if times.len() != self.ascending.len() {
            return None;
        }
        let (mut won, mut lower, mut tied_negatives, mut tied_positives, mut positives) =
            (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut pairs = 0.0;
        for Item { index, positive, ties, begins } in &self.ascending {
            if !ties {
                won += tied_positives * (lower + 0.5 * tied_negatives);
                lower += tied_negatives;
                (tied_negatives, tied_positives) = (0.0, 0.0);
            }
            if *begins {
                pairs += positives * lower;
                (lower, positives) = (0.0, 0.0);
            }
            let weight = f64::from(times[*index]);
            if *positive {
                tied_positives += weight;
                positives += weight;
            } else {
                tied_negatives += weight;
            }
        }
        won += tied_positives * (lower + 0.5 * tied_negatives);
        pairs += positives * (lower + tied_negatives);
        (pairs > 0.0).then(|| won / pairs)
    }

    /// The ROC curve's sensitivity at the false positive rates 0, 1/steps, …, 1, item i counting `times[i]` times: straight between
    /// the curve's points, at its highest where it is upright. `None` if one class is not drawn, or the length differs; also of scores in several blocks,
    /// which have no one curve.
    pub fn sensitivities_of_draw(&self, times: &[u32], steps: usize) -> Option<Vec<f64>> {
        let blocks = self.ascending.iter().filter(|item| item.begins).count();
        if times.len() != self.ascending.len() || blocks > 1 {
            return None;
        }
        let count = |class: bool| -> u64 {
            let of_class = self.ascending.iter().filter(|item| item.positive == class);
            of_class.map(|item| u64::from(times[item.index])).sum()
        };
        let (positives, negatives) = (count(true), count(false));
        if positives == 0 || negatives == 0 {
            return None;
        }
        let grid = steps as u64;
        let mut sensitivities = Vec::with_capacity(steps + 1);
        let (mut hits, mut alarms, mut hits_here, mut alarms_here) = (0, 0, 0, 0);
        // From the highest score down, one step of the curve a group of ties.
        for Item { index, positive, ties, .. } in self.ascending.iter().rev() {
            let weight = u64::from(times[*index]);
            if *positive {
                hits_here += weight;
            } else {
                alarms_here += weight;
            }
            if *ties {
                continue;
            }
            // Rates of the grid below this point's, in whole numbers: k / steps < alarms / negatives.
            while (sensitivities.len() as u64) * negatives < (alarms + alarms_here) * grid {
                let at = (sensitivities.len() as u64 * negatives) as f64 / grid as f64;
                let share = (at - alarms as f64) / alarms_here as f64;
                sensitivities.push((hits as f64 + share * hits_here as f64) / positives as f64);
            }
            (hits, alarms, hits_here, alarms_here) = (hits + hits_here, alarms + alarms_here, 0, 0);
        }
        sensitivities.resize(steps + 1, 1.0);
        Some(sensitivities)
    }
}

/// Areas under the ROC curves of each class against all others.
#[derive(Debug, Clone, PartialEq)]
pub struct OneVsRest {
    /// The area of each class; `None` of a class without items, or one that all items are of.
    pub per_class: Vec<Option<f64>>,
    /// Their mean, each class counting the same; `None` unless every class has an area.
    pub macro_mean: Option<f64>,
}

/// Areas of more than two classes, one against the rest (Provost & Domingos 2000; scikit-learn's
/// `roc_auc_score(multi_class="ovr", average="macro")`). `scores[i][k]` is item i's score for class k, `classes[i]` the
/// class it is of.
///
/// Scores are ranked class by class, hence need not sum to 1.
///
/// `None` if there are no items, the lengths differ, a class has no column, or a score is NaN.
pub fn one_vs_rest(scores: &[Vec<f64>], classes: &[usize]) -> Option<OneVsRest> {
    let columns = scores.first()?.len();
    let fits = |row: &Vec<f64>| row.len() == columns && !row.iter().any(|s| s.is_nan());
    if scores.len() != classes.len() || !scores.iter().all(fits) || classes.iter().any(|c| *c >= columns) {
        return None;
    }
    let area = |class: usize| {
        let of_class: Vec<f64> = scores.iter().map(|row| row[class]).collect();
        auc(&of_class, &classes.iter().map(|c| *c == class).collect::<Vec<_>>())
    };
    let per_class: Vec<Option<f64>> = (0..columns).map(area).collect();
    let macro_mean = per_class.iter().copied().collect::<Option<Vec<f64>>>().and_then(|areas| mean(&areas));
    Some(OneVsRest { per_class, macro_mean })
}
