//! TIFF and BigTIFF: one page, its samples as they are stored.

use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::path::Path;

use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{IfdPointer, Tag};
use tiff::{ColorType, Directory, TiffError, TiffUnsupportedError};

use super::container;
use super::faults::{broken, cmyk, unusable};
use super::raw::{Raw, Samples};
use crate::TissueError;

/// The most pages that are counted.
const MAX_PAGES: usize = 10_000;
/// What makes any TIFF readable.
const EXPORT: &str =
    "export the tile as PNG, or as TIFF of 8-bit RGB without compression or with LZW or Deflate";

/// The page that is the tile, its header read.
pub(super) struct Page<R: Read + Seek> {
    decoder: Decoder<R>,
    colour: ColorType,
    /// Bits of a sample.
    bits: u8,
    size: (u32, u32),
    /// Other pictures of full size in the file, which are no tile.
    others: usize,
}

/// Finds the page that is the tile and reads its header.
///
/// # Errors
/// Several pages of full size; colours or values that cannot be taken for what they are.
pub(super) fn open<R: Read + Seek>(path: &Path, reader: R) -> Result<Page<R>, TissueError> {
    let mut decoder = Decoder::new(reader).map_err(|e| fault(path, &e))?;
    let (page, mut others) = full_page(path, &mut decoder)?;
    if page > 0 {
        decoder.seek_to_image(page).map_err(|e| fault(path, &e))?;
    }
    let size = decoder.dimensions().map_err(|e| fault(path, &e))?;
    others += full_below(&mut decoder, size);
    check_photometric(path, &mut decoder)?;
    let colour = decoder.colortype().map_err(|e| fault(path, &e))?;
    check_samples(path, &mut decoder, colour)?;
    Ok(Page { decoder, colour, bits: colour.bit_depth(), size, others })
}

/// The area of one page, and what it is marked as.
struct PageSize {
    area: u64,
    /// A copy at lower resolution or a mask.
    is_extra: bool,
    is_mask: bool,
}

/// The index of the page of full size, and how many are as large but marked as copies of lower resolution.
fn full_page<R: Read + Seek>(path: &Path, decoder: &mut Decoder<R>) -> Result<(usize, usize), TissueError> {
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = decoder.ifd_pointer();
    while let Some(pointer) = at {
        if !seen.insert(pointer.0) || pages.len() == MAX_PAGES {
            return Err(broken(path, "its list of pages has no end"));
        }
        let directory = decoder.read_directory(pointer).map_err(|e| fault(path, &e))?;
        pages.push(page_size(path, decoder, &directory)?);
        at = directory.next();
    }
    // A pyramid's levels halve both sides; a thumbnail is smaller still.
    let shown = |p: &&PageSize| !p.is_extra || pages.iter().all(|p| p.is_extra);
    let largest = pages.iter().filter(shown).map(|p| p.area).max().unwrap_or(0);
    let is_full = |p: &PageSize| shown(&p) && 2 * p.area > largest;
    let planes = pages.iter().filter(|p| is_full(p)).count().max(planes_told(decoder));
    if planes > 1 && !pages.iter().all(|p| p.is_extra) {
        return Err(unusable(
            path,
            "several pages",
            format!(
                "it has {planes} pages of full size, such as one a channel or one a focal plane, and a tile is one page"
            ),
            "export the tile as one page of RGB (in ImageJ: Image > Color > Stack to RGB, then save it as PNG)",
        ));
    }
    let page = pages.iter().position(is_full).unwrap_or(0);
    let is_other = |(at, p): &(usize, &PageSize)| *at != page && !p.is_mask && p.area >= pages[page].area;
    let others = if pages.is_empty() { 0 } else { pages.iter().enumerate().filter(is_other).count() };
    Ok((page, others))
}

/// How many pictures of the page's full size, masks aside, lie below it in SubIFDs. One that cannot be read is none.
fn full_below<R: Read + Seek>(decoder: &mut Decoder<R>, size: (u32, u32)) -> usize {
    const MOST: usize = 1000;
    let pointers = decoder.find_tag_unsigned_vec::<u64>(Tag::SubIfd).ok().flatten().unwrap_or_default();
    let area = u64::from(size.0) * u64::from(size.1);
    let mut is_full = |pointer: u64| {
        let page = decoder.read_directory(IfdPointer(pointer)).ok()?;
        let page = page_size(Path::new(""), decoder, &page).ok()?;
        Some(!page.is_mask && page.area >= area)
    };
    pointers.into_iter().take(MOST).filter(|&pointer| is_full(pointer) == Some(true)).count()
}

fn page_size<R: Read + Seek>(
    path: &Path,
    decoder: &mut Decoder<R>,
    directory: &Directory,
) -> Result<PageSize, TissueError> {
    let mut number = |tag: Tag| {
        let value = decoder.read_directory_tags(directory).find_tag_unsigned::<u32>(tag);
        value.map(|v| v.unwrap_or(0)).map_err(|e| fault(path, &e))
    };
    let area = u64::from(number(Tag::ImageWidth)?) * u64::from(number(Tag::ImageLength)?);
    // Bit 0: a copy at lower resolution; bit 2: a mask.
    let kind = number(Tag::NewSubfileType)?;
    Ok(PageSize { area, is_extra: kind & 0b101 != 0, is_mask: kind & 0b100 != 0 })
}

/// How many pictures ImageJ says it wrote behind the first page, without pages of their own.
fn planes_told<R: Read + Seek>(decoder: &mut Decoder<R>) -> usize {
    let Ok(Some(Value::Ascii(text))) = decoder.find_tag(Tag::ImageDescription) else { return 1 };
    if !text.starts_with("ImageJ=") {
        return 1;
    }
    let told = text.lines().find_map(|line| line.trim().strip_prefix("images=")?.parse().ok());
    told.unwrap_or(1)
}

/// Names the kinds of colour that are not read before the decoder does so in its own words.
fn check_photometric<R: Read + Seek>(path: &Path, decoder: &mut Decoder<R>) -> Result<(), TissueError> {
    let kind = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).ok().flatten();
    let why = match kind {
        Some(3) => "its colours are numbers of a palette",
        Some(4) => "it is a mask of transparency",
        Some(5) => return Err(cmyk(path)),
        Some(8..=10) => "its colours are L*a*b*",
        Some(2) => match decoder.find_tag_unsigned::<u16>(Tag::SamplesPerPixel).ok().flatten() {
            Some(n) if n > 4 => {
                let why = format!("it has {n} channels: red, green, blue and {} more", n - 3);
                return Err(unusable(path, "unknown colours", why, EXPORT));
            }
            _ => return Ok(()),
        },
        Some(0 | 1 | 6) => return Ok(()),
        Some(32803 | 34892) => "it is a camera's raw image",
        _ => "it does not say in a known way what its colours are",
    };
    Err(unusable(path, "unknown colours", why, EXPORT))
}

/// Refuses samples that cannot be taken for dark to bright.
fn check_samples<R: Read + Seek>(
    path: &Path,
    decoder: &mut Decoder<R>,
    colour: ColorType,
) -> Result<(), TissueError> {
    let bits = colour.bit_depth();
    let format = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).ok().flatten();
    let format = format.and_then(|all| all.first().copied()).unwrap_or(1);
    let of_values = |why: String| Err(unusable(path, "unknown pixel values", why, EXPORT));
    match (format, bits) {
        (1 | 4, 1 | 2 | 4) if !matches!(colour, ColorType::Gray(_)) => {
            of_values(format!("its colours have {bits} bits a channel"))
        }
        (1 | 4, 1 | 2 | 4 | 8 | 16) | (3, 16 | 32 | 64) => Ok(()),
        (1 | 4, 9..=15) => of_values(format!("its values are packed in {bits} bits each")),
        (1 | 4, _) => {
            of_values(format!("its values are whole numbers of {bits} bits, of which white is not known"))
        }
        (2, _) => of_values(format!(
            "its values are signed whole numbers of {bits} bits, of which white is not known"
        )),
        (3, _) => of_values(format!("its values are floating-point numbers of {bits} bits")),
        _ => of_values("its values are complex numbers, or of a kind that is not known".to_owned()),
    }
}

impl<R: Read + Seek> Page<R> {
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Bytes of the samples as stored, a row at least a byte.
    fn stored(&self) -> u64 {
        let row = u64::from(self.size.0) * u64::from(self.colour.num_samples()) * u64::from(self.bits);
        row.div_ceil(8) * u64::from(self.size.1)
    }

    /// Bytes that decoding takes beside the file: the samples stored, a chunk of them being decoded, and their copy.
    pub fn memory(&self) -> u64 {
        let chunk = self.decoder.chunk_dimensions();
        let (width, height) =
            (chunk.0.min(self.size.0.next_multiple_of(16)), chunk.1.min(self.size.1.next_multiple_of(16)));
        let of_chunk = u64::from(width)
            * u64::from(height)
            * u64::from(self.colour.num_samples())
            * u64::from(self.bits.div_ceil(8));
        2 * self.stored() + 2 * of_chunk
    }

    /// The samples. `bytes` is the whole file.
    pub fn decode(mut self, path: &Path, bytes: &[u8]) -> Result<Raw, TissueError> {
        let (width, height) = self.size;
        self.check_chunks(path, bytes)?;
        let mut limits = Limits::default();
        limits.decoding_buffer_size = usize::try_from(self.stored()).unwrap_or(usize::MAX);
        limits.intermediate_buffer_size = bytes.len().saturating_add(1 << 20);
        limits.ifd_value_size = bytes.len();
        self.decoder = self.decoder.with_limits(limits);
        let mut stored = DecodingResult::U8(Vec::new());
        let layout = self.decoder.read_image_to_buffer(&mut stored).map_err(|e| fault(path, &e))?;
        if stored.as_buffer(0).as_bytes().len() < layout.complete_len {
            return Err(broken(path, "its header and its data do not agree in size"));
        }
        let inverted = self.bits == 16
            && matches!(stored, DecodingResult::U16(_))
            && self.decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).ok().flatten()
                == Some(0);
        let samples = match stored {
            DecodingResult::U8(values) if self.bits < 8 => {
                Samples::Bytes(unpacked(&values, width, self.bits))
            }
            DecodingResult::U8(values) => Samples::Bytes(values),
            // What is measured and what bits are said are those of the values as stored: the decoder's inversion is undone.
            DecodingResult::U16(values) if inverted => {
                Samples::Words(values.into_iter().map(|v| u16::MAX - v).collect(), 16)
            }
            DecodingResult::U16(values) => Samples::Words(values, 16),
            DecodingResult::F16(values) => Samples::Floats(values.into_iter().map(f32::from).collect()),
            DecodingResult::F32(values) => Samples::Floats(values),
            DecodingResult::F64(values) => Samples::Floats(values.into_iter().map(|v| v as f32).collect()),
            _ => {
                return Err(unusable(
                    path,
                    "unknown pixel values",
                    "they are of a kind that is not read",
                    EXPORT,
                ));
            }
        };
        let planes = layout.planes;
        let samples = match samples {
            Samples::Bytes(v) => Samples::Bytes(interleaved(v, planes)),
            Samples::Words(v, bits) => Samples::Words(interleaved(v, planes), bits),
            Samples::Floats(v) => Samples::Floats(interleaved(v, planes)),
        };
        let others = self.others;
        let raw =
            |channels, alpha, samples| Ok(Raw { width, height, channels, alpha, inverted, others, samples });
        match (self.colour, samples) {
            (ColorType::Gray(_), samples) => raw(1, false, samples),
            (ColorType::RGB(_), samples) => raw(3, false, samples),
            (ColorType::RGBA(_), samples) => raw(3, true, samples),
            (ColorType::YCbCr(8), Samples::Bytes(values)) => {
                raw(3, false, Samples::Bytes(rgb_of_ycbcr(values)))
            }
            (ColorType::CMYK(_) | ColorType::CMYKA(_), _) => Err(cmyk(path)),
            (ColorType::Multiband { num_samples: 2, .. }, samples) if self.second_is_opacity() => {
                raw(1, true, samples)
            }
            (ColorType::Multiband { num_samples, .. }, _) => Err(unusable(
                path,
                "unknown colours",
                format!("it has {num_samples} channels that it does not call red, green and blue"),
                EXPORT,
            )),
            _ => Err(unusable(path, "unknown colours", "they are of a kind that is not read", EXPORT)),
        }
    }

    fn second_is_opacity(&mut self) -> bool {
        let extra = self.decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
        matches!(extra.as_deref(), Some([1 | 2]))
    }

    /// Refuses data that lie outside the file, and JPEG data that are cut short (the decoder would fill the rest with grey)
    /// or of another size than the page says.
    fn check_chunks(&mut self, path: &Path, bytes: &[u8]) -> Result<(), TissueError> {
        const JPEG: u16 = 7;
        let cut = || broken(path, "the TIFF file is cut short or damaged");
        let mut numbers = |strips: Tag, tiles: Tag| -> Result<Vec<u64>, TissueError> {
            for tag in [strips, tiles] {
                if let Some(found) =
                    self.decoder.find_tag_unsigned_vec::<u64>(tag).map_err(|e| fault(path, &e))?
                {
                    return Ok(found);
                }
            }
            Err(cut())
        };
        let offsets = numbers(Tag::StripOffsets, Tag::TileOffsets)?;
        let lengths = numbers(Tag::StripByteCounts, Tag::TileByteCounts)?;
        let compression = self.decoder.find_tag_unsigned::<u16>(Tag::Compression).ok().flatten();
        let most = self.decoder.chunk_dimensions();
        for (&from, &length) in offsets.iter().zip(&lengths) {
            let range = usize::try_from(from)
                .ok()
                .zip(from.checked_add(length).and_then(|to| usize::try_from(to).ok()));
            let chunk = range.and_then(|(from, to)| bytes.get(from..to)).ok_or_else(cut)?;
            if compression == Some(JPEG) {
                let jpeg = container::jpeg(chunk);
                let (width, height) = jpeg.size;
                let is_larger = width > most.0.saturating_add(64) || height > most.1.saturating_add(64);
                if !jpeg.whole || is_larger {
                    return Err(broken(
                        path,
                        "the JPEG data in it are cut short, damaged or of another size than the page",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Samples of less than a byte, rows padded to bytes, as 0 to 255.
fn unpacked(stored: &[u8], width: u32, bits: u8) -> Vec<u8> {
    let full = (1_u16 << bits) - 1;
    let a_byte = usize::from(8 / bits);
    let row = (width as usize).div_ceil(a_byte);
    let value = |byte: u8, k: usize| {
        let shift = 8 - bits as usize * (k + 1);
        (u16::from(byte >> shift) & full) * 255 / full
    };
    stored
        .chunks_exact(row)
        .flat_map(|row| (0..width as usize).map(move |x| value(row[x / a_byte], x % a_byte) as u8))
        .collect()
}

/// Planes one after the other as pixels.
fn interleaved<T: Copy>(stored: Vec<T>, planes: usize) -> Vec<T> {
    if planes < 2 {
        return stored;
    }
    let length = stored.len() / planes;
    (0..length).flat_map(|i| (0..planes).map(move |p| (p, i))).map(|(p, i)| stored[p * length + i]).collect()
}

/// Full-range Y'CbCr of BT.601, as JPEG files have it, to RGB.
fn rgb_of_ycbcr(mut pixels: Vec<u8>) -> Vec<u8> {
    for pixel in pixels.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = pixel.map(f32::from);
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        *pixel = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
            .map(|v| v.round().clamp(0.0, 255.0) as u8);
    }
    pixels
}

/// A decoder's error in plain words, without its inner names.
fn fault(path: &Path, error: &TiffError) -> TissueError {
    let unread = |why: String| unusable(path, "unread kind of TIFF", why, EXPORT);
    match error {
        TiffError::UnsupportedError(kind) => match kind {
            TiffUnsupportedError::UnsupportedCompressionMethod(method) => {
                unread(format!("its compression is {}", compression(method.to_u16())))
            }
            TiffUnsupportedError::ChromaSubsampling => unread(
                "its colours are Y'CbCr with fewer colour than brightness values, without JPEG compression"
                    .to_owned(),
            ),
            TiffUnsupportedError::InconsistentBitsPerSample(_) => {
                unread("its channels have different numbers of bits".to_owned())
            }
            TiffUnsupportedError::UnsupportedSampleFormat(_) => {
                unread("its channels hold different kinds of numbers".to_owned())
            }
            TiffUnsupportedError::UnknownInterpretation => {
                unread("it does not say in a known way what its colours are".to_owned())
            }
            _ => unread("its colours or values are stored in a way that is not read".to_owned()),
        },
        TiffError::LimitsExceeded => {
            broken(path, "its header asks for more memory than its pixels could need")
        }
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            broken(path, "the TIFF file is cut short or damaged")
        }
        _ => {
            broken(path, "the TIFF file is damaged: its header or its data are not what the format asks for")
        }
    }
}

/// The name of a compression.
fn compression(method: u16) -> String {
    match method {
        2 | 3 => "that of fax machines".to_owned(),
        6 => "JPEG of the old kind".to_owned(),
        33003 | 33005 | 34712 => "JPEG 2000".to_owned(),
        34887 => "LERC".to_owned(),
        34925 => "LZMA".to_owned(),
        50000 => "Zstandard".to_owned(),
        50001 => "WebP".to_owned(),
        50002 => "JPEG XL".to_owned(),
        other => format!("not known (number {other})"),
    }
}
