//! An image file opened, measured and decoded.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::panic::catch_unwind;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, RgbImage};

use super::common::{self, reason};
use super::faults::{broken, unusable};
use super::format::{self, Format};
use super::raw::{Pixels, Raw};
use super::room::Room;
use super::{jpeg2000, tiff};
use crate::TissueError;

/// The longest side that is still taken for a tile, in pixels.
const MAX_SIDE: u32 = 16_384;
/// The largest image file that is read.
const MAX_FILE: u64 = 1 << 30;
/// The most memory that [`decode_tile`] takes.
const MAX_MEMORY: u64 = 4 << 30;
/// What a decoder may take beside the file and its pixels: tables, and texts and profiles that are compressed in the file.
const BESIDE: u64 = 4 << 20;

/// Decodes a PNG, JPEG, TIFF, BMP, WebP or JPEG 2000 file fully, to 8-bit RGB. The content decides the format, not the
/// extension.
///
/// Grey is copied to three channels and more than 8 bits are scaled to 8, with a note that says so. An alpha channel is
/// dropped, with a note, if every pixel is opaque. Whether 16 bits are really used cannot be told of one tile alone:
/// [`Tiles::load`](crate::Tiles::load) looks at all of a set.
///
/// # Errors
/// A file that cannot be read, is no image, is cut short or damaged, holds several pages of full size, is CMYK, has
/// transparent pixels, or values of which black and white are not known.
pub fn decode_tile(path: impl AsRef<Path>) -> Result<(RgbImage, Option<String>), TissueError> {
    decode_within(path.as_ref(), None, &Room::of(MAX_MEMORY), &|_| Ok(0), |pixels| {
        (pixels.image, pixels.note)
    })
}

/// [`decode_tile`], for one thread of many that share `room`. `bits` says how many of 16 are used; `check` sees width and
/// height before any pixel is decoded, and tells what bytes it will need beside the tile itself. `then` makes of the pixels what
/// is wanted of them: until it returns, their memory counts as taken.
pub(crate) fn decode_within<T>(
    path: &Path,
    bits: Option<u8>,
    room: &Room,
    check: &dyn Fn((u32, u32)) -> Result<u64, TissueError>,
    then: impl FnOnce(Pixels) -> T,
) -> Result<T, TissueError> {
    let too_large = |size: Option<(u32, u32)>, needed: u64| TissueError::OverMemory {
        path: path.to_path_buf(),
        size,
        needed,
        allowed: room.limit(),
    };
    let failed = |source| TissueError::Read { path: path.to_path_buf(), source };
    let mut file = files::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    check_length(path, length)?;
    let mut held = room.take(length).ok_or_else(|| too_large(None, length))?;
    let bytes = read(path, &mut file, length)?;
    // The decoders are other people's code fed with anything: a panic in one is a broken image.
    let guarded = |bytes: &[u8], space: &mut dyn FnMut((u32, u32), u64) -> Space| {
        catch_unwind(std::panic::AssertUnwindSafe(|| decode(path, bytes, bits, check, space)))
            .unwrap_or_else(|_| Err(broken(path, "the decoder gave up on it")))
    };
    let mut wanted = None;
    let decoded = guarded(&bytes, &mut |size, memory| {
        let is_there = held.grow(memory);
        if !is_there {
            wanted = Some((size, memory));
        }
        if is_there { Space::Taken } else { Space::Missing }
    })?;
    if let Some(pixels) = decoded {
        drop(bytes);
        return Ok(then(pixels));
    }
    // Others hold what this one needs: everything is given back before it is waited for, and read again.
    let (size, memory) = wanted.unwrap_or_default();
    drop(bytes);
    drop(held);
    let needed = length.saturating_add(memory);
    let _held = room.take(needed).ok_or_else(|| too_large(Some(size), needed))?;
    file.rewind().map_err(failed)?;
    let bytes = read(path, &mut file, length)?;
    let decoded =
        guarded(&bytes, &mut |_, again| if again > memory { Space::Missing } else { Space::Taken })?;
    drop(bytes);
    decoded.map(then).ok_or_else(|| broken(path, "it changed while it was read"))
}

/// Whether the memory that a tile needs was taken for it.
#[derive(Clone, Copy, PartialEq)]
enum Space {
    Taken,
    Missing,
}

/// The width and height of an image file in pixels, from its header.
///
/// # Errors
/// As [`decode_tile`], as far as the header tells.
pub fn tile_dimensions(path: impl AsRef<Path>) -> Result<(u32, u32), TissueError> {
    let path = path.as_ref();
    let failed = |source| TissueError::Read { path: path.to_path_buf(), source };
    let mut file = files::open(path).map_err(failed)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD).read_to_end(&mut head).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    check_length(path, length)?;
    let format = format_of(path, &head)?;
    let sized = catch_unwind(std::panic::AssertUnwindSafe(|| match format {
        Format::Tiff => Ok(tiff::open(path, BufReader::new(file))?.size()),
        Format::Jpeg2000 => {
            let bytes = read(path, &mut file, length)?;
            Ok(jpeg2000::open(path, &bytes)?.size())
        }
        Format::Png => common::open(path, ImageFormat::Png, BufReader::new(file), BESIDE + length)
            .map(|d| d.dimensions()),
        Format::Jpeg => common::open(path, ImageFormat::Jpeg, BufReader::new(file), BESIDE + length)
            .map(|d| d.dimensions()),
        Format::Bmp => common::open(path, ImageFormat::Bmp, BufReader::new(file), BESIDE + length)
            .map(|d| d.dimensions()),
        Format::WebP => common::open(path, ImageFormat::WebP, BufReader::new(file), BESIDE + length)
            .map(|d| d.dimensions()),
    }));
    let size = sized.unwrap_or_else(|_| Err(broken(path, "the decoder gave up on it")))?;
    check_side(path, size)?;
    Ok(size)
}

/// Bytes by which a format is told.
const HEAD: u64 = 512;

fn check_length(path: &Path, length: u64) -> Result<(), TissueError> {
    if length > MAX_FILE {
        return Err(broken(path, "the file is larger than 1 GiB, which no tile is"));
    }
    Ok(())
}

/// Reads at most `length` bytes: what a file grows by while it is read has no room.
fn read(path: &Path, file: &mut File, length: u64) -> Result<Vec<u8>, TissueError> {
    let mut bytes = Vec::with_capacity(length as usize);
    let done = file.take(length).read_to_end(&mut bytes);
    done.map_err(|source| TissueError::Read { path: path.to_path_buf(), source })?;
    Ok(bytes)
}

fn format_of(path: &Path, bytes: &[u8]) -> Result<Format, TissueError> {
    if bytes.is_empty() {
        return Err(broken(path, "the file is empty"));
    }
    if let Some(format) = format::of(bytes) {
        return Ok(format);
    }
    match format::foreign(bytes) {
        Some((name, way_out)) => {
            let why = format!("it is {name}, and only PNG, JPEG, TIFF, BMP, WebP and JPEG 2000 are read");
            Err(unusable(path, "unread image format", why, way_out))
        }
        None => Err(broken(path, "its content is no image of a known format, whatever its name says")),
    }
}

fn check_side(path: &Path, (width, height): (u32, u32)) -> Result<(), TissueError> {
    if width == 0 || height == 0 {
        return Err(broken(path, "it has no pixels"));
    }
    if width.max(height) > MAX_SIDE {
        return Err(unusable(
            path,
            "a whole slide, not a tile",
            format!("it is {width} × {height} px"),
            "cut tiles from the slide, for instance in QuPath (Export tiles), as PNG",
        ));
    }
    Ok(())
}

/// Decodes a file, if `space` has the bytes that this takes beside it; else gives nothing.
fn decode(
    path: &Path,
    bytes: &[u8],
    bits: Option<u8>,
    check: &dyn Fn((u32, u32)) -> Result<u64, TissueError>,
    space: &mut dyn FnMut((u32, u32), u64) -> Space,
) -> Result<Option<Pixels>, TissueError> {
    let format = format_of(path, bytes)?;
    let mut has_space = |size: (u32, u32), memory: u64| -> Result<bool, TissueError> {
        check_side(path, size)?;
        let beside = check(size)?;
        let rgb = u64::from(size.0) * u64::from(size.1) * 3;
        let all = memory.saturating_add(rgb).saturating_add(beside).saturating_add(BESIDE);
        Ok(space(size, all) == Space::Taken)
    };
    let raw = match format {
        Format::Tiff => {
            let page = tiff::open(path, Cursor::new(bytes))?;
            if !has_space(page.size(), page.memory())? {
                return Ok(None);
            }
            page.decode(path, bytes)?
        }
        Format::Jpeg2000 => {
            let header = jpeg2000::open(path, bytes)?;
            if !has_space(header.size(), header.memory())? {
                return Ok(None);
            }
            header.decode(path)?
        }
        Format::Png | Format::Jpeg | Format::Bmp | Format::WebP => {
            let (kind, by_format) = common::check(path, format, bytes)?;
            let decoder = common::open(path, kind, Cursor::new(bytes), bytes.len() as u64 + BESIDE)?;
            let size = decoder.dimensions();
            let pixels = u64::from(size.0) * u64::from(size.1);
            let eight_bit_rgb = decoder.color_type() == image::ColorType::Rgb8;
            // 8-bit RGB is decoded in place.
            let stored = if eight_bit_rgb { 0 } else { decoder.total_bytes() };
            if !has_space(size, stored.saturating_add(by_format.saturating_mul(pixels)))? {
                return Ok(None);
            }
            Raw::of(DynamicImage::from_decoder(decoder).map_err(|e| broken(path, reason(&e)))?)
        }
    };
    raw.into_rgb(path, bits).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_as_taken_until_the_pixels_are_done_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        RgbImage::new(1000, 1000).save(&path).unwrap();
        let room = Room::of(10_000_000);
        let mut other = room.take(1).unwrap();
        let grown = decode_within(&path, None, &room, &|_| Ok(0), |pixels| {
            assert_eq!(pixels.image.dimensions(), (1000, 1000));
            other.grow(8_000_000)
        });
        assert!(!grown.unwrap());
        assert!(other.grow(8_000_000));
        // What others hold is waited for; what there will never be is an error.
        let waited = std::thread::scope(|scope| {
            let decoding = scope.spawn(|| decode_within(&path, None, &room, &|_| Ok(0), |p| p.image.width()));
            std::thread::sleep(std::time::Duration::from_millis(50));
            drop(other);
            decoding.join().unwrap()
        });
        assert_eq!(waited.unwrap(), 1000);
        let small = Room::of(2_000_000);
        let refused = decode_within(&path, None, &small, &|_| Ok(0), |_| ());
        assert!(refused.unwrap_err().to_string().contains("1000 × 1000 px need"));
    }
}
