//! What the pixels of translations tell, beside their sources and the training tiles.

use rayon::prelude::*;
use record::thresholds::UNCHANGED;
use record::{PictureQuality, TileQualityRow, TileSet};
use tissue::measure::{self, NEAR_COPY_BITS, PerceptualHash};

use crate::study::Study;

/// Perceptual hashes of the training tiles.
pub struct Hashes(Vec<(usize, Option<PerceptualHash>)>);

impl Hashes {
    /// Of all training tiles of the study.
    pub fn of(study: &Study) -> Self {
        let of = |&i: &usize| (i, hash(study.data.tiles.tile(i), study.px()));
        Self(study.data.train.par_iter().map(of).collect())
    }

    /// The training tile other than `but` whose hash is nearest to that of `tile`, the first of several, and by how many bits it differs;
    /// `None` of a flat tile.
    fn nearest(&self, tile: &[u8], size: usize, but: usize) -> Option<(usize, u32)> {
        let hash = hash(tile, size)?;
        let others = self.0.iter().filter(|(i, _)| *i != but);
        others.filter_map(|(i, other)| Some((*i, hash.bits((*other)?)))).min_by_key(|(_, bits)| *bits)
    }
}

fn hash(tile: &[u8], size: usize) -> Option<PerceptualHash> {
    PerceptualHash::of(tile, size, size)
}

/// Tiles made of others, each list in the order of the sources.
pub struct Translated<'a> {
    /// The easy tiles, as indices into the manifest.
    pub sources: &'a [usize],
    /// What was made of them.
    pub made: &'a [Vec<u8>],
}

/// Every translation beside its source.
pub fn tile_rows(study: &Study, hashes: &Hashes, translated: &Translated) -> Vec<TileQualityRow> {
    let (data, size) = (&study.data, study.px());
    let row = |(&i, made): (&usize, &Vec<u8>)| {
        let source = data.tiles.tile(i);
        let padding = measure::padding(source, size);
        let nearest = hashes.nearest(made, size, i);
        TileQualityRow {
            image: data.manifest.tiles[i].image.clone(),
            // No tile of a study is smaller than the window.
            ssim: measure::ssim(source, made, size).unwrap_or(f64::from(u8::from(source == made))),
            luminance_correlation: measure::luminance_correlation(source, made),
            periodicity_source: measure::periodicity(source, size),
            periodicity: measure::periodicity(made, size),
            padding: padding.iter().filter(|p| **p).count() as f64 / padding.len() as f64,
            padding_repainted: measure::repainted(source, made, &padding),
            nearest: nearest.map(|(other, _)| data.manifest.tiles[other].image.clone()),
            nearest_bits: nearest.map(|(_, bits)| bits),
            source_bits: measure::bits_apart(hash(source, size), hash(made, size)),
        }
    };
    translated.sources.par_iter().zip(translated.made).map(row).collect()
}

/// What the rows say in all.
pub fn summary(set: TileSet, rows: &[TileQualityRow]) -> PictureQuality {
    let mean = |value: &dyn Fn(&TileQualityRow) -> Option<f64>| {
        stats::mean(&rows.iter().filter_map(value).collect::<Vec<_>>())
    };
    let count = |is: &dyn Fn(&TileQualityRow) -> bool| rows.iter().filter(|row| is(row)).count();
    PictureQuality {
        set,
        n: rows.len(),
        ssim: mean(&|r| Some(r.ssim)),
        periodicity: mean(&|r| Some(r.periodicity)),
        luminance_correlation: mean(&|r| r.luminance_correlation),
        inverted: count(&|r| r.luminance_correlation.is_some_and(|c| c < 0.0)),
        padded: count(&|r| r.padding > 0.0),
        padding_repainted: mean(&|r| r.padding_repainted),
        near_copies: count(&|r| r.nearest_bits.is_some_and(|bits| bits <= NEAR_COPY_BITS)),
        unchanged: count(&|r| r.ssim >= UNCHANGED),
    }
}

/// The same of real tiles, which have no source.
pub fn summary_of_real(study: &Study, hashes: &Hashes, set: TileSet, tiles: &[usize]) -> PictureQuality {
    let (size, tiles_of) = (study.px(), &study.data.tiles);
    let measured: Vec<(f64, bool, bool)> = tiles
        .par_iter()
        .map(|&i| {
            let tile = tiles_of.tile(i);
            let is_copy = hashes.nearest(tile, size, i).is_some_and(|(_, bits)| bits <= NEAR_COPY_BITS);
            let padded = measure::padding(tile, size).contains(&true);
            (measure::periodicity(tile, size), padded, is_copy)
        })
        .collect();
    PictureQuality {
        set,
        n: tiles.len(),
        ssim: None,
        periodicity: stats::mean(&measured.iter().map(|m| m.0).collect::<Vec<_>>()),
        luminance_correlation: None,
        inverted: 0,
        padded: measured.iter().filter(|m| m.1).count(),
        padding_repainted: None,
        near_copies: measured.iter().filter(|m| m.2).count(),
        unchanged: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_translations_is_counted() {
        let row = |ssim, luminance_correlation, padding_repainted: Option<f64>, nearest_bits: Option<u32>| {
            TileQualityRow {
                image: "a.png".into(),
                ssim,
                luminance_correlation,
                periodicity_source: 1.0,
                periodicity: 3.0,
                padding: if padding_repainted.is_some() { 0.2 } else { 0.0 },
                padding_repainted,
                nearest: nearest_bits.map(|_| "b.png".into()),
                nearest_bits,
                source_bits: 2,
            }
        };
        let rows = [
            row(0.5, Some(0.9), Some(1.0), Some(6)),
            row(0.96, Some(0.99), Some(0.5), Some(7)),
            row(0.1, Some(-0.3), None, None),
            row(0.2, None, None, Some(0)),
        ];
        let found = summary(TileSet::Source, &rows);
        assert_eq!(
            (found.n, found.inverted, found.padded, found.near_copies, found.unchanged),
            (4, 1, 2, 2, 1)
        );
        let close = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-12;
        assert!(close(found.ssim, 0.44) && close(found.luminance_correlation, 0.53));
        assert!(close(found.padding_repainted, 0.75) && close(found.periodicity, 3.0));
        let none = summary(TileSet::Source, &[]);
        assert_eq!((none.n, none.ssim, none.padding_repainted), (0, None, None));
    }
}
