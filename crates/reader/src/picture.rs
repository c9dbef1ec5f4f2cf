//! Tiles as readers see them: encoded alike, with nothing but pixels, and every file of the same length.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use tissue::png;

use crate::ReaderError;

/// An RGB tile (HWC, `size`² pixels) as PNG without compression or metadata. Compressed, a blurred tile makes a shorter file than a
/// sharp one, and the length alone would tell generated tiles from real ones.
///
/// # Errors
/// If `pixels` are not `size`² times three.
pub fn encode(pixels: &[u8], size: usize) -> Result<Vec<u8>, ReaderError> {
    if pixels.len() != 3 * size * size {
        return Err(ReaderError::Picture {
            why: format!("{} bytes are not {size} × {size} px", pixels.len()),
        });
    }
    Ok(png::encode_uncompressed(pixels, size, size))
}

/// The quality of the JPEG round trip, of 100.
const QUALITY: u8 = 85;

/// A tile as every tile of an equalised study is: through a mild low-pass (1 2 1 in both directions) and JPEG of one quality, so that what
/// a network blurs and what an earlier JPEG left is in all of them.
///
/// # Errors
/// If `pixels` are not `size`² times three.
pub fn equalised(pixels: &[u8], size: usize) -> Result<Vec<u8>, ReaderError> {
    if pixels.len() != 3 * size * size {
        return Err(ReaderError::Picture {
            why: format!("{} bytes are not {size} × {size} px", pixels.len()),
        });
    }
    let soft = softened(pixels, size);
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode(&soft, size as u32, size as u32, ExtendedColorType::Rgb8)
        .and_then(|()| image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg))
        .map(|picture| picture.to_rgb8().into_raw())
        .map_err(|e| ReaderError::Picture { why: e.to_string() })
}

/// Each pixel with its neighbours, weighted 1 2 1 along both axes; the edge is repeated.
fn softened(pixels: &[u8], size: usize) -> Vec<u8> {
    let at = |x: usize, y: usize, channel: usize| u32::from(pixels[3 * (y * size + x) + channel]);
    let mut soft = Vec::with_capacity(pixels.len());
    for y in 0..size {
        for x in 0..size {
            let xs = [(x.saturating_sub(1), 1), (x, 2), ((x + 1).min(size - 1), 1)];
            let ys = [(y.saturating_sub(1), 1), (y, 2), ((y + 1).min(size - 1), 1)];
            for channel in 0..3 {
                let sum: u32 = ys
                    .iter()
                    .flat_map(|(y, b)| xs.iter().map(move |(x, a)| a * b * at(*x, *y, channel)))
                    .sum();
                soft.push(((sum + 8) / 16) as u8);
            }
        }
    }
    soft
}

/// Whether so little of the tile is tissue that nobody could judge it; `least` is the share that is enough.
pub fn mostly_blank(pixels: &[u8], least: f64) -> bool {
    tissue::stain_of(pixels).tissue < least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_as_long_and_holds_pixels_alone() {
        let flat = encode(&vec![200; 32 * 32 * 3], 32).unwrap();
        let noise: Vec<u8> =
            (0..32 * 32 * 3).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let noisy = encode(&noise, 32).unwrap();
        assert_eq!(flat.len(), noisy.len());
        let chunks = chunk_names(&noisy);
        assert_eq!(chunks, ["IHDR", "IDAT", "IEND"]);
        assert_eq!(image::load_from_memory(&noisy).unwrap().to_rgb8().into_raw(), noise);
        assert!(encode(&noise[1..], 32).is_err());
    }

    fn chunk_names(png: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        let mut at = 8;
        while at + 8 <= png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let name = String::from_utf8(png[at + 4..at + 8].to_vec()).unwrap();
            // Large tiles have several parts of data.
            if names.last() != Some(&name) {
                names.push(name);
            }
            at += 12 + length;
        }
        names
    }

    #[test]
    fn glass_is_blank_and_tissue_is_not() {
        assert!(mostly_blank(&[245; 48 * 48 * 3], 0.25));
        let tissue: Vec<u8> = [180, 90, 150].repeat(48 * 48);
        assert!(!mostly_blank(&tissue, 0.25));
    }
}
