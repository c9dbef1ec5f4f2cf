//! JPEG 2000, alone (`.j2k`) or in its container (`.jp2`).

use std::path::Path;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use super::faults::{broken, cmyk, unusable};
use super::raw::{Raw, Samples};
use crate::TissueError;

/// Bytes a pixel's sample takes while it is decoded: as f32, and in the wavelet's second copy.
const BYTES_A_SAMPLE: u64 = 8;

/// A file whose header is read.
pub(super) struct Header<'a> {
    image: Image<'a>,
    channels: usize,
}

/// Reads the header.
pub(super) fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<Header<'a>, TissueError> {
    if !is_whole(bytes) {
        return Err(broken(path, "the JPEG 2000 file is cut short or damaged"));
    }
    let image = Image::new(bytes, &DecodeSettings::default())
        .map_err(|_| broken(path, "the JPEG 2000 file is damaged, or of a kind that is not read"))?;
    let channels = match image.color_space() {
        ColorSpace::Gray | ColorSpace::Icc { num_channels: 1, .. } => 1,
        ColorSpace::RGB | ColorSpace::Icc { num_channels: 3, .. } => 3,
        ColorSpace::CMYK | ColorSpace::Icc { num_channels: 4, .. } => return Err(cmyk(path)),
        other => {
            let why = format!(
                "it has {} channels, and which are red, green and blue is not known",
                other.num_channels()
            );
            return Err(unusable(path, "unknown colours", why, "export the tile as 8-bit RGB"));
        }
    };
    Ok(Header { image, channels })
}

impl Header<'_> {
    pub fn size(&self) -> (u32, u32) {
        (self.image.width(), self.image.height())
    }

    /// Bytes that decoding takes beside the file.
    pub fn memory(&self) -> u64 {
        let pixels = u64::from(self.image.width()) * u64::from(self.image.height());
        pixels * (self.channels as u64 + u64::from(self.image.has_alpha())) * (BYTES_A_SAMPLE + 2)
    }

    pub fn decode(&self, path: &Path) -> Result<Raw, TissueError> {
        let damaged = || broken(path, "the JPEG 2000 data are damaged");
        let (width, height) = self.size();
        let mut context = DecoderContext::default();
        let decoded = self.image.decode(&mut context).map_err(|_| damaged())?;
        let alpha = self.image.has_alpha();
        let components = decoded.components();
        let pixels = width as usize * height as usize;
        let wanted = self.channels + usize::from(alpha);
        let bits = components.first().map_or(0, hayro_jpeg2000::ComponentData::bit_depth);
        if components.len() < wanted || components.iter().any(|c| c.samples().len() != pixels) {
            return Err(damaged());
        }
        let components = &components[..wanted];
        if components.iter().any(|c| c.bit_depth() != bits) || !(1..=16).contains(&bits) {
            let why =
                format!("its channels have different depths, or more than 16 bits (the first has {bits})");
            return Err(unusable(path, "unknown pixel values", why, "export the tile as 8-bit RGB"));
        }
        let full = ((1_u32 << bits) - 1) as f32;
        let each = |scale: f32| {
            (0..pixels)
                .flat_map(|i| components.iter().map(move |c| c.samples()[i]))
                .map(move |v| (v.clamp(0.0, full) * scale).round())
        };
        let samples = if bits <= 8 {
            Samples::Bytes(each(255.0 / full).map(|v| v as u8).collect())
        } else {
            Samples::Words(each(1.0).map(|v| v as u16).collect(), bits)
        };
        Ok(Raw { width, height, channels: self.channels, alpha, inverted: false, others: 0, samples })
    }
}

/// Whether the codestream ends with its end marker; the decoder would make up the rest of one that is cut short.
fn is_whole(bytes: &[u8]) -> bool {
    const END: &[u8] = b"\xff\xd9";
    if bytes.starts_with(b"\xff\x4f") {
        return bytes.ends_with(END);
    }
    // Boxes: length (0: to the end; 1: eight bytes more of it), name, content.
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 8) {
        let short = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let length = match short {
            0 => bytes.len() - at,
            1 => match bytes.get(at + 8..at + 16).and_then(|long| <[u8; 8]>::try_from(long).ok()) {
                Some(long) => usize::try_from(u64::from_be_bytes(long)).unwrap_or(usize::MAX),
                None => return false,
            },
            length => length,
        };
        if length < 8 {
            return false;
        }
        let next = at.saturating_add(length);
        if &head[4..] == b"jp2c" {
            return bytes.get(at..next).is_some_and(|content| content.ends_with(END));
        }
        at = next;
    }
    false
}
