//! Pictures as PNG files.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

/// A picture of HWC RGB8 as a PNG file.
///
/// # Panics
/// If a side is 0 or `rgb` does not hold `width * height * 3` bytes.
pub fn encode(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    encode_as(rgb, width, height, CompressionType::default(), FilterType::default())
}

/// [`encode`] without compression, so that the file's length tells nothing but the picture's size.
///
/// # Panics
/// As [`encode`].
pub fn encode_uncompressed(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    encode_as(rgb, width, height, CompressionType::Uncompressed, FilterType::NoFilter)
}

/// A grey picture, a byte a pixel, as a PNG file.
///
/// # Panics
/// If a side is 0 or `grey` does not hold `width * height` bytes.
pub fn encode_grey(grey: &[u8], width: usize, height: usize) -> Vec<u8> {
    let colours = ExtendedColorType::L8;
    encode_of(grey, [width, height], colours, CompressionType::default(), FilterType::default())
}

fn encode_as(
    rgb: &[u8],
    width: usize,
    height: usize,
    compression: CompressionType,
    filter: FilterType,
) -> Vec<u8> {
    encode_of(rgb, [width, height], ExtendedColorType::Rgb8, compression, filter)
}

fn encode_of(
    pixels: &[u8],
    [width, height]: [usize; 2],
    colours: ExtendedColorType,
    compression: CompressionType,
    filter: FilterType,
) -> Vec<u8> {
    let is_whole =
        width > 0 && height > 0 && pixels.len() == width * height * colours.channel_count() as usize;
    assert!(is_whole, "{} bytes are no picture of {width} × {height} px", pixels.len());
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, compression, filter)
        .write_image(pixels, width as u32, height as u32, colours)
        // Writing to memory cannot fail, and the pixels are as many as the encoder asks for.
        .expect("a picture encodes");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};

    #[test]
    fn files_are_those_of_the_image_crate_and_hold_the_pixels() {
        let picture =
            RgbImage::from_fn(37, 21, |x, y| image::Rgb([x as u8 * 7, y as u8 * 11, (x * y) as u8]));
        let mut saved = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut saved, ImageFormat::Png).unwrap();
        let encoded = encode(picture.as_raw(), 37, 21);
        assert_eq!(encoded, saved.into_inner());
        let grey: Vec<u8> = (0..37 * 21).map(|i| (i % 256) as u8).collect();
        let read = image::load_from_memory(&encode_grey(&grey, 37, 21)).unwrap();
        assert_eq!((read.color(), read.into_luma8().into_raw()), (image::ColorType::L8, grey));
        let plain = encode_uncompressed(picture.as_raw(), 37, 21);
        assert_eq!(plain.len(), encode_uncompressed(&[9; 37 * 21 * 3], 37, 21).len());
        for file in [encoded, plain] {
            assert_eq!(image::load_from_memory(&file).unwrap().to_rgb8(), picture);
        }
    }
}
