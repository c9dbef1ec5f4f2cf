//! What is learnt of a real tile.

use train::Lesson;

use crate::config::Labels;
use crate::study::Study;

/// What is learnt of a real tile, counting 1 and from the start.
pub fn lesson_of(study: &Study, labels: Labels, tile: usize) -> Lesson {
    let (tile, classes) = (&study.data.manifest.tiles[tile], study.config.classes.len());
    match labels {
        Labels::Majority => Lesson::certain(tile.class, classes),
        Labels::Votes | Labels::Judge => Lesson::of_votes(&tile.votes, tile.class, classes),
    }
}
