//! The lightness of a tile's pixels, and whether light and dark stayed where they were.

/// Weights of red, green and blue (Rec. ITU-R BT.601).
pub(super) const WEIGHTS: [f64; 3] = [0.299, 0.587, 0.114];

/// The luminance of every pixel, 0 to 255, unrounded: 0.299 R + 0.587 G + 0.114 B.
pub fn luminance(tile: &[u8]) -> Vec<f64> {
    tile.as_chunks::<3>()
        .0
        .iter()
        .map(|pixel| pixel.iter().zip(WEIGHTS).map(|(v, weight)| f64::from(*v) * weight).sum())
        .collect()
}

/// Pearson's correlation of the luminance of two tiles of one size, pixel by pixel: 1 where light stayed light and dark dark, below 0 where
/// they changed places. `None` if either is flat, or there are no pixels.
///
/// # Panics
/// If the tiles differ in size.
pub fn luminance_correlation(tile: &[u8], other: &[u8]) -> Option<f64> {
    assert_eq!(tile.len(), other.len(), "tiles of one size");
    let centred = |tile: &[u8]| {
        let values = luminance(tile);
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.into_iter().map(|v| v - mean).collect::<Vec<_>>()
    };
    let (a, b) = (centred(tile), centred(other));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (of_a, of_b) = (product(&a, &a), product(&b, &b));
    // What rounding leaves of a flat tile is no spread: one pixel that is one level off has more.
    let flat = |squares: f64| squares < 1e-6;
    (!flat(of_a) && !flat(of_b)).then(|| (product(&a, &b) / (of_a * of_b).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverted_tiles_correlate_at_minus_one_and_flat_ones_not_at_all() {
        let tile: Vec<u8> = (0..16 * 16 * 3).map(|i| (i * 37 % 251) as u8).collect();
        let inverted: Vec<u8> = tile.iter().map(|v| 255 - v).collect();
        let darker: Vec<u8> = tile.iter().map(|v| v / 2).collect();
        assert!((luminance_correlation(&tile, &inverted).unwrap() + 1.0).abs() < 1e-12);
        assert!((luminance_correlation(&tile, &tile).unwrap() - 1.0).abs() < 1e-12);
        assert!(luminance_correlation(&tile, &darker).unwrap() > 0.99);
        assert_eq!(luminance_correlation(&tile, &[77; 16 * 16 * 3]), None);
        assert_eq!(luminance_correlation(&[], &[]), None);
        let mut spot = vec![77; 16 * 16 * 3];
        spot[30] = 78;
        assert!(luminance_correlation(&tile, &spot).is_some(), "one pixel, one level");
    }
}
