//! The tiles of which features are compared: equally many of every set.

use rand::seq::SliceRandom;
use tissue::random::{Stream, stream};

use crate::ranking::Selected;
use crate::study::Study;

/// More tiles of a set than this are not compared: time grows with their cube.
const MOST: usize = 1000;

/// Equally many tiles of each set, as indices into the manifest. A Fréchet distance is too large by what depends on how many tiles there are,
/// so that only distances of equally many compare.
pub struct Drawn {
    /// Easy tiles that stand for their set, and of which the translations stand for theirs.
    pub translated: Vec<usize>,
    /// Other easy tiles, which those are compared with: a translation would be near its own source by being made of it.
    pub easy: Vec<usize>,
    /// Hard tiles.
    pub hard: Vec<usize>,
    /// Training tiles of the other classes.
    pub other: Vec<usize>,
}

impl Drawn {
    /// Draws them from a stream of their own.
    pub fn of(study: &Study, selected: &Selected) -> Self {
        let data = &study.data;
        let other: Vec<usize> =
            data.train.iter().copied().filter(|&i| data.manifest.tiles[i].class != data.x).collect();
        Self::among([&selected.easy, &selected.hard, &other], &mut stream(study.config.seed, "quality"))
    }

    /// Of easy, hard and other tiles.
    fn among(sets: [&[usize]; 3], rng: &mut Stream) -> Self {
        let [mut easy, mut hard, mut other] = sets.map(|tiles| {
            let mut tiles = tiles.to_vec();
            tiles.shuffle(rng);
            tiles
        });
        let n = (easy.len() / 2).min(hard.len()).min(other.len()).min(MOST);
        let mut translated = easy.split_off(n);
        translated.truncate(n);
        hard.truncate(n);
        other.truncate(n);
        Self { translated, easy, hard, other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_as_many_and_no_tile_is_on_two_sides() {
        for (easy, hard, other, n) in [(100, 100, 100, 50), (101, 25, 300, 25), (60, 40, 7, 7), (1, 9, 9, 0)]
        {
            let tiles = |from: usize, n: usize| (from..from + n).collect::<Vec<_>>();
            let sets = [tiles(0, easy), tiles(1000, hard), tiles(2000, other)];
            let draw = |seed| Drawn::among(sets.each_ref().map(Vec::as_slice), &mut stream(seed, "quality"));
            let drawn = draw(1);
            for (found, of) in [(&drawn.translated, 0), (&drawn.easy, 0), (&drawn.hard, 1), (&drawn.other, 2)]
            {
                assert_eq!(found.len(), n);
                assert!(found.iter().all(|tile| sets[of].contains(tile)));
            }
            let mut all = [drawn.translated.clone(), drawn.easy.clone(), drawn.hard, drawn.other].concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 4 * n, "each once");
            assert_eq!(draw(1).translated, drawn.translated);
            assert!(n < 20 || draw(2).translated != drawn.translated);
        }
        let many: Vec<usize> = (0..9000).collect();
        assert_eq!(Drawn::among([&many, &many, &many], &mut stream(1, "quality")).hard.len(), MOST);
    }
}
