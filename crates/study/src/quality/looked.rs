//! Where the scorer looks, as pictures.

use nets::Saliency;

use crate::error::StudyError;
use crate::study::Study;
use record::Phi;

/// More maps than this are not written.
pub const MOST_MAPS: usize = 1500;

/// At most `most` of `n` places, spread evenly.
pub fn spread(n: usize, most: usize) -> Vec<usize> {
    let kept = n.min(most);
    (0..kept).map(|i| i * n / kept).collect()
}

/// Writes where the scorer sees class X in a tile and in its translation, grey pictures of the tiles' size. Both have one scale, on which the
/// strongest place of the two is white: a map that is dark beside the other has little that speaks for X.
pub fn write_saliency(
    study: &Study,
    phi: Phi,
    image: &str,
    [source, generated]: [&Saliency; 2],
) -> Result<(), StudyError> {
    let strongest = source.values.iter().chain(&generated.values).copied().fold(0.0, f64::max);
    let folder = study.run.saliency(phi);
    for (of, saliency) in [("source", source), ("generated", generated)] {
        let grey = grey(saliency, strongest, study.px());
        let path = folder.join(of).join(files::png_name(image));
        files::write_atomic(&path, &tissue::png::encode_grey(&grey, study.px(), study.px()))?;
    }
    Ok(())
}

/// The map at the tile's size in 256 levels, white at `strongest`; black where that is 0.
fn grey(saliency: &Saliency, strongest: f64, size: usize) -> Vec<u8> {
    let scale = if strongest > 0.0 { 255.0 / strongest } else { 0.0 };
    // `as u8` saturates.
    saliency.enlarged(size).into_iter().map(|v| (v * scale).round() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_spread_over_all_tiles() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(10, 4), [0, 2, 5, 7]);
        assert!(spread(0, 4).is_empty());
    }

    #[test]
    fn two_maps_share_a_scale_and_nothing_is_black() {
        let of = |values: [f64; 4]| Saliency { side: 2, values: values.into() };
        let (strong, weak) = (of([4.0, 0.0, 0.0, 0.0]), of([0.0, 0.0, 0.0, 1.0]));
        let (strong, weak) = (grey(&strong, 4.0, 8), grey(&weak, 4.0, 8));
        assert_eq!((strong[0], strong[63]), (255, 0));
        assert_eq!((weak[0], weak[63]), (0, 64));
        assert!(grey(&of([0.0; 4]), 0.0, 8).iter().all(|v| *v == 0));
    }
}
