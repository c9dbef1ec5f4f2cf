//! The bytes of a part to its pixels.

use std::borrow::Cow;
use std::io::Read as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::read::ZlibDecoder;
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::stored::{Codec, Colours};

/// Decodes a part of `width` × `height` pixels to RGB8; else says why it cannot.
pub fn decode(codec: &Codec, bytes: &[u8], [width, height]: [u32; 2]) -> Result<Vec<u8>, String> {
    // The decoders are other people's code fed with anything: a panic in one is a broken part.
    let decoded = catch_unwind(AssertUnwindSafe(|| match codec {
        Codec::Plain => Ok(bytes.to_vec()),
        Codec::Lzw { differences } => {
            let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
            let mut out = Vec::new();
            decoder.into_stream(&mut out).decode_all(bytes).status.map_err(|e| e.to_string())?;
            Ok(summed(out, width, *differences))
        }
        Codec::Deflate { differences } => {
            let mut out = Vec::new();
            let most = 3 * u64::from(width) * u64::from(height) + 1;
            ZlibDecoder::new(bytes).take(most).read_to_end(&mut out).map_err(|e| e.to_string())?;
            Ok(summed(out, width, *differences))
        }
        Codec::Jpeg { tables, colours } => jpeg(tables, bytes, *colours, [width, height]),
        Codec::Jpeg2000 { colours } => jpeg2000(bytes, *colours, [width, height]),
    }));
    let mut pixels = decoded.unwrap_or_else(|_| Err("the decoder gave up on it".to_owned()))?;
    let wanted = 3 * width as usize * height as usize;
    if pixels.len() < wanted {
        return Err(format!(
            "it holds {} bytes of pixels, and {width} × {height} px take {wanted}",
            pixels.len()
        ));
    }
    pixels.truncate(wanted);
    Ok(pixels)
}

/// Undoes TIFF's horizontal differences.
fn summed(mut pixels: Vec<u8>, width: u32, differences: bool) -> Vec<u8> {
    if differences {
        for row in pixels.chunks_mut(3 * width as usize) {
            for i in 3..row.len() {
                row[i] = row[i].wrapping_add(row[i - 3]);
            }
        }
    }
    pixels
}

fn jpeg(tables: &[u8], bytes: &[u8], colours: Colours, size: [u32; 2]) -> Result<Vec<u8>, String> {
    // The tables without their end, then the part without its beginning.
    let mut bytes = if tables.len() >= 4 && bytes.len() >= 2 {
        Cow::Owned([&tables[..tables.len() - 2], &bytes[2..]].concat())
    } else {
        Cow::Borrowed(bytes)
    };
    // What the JPEG says of itself counts more than what is said of it.
    let colours = match told_colours(&bytes) {
        None => colours,
        Some((colours, adobe)) => {
            // The decoder takes Adobe's zero for four inks, which three components are not.
            if let Some(segment) = adobe.filter(|_| colours == Colours::Rgb) {
                bytes.to_mut().drain(segment);
            }
            colours
        }
    };
    // Told that what goes in is what comes out, the decoder leaves red, green and blue alone.
    let out = match colours {
        Colours::Rgb => ColorSpace::YCbCr,
        Colours::YCbCr => ColorSpace::RGB,
    };
    let options = DecoderOptions::default()
        .set_max_width(size[0] as usize)
        .set_max_height(size[1] as usize)
        .jpeg_set_out_colorspace(out);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..]), options);
    decoder.decode_headers().map_err(|e| format!("its JPEG cannot be read: {e:?}"))?;
    let is_so = decoder.info().map(|info| [u32::from(info.width), u32::from(info.height)]);
    if is_so != Some(size) {
        let [width, height] = is_so.unwrap_or_default();
        return Err(format!("its JPEG is {width} × {height} px, and a part {} × {}", size[0], size[1]));
    }
    match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => {}
        other => return Err(format!("its JPEG is {other:?}, and only colours are read")),
    }
    decoder.decode().map_err(|e| format!("its JPEG is damaged: {e:?}"))
}

/// What the components of a JPEG of three are, if it tells: as JFIF luma and differences; by Adobe's marker, which says and is given back.
fn told_colours(bytes: &[u8]) -> Option<(Colours, Option<Range<usize>>)> {
    const SCAN: u8 = 0xda;
    /// Where Adobe's marker has its say.
    const TRANSFORM: usize = 11;
    let (mut at, mut is_jfif) = (2, false);
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4).and_then(|head| head.first_chunk()) {
        let next = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let content = bytes.get(at + 4..next).unwrap_or_default();
        match (marker, content.get(TRANSFORM)) {
            (0xee, Some(transform)) if content.starts_with(b"Adobe") => {
                let colours = if *transform == 0 { Colours::Rgb } else { Colours::YCbCr };
                return Some((colours, Some(at..next)));
            }
            (0xe0, _) => is_jfif |= content.starts_with(b"JFIF"),
            (SCAN, _) => break,
            _ => {}
        }
        at = next;
    }
    is_jfif.then_some((Colours::YCbCr, None))
}

fn jpeg2000(bytes: &[u8], colours: Colours, size: [u32; 2]) -> Result<Vec<u8>, String> {
    let damaged = |e| format!("its JPEG 2000 data are damaged: {e:?}");
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(damaged)?;
    let found = [image.width(), image.height()];
    if found != size {
        return Err(format!(
            "its JPEG 2000 picture is {} × {} px, and a part {} × {}",
            found[0], found[1], size[0], size[1]
        ));
    }
    if image.color_space().num_channels() != 3 {
        return Err(format!(
            "its JPEG 2000 picture has {} channels, and only colours are read",
            image.color_space().num_channels()
        ));
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(damaged)?;
    let components = decoded.components();
    let pixels = size[0] as usize * size[1] as usize;
    if components.len() < 3
        || components[..3].iter().any(|c| c.bit_depth() != 8 || c.samples().len() != pixels)
    {
        return Err("its JPEG 2000 picture has not three channels of 8 bits".to_owned());
    }
    let [a, b, c] = [0, 1, 2].map(|i| components[i].samples());
    let mut out = Vec::with_capacity(3 * pixels);
    for i in 0..pixels {
        let [first, second, third] = [a[i], b[i], c[i]];
        let rgb = match colours {
            Colours::Rgb => [first, second, third],
            Colours::YCbCr => {
                let (blue, red) = (second - 128.0, third - 128.0);
                [first + 1.402 * red, first - 0.344_136 * blue - 0.714_136 * red, first + 1.772 * blue]
            }
        };
        // `as u8` saturates.
        out.extend(rgb.map(|v| v.round() as u8));
    }
    Ok(out)
}
