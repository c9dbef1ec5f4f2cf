//! A DICOM file element by element, without its pixels: part 5 of the standard, explicit lengths and undefined ones, little endian.
//!
//! Ours and no crate's: those read all frames of encapsulated pixel data, or do not tell where in the file they lie, and of a slide a few
//! attributes and those places are all that is wanted.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

/// Group and element number.
pub type Tag = (u16, u16);

/// The pixels themselves.
pub const PIXEL_DATA: Tag = (0x7fe0, 0x0010);
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_ENDS: Tag = (0xfffe, 0xe00d);
const SEQUENCE_ENDS: Tag = (0xfffe, 0xe0dd);
/// A length that is not said.
const UNDEFINED: u32 = u32::MAX;
/// Values of more bytes are not kept: none that is asked for is longer but the tables of offsets.
const MOST_VALUE: u32 = 64 << 20;
/// All values together.
const MOST_KEPT: u64 = 256 << 20;
/// Sequences in sequences, at the most.
const MOST_DEEP: usize = 16;

/// The values of an item or of the whole file by tag; sequences as their items.
#[derive(Debug, Default)]
pub struct Elements {
    values: BTreeMap<Tag, Vec<u8>>,
    sequences: BTreeMap<Tag, Vec<Elements>>,
}

impl Elements {
    /// The bytes of a value.
    pub fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        self.values.get(&tag).map(Vec::as_slice)
    }

    /// A value as text, without the blank or zero that makes its length even.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?).into_owned();
        Some(text.trim_end_matches(['\0', ' ']).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A value that is a whole number, of 16 or 32 bits or written out.
    pub fn number(&self, tag: Tag) -> Option<u64> {
        match *self.bytes(tag)? {
            [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))).filter(|_| !is_text(tag)),
            [a, b, c, d] if !is_text(tag) => Some(u64::from(u32::from_le_bytes([a, b, c, d]))),
            _ => None,
        }
        .or_else(|| self.text(tag)?.parse().ok())
    }

    /// The items of a sequence.
    pub fn items(&self, tag: Tag) -> &[Elements] {
        self.sequences.get(&tag).map_or(&[], Vec::as_slice)
    }
}

/// Numbers of frames are written out; all others that are asked for are binary.
fn is_text(tag: Tag) -> bool {
    tag == (0x0028, 0x0008)
}

/// A file's elements before its pixels, and where those are.
#[derive(Debug)]
pub struct Dataset {
    /// What is said of the picture.
    pub elements: Elements,
    /// Where the value of the pixel data begins, and its length, if that is said.
    pub pixels: Option<(u64, Option<u64>)>,
}

/// Reads the elements of a file that begins with DICOM's preamble.
///
/// # Errors
/// If it cannot be read, ends too early, or is not in explicit little endian.
pub fn read(file: &mut (impl Read + Seek)) -> io::Result<Dataset> {
    file.seek(SeekFrom::Start(132))?;
    let length = {
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(132))?;
        end
    };
    let mut reader = Reader { file, length, kept: 0 };
    let mut elements = Elements::default();
    let pixels = reader.elements(&mut elements, None, 0)?;
    Ok(Dataset { elements, pixels })
}

struct Reader<'a, F> {
    file: &'a mut F,
    length: u64,
    kept: u64,
}

/// The head of an element.
struct Head {
    tag: Tag,
    is_sequence: bool,
    length: u32,
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

impl<F: Read + Seek> Reader<'_, F> {
    fn here(&mut self) -> io::Result<u64> {
        self.file.stream_position()
    }

    /// Elements until `end` (a place in the file), until what ends an item, or until the pixels, whose place is given back.
    fn elements(
        &mut self,
        into: &mut Elements,
        end: Option<u64>,
        depth: usize,
    ) -> io::Result<Option<(u64, Option<u64>)>> {
        loop {
            let here = self.here()?;
            if end.map_or(here >= self.length, |end| here >= end) {
                return Ok(None);
            }
            let head = self.head()?;
            if head.tag == ITEM_ENDS {
                return Ok(None);
            }
            let begins = self.here()?;
            if head.tag == PIXEL_DATA && depth == 0 {
                return Ok(Some((begins, (head.length != UNDEFINED).then_some(u64::from(head.length)))));
            }
            if head.is_sequence || head.length == UNDEFINED {
                let items = self.items(head.length, depth + 1)?;
                into.sequences.insert(head.tag, items);
                continue;
            }
            let after = begins.saturating_add(u64::from(head.length));
            if after > self.length {
                return Err(broken("it is cut short"));
            }
            self.kept += u64::from(head.length);
            if head.length <= MOST_VALUE && self.kept <= MOST_KEPT {
                let mut value = vec![0; head.length as usize];
                self.file.read_exact(&mut value)?;
                into.values.insert(head.tag, value);
            }
            self.file.seek(SeekFrom::Start(after))?;
        }
    }

    fn items(&mut self, length: u32, depth: usize) -> io::Result<Vec<Elements>> {
        if depth > MOST_DEEP {
            return Err(broken("its sequences lie too deep in one another"));
        }
        let begins = self.here()?;
        let end = (length != UNDEFINED).then(|| begins.saturating_add(u64::from(length)).min(self.length));
        let mut items = Vec::new();
        loop {
            let here = self.here()?;
            if end.map_or(here >= self.length, |end| here >= end) {
                return Ok(items);
            }
            let head = self.head()?;
            match head.tag {
                SEQUENCE_ENDS => return Ok(items),
                ITEM => {
                    let begins = self.here()?;
                    let end =
                        (head.length != UNDEFINED).then(|| begins.saturating_add(u64::from(head.length)));
                    if end.is_some_and(|end| end > self.length) {
                        return Err(broken("it is cut short"));
                    }
                    let mut item = Elements::default();
                    self.elements(&mut item, end, depth)?;
                    self.kept += 64;
                    if self.kept > MOST_KEPT {
                        return Err(broken("it says more of its frames than a slide has"));
                    }
                    items.push(item);
                }
                _ => return Err(broken("a sequence of it holds what is no item")),
            }
        }
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes)?;
        let [a, b, c, d, vr @ .., e, f] = bytes;
        let tag = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        if tag.0 == 0xfffe {
            // Items have a length and no kind.
            let length = u32::from_le_bytes([vr[0], vr[1], e, f]);
            return Ok(Head { tag, is_sequence: false, length });
        }
        if !vr.iter().all(u8::is_ascii_uppercase) {
            return Err(broken("it is not written in explicit little endian, as slides are"));
        }
        let is_long = matches!(
            &vr,
            b"OB"
                | b"OD"
                | b"OF"
                | b"OL"
                | b"OV"
                | b"OW"
                | b"SQ"
                | b"SV"
                | b"UC"
                | b"UN"
                | b"UR"
                | b"UT"
                | b"UV"
        );
        let length = if is_long {
            let mut long = [0; 4];
            self.file.read_exact(&mut long)?;
            u32::from_le_bytes(long)
        } else {
            u32::from(u16::from_le_bytes([e, f]))
        };
        Ok(Head { tag, is_sequence: &vr == b"SQ", length })
    }
}

/// The fragments of encapsulated pixel data that begins at `at`: where the bytes of each are, and how many; the first is the table of
/// offsets. Their bytes are passed over.
///
/// # Errors
/// If the file ends among them, or holds something else.
pub fn fragments(file: &mut (impl Read + Seek), at: u64, most: usize) -> io::Result<Vec<(u64, u64)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = at;
    let mut found = Vec::new();
    loop {
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        let [a, b, c, d, size @ ..] = bytes;
        let size = u64::from(u32::from_le_bytes(size));
        match (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])) {
            SEQUENCE_ENDS => return Ok(found),
            ITEM if at + 8 + size <= length && found.len() < most => found.push((at + 8, size)),
            ITEM => return Err(broken("its frames go on beyond the end of the file")),
            _ => return Err(broken("its pixel data holds what is no frame")),
        }
        at += 8 + size;
    }
}

/// The bytes of the table of offsets, which is the first item of encapsulated pixel data.
///
/// # Errors
/// If there is no item.
pub fn table_length(file: &mut (impl Read + Seek), at: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    let [a, b, c, d, size @ ..] = bytes;
    if (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])) != ITEM {
        return Err(broken("its pixel data does not begin with a table of offsets"));
    }
    Ok(u64::from(u32::from_le_bytes(size)))
}
