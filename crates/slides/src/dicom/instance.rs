//! One instance: what its elements say of a picture.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::elements::{self, Dataset, Elements, Tag};
use crate::error::SlideError;
use crate::opened::unusable;
use crate::stored::{Codec, Colours, Place, Stored};

const WHOLE_SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
const SOP_CLASS: Tag = (0x0008, 0x0016);
const TRANSFER_SYNTAX: Tag = (0x0002, 0x0010);
const IMAGE_TYPE: Tag = (0x0008, 0x0008);
const SERIES: Tag = (0x0020, 0x000e);
const FRAMES: Tag = (0x0028, 0x0008);
const ROWS: Tag = (0x0028, 0x0010);
const COLUMNS: Tag = (0x0028, 0x0011);
const SAMPLES: Tag = (0x0028, 0x0002);
const BITS: Tag = (0x0028, 0x0100);
const PHOTOMETRIC: Tag = (0x0028, 0x0004);
const PLANAR: Tag = (0x0028, 0x0006);
const TOTAL_COLUMNS: Tag = (0x0048, 0x0006);
const TOTAL_ROWS: Tag = (0x0048, 0x0007);
const FOCAL_PLANES: Tag = (0x0048, 0x0303);
const OPTICAL_PATHS: Tag = (0x0048, 0x0302);
const ORGANISATION: Tag = (0x0020, 0x9311);
const SHARED_GROUPS: Tag = (0x5200, 0x9229);
const FRAME_GROUPS: Tag = (0x5200, 0x9230);
const PIXEL_MEASURES: Tag = (0x0028, 0x9110);
const PIXEL_SPACING: Tag = (0x0028, 0x0030);
const POSITION: Tag = (0x0048, 0x021a);
const POSITION_COLUMN: Tag = (0x0048, 0x021e);
const POSITION_ROW: Tag = (0x0048, 0x021f);
const OFFSETS: Tag = (0x7fe0, 0x0001);
const LENGTHS: Tag = (0x7fe0, 0x0002);
/// Attributes that tell whose slide it is, and what they are called.
const IDENTIFYING: [(Tag, &str); 10] = [
    ((0x0010, 0x0010), "PatientName"),
    ((0x0010, 0x0020), "PatientID"),
    ((0x0010, 0x0030), "PatientBirthDate"),
    ((0x0010, 0x1000), "OtherPatientIDs"),
    ((0x0008, 0x0050), "AccessionNumber"),
    ((0x0008, 0x0080), "InstitutionName"),
    ((0x0008, 0x0090), "ReferringPhysicianName"),
    ((0x0020, 0x0010), "StudyID"),
    ((0x0040, 0x0512), "ContainerIdentifier"),
    ((0x0008, 0x0020), "StudyDate"),
];
/// More frames than any slide has.
const MOST_FRAMES: u64 = 4 << 20;
/// The longest side of a frame in pixels.
const MOST_PART: u64 = 16_384;
/// What makes a DICOM slide readable that does not say enough.
const CONVERT: &str = "convert the slide anew with a program that writes conforming DICOM, such as wsidicomizer, or export it as OME-TIFF";

/// The order of frames, where the file does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameOrder {
    /// Row by row from the upper left.
    Rows,
    /// Column by column from the upper left.
    Columns,
}

/// Whether a file begins as DICOM does.
pub fn is_one(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM")
}

/// What one file holds.
#[derive(Debug)]
pub struct Instance {
    /// The series that it is of.
    pub series: String,
    /// Its level.
    pub stored: Stored,
    /// Width and height of its pixels in µm.
    pub mpp: Option<[f64; 2]>,
    /// What in it may tell whose slide it is.
    pub identifying: Vec<String>,
}

/// Reads one file; `None` of a label, an overview or a thumbnail, whose kind is then told.
///
/// # Errors
/// A file that is damaged, or no slide that is read. What it does not say is told, all at once.
pub fn read(
    path: &Path,
    file: &File,
    order: Option<FrameOrder>,
    index: usize,
) -> Result<Result<Instance, String>, SlideError> {
    let damaged = |why: String| {
        unusable(path, "a damaged slide", why, "copy it anew from where it comes from, and compare the sizes")
    };
    let again = file.try_clone().map_err(|source| SlideError::Read { path: path.to_owned(), source })?;
    let mut reader = BufReader::new(again);
    let Dataset { elements, pixels } = elements::read(&mut reader).map_err(|e| damaged(e.to_string()))?;
    let refuse = |why: String| unusable(path, "a slide that cannot be read", why, CONVERT);
    if elements.text(SOP_CLASS).as_deref() != Some(WHOLE_SLIDE) {
        return Err(refuse("it is DICOM, and no whole slide (VL Whole Slide Microscopy)".to_owned()));
    }
    let kind = elements.text(IMAGE_TYPE);
    if let Some(word) = kind.as_deref().and_then(associated) {
        return Ok(Err(word));
    }
    let missing = missing(&elements, order);
    if !missing.is_empty() {
        let way_out = "read it with its frames' order and its resolution said (--frames rows or columns, --mpp-is), if you know them, or convert it anew";
        let why = format!("it does not conform to DICOM: it has no {}", missing.join(", no "));
        return Err(unusable(path, "a slide that cannot be read", why, way_out));
    }
    let number = |tag: Tag, what: &str| {
        elements.number(tag).ok_or_else(|| refuse(format!("it does not tell its {what}")))
    };
    let size = [number(TOTAL_COLUMNS, "width")?, number(TOTAL_ROWS, "height")?];
    let part = [number(COLUMNS, "frames' width")?, number(ROWS, "frames' height")?];
    let frames = elements.number(FRAMES).unwrap_or(1);
    if size.contains(&0)
        || part.iter().any(|side| !(1..=MOST_PART).contains(side))
        || frames == 0
        || frames > MOST_FRAMES
    {
        return Err(damaged(format!(
            "it is said to be {} × {} px in {frames} frames of {} × {} px",
            size[0], size[1], part[0], part[1]
        )));
    }
    let several = [(FOCAL_PLANES, "focal planes"), (OPTICAL_PATHS, "optical paths")];
    for (tag, what) in several {
        if let Some(n @ 2..) = elements.number(tag) {
            return Err(refuse(format!("it has {n} {what}, and one is read")));
        }
    }
    if elements.number(SAMPLES) != Some(3) || elements.number(BITS) != Some(8) {
        return Err(refuse("its pixels are not three channels of 8 bits, as of fluorescence".to_owned()));
    }
    let codec = codec(&elements).map_err(&refuse)?;
    let mut stored = Stored {
        size,
        part: part.map(|side| side as u32),
        places: Vec::new(),
        codec,
        ends_with_level: false,
        file: index,
    };
    let Some((at, length)) = pixels else { return Err(damaged("it holds no pixels".to_owned())) };
    let places = match length {
        Some(length) => native(&stored, frames, at, length),
        None => encapsulated(&elements, &mut reader, frames, at),
    };
    let places = places.map_err(&damaged)?;
    stored.places = arranged(&elements, &stored, &places, order).map_err(&damaged)?;
    let mpp = spacing(&elements);
    let told = IDENTIFYING.iter().filter(|(tag, _)| elements.text(*tag).is_some());
    let identifying = told.map(|(_, name)| format!("DICOM's {name}")).collect();
    Ok(Ok(Instance { series: elements.text(SERIES).unwrap_or_default(), stored, mpp, identifying }))
}

/// What a picture is beside the levels, by its ImageType.
fn associated(kind: &str) -> Option<String> {
    let of = ["LABEL", "OVERVIEW", "THUMBNAIL"]
        .into_iter()
        .find(|word| kind.split('\\').any(|part| part == *word));
    of.map(str::to_lowercase)
}

/// Of what a reader must know, what the file does not say; with `order` its user does.
fn missing(elements: &Elements, order: Option<FrameOrder>) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if elements.text(IMAGE_TYPE).is_none() && order.is_none() {
        missing.push("ImageType (it may be a label)");
    }
    if spacing(elements).is_none() && order.is_none() {
        missing.push("PixelSpacing");
    }
    let is_told = match elements.text(ORGANISATION).as_deref() {
        Some("TILED_FULL") => true,
        _ => !elements.items(FRAME_GROUPS).is_empty(),
    };
    if !is_told && order.is_none() {
        missing.push("DimensionOrganizationType (where each frame lies is not known)");
    }
    missing
}

fn codec(elements: &Elements) -> Result<Codec, String> {
    let photometric = elements.text(PHOTOMETRIC).unwrap_or_default();
    let colours = match photometric.as_str() {
        "YBR_FULL" | "YBR_FULL_422" => Colours::YCbCr,
        // The JPEG 2000 decoder undoes ICT and RCT itself.
        "RGB" | "YBR_ICT" | "YBR_RCT" => Colours::Rgb,
        other => return Err(format!("its colours are {other}, which is not read")),
    };
    match elements.text(TRANSFER_SYNTAX).as_deref() {
        Some("1.2.840.10008.1.2.4.50") => Ok(Codec::Jpeg { tables: Vec::new(), colours }),
        Some("1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91") => Ok(Codec::Jpeg2000 { colours }),
        Some("1.2.840.10008.1.2.1")
            if colours == Colours::Rgb && elements.number(PLANAR).unwrap_or(0) == 0 =>
        {
            Ok(Codec::Plain)
        }
        Some("1.2.840.10008.1.2.1") => {
            Err(format!("its pixels are uncompressed {photometric}, or channel by channel"))
        }
        other => Err(format!("its transfer syntax {} is not read", other.unwrap_or("is not told and"))),
    }
}

/// Width and height of a pixel in µm, by the shared groups.
fn spacing(elements: &Elements) -> Option<[f64; 2]> {
    let measures = elements.items(SHARED_GROUPS).first()?.items(PIXEL_MEASURES).first()?;
    let text = measures.text(PIXEL_SPACING)?;
    // Millimetres between rows, then between columns.
    let mut sides =
        text.split('\\').map(|side| side.trim().parse::<f64>().ok().filter(|s| s.is_finite() && *s > 0.0));
    let (down, across) = (sides.next()??, sides.next()??);
    Some([1000.0 * across, 1000.0 * down])
}

/// Frames as they are, one after another.
fn native(stored: &Stored, frames: u64, at: u64, length: u64) -> Result<Vec<Place>, String> {
    let bytes = 3 * u64::from(stored.part[0]) * u64::from(stored.part[1]);
    if frames.checked_mul(bytes).is_none_or(|all| all > length) {
        return Err(format!("its {frames} frames take more than the {length} bytes that are there"));
    }
    Ok((0..frames).map(|i| Place { at: at + i * bytes, bytes }).collect())
}

/// Frames by the extended table of offsets, else one fragment each.
fn encapsulated(
    elements: &Elements,
    reader: &mut BufReader<File>,
    frames: u64,
    at: u64,
) -> Result<Vec<Place>, String> {
    let longs = |tag: Tag| -> Vec<u64> {
        let bytes = elements.bytes(tag).unwrap_or_default();
        bytes.as_chunks::<8>().0.iter().map(|long| u64::from_le_bytes(*long)).collect()
    };
    let (offsets, lengths) = (longs(OFFSETS), longs(LENGTHS));
    let end = reader.get_ref().metadata().map_err(|e| e.to_string())?.len();
    if offsets.len() as u64 == frames && lengths.len() as u64 == frames {
        // The table of offsets is an item, empty or not, before the first frame.
        let table = elements::table_length(reader, at).map_err(|e| e.to_string())?;
        let begin = at + 8 + table;
        let place = |(offset, bytes): (&u64, &u64)| {
            let place = Place { at: begin.checked_add(*offset)?.checked_add(8)?, bytes: *bytes };
            (place.at.checked_add(place.bytes)? <= end).then_some(place)
        };
        let places: Option<Vec<Place>> = offsets.iter().zip(&lengths).map(place).collect();
        return places.ok_or_else(|| "its frames lie beyond the end of the file".to_owned());
    }
    let most = usize::try_from(frames).unwrap_or(usize::MAX).saturating_add(1);
    let found = elements::fragments(reader, at, most).map_err(|e| e.to_string())?;
    if found.len() as u64 != frames + 1 {
        return Err(format!(
            "its {frames} frames are in {} fragments, and one each is read",
            found.len().saturating_sub(1)
        ));
    }
    Ok(found[1..].iter().map(|&(at, bytes)| Place { at, bytes }).collect())
}

/// The frames as parts, row by row: in that order, in the order that is said, or by each frame's position.
fn arranged(
    elements: &Elements,
    stored: &Stored,
    frames: &[Place],
    order: Option<FrameOrder>,
) -> Result<Vec<Place>, String> {
    let (across, down) = (stored.across(), stored.down());
    let parts = across
        .checked_mul(down)
        .filter(|parts| *parts <= MOST_FRAMES)
        .ok_or("it is too large for a slide")?;
    let positions = elements.items(FRAME_GROUPS);
    let is_full = elements.text(ORGANISATION).as_deref() == Some("TILED_FULL");
    let too_few = || format!("it has {} frames, and a slide of its size has {parts}", frames.len());
    if is_full || order == Some(FrameOrder::Rows) {
        return if frames.len() as u64 == parts { Ok(frames.to_vec()) } else { Err(too_few()) };
    }
    if order == Some(FrameOrder::Columns) {
        if frames.len() as u64 != parts {
            return Err(too_few());
        }
        let of_row = |row: u64| (0..across).map(move |column| frames[(column * down + row) as usize]);
        return Ok((0..down).flat_map(of_row).collect());
    }
    if positions.len() != frames.len() {
        return Err(format!("it has {} frames and tells where {} lie", frames.len(), positions.len()));
    }
    // What no frame covers is white.
    let mut places = vec![Place { at: 0, bytes: 0 }; parts as usize];
    for (frame, groups) in frames.iter().zip(positions) {
        let position = groups.items(POSITION).first();
        let side = |tag: Tag| position.and_then(|p| p.number(tag)).and_then(|from| from.checked_sub(1));
        let place = side(POSITION_COLUMN).zip(side(POSITION_ROW));
        let [width, height] = stored.part.map(u64::from);
        let place = place
            .filter(|(x, y)| x % width == 0 && y % height == 0 && x / width < across && y / height < down);
        let Some((x, y)) = place else {
            return Err("a frame of it lies beside the grid of frames, or beyond the slide".to_owned());
        };
        places[(y / height * across + x / width) as usize] = *frame;
    }
    Ok(places)
}
