//! Easy, hard, generated and other tiles on a plane.

use record::EmbeddedRow;

use super::{Drawn, Features};
use crate::study::Study;

/// More tiles of a set than this are not drawn: time grows with their square, and nobody could tell the dots apart.
const MOST: usize = 300;

/// Where the drawn tiles lie by the features, at most 300 of each set; empty where there are too few for a map. The sources of the generated
/// ones stand for the easy tiles, so that a figure can join the two.
pub fn map(study: &Study, drawn: &Drawn, features: &Features) -> Vec<EmbeddedRow> {
    let sets = [
        ("easy", &drawn.translated, &features.translated),
        ("hard", &drawn.hard, &features.hard),
        ("generated", &drawn.translated, &features.generated),
        ("other", &drawn.other, &features.other),
    ];
    let rows: Vec<Vec<f64>> = sets.iter().flat_map(|(_, _, rows)| rows.iter().take(MOST).cloned()).collect();
    let Some(embedding) = stats::tsne(&rows) else { return Vec::new() };
    let tiles = sets.iter().flat_map(|(set, tiles, _)| tiles.iter().take(MOST).map(move |&i| (*set, i)));
    tiles
        .zip(embedding.points)
        .map(|((set, i), [x, y])| {
            let tile = &study.data.manifest.tiles[i];
            let class = study.config.classes[tile.class].clone();
            EmbeddedRow { image: tile.image.clone(), set: set.into(), class, x, y }
        })
        .collect()
}
