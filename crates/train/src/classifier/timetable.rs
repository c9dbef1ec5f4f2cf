//! Which tiles the steps of an epoch show.

use std::collections::VecDeque;

use rand::seq::SliceRandom;
use tissue::random::stream;

use super::config::Balance;

/// Which tiles each epoch shows, and which of them keep to themselves.
///
/// Auxiliary tiles are batched among themselves, and their batches fall at random places between the others', which are those of the same
/// training without auxiliary tiles, tile by tile and to the bit: a training with auxiliary tiles differs from one without by
/// the batches in between alone. Each kind is balanced by itself.
#[derive(Debug)]
pub struct Timetable<'a> {
    /// Names the random streams.
    pub name: &'a str,
    pub seed: u64,
    /// Tiles a step.
    pub batch: usize,
    pub balance: Balance,
    /// The tiles, in groups that `Balance::Oversample` makes equally large.
    pub groups: Vec<Vec<usize>>,
    /// The first epoch, from 0, that shows each tile; all from the start where it is left out.
    pub from_epoch: Option<Vec<usize>>,
    /// Whether each tile is normalised by the auxiliary norms; none where it is left out.
    pub auxiliary: Option<Vec<bool>>,
}

/// The tiles of one step.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub tiles: Vec<usize>,
    pub auxiliary: bool,
    /// Its number among the epoch's batches of its kind, from 0.
    pub number: usize,
}

impl Timetable<'_> {
    /// The batches of an epoch: shuffled anew, of each kind a last short one kept unless it is a single tile.
    pub fn epoch(&self, epoch: usize) -> Vec<Shown> {
        let real = self.batches(epoch, false, "order");
        if self.auxiliary.is_none() {
            return real.into();
        }
        let auxiliary = self.batches(epoch, true, "auxiliary-order");
        let mut kinds = [vec![false; real.len()], vec![true; auxiliary.len()]].concat();
        kinds.shuffle(&mut stream(self.seed, &format!("{}/epoch-{epoch}/kinds", self.name)));
        let (mut real, mut auxiliary) = (real, auxiliary);
        kinds.iter().filter_map(|kind| if *kind { auxiliary.pop_front() } else { real.pop_front() }).collect()
    }

    /// How many steps each of the first `epochs` epochs has.
    pub fn steps(&self, epochs: usize) -> Vec<usize> {
        (0..epochs).map(|epoch| self.epoch(epoch).len()).collect()
    }

    fn batches(&self, epoch: usize, auxiliary: bool, stream_name: &str) -> VecDeque<Shown> {
        let mut rng = stream(self.seed, &format!("{}/epoch-{epoch}/{stream_name}", self.name));
        let is_shown = |i: &usize| {
            self.from_epoch.as_ref().is_none_or(|from| from[*i] <= epoch)
                && self.auxiliary.as_ref().is_some_and(|kinds| kinds[*i]) == auxiliary
        };
        let groups: Vec<Vec<usize>> =
            self.groups.iter().map(|group| group.iter().copied().filter(is_shown).collect()).collect();
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        let mut order = Vec::new();
        for mut group in groups {
            group.shuffle(&mut rng);
            let shown = match self.balance {
                Balance::Oversample if !group.is_empty() => largest,
                _ => group.len(),
            };
            order.extend(group.iter().cycle().take(shown));
        }
        order.shuffle(&mut rng);
        let mut batches: Vec<&[usize]> = order.chunks(self.batch).collect();
        batches.pop_if(|last| last.len() == 1);
        let shown = |(number, tiles): (usize, &[usize])| Shown { tiles: tiles.to_vec(), auxiliary, number };
        batches.into_iter().enumerate().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timetable(balance: Balance, groups: Vec<Vec<usize>>) -> Timetable<'static> {
        Timetable { name: "test", seed: 1, batch: 4, balance, groups, from_epoch: None, auxiliary: None }
    }

    fn tiles(batches: &[Shown]) -> Vec<usize> {
        batches.iter().flat_map(|batch| batch.tiles.clone()).collect()
    }

    fn times(batches: &[Shown], of: usize) -> Vec<usize> {
        let all = tiles(batches);
        (0..of).map(|i| all.iter().filter(|shown| **shown == i).count()).collect()
    }

    fn lengths(batches: &[Shown]) -> Vec<usize> {
        batches.iter().map(|batch| batch.tiles.len()).collect()
    }

    #[test]
    fn every_tile_is_shown_once_an_epoch_in_another_order_each() {
        let table = timetable(Balance::Off, vec![(0..7).collect(), (7..10).collect()]);
        let first = table.epoch(0);
        assert_eq!(lengths(&first), [4, 4, 2]);
        assert_ne!(tiles(&first), tiles(&table.epoch(1)));
        assert_eq!(times(&first, 10), [1; 10]);
    }

    #[test]
    fn a_last_batch_of_one_tile_is_left_out() {
        let mut table = timetable(Balance::Off, vec![(0..9).collect()]);
        assert_eq!(lengths(&table.epoch(0)), [4, 4]);
        // Of either kind.
        table.auxiliary = Some((0..9).map(|i| i == 3).collect());
        let batches = table.epoch(0);
        assert_eq!((lengths(&batches), times(&batches, 9)[3]), (vec![4, 4], 0));
    }

    #[test]
    fn oversampling_shows_every_class_equally_often_and_every_tile_at_least_so_often() {
        let table = timetable(Balance::Oversample, vec![(0..8).collect(), (8..11).collect(), vec![]]);
        let times = times(&table.epoch(0), 11);
        assert_eq!(times[..8], [1; 8]);
        assert_eq!(times[8..].iter().sum::<usize>(), 8);
        assert!(times[8..].iter().all(|n| (2..=3).contains(n)), "{times:?}");
    }

    #[test]
    fn a_curriculum_shows_a_tile_from_its_epoch_on_and_balances_what_it_shows() {
        // Two classes: of the first, of eight, all but two come later; of the second, of four, one.
        let groups = vec![(0..8).collect(), (8..12).collect()];
        let from: Vec<usize> = (0..12)
            .map(|i| match i {
                2..8 => 1,
                11 => 2,
                _ => 0,
            })
            .collect();
        let mut table = timetable(Balance::Off, groups);
        table.from_epoch = Some(from.clone());
        for epoch in 0..4 {
            let shown = times(&table.epoch(epoch), 12);
            let wanted: Vec<usize> = from.iter().map(|from| usize::from(*from <= epoch)).collect();
            // A batch of a single tile is left out.
            let missing = wanted.iter().sum::<usize>() % 4 == 1;
            let differ = shown.iter().zip(&wanted).filter(|(a, b)| a != b).count();
            assert_eq!(differ, usize::from(missing), "{epoch}");
        }
        assert_eq!(table.steps(4), [1, 3, 3, 3]);
        table.balance = Balance::Oversample;
        for (epoch, each) in [(0, 3), (1, 8), (2, 8)] {
            let shown = times(&table.epoch(epoch), 12);
            let by_class = [shown[..8].iter().sum::<usize>(), shown[8..].iter().sum::<usize>()];
            assert_eq!(by_class, [each; 2], "{epoch}: {shown:?}");
            for (i, n) in shown.iter().enumerate() {
                assert_eq!(*n > 0, from[i] <= epoch, "tile {i} in epoch {epoch}");
            }
        }
        assert_eq!(table.steps(4), [2, 4, 4, 4]);
    }

    #[test]
    fn auxiliary_tiles_keep_to_themselves_and_leave_the_others_batches_as_they_are() {
        let groups = |more: bool| {
            let first = if more { (0..7).chain(10..19).collect() } else { (0..7).collect() };
            vec![first, (7..10).collect::<Vec<_>>()]
        };
        let mut patterns = std::collections::BTreeSet::new();
        for balance in [Balance::Off, Balance::Oversample] {
            let mut table = timetable(balance, groups(true));
            table.auxiliary = Some((0..19).map(|i| i >= 10).collect());
            for epoch in 0..5 {
                let batches = table.epoch(epoch);
                assert!(batches.iter().all(|b| b.tiles.iter().all(|i| (*i >= 10) == b.auxiliary)));
                assert_eq!(times(&batches, 19)[10..].iter().sum::<usize>(), 8, "one short batch is left out");
                patterns.insert(batches.iter().map(|b| b.auxiliary).collect::<Vec<_>>());
                let (auxiliary, real): (Vec<_>, Vec<_>) = batches.into_iter().partition(|b| b.auxiliary);
                assert_eq!(real, timetable(balance, groups(false)).epoch(epoch));
                assert_eq!(auxiliary.iter().map(|b| b.number).collect::<Vec<_>>(), [0, 1]);
            }
        }
        assert!(patterns.len() > 3, "the kinds are mixed: {patterns:?}");
    }
}
