//! Slides in TIFF's clothes: Aperio SVS, tiled and striped TIFF, BigTIFF, OME-TIFF.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, Limits};
use tiff::tags::{IfdPointer, Tag};
use tiff::{Directory, TiffError};

use crate::error::SlideError;
use crate::opened::{Opened, unusable};
use crate::resolution;
use crate::stored::{Codec, Colours, Place, Stored};

/// More pictures than any slide has.
const MOST_PAGES: usize = 1000;
/// Bytes of the longest list of a page: a million parts and more.
const MOST_LIST: u64 = 64 << 20;
/// The longest side of a part in pixels.
const MOST_PART: u64 = 16_384;
/// Pixels of the largest part: decoded, 192 MiB.
const MOST_PART_PIXELS: u64 = 64 << 20;
/// How far the proportions of a level may be from those of the finest one: widths of levels are rounded.
const PROPORTION: f64 = 0.02;
/// What makes any slide readable.
pub const EXPORT: &str =
    "export it as OME-TIFF or tiled TIFF of 8-bit RGB, in QuPath or with bioformats2raw and raw2ometiff";

type Reader = Decoder<BufReader<File>>;

/// Whether a file begins like a TIFF or BigTIFF.
pub fn is_one(head: &[u8]) -> bool {
    [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| head.starts_with(magic))
}

/// Reads what levels there are and where their parts lie; no pixel is read.
///
/// # Errors
/// A file that is damaged or no slide that is read, with what would do.
pub fn open(path: &Path, file: File) -> Result<Opened, SlideError> {
    let length = file.metadata().map_err(|source| SlideError::Read { path: path.to_owned(), source })?.len();
    // The reader is other people's code fed with anything.
    let again = file.try_clone().map_err(|source| SlideError::Read { path: path.to_owned(), source })?;
    let opened = catch_unwind(AssertUnwindSafe(|| read(path, again, length)));
    let opened = opened.unwrap_or_else(|_| Err(damaged(path, "its directories cannot be read")))?;
    Ok(Opened { files: vec![file], ..opened })
}

fn read(path: &Path, file: File, length: u64) -> Result<Opened, SlideError> {
    let fault = |e: TiffError| damaged(path, e.to_string());
    let mut limits = Limits::default();
    limits.ifd_value_size = length.min(MOST_LIST) as usize;
    let mut decoder = Decoder::new(BufReader::new(file)).map_err(fault)?.with_limits(limits);
    let (mut pages, mut seen) = (Vec::new(), BTreeSet::new());
    let mut at = decoder.ifd_pointer();
    while let Some(pointer) = at {
        if !seen.insert(pointer.0) || pages.len() == MOST_PAGES {
            return Err(damaged(path, "its list of pictures has no end"));
        }
        let directory = decoder.read_directory(pointer).map_err(fault)?;
        at = directory.next();
        let page = Page::read(path, &mut decoder, &directory, length)?;
        let below = page.below.clone();
        pages.push(page);
        for pointer in below {
            if seen.insert(pointer) && pages.len() < MOST_PAGES {
                let directory = decoder.read_directory(IfdPointer(pointer)).map_err(fault)?;
                pages.push(Page::read(path, &mut decoder, &directory, length)?);
            }
        }
    }
    choose(path, pages)
}

/// One picture of the file.
struct Page {
    size: [u64; 2],
    description: String,
    resolution: Option<[f64; 2]>,
    /// Where its reduced copies are (SubIFDs).
    below: Vec<u64>,
    /// How it is stored, or why it cannot be read.
    stored: Result<Stored, String>,
    is_tiled: bool,
}

impl Page {
    fn read(
        path: &Path,
        decoder: &mut Reader,
        directory: &Directory,
        length: u64,
    ) -> Result<Self, SlideError> {
        let fault = |e: TiffError| damaged(path, e.to_string());
        let mut tags = decoder.read_directory_tags(directory);
        let mut number = |tag: Tag| tags.find_tag_unsigned::<u64>(tag).map_err(fault);
        let size = [number(Tag::ImageWidth)?.unwrap_or(0), number(Tag::ImageLength)?.unwrap_or(0)];
        if size.contains(&0) {
            return Err(damaged(path, "one of its pictures has no pixels"));
        }
        let part = [number(Tag::TileWidth)?, number(Tag::TileLength)?];
        let rows = number(Tag::RowsPerStrip)?.unwrap_or(size[1]).clamp(1, size[1]);
        let compression = number(Tag::Compression)?.unwrap_or(1);
        let photometric = number(Tag::PhotometricInterpretation)?;
        let samples = number(Tag::SamplesPerPixel)?.unwrap_or(1);
        let planes = number(Tag::PlanarConfiguration)?.unwrap_or(1);
        let differences = number(Tag::Predictor)?.unwrap_or(1);
        let unit = number(Tag::ResolutionUnit)?.unwrap_or(2);
        let below = tags.find_tag_unsigned_vec::<u64>(Tag::SubIfd).map_err(fault)?.unwrap_or_default();
        let bits = tags.find_tag_unsigned_vec::<u64>(Tag::BitsPerSample).map_err(fault)?.unwrap_or_default();
        let text = tags.find_tag(Tag::ImageDescription).ok().flatten();
        let description = text.and_then(|value| value.into_string().ok()).unwrap_or_default();
        let pixels = [Tag::XResolution, Tag::YResolution].map(|tag| match tags.find_tag(tag) {
            Ok(Some(Value::Rational(pixels, units))) => f64::from(pixels) / f64::from(units),
            Ok(Some(value)) => value.into_f64().unwrap_or(0.0),
            _ => 0.0,
        });
        let tiled = part[0].zip(part[1]);
        let part = tiled.map_or([size[0], rows], |(width, height)| [width, height]);
        let (offsets, lengths) = match tiled {
            Some(_) => (Tag::TileOffsets, Tag::TileByteCounts),
            None => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        let mut list = |tag: Tag| tags.find_tag_unsigned_vec::<u64>(tag).map_err(fault);
        let (offsets, lengths) = (list(offsets)?.unwrap_or_default(), list(lengths)?.unwrap_or_default());
        let tables = tags.find_tag(Tag::JPEGTables).ok().flatten();
        let tables = tables.and_then(|value| value.into_u8_vec().ok()).unwrap_or_default();
        let colours = if photometric == Some(6) { Colours::YCbCr } else { Colours::Rgb };
        let codec = match (compression, differences) {
            (1, _) => Ok(Codec::Plain),
            (5, 1 | 2) => Ok(Codec::Lzw { differences: differences == 2 }),
            (8 | 32946, 1 | 2) => Ok(Codec::Deflate { differences: differences == 2 }),
            (7, _) => Ok(Codec::Jpeg { tables, colours }),
            (33003, _) => Ok(Codec::Jpeg2000 { colours: Colours::YCbCr }),
            (33005 | 34712, _) => Ok(Codec::Jpeg2000 { colours: Colours::Rgb }),
            (6, _) => {
                Err("it is compressed as JPEG in the form of 1992, which nobody reads alike".to_owned())
            }
            (other, _) => Err(format!("it is compressed in a way that is not read (TIFF's number {other})")),
        };
        let stored = codec.and_then(|codec| {
            check_colours(photometric, samples, planes, &bits, &codec)?;
            let part = check_part(part)?;
            let mut stored =
                Stored { size, part, places: Vec::new(), codec, ends_with_level: tiled.is_none(), file: 0 };
            stored.places = places(&stored, &offsets, &lengths, length)?;
            Ok(stored)
        });
        let resolution = resolution::of_tiff(pixels, u32::try_from(unit).unwrap_or(0));
        Ok(Self { size, description, resolution, below, stored, is_tiled: tiled.is_some() })
    }
}

/// Refuses what cannot be taken for 8-bit colours.
fn check_colours(
    photometric: Option<u64>,
    samples: u64,
    planes: u64,
    bits: &[u64],
    codec: &Codec,
) -> Result<(), String> {
    let is_plain = matches!(codec, Codec::Plain | Codec::Lzw { .. } | Codec::Deflate { .. });
    match photometric {
        Some(2 | 6) if samples == 3 => {}
        Some(2) if samples > 3 => {
            return Err(format!(
                "its pixels have {samples} channels, as of fluorescence or with transparency"
            ));
        }
        Some(0 | 1) => return Err("it is grey, as one channel of fluorescence is".to_owned()),
        other => {
            return Err(format!(
                "its colours are of a kind that is not read (TIFF's number {})",
                other.unwrap_or(0)
            ));
        }
    }
    if photometric == Some(6) && is_plain {
        return Err(
            "its colours are luma and differences without JPEG, of which colours are thinned is not known"
                .to_owned(),
        );
    }
    if !bits.iter().all(|bits| *bits == 8) {
        return Err(format!("its channels have {} bits, and 8 are read", bits.first().copied().unwrap_or(1)));
    }
    if planes != 1 {
        return Err("its channels are stored one after another".to_owned());
    }
    Ok(())
}

fn check_part([width, height]: [u64; 2]) -> Result<[u32; 2], String> {
    let is_sound = (1..=MOST_PART_PIXELS).contains(&width.saturating_mul(height))
        && height <= MOST_PART
        && width <= MOST_PART_PIXELS;
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) if is_sound => Ok([width, height]),
        _ => Err(format!(
            "it is stored in parts of {width} × {height} px, which are too large to be read one by one"
        )),
    }
}

/// Where the parts lie, each within the file.
fn places(stored: &Stored, offsets: &[u64], lengths: &[u64], file: u64) -> Result<Vec<Place>, String> {
    let wanted = stored.across().saturating_mul(stored.down());
    if offsets.len() as u64 != wanted || lengths.len() as u64 != wanted {
        return Err(format!(
            "it names {} places and {} lengths, and a picture of its size has {wanted} parts",
            offsets.len(),
            lengths.len()
        ));
    }
    let places: Vec<Place> = offsets.iter().zip(lengths).map(|(&at, &bytes)| Place { at, bytes }).collect();
    match places.iter().find(|place| place.at.checked_add(place.bytes).is_none_or(|end| end > file)) {
        Some(_) => {
            Err("one of its parts lies beyond the end of the file: it was not copied to the end".to_owned())
        }
        None => Ok(places),
    }
}

/// The levels among the pictures: the largest, and those of its proportions. Labels, macros and thumbnails are none.
fn choose(path: &Path, pages: Vec<Page>) -> Result<Opened, SlideError> {
    let is_aperio = pages.first().is_some_and(|page| page.description.starts_with("Aperio"));
    let is_ome = pages.first().is_some_and(|page| page.description.contains("<OME"));
    // Aperio keeps its levels in tiles, and its label, macro and thumbnail in strips.
    let may_be_level = |page: &Page| page.is_tiled || !is_aperio;
    let area = |page: &Page| page.size[0].saturating_mul(page.size[1]);
    let Some(finest) = pages.iter().filter(|page| may_be_level(page)).max_by_key(|page| area(page)) else {
        return Err(damaged(path, "it holds no picture"));
    };
    let size = finest.size;
    let mpp = if is_aperio {
        resolution::of_aperio(&finest.description)
    } else if is_ome {
        resolution::of_ome(&pages[0].description)
    } else {
        finest.resolution
    };
    let description = pages.first().map(|page| page.description.clone()).unwrap_or_default();
    let full = pages.iter().filter(|page| may_be_level(page) && page.size == size).count();
    if full > 1 {
        return Err(unusable(
            path,
            "a slide of several planes or channels",
            format!(
                "it holds {full} pictures of {} × {} px, as one a channel or focal plane",
                size[0], size[1]
            ),
            EXPORT,
        ));
    }
    let mut others = Vec::new();
    let mut levels: Vec<Stored> = Vec::new();
    for page in pages {
        let factors: [f64; 2] = std::array::from_fn(|i| size[i] as f64 / page.size[i] as f64);
        let is_alike =
            (factors[0] / factors[1] - 1.0).abs() <= PROPORTION + 2.0 / page.size[0].min(page.size[1]) as f64;
        let is_level = is_alike && !is_associated(&page) && (page.is_tiled || !is_aperio);
        if !is_level {
            others.push(page.description);
            continue;
        }
        match page.stored {
            Ok(stored) => levels.push(stored),
            Err(why) => return Err(unusable(path, "a slide that cannot be read", why, EXPORT)),
        }
    }
    levels.sort_by_key(|level| std::cmp::Reverse(level.size));
    levels.dedup_by_key(|level| level.size);
    if levels.is_empty() {
        return Err(damaged(path, "it holds no picture that is a slide"));
    }
    Ok(Opened { levels, files: Vec::new(), mpp, identifying: identifying(is_aperio, &description, &others) })
}

/// Whether a picture says that it is no level.
fn is_associated(page: &Page) -> bool {
    let text = page.description.to_lowercase();
    ["label", "macro", "thumbnail"]
        .iter()
        .any(|word| text.lines().next_back().is_some_and(|line| line.starts_with(word)))
}

/// What in the file may tell whose slide it is: names of fields and pictures, never what they hold.
fn identifying(is_aperio: bool, description: &str, others: &[String]) -> Vec<String> {
    const KEYS: [&str; 8] =
        ["Filename", "Title", "User", "Date", "Time", "ScanScope ID", "Barcode", "Patient ID"];
    let told =
        |key: &&str| resolution::keys(description).any(|(name, value)| name == *key && !value.is_empty());
    let mut found: Vec<String> = if is_aperio {
        KEYS.iter().filter(|key| told(key)).map(|key| format!("Aperio's {key}")).collect()
    } else {
        Vec::new()
    };
    for word in ["label", "macro"] {
        if others.iter().any(|text| text.to_lowercase().contains(word)) {
            found.push(format!("a {word} picture"));
        }
    }
    found
}

fn damaged(path: &Path, why: impl Into<String>) -> SlideError {
    unusable(
        path,
        "a damaged slide",
        why.into(),
        "copy it anew from where it comes from, and compare the sizes",
    )
}
