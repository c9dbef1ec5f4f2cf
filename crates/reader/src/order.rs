//! In which order a reader sees the tiles.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use tissue::random::Stream;

use crate::{ReaderError, Secret};

/// Parts of each half of the sitting. A tile of part `i` of one half has its pair in part `i` of the other.
const PARTS: usize = 4;

/// Where a drawn tile comes from. Readers never learn it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Source class, top half by confidence.
    Easy,
    /// Source class, bottom half by confidence.
    Hard,
    /// The translation of an easy tile.
    Generated,
    /// Another class.
    Other,
}

impl Group {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Easy, Self::Hard, Self::Generated, Self::Other];

    /// "easy", "hard", "generated" or "other".
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Hard => "hard",
            Self::Generated => "generated",
            Self::Other => "other",
        }
    }

    /// The group of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// One drawn tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its group.
    pub group: Group,
    /// The number that an easy tile shares with its own translation; `None` for a tile without one.
    pub pair: Option<usize>,
}

/// The order for one reader: a permutation of `0..drawn.len()`, its own for every study and reader: it comes from
/// the study's secret and the reader's name.
///
/// Every eighth of the sitting holds each group in its proportion (to within one tile for each kind of tile), so that
/// tiredness falls on all groups alike. A source and its translation lie in different halves, at least a quarter of
/// the sitting apart where each group has enough tiles (16 or more), and in half of the pairs the translation comes
/// first.
///
/// # Errors
/// A pair number that is not shared by exactly one easy and one generated tile.
pub fn reading_order(drawn: &[Drawn], secret: &Secret, reader: &str) -> Result<Vec<usize>, ReaderError> {
    let mut rng = secret.stream(&format!("order/{reader}"));
    let mut parts = vec![Vec::new(); 2 * PARTS];

    let mut pairs = pairs(drawn)?;
    pairs.shuffle(&mut rng);
    let mut translation_first = rng.random_range(0..2_usize);
    for (i, (easy, generated)) in pairs.into_iter().enumerate() {
        // Whole rounds over the parts alternate, so that every part holds both orders.
        let part = i % PARTS;
        if part == 0 {
            translation_first ^= 1;
        }
        let (first, second) =
            if (part + translation_first).is_multiple_of(2) { (easy, generated) } else { (generated, easy) };
        parts[part].push(first);
        parts[PARTS + part].push(second);
    }
    for group in Group::ALL {
        deal(drawn, group, &mut parts, &mut rng);
    }
    let mut order = Vec::with_capacity(drawn.len());
    for mut part in parts {
        part.shuffle(&mut rng);
        order.append(&mut part);
    }
    Ok(order)
}

/// A reader's order with `repeats` tiles shown once more, marked: tiles of the first half, of all groups in turn, in the last
/// quarter, as far from themselves and from their source or translation as a tile can be placed by chance in a few attempts.
///
/// # Errors
/// More repeats than the first half has tiles.
pub fn with_repeats(
    order: &[usize],
    drawn: &[Drawn],
    repeats: usize,
    secret: &Secret,
    reader: &str,
) -> Result<Vec<(usize, bool)>, ReaderError> {
    const ATTEMPTS: usize = 50;
    let half = order.len() / 2;
    if repeats > half {
        return Err(ReaderError::Argument {
            what: format!("{repeats} tiles cannot be shown twice"),
            why: format!("the first half of the sitting has {half}"),
            hint: format!("ask for at most {half} --repeats"),
        });
    }
    let mut rng = secret.stream(&format!("repeats/{reader}"));
    let mut by_group: Vec<Vec<usize>> = Group::ALL
        .iter()
        .map(|&group| order[..half].iter().copied().filter(|&i| drawn[i].group == group).collect())
        .collect();
    for tiles in &mut by_group {
        tiles.shuffle(&mut rng);
    }
    // In turn over the groups until there are enough; which group begins is chance.
    let start = rng.random_range(0..by_group.len());
    let mut chosen = Vec::new();
    let mut turn = start;
    while chosen.len() < repeats {
        let group = turn % by_group.len();
        chosen.extend(by_group[group].pop());
        turn += 1;
    }
    let partner = |tile: usize| {
        let pair = drawn[tile].pair?;
        order.iter().position(|&i| i != tile && drawn[i].pair == Some(pair))
    };
    // Places in the order without repeats before which one is put.
    let mut before: Vec<(usize, usize)> = chosen
        .into_iter()
        .map(|tile| {
            let apart = order.len() / 8;
            let near = |place: usize| partner(tile).is_some_and(|at| at.abs_diff(place) < apart);
            let mut place = rng.random_range(3 * order.len() / 4..=order.len());
            for _ in 0..ATTEMPTS {
                if !near(place) {
                    break;
                }
                place = rng.random_range(3 * order.len() / 4..=order.len());
            }
            (place, tile)
        })
        .collect();
    before.sort_unstable();
    let mut all = Vec::with_capacity(order.len() + repeats);
    let mut next = before.into_iter().peekable();
    for (place, &tile) in order.iter().enumerate() {
        while let Some((_, again)) = next.next_if(|(at, _)| *at == place) {
            all.push((again, true));
        }
        all.push((tile, false));
    }
    all.extend(next.map(|(_, again)| (again, true)));
    Ok(all)
}

/// Deals the unpaired tiles of a group evenly over the parts, from a random part on.
fn deal(drawn: &[Drawn], group: Group, parts: &mut [Vec<usize>], rng: &mut Stream) {
    let mut alone: Vec<usize> =
        (0..drawn.len()).filter(|&i| drawn[i].group == group && drawn[i].pair.is_none()).collect();
    alone.shuffle(rng);
    let start = rng.random_range(0..parts.len());
    for (i, tile) in alone.into_iter().enumerate() {
        let part = (start + i) % parts.len();
        parts[part].push(tile);
    }
}

/// (easy, generated) of every pair, by pair number.
fn pairs(drawn: &[Drawn]) -> Result<Vec<(usize, usize)>, ReaderError> {
    let mut by_number: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, tile) in drawn.iter().enumerate() {
        if let Some(pair) = tile.pair {
            by_number.entry(pair).or_default().push(i);
        }
    }
    let whole = |(pair, tiles): (usize, Vec<usize>)| {
        let of = |group| tiles.iter().copied().filter(|&i| drawn[i].group == group).collect::<Vec<_>>();
        match (of(Group::Easy).as_slice(), of(Group::Generated).as_slice(), tiles.len()) {
            ([easy], [generated], 2) => Ok((*easy, *generated)),
            (easy, generated, _) => {
                Err(ReaderError::Pair { pair, easy: easy.len(), generated: generated.len() })
            }
        }
    };
    by_number.into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(n: u8) -> Secret {
        Secret::from([n; 32])
    }

    /// The paper's draw: 75 easy, their 75 translations, 75 hard, 75 of the other class.
    fn paper() -> Vec<Drawn> {
        let mut drawn = Vec::new();
        for i in 0..75 {
            drawn.push(Drawn { group: Group::Easy, pair: Some(i) });
            drawn.push(Drawn { group: Group::Generated, pair: Some(i) });
            drawn.push(Drawn { group: Group::Hard, pair: None });
            drawn.push(Drawn { group: Group::Other, pair: None });
        }
        drawn
    }

    fn places(order: &[usize]) -> Vec<usize> {
        let mut places = vec![usize::MAX; order.len()];
        for (place, tile) in order.iter().enumerate() {
            places[*tile] = place;
        }
        places
    }

    #[test]
    fn every_tile_is_read_once_and_the_order_is_the_readers_own() {
        let drawn = paper();
        let order = reading_order(&drawn, &secret(7), "a").unwrap();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..300).collect::<Vec<_>>());
        assert_eq!(order, reading_order(&drawn, &secret(7), "a").unwrap());
        assert_ne!(order, reading_order(&drawn, &secret(7), "b").unwrap());
        assert_ne!(order, reading_order(&drawn, &secret(8), "a").unwrap());
    }

    #[test]
    fn a_source_and_its_translation_are_far_apart_and_either_may_come_first() {
        let drawn = paper();
        for seed in 0..20 {
            let places = places(&reading_order(&drawn, &secret(seed), "a").unwrap());
            let mut translation_first = 0;
            for pair in 0..75 {
                let (easy, generated) = (places[4 * pair], places[4 * pair + 1]);
                assert!(easy.abs_diff(generated) >= 75, "seed {seed}, pair {pair}: {easy} and {generated}");
                translation_first += usize::from(generated < easy);
            }
            assert!((36..=39).contains(&translation_first), "seed {seed}: {translation_first}");
        }
    }

    #[test]
    fn every_eighth_of_the_sitting_holds_every_group() {
        let drawn = paper();
        for seed in 0..20 {
            let order = reading_order(&drawn, &secret(seed), "a").unwrap();
            for part in order.chunks(38) {
                for group in [Group::Easy, Group::Hard, Group::Generated, Group::Other] {
                    let n = part.iter().filter(|&&i| drawn[i].group == group).count();
                    assert!((4..=16).contains(&n) || part.len() < 38, "seed {seed}: {group:?} {n} times");
                }
            }
        }
    }

    #[test]
    fn half_a_pair_is_refused() {
        let drawn = [Drawn { group: Group::Easy, pair: Some(3) }];
        assert!(matches!(
            reading_order(&drawn, &secret(1), "a"),
            Err(ReaderError::Pair { pair: 3, easy: 1, generated: 0 })
        ));
        let drawn =
            [Drawn { group: Group::Hard, pair: Some(3) }, Drawn { group: Group::Easy, pair: Some(3) }];
        assert!(reading_order(&drawn, &secret(1), "a").is_err());
        assert!(reading_order(&[], &secret(1), "a").unwrap().is_empty());
    }

    #[test]
    fn repeats_come_late_and_from_every_group() {
        let drawn = paper();
        for seed in 0..20 {
            let order = reading_order(&drawn, &secret(seed), "a").unwrap();
            let all = with_repeats(&order, &drawn, 30, &secret(seed), "a").unwrap();
            assert_eq!(all.iter().filter(|(_, again)| !again).map(|(i, _)| *i).collect::<Vec<_>>(), order);
            let again: Vec<(usize, usize)> = all
                .iter()
                .enumerate()
                .filter(|(_, (_, again))| *again)
                .map(|(at, (i, _))| (at, *i))
                .collect();
            assert_eq!(again.len(), 30);
            for group in Group::ALL {
                let n = again.iter().filter(|(_, i)| drawn[*i].group == group).count();
                assert!((7..=8).contains(&n), "seed {seed}: {group:?} {n} times");
            }
            for (at, i) in again {
                let first = all.iter().position(|(tile, _)| *tile == i).unwrap();
                assert!(at - first >= 75, "seed {seed}: tile {i} at {first} and {at}");
            }
        }
        assert!(with_repeats(&[0, 1, 2], &drawn, 2, &secret(1), "a").is_err());
        assert_eq!(with_repeats(&[0], &drawn, 0, &secret(1), "a").unwrap(), [(0, false)]);
    }
}
