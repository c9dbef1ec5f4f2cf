//! What is learnt of a tile, how much it counts and from when: soft labels, weights and curricula. Pure rules, so that a study's recipe and
//! a single training mean the same by the same word.

use tissue::Agreement;

/// What is learnt of a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// A probability a class, in the order of the logits.
    pub target: Vec<f32>,
    /// How much its loss counts in its batch, where others count 1: the loss of a batch of n is the sum of its tiles' weighted losses over n.
    pub weight: f32,
    /// The first epoch, from 0, in which it is shown.
    pub from_epoch: usize,
    /// Whether it is normalised by the auxiliary batch statistics: see [`nets::AuxiliaryNorms`].
    pub auxiliary: bool,
}

impl Lesson {
    /// One of `classes` classes for certain, as much as any other tile, from the start: what a tile without a lesson teaches.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn certain(class: usize, classes: usize) -> Self {
        assert!(class < classes, "class {class} of {classes}");
        Self::of_target((0..classes).map(|c| f32::from(c == class)).collect())
    }

    /// The shares of the annotators' votes, one number a class. Where nobody voted for any of the classes it is the label, for certain. Votes
    /// for other classes than these say nothing about which of these it is.
    ///
    /// # Panics
    /// If there is no such class as the label.
    pub fn of_votes(votes: &[u32], label: usize, classes: usize) -> Self {
        let all: u64 = votes.iter().map(|v| u64::from(*v)).sum();
        if all == 0 || votes.len() != classes {
            return Self::certain(label, classes);
        }
        Self::of_target(votes.iter().map(|v| (f64::from(*v) / all as f64) as f32).collect())
    }

    /// Probabilities, one a class, brought to a sum of 1; `None` unless they are finite, none is negative and their sum is positive.
    pub fn of_probabilities(probabilities: &[f64]) -> Option<Self> {
        let sum: f64 = probabilities.iter().sum();
        let is_sound = probabilities.iter().all(|p| *p >= 0.0) && sum > 0.0 && sum.is_finite();
        is_sound.then(|| Self::of_target(probabilities.iter().map(|p| (p / sum) as f32).collect()))
    }

    /// What cross-entropy takes for its target: the loss is linear in that, so that a weight is a factor on it.
    pub fn weighted_target(&self) -> Vec<f32> {
        self.target.iter().map(|p| p * self.weight).collect()
    }

    fn of_target(target: Vec<f32>) -> Self {
        Self { target, weight: 1.0, from_epoch: 0, auxiliary: false }
    }
}

/// The first epoch, from 0, of a tile in a curriculum by agreement over `epochs` epochs (after Wei et al. 2021): high agreement from the
/// start, low from the end of the first third (rounded down: under three epochs all come from the start). Without votes from the start.
pub fn epoch_by_agreement(agreement: Option<Agreement>, epochs: usize) -> usize {
    match agreement {
        Some(Agreement::Low) => epochs / 3,
        Some(Agreement::High) | None => 0,
    }
}

/// The first epoch, from 0, of a tile in a curriculum by confidence over `epochs` epochs: `place` says how many of the `of` tiles of its class
/// are more confident. The most confident half (rounded up) comes from the start, the others one after another, evenly over the first
/// half of the epochs, so that the second half shows them all.
pub fn epoch_by_place(place: usize, of: usize, epochs: usize) -> usize {
    let easy = of.div_ceil(2);
    if place < easy {
        return 0;
    }
    ((place - easy + 1) * (epochs / 2)).div_ceil(of - easy)
}

/// [`epoch_by_place`] of every tile, each placed within its class: `tiles` are class, confidence in it (or any number that ranks as it does)
/// and name, which breaks ties.
pub fn epochs_by_confidence(tiles: &[(usize, f64, &str)], epochs: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by(|&a, &b| {
        let ((class_a, a, name_a), (class_b, b, name_b)) = (tiles[a], tiles[b]);
        class_a.cmp(&class_b).then(b.total_cmp(&a)).then_with(|| name_a.cmp(name_b))
    });
    let mut from = vec![0; tiles.len()];
    for class in order.chunk_by(|&a, &b| tiles[a].0 == tiles[b].0) {
        for (place, &i) in class.iter().enumerate() {
            from[i] = epoch_by_place(place, class.len(), epochs);
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_become_shares_and_nobody_s_votes_the_label() {
        assert_eq!(Lesson::of_votes(&[1, 3], 1, 2).target, [0.25, 0.75]);
        assert_eq!(Lesson::of_votes(&[0, 2], 1, 2), Lesson::certain(1, 2));
        assert_eq!(Lesson::of_votes(&[], 1, 2), Lesson::certain(1, 2));
        assert_eq!(Lesson::of_votes(&[0, 0], 0, 2), Lesson::certain(0, 2));
        let thirds = Lesson::of_votes(&[1, 1, 1], 2, 3).target;
        assert!(thirds.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-7), "{thirds:?}");
    }

    #[test]
    fn probabilities_are_brought_to_one_and_refused_where_they_are_none() {
        assert_eq!(Lesson::of_probabilities(&[1.0, 3.0]).unwrap().target, [0.25, 0.75]);
        for bad in [&[0.0, 0.0][..], &[-0.1, 1.1], &[f64::NAN, 1.0], &[f64::INFINITY, 1.0], &[]] {
            assert_eq!(Lesson::of_probabilities(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn low_agreement_comes_after_a_third_of_the_epochs() {
        let low = |epochs| epoch_by_agreement(Some(Agreement::Low), epochs);
        assert_eq!([1, 2, 3, 25, 50].map(low), [0, 0, 1, 8, 16]);
        assert_eq!([Some(Agreement::High), None].map(|a| epoch_by_agreement(a, 50)), [0, 0]);
    }

    #[test]
    fn the_confident_half_comes_first_and_the_others_evenly_over_half_of_the_epochs() {
        let epochs = |of, epochs| (0..of).map(|place| epoch_by_place(place, of, epochs)).collect::<Vec<_>>();
        assert_eq!(epochs(8, 8), [0, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(epochs(5, 9), [0, 0, 0, 2, 4]);
        assert_eq!(epochs(8, 4), [0, 0, 0, 0, 1, 1, 2, 2]);
        assert_eq!((epochs(1, 10), epochs(3, 1)), (vec![0], vec![0; 3]));
        // Whatever there is, it is all shown in the second half.
        for of in 1..30 {
            for total in 1..30 {
                assert!(epochs(of, total).into_iter().all(|from| from <= total / 2), "{of} {total}");
            }
        }
    }

    #[test]
    fn tiles_are_placed_within_their_class_and_ties_go_by_name() {
        let tiles =
            [(1, 0.2, "d"), (0, 0.9, "b"), (0, 0.9, "a"), (1, 0.8, "c"), (0, 0.1, "e"), (0, 0.5, "f")];
        assert_eq!(epochs_by_confidence(&tiles, 4), [2, 0, 0, 0, 2, 1]);
    }
}
