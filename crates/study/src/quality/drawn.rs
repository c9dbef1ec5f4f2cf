//! The tiles of which features are compared: equally many of every set.

use rand::seq::SliceRandom;
use tissue::random::stream;

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
        let mut rng = stream(study.config.seed, "quality");
        let mut shuffled = |tiles: &[usize]| {
            let mut tiles = tiles.to_vec();
            tiles.shuffle(&mut rng);
            tiles
        };
        let other: Vec<usize> =
            data.train.iter().copied().filter(|&i| data.manifest.tiles[i].class != data.x).collect();
        let (mut easy, mut hard, mut other) =
            (shuffled(&selected.easy), shuffled(&selected.hard), shuffled(&other));
        let n = (easy.len() / 2).min(hard.len()).min(other.len()).min(MOST);
        let mut translated = easy.split_off(n.min(easy.len()));
        translated.truncate(n);
        hard.truncate(n);
        other.truncate(n);
        Self { translated, easy, hard, other }
    }
}
