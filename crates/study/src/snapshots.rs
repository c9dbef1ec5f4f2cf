//! At which epochs the scorer's weights are kept.

/// The epochs of the scorer's snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// Before the last regular epoch; may be empty for a short training.
    pub earlier: Vec<usize>,
    /// The last regular epoch.
    pub initial: usize,
    /// After it; there is at least one.
    pub later: Vec<usize>,
}

impl Snapshots {
    /// Of a scorer with so many regular epochs.
    ///
    /// The paper's 17, 19, 21, 23 | 25 | 27, 29, 31, 33, scaled to the scorer's epochs (METHOD.md, step 10).
    pub fn of(epochs: usize) -> Self {
        let at = |paper: usize| ((epochs * paper) as f64 / 25.0).round() as usize;
        let distinct = |epochs: [usize; 4], keep: &dyn Fn(usize) -> bool| {
            let mut list: Vec<usize> = epochs.iter().map(|&e| at(e)).filter(|&e| keep(e)).collect();
            list.dedup();
            list
        };
        let earlier = distinct([17, 19, 21, 23], &|e| e >= 1 && e < epochs);
        let mut later = distinct([27, 29, 31, 33], &|e| e > epochs);
        if later.is_empty() {
            later.push(epochs + 1);
        }
        Self { earlier, initial: epochs, later }
    }

    /// The last epoch that the scorer is trained to.
    pub fn last(&self) -> usize {
        self.later.last().copied().unwrap_or(self.initial)
    }
}

#[cfg(test)]
mod tests {
    use super::Snapshots;

    #[test]
    fn snapshots_of_25_epochs_are_the_papers() {
        let paper = Snapshots { earlier: vec![17, 19, 21, 23], initial: 25, later: vec![27, 29, 31, 33] };
        assert_eq!(Snapshots::of(25), paper);
        assert_eq!(paper.last(), 33);
    }

    #[test]
    fn snapshots_of_short_trainings_are_distinct_and_on_their_side() {
        for epochs in 1..60 {
            let Snapshots { earlier, initial, later } = Snapshots::of(epochs);
            assert!(earlier.iter().all(|e| *e < initial) && earlier.windows(2).all(|w| w[0] < w[1]));
            assert!(
                !later.is_empty()
                    && later.iter().all(|e| *e > initial)
                    && later.windows(2).all(|w| w[0] < w[1])
            );
        }
    }
}
