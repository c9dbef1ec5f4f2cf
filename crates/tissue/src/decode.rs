//! Image files to RGB pixels, and nothing silently: what is converted is said, what cannot be trusted is refused.

use std::fs;
use std::io::Cursor;
use std::panic::catch_unwind;
use std::path::Path;

use image::{
    ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage,
};

use crate::TissueError;
use container::Jpeg;

mod container;

/// The longest side that is still taken for a tile, in pixels.
const MAX_SIDE: u32 = 16_384;
/// The most memory one image may take while it is decoded.
const MAX_ALLOC: u64 = 1 << 30;
/// The largest image file that is read.
const MAX_FILE: u64 = 1 << 30;

/// Decodes a PNG, JPEG, TIFF or BMP file fully, to 8-bit RGB. The content decides the format, not the extension.
///
/// Grey is copied to three channels and 16 bits are scaled to 8, with a note that says so. An alpha channel is
/// dropped, with a note, if every pixel is opaque.
///
/// # Errors
/// A file that cannot be read, is no image, is cut short or damaged, is CMYK, or has transparent pixels.
pub fn decode_tile(path: impl AsRef<Path>) -> Result<(RgbImage, Option<String>), TissueError> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let format = format_of(path, &bytes)?;
    check_whole(path, format, &bytes)?;
    // The decoders are other people's code fed with anything: a panic in one is a broken image.
    let decoded = catch_unwind(|| decode(path, format, &bytes));
    decoded.unwrap_or_else(|_| Err(broken(path, "the decoder gave up on it")))
}

/// The width and height of an image file in pixels, from its header.
pub(crate) fn dimensions(path: &Path) -> Result<(u32, u32), TissueError> {
    let bytes = read(path)?;
    let format = format_of(path, &bytes)?;
    let reader = ImageReader::with_format(Cursor::new(bytes.as_slice()), format);
    let dimensions = reader.into_dimensions().map_err(|e| broken(path, reason(&e)))?;
    check_side(path, dimensions)?;
    Ok(dimensions)
}

fn broken(path: &Path, why: impl Into<String>) -> TissueError {
    TissueError::BrokenImage { path: path.to_path_buf(), why: why.into() }
}

fn read(path: &Path) -> Result<Vec<u8>, TissueError> {
    let failed = |source| TissueError::Read { path: path.to_path_buf(), source };
    let file = fs::metadata(path).map_err(failed)?;
    // Reading a pipe would wait for a writer that never comes.
    if !file.is_file() {
        return Err(broken(path, "it is no regular file"));
    }
    if file.len() > MAX_FILE {
        return Err(broken(path, "the file is larger than 1 GiB, which no tile is"));
    }
    fs::read(path).map_err(failed)
}

fn format_of(path: &Path, bytes: &[u8]) -> Result<ImageFormat, TissueError> {
    if bytes.is_empty() {
        return Err(broken(path, "the file is empty"));
    }
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Tiff | ImageFormat::Bmp)) => {
            Ok(format)
        }
        Ok(other) => Err(broken(path, format!("it is {other:?}, and only PNG, JPEG, TIFF and BMP are read"))),
        Err(_) => Err(broken(path, "its content is no PNG, JPEG, TIFF or BMP image, whatever its name says")),
    }
}

fn check_side(path: &Path, (width, height): (u32, u32)) -> Result<(), TissueError> {
    if width == 0 || height == 0 {
        return Err(broken(path, "it has no pixels"));
    }
    if width.max(height) > MAX_SIDE {
        return Err(broken(path, format!("it is {width} × {height} px: a whole slide, not a tile")));
    }
    Ok(())
}

/// Refuses files that end too early (decoders fill the rest of a JPEG with grey) and CMYK (they convert it blindly).
fn check_whole(path: &Path, format: ImageFormat, bytes: &[u8]) -> Result<(), TissueError> {
    match format {
        ImageFormat::Png if !container::png_is_whole(bytes) => {
            Err(broken(path, "the PNG file is cut short or damaged"))
        }
        ImageFormat::Jpeg => match container::jpeg(bytes) {
            Jpeg { whole: false, .. } => Err(broken(path, "the JPEG file is cut short or damaged")),
            Jpeg { components: 4, .. } => Err(cmyk(path)),
            Jpeg { .. } => Ok(()),
        },
        _ => Ok(()),
    }
}

fn cmyk(path: &Path) -> TissueError {
    TissueError::Colours {
        path: path.to_path_buf(),
        why: "it is CMYK, whose conversion to RGB depends on a printer's profile",
        way_out: "export the tile again as RGB",
    }
}

fn decode(path: &Path, format: ImageFormat, bytes: &[u8]) -> Result<(RgbImage, Option<String>), TissueError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| broken(path, reason(&e)))?;
    check_side(path, decoder.dimensions())?;
    if matches!(decoder.original_color_type(), ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16) {
        return Err(cmyk(path));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(|e| broken(path, reason(&e)))?;
    let colour = image.color();
    if colour.has_alpha() && image.to_rgba8().pixels().any(|p| p.0[3] != u8::MAX) {
        return Err(TissueError::Colours {
            path: path.to_path_buf(),
            why: "it has transparent pixels, and what lies behind them is not known",
            way_out: "flatten the tile on a white background",
        });
    }
    let note = match (grey(colour), colour.bytes_per_pixel() / colour.channel_count() > 1, colour.has_alpha())
    {
        (false, false, false) => None,
        (true, false, _) => Some("grey, copied to three channels"),
        (true, true, _) => Some("16-bit grey, scaled to 8 bits and copied to three channels"),
        (false, true, _) => Some("16-bit, scaled to 8 bits"),
        (false, false, true) => Some("with an alpha channel that is opaque everywhere, dropped"),
    };
    Ok((image.into_rgb8(), note.map(String::from)))
}

fn grey(colour: ColorType) -> bool {
    matches!(colour, ColorType::L8 | ColorType::La8 | ColorType::L16 | ColorType::La16)
}

/// A decoder's message on one line, without a full stop and without its inner names.
fn reason(error: &image::ImageError) -> String {
    let text = error.to_string();
    if text.contains("CRC error") {
        return "a checksum does not match: the file is damaged".to_owned();
    }
    let text = text.split_once("Format error decoding ").map_or(text.as_str(), |(_, inner)| inner);
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
