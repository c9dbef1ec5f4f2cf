//! The directory of a zip archive, as far as `torch.save` writes it: nothing compressed, nothing encrypted.
//!
//! torch writes the records of the 64-bit format beside an end record that needs none of them. What the end record tells then counts; only
//! what it leaves open (all bits set) is looked up there.

use std::collections::HashMap;
use std::fs::File;

use super::super::held::{Fault, read_at};

/// Bytes of the longest end record with its comment.
const LONGEST_END: u64 = 22 + 0xffff;
/// Bytes of the largest directory that is read: some hundred thousand entries.
const LARGEST_DIRECTORY: u64 = 64 << 20;

/// A file in the archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Where its local header begins.
    header: u64,
    /// Its bytes as they lie in the archive.
    pub len: u64,
    /// Its checksum; 0 where none was computed.
    pub crc: u32,
    /// Whether it lies there as it is.
    pub plain: bool,
}

/// Entries by their full names.
pub(super) type Directory = HashMap<String, Entry>;

/// Reads the directory of an archive of `size` bytes.
///
/// # Errors
/// [`Fault`] if it is not whole.
pub(super) fn directory(file: &File, size: u64) -> Result<Directory, Fault> {
    let cut = || Fault::damaged("its directory is missing: it is not whole");
    let tail_len = size.min(LONGEST_END);
    let tail = read_at(file, size - tail_len, tail_len)?;
    // The last one whose comment ends with the file: a comment may hold what looks like one.
    let end = (0..tail.len().saturating_sub(21))
        .rev()
        .find(|&at| {
            tail[at..].starts_with(b"PK\x05\x06")
                && at + 22 + usize::from(u16_at(&tail, at + 20)) == tail.len()
        })
        .ok_or_else(cut)?;
    let mut count = u64::from(u16_at(&tail, end + 10));
    let mut len = u64::from(u32_at(&tail, end + 12));
    let mut start = u64::from(u32_at(&tail, end + 16));
    let open = count == 0xffff || len == 0xffff_ffff || start == 0xffff_ffff;
    if open && let Some(locator) = end.checked_sub(20).filter(|&at| tail[at..].starts_with(b"PK\x06\x07")) {
        let at = u64_at(&tail, locator + 8);
        let record = at.checked_add(56).filter(|&to| to <= size).ok_or_else(cut)? - 56;
        let record = read_at(file, record, 56)?;
        if !record.starts_with(b"PK\x06\x06") {
            return Err(cut());
        }
        (count, len, start) = (u64_at(&record, 32), u64_at(&record, 40), u64_at(&record, 48));
    }
    start.checked_add(len).filter(|&to| to <= size).ok_or_else(cut)?;
    if len > LARGEST_DIRECTORY {
        return Err(Fault::damaged("its directory is too large"));
    }
    entries(&read_at(file, start, len)?, count)
}

fn entries(bytes: &[u8], count: u64) -> Result<Directory, Fault> {
    let torn = || Fault::damaged("its directory is damaged");
    let mut entries = Directory::new();
    let mut rest = bytes;
    for _ in 0..count {
        if rest.len() < 46 || !rest.starts_with(b"PK\x01\x02") {
            return Err(torn());
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(rest, at)));
        let whole = 46 + name + extra + comment;
        if rest.len() < whole {
            return Err(torn());
        }
        let mut fields = [24, 20, 42].map(|at| u64::from(u32_at(rest, at)));
        wide(&rest[46 + name..46 + name + extra], &mut fields).ok_or_else(torn)?;
        let [unpacked, len, header] = fields;
        let (flags, method) = (u16_at(rest, 8), u16_at(rest, 10));
        if flags & 1 != 0 {
            return Err(Fault::damaged("it is encrypted"));
        }
        let plain = method == 0;
        if plain && len != unpacked {
            return Err(torn());
        }
        let text = String::from_utf8_lossy(&rest[46..46 + name]).into_owned();
        entries.insert(text, Entry { header, len, crc: u32_at(rest, 16), plain });
        rest = &rest[whole..];
    }
    Ok(entries)
}

/// The fields with all bits set are in the extra field 1, in this order.
fn wide(mut extra: &[u8], fields: &mut [u64; 3]) -> Option<()> {
    if fields.iter().all(|&field| field != 0xffff_ffff) {
        return Some(());
    }
    while extra.len() >= 4 {
        let (tag, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let body = extra.get(4..4 + len)?;
        if tag == 1 {
            let mut numbers = body.as_chunks::<8>().0.iter();
            for field in fields.iter_mut().filter(|field| **field == 0xffff_ffff) {
                *field = u64::from_le_bytes(*numbers.next()?);
            }
            return Some(());
        }
        extra = &extra[4 + len..];
    }
    // Four bytes of ones can be what is meant.
    Some(())
}

/// Where an entry's bytes begin.
///
/// # Errors
/// [`Fault`] if they do not all lie in the archive.
pub(super) fn begin(file: &File, size: u64, entry: Entry) -> Result<u64, Fault> {
    let torn = || Fault::damaged("its directory points outside the file");
    entry.header.checked_add(30).filter(|&to| to <= size).ok_or_else(torn)?;
    let header = read_at(file, entry.header, 30)?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(torn());
    }
    let begin = entry.header + 30 + u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
    begin.checked_add(entry.len).filter(|&to| to <= size).ok_or_else(torn)?;
    Ok(begin)
}

/// An entry's bytes, if they are not more than `most`.
///
/// # Errors
/// [`Fault`] if they are, or are not as they were written.
pub(super) fn read(file: &File, size: u64, entry: Entry, most: u64) -> Result<Vec<u8>, Fault> {
    if entry.len > most {
        return Err(Fault::damaged("its description of the tensors is too large"));
    }
    let bytes = read_at(file, begin(file, size, entry)?, entry.len)?;
    if entry.crc != 0 && crc32fast::hash(&bytes) != entry.crc {
        return Err(Fault::damaged("its checksum differs"));
    }
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
