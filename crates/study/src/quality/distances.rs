//! How far sets of tiles lie apart in a network's features.

use record::{FeaturesOf, Phi, SetDistance, TileSet};

/// Features of the drawn tiles, a row a tile: those of [`super::Drawn`] and the translations.
pub struct Features {
    /// Of [`super::Drawn::translated`].
    pub translated: Vec<Vec<f64>>,
    /// Of the translations of those.
    pub generated: Vec<Vec<f64>>,
    /// Of [`super::Drawn::easy`].
    pub easy: Vec<Vec<f64>>,
    /// Of [`super::Drawn::hard`].
    pub hard: Vec<Vec<f64>>,
    /// Of [`super::Drawn::other`].
    pub other: Vec<Vec<f64>>,
}

/// The distances that are told: translations from hard and from easy tiles; easy from hard tiles, which is how far a translation had to
/// come; the two halves of the easy tiles, which is what chance makes of so few; the other class from both, which is far.
pub fn distances(phi: Phi, of: FeaturesOf, features: &Features) -> Vec<SetDistance> {
    let (generated, hard) = (TileSet::Generated(phi), TileSet::Hard(phi));
    let f = features;
    [
        (generated, hard, &f.generated, &f.hard),
        (generated, TileSet::Source, &f.generated, &f.easy),
        (TileSet::Source, hard, &f.translated, &f.hard),
        (TileSet::Source, TileSet::Source, &f.translated, &f.easy),
        (TileSet::Other, hard, &f.other, &f.hard),
        (TileSet::Other, TileSet::Source, &f.other, &f.easy),
    ]
    .map(|(set, to, a, b)| SetDistance {
        phi,
        features: of,
        dimensions: a.first().map_or(0, Vec::len),
        set,
        to,
        n: a.len(),
        n_to: b.len(),
        frechet: stats::frechet_distance(a, b),
        kernel: stats::kernel_distance(a, b),
    })
    .into()
}
