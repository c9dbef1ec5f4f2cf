//! What lossy compression leaves of a tile.

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, ExtendedColorType, ImageError};
use std::io::Cursor;

/// The tile, RGB8 of `size` × `size` pixels, as it comes back from a JPEG of that quality, 1 to 100 (chroma at full resolution).
///
/// # Errors
/// If the tile has no pixels, or more a side than a JPEG can have (65,535).
pub fn compressed(tile: &[u8], size: usize, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality).encode(
        tile,
        size as u32,
        size as u32,
        ExtendedColorType::Rgb8,
    )?;
    let decoder = JpegDecoder::new(Cursor::new(file))?;
    Ok(DynamicImage::from_decoder(decoder)?.into_rgb8().into_raw())
}

#[cfg(test)]
mod tests {
    use super::compressed;
    use crate::synthetic::probe_tiles;

    #[test]
    fn the_lower_the_quality_the_less_is_left_and_the_size_stays() {
        let (tile, _) = probe_tiles(1, 48, 1).remove(0);
        let off = |quality| {
            let back = compressed(&tile, 48, quality).unwrap();
            assert_eq!(back.len(), tile.len());
            back.iter().zip(&tile).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
        };
        let (fine, coarse, poor) = (off(100), off(40), off(5));
        assert!(0 < fine && fine < coarse && coarse < poor, "{fine} {coarse} {poor}");
        assert!(compressed(&[], 0, 40).is_err());
    }
}
