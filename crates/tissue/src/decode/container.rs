//! Whether a PNG or JPEG file is all there, and how many colour components a JPEG has, without decoding.

/// Walks the chunks of a PNG file: it is whole if they lead to IEND.
pub(super) fn png_is_whole(bytes: &[u8]) -> bool {
    const SIGNATURE: usize = 8;
    // Length and name before the data, checksum after it.
    const AROUND: usize = 12;
    let mut at = SIGNATURE;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let next = at.saturating_add(length).saturating_add(AROUND);
        if &head[4..8] == b"IEND" {
            return next <= bytes.len();
        }
        at = next;
    }
    false
}

/// What the markers of a JPEG file tell.
#[derive(Debug, PartialEq)]
pub(super) struct Jpeg {
    /// Colour components of the frame: 1 grey, 3 colour, 4 CMYK; 0 if there is no frame.
    pub components: u8,
    /// Whether the markers lead to the end-of-image marker.
    pub whole: bool,
}

/// Walks the markers of a JPEG file. A thumbnail inside a segment is jumped over with it.
pub(super) fn jpeg(bytes: &[u8]) -> Jpeg {
    let mut found = Jpeg { components: 0, whole: false };
    let mut at = 2;
    while let Some(start) = next_marker(bytes, at) {
        let marker = bytes[start];
        at = start + 1;
        match marker {
            0xD9 => {
                found.whole = found.components > 0;
                return found;
            }
            // Stuffed bytes, restart markers and TEM stand alone.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else { return found };
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                // Frame headers: all of C0 to CF but Huffman tables, arithmetic tables and the reserved JPG.
                if (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                    found.components = bytes.get(at + 7).copied().unwrap_or(0);
                }
                at += length.max(2);
            }
        }
    }
    found
}

/// The index of the next marker's code at or after `from`: the byte behind one or more FF.
fn next_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let ff = bytes.get(from..)?.iter().position(|&b| b == 0xFF)? + from;
    let code = bytes[ff..].iter().position(|&b| b != 0xFF)?;
    Some(ff + code)
}
