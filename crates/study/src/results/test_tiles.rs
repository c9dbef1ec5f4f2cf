//! The test tiles, as the statistics over them need them.

use std::collections::BTreeMap;

use record::Stratum;
use tissue::Agreement;

use crate::study::Study;

/// The test tiles in the order of the manifest; every list has an entry a tile.
#[derive(Clone, Debug, Default)]
pub struct TestTiles {
    /// The class, an index into the study's.
    pub class: Vec<usize>,
    /// Whether that is class X.
    pub positive: Vec<bool>,
    /// The slide, of which only equality matters.
    pub slide: Vec<usize>,
    /// High or low agreement; `None` without votes.
    pub agreement: Vec<Option<Agreement>>,
    /// The share of annotators who chose the class; `None` without votes.
    pub share: Vec<Option<f64>>,
}

impl TestTiles {
    /// Those of a study.
    pub fn of(study: &Study) -> Self {
        let data = &study.data;
        let tiles: Vec<_> = data.test.iter().map(|&i| &data.manifest.tiles[i]).collect();
        Self {
            class: tiles.iter().map(|tile| tile.class).collect(),
            positive: tiles.iter().map(|tile| tile.class == data.x).collect(),
            slide: numbered(tiles.iter().map(|tile| tile.slide.as_str())),
            agreement: data.test.iter().map(|&i| data.stratum(i)).collect(),
            share: tiles.iter().map(|tile| tile.agreement()).collect(),
        }
    }

    /// The strata that there are tiles of: without votes `all` alone.
    pub fn strata(&self) -> Vec<Stratum> {
        Stratum::ALL.into_iter().filter(|stratum| !self.within(*stratum).is_empty()).collect()
    }

    /// The tiles of a stratum, as indices.
    pub fn within(&self, stratum: Stratum) -> Vec<usize> {
        let wanted = match stratum {
            Stratum::All => return (0..self.class.len()).collect(),
            Stratum::High => Agreement::High,
            Stratum::Low => Agreement::Low,
        };
        (0..self.class.len()).filter(|&i| self.agreement[i] == Some(wanted)).collect()
    }
}

/// Names as numbers, from 0 in order of first occurrence.
pub fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    let number = |name| {
        let next = numbers.len();
        *numbers.entry(name).or_insert(next)
    };
    names.map(number).collect()
}

/// The entries at `indices`.
pub fn at<T: Clone>(values: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&i| values[i].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stratum_holds_the_tiles_of_that_agreement_and_one_without_tiles_is_none() {
        let mut tiles = TestTiles {
            class: vec![0, 1, 0],
            agreement: vec![Some(Agreement::Low), None, Some(Agreement::High)],
            ..TestTiles::default()
        };
        assert_eq!(tiles.within(Stratum::All), [0, 1, 2]);
        assert_eq!((tiles.within(Stratum::High), tiles.within(Stratum::Low)), (vec![2], vec![0]));
        assert_eq!(tiles.strata(), Stratum::ALL);
        tiles.agreement = vec![None; 3];
        assert_eq!(tiles.strata(), [Stratum::All]);
    }

    #[test]
    fn names_are_numbered_as_they_come() {
        assert_eq!(numbered(["s2", "s1", "s2", "s3"].into_iter()), [0, 1, 0, 2]);
    }
}
