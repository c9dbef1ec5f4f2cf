//! PNG, JPEG, BMP and WebP, which are decoded in the same way.

use std::io::{Read, Seek};
use std::path::Path;

use image::{ImageDecoder, ImageFormat, ImageReader, Limits};

use super::container::{self, Jpeg};
use super::faults::{broken, cmyk, unusable};
use super::format::Format;
use crate::TissueError;

/// A decoder of one of them, which may take `allowed` bytes.
pub(super) fn open<'a, R: Read + Seek + std::io::BufRead + 'a>(
    path: &Path,
    format: ImageFormat,
    reader: R,
    allowed: u64,
) -> Result<impl ImageDecoder + 'a, TissueError> {
    let mut reader = ImageReader::with_format(reader, format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(allowed);
    reader.limits(limits);
    reader.into_decoder().map_err(|e| broken(path, reason(&e)))
}

/// Refuses files that end too early (decoders fill the rest of a JPEG with grey), CMYK (they convert it blindly), animations,
/// and JPEGs of uncommon kinds. Gives the bytes that decoding takes for a pixel beside the pixel itself.
pub(super) fn check(path: &Path, format: Format, bytes: &[u8]) -> Result<(ImageFormat, u64), TissueError> {
    let cut = |name: &str| Err(broken(path, format!("the {name} file is cut short or damaged")));
    let moves = || {
        unusable(path, "several pictures", "it is an animation", "export the picture that is meant as PNG")
    };
    match format {
        Format::Jpeg => {
            let jpeg = container::jpeg(bytes);
            check_jpeg(path, &jpeg)?;
            // A progressive frame's coefficients are kept until its end, two bytes each.
            let progressive = if jpeg.frame == 0xC2 { 2 * u64::from(jpeg.components) } else { 0 };
            Ok((ImageFormat::Jpeg, progressive))
        }
        Format::WebP if !container::webp_is_whole(bytes) => cut("WebP"),
        Format::WebP => {
            // The header of the extended kind has a bit for animations.
            let is_extended = bytes.get(12..16) == Some(b"VP8X");
            if is_extended && bytes.get(20).is_some_and(|flags| flags & 0b10 != 0) {
                return Err(moves());
            }
            Ok((ImageFormat::WebP, 8))
        }
        Format::Bmp => Ok((ImageFormat::Bmp, 0)),
        _ => match container::png(bytes) {
            container::Png { whole: false, .. } => cut("PNG"),
            container::Png { moves: true, .. } => Err(moves()),
            container::Png { .. } => Ok((ImageFormat::Png, 0)),
        },
    }
}

fn check_jpeg(path: &Path, jpeg: &Jpeg) -> Result<(), TissueError> {
    let kind = |why: String| Err(unusable(path, "unread kind of JPEG", why, "save the tile again as PNG"));
    match *jpeg {
        Jpeg { frame: container::JPEG_LS, .. } => kind("it is JPEG-LS".to_owned()),
        Jpeg { whole: false, .. } => Err(broken(path, "the JPEG file is cut short or damaged")),
        Jpeg { components: 4, .. } => Err(cmyk(path)),
        Jpeg { frame: 0xC3, .. } => kind("it is lossless JPEG".to_owned()),
        Jpeg { frame: 0xC9..=0xCF, .. } => kind("it is JPEG with arithmetic coding".to_owned()),
        Jpeg { frame: 0xC5..=0xC7, .. } => kind("it is hierarchical JPEG".to_owned()),
        Jpeg { bits, .. } if bits != 8 => kind(format!("its samples have {bits} bits")),
        Jpeg { components, .. } if components != 1 && components != 3 => {
            kind(format!("it has {components} colour channels"))
        }
        Jpeg { .. } => Ok(()),
    }
}

/// A decoder's error in plain words, without its inner names.
pub(super) fn reason(error: &image::ImageError) -> &'static str {
    use image::ImageError;
    match error {
        ImageError::Limits(_) => "a text or profile in it takes far more memory than the image",
        ImageError::Unsupported(_) => "it is of a kind that is not read",
        e if e.to_string().contains("CRC error") => "a checksum does not match: the file is damaged",
        ImageError::IoError(_) => "the file is cut short or damaged",
        _ => "the file is damaged: its header or its data are not what its format asks for",
    }
}
