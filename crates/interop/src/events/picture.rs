//! The size of a PNG.

use super::message::Image;

/// A PNG with what its header says of it; the error is the reason.
pub(super) fn image(png: &[u8]) -> Result<Image, String> {
    let number = |at: usize| {
        let bytes: Option<[u8; 4]> = png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes)
    };
    let is_png = png.starts_with(b"\x89PNG\r\n\x1a\n") && png.get(12..16) == Some(b"IHDR".as_slice());
    let (true, Some(width), Some(height), Some(&kind)) = (is_png, number(16), number(20), png.get(25)) else {
        return Err("it is no PNG".to_owned());
    };
    let side = |side: u32| i32::try_from(side).ok().filter(|side| *side > 0);
    let (Some(width), Some(height)) = (side(width), side(height)) else {
        return Err(format!("a PNG cannot be {width} × {height} pixels"));
    };
    let colours = match kind {
        0 => 1,
        4 => 2,
        2 | 3 => 3,
        6 => 4,
        other => return Err(format!("a PNG has no colour type {other}")),
    };
    Ok(Image { height, width, colours, png: png.to_vec() })
}
