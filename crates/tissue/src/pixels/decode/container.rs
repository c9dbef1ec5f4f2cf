//! Whether a PNG, JPEG or WebP file is all there, and what a JPEG's frame is like, without decoding.

/// What the chunks of a PNG file tell.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Png {
    /// Whether the chunks lead to IEND.
    pub whole: bool,
    /// Whether it is an animation.
    pub moves: bool,
}

/// Walks the chunks of a PNG file.
pub(super) fn png(bytes: &[u8]) -> Png {
    const SIGNATURE: usize = 8;
    // Length and name before the data, checksum after it.
    const AROUND: usize = 12;
    let mut found = Png::default();
    let mut at = SIGNATURE;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let next = at.saturating_add(length).saturating_add(AROUND);
        match &head[4..8] {
            b"IEND" => {
                found.whole = next <= bytes.len();
                return found;
            }
            b"acTL" => found.moves = bytes.get(at + 8..at + 12).is_some_and(|n| n > &[0, 0, 0, 1][..]),
            _ => {}
        }
        at = next;
    }
    found
}

/// Whether a WebP file is as long as its header says.
pub(super) fn webp_is_whole(bytes: &[u8]) -> bool {
    let length = bytes.get(4..8).and_then(|l| <[u8; 4]>::try_from(l).ok());
    length.is_some_and(|l| (u32::from_le_bytes(l) as usize).saturating_add(8) <= bytes.len())
}

/// The frame of JPEG-LS, another format in the same dress.
pub(super) const JPEG_LS: u8 = 0xF7;

/// What the markers of a JPEG file tell.
#[derive(Debug, PartialEq)]
pub(super) struct Jpeg {
    /// Colour components of the frame: 1 grey, 3 colour, 4 CMYK; 0 if there is no frame.
    pub components: u8,
    /// Whether the markers lead to the end-of-image marker.
    pub whole: bool,
    /// The marker of the frame: how it is coded (C0 to C2: in the common ways).
    pub frame: u8,
    /// Bits of a sample.
    pub bits: u8,
    /// Width and height of the frame.
    pub size: (u32, u32),
}

/// Walks the markers of a JPEG file. A thumbnail inside a segment is jumped over with it.
pub(super) fn jpeg(bytes: &[u8]) -> Jpeg {
    let mut found = Jpeg { components: 0, whole: false, frame: 0, bits: 0, size: (0, 0) };
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
                let is_frame = (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
                if is_frame || marker == JPEG_LS {
                    let Some(frame) = bytes.get(at + 2..at + 8) else { return found };
                    let number = |k: usize| u32::from(u16::from_be_bytes([frame[k], frame[k + 1]]));
                    (found.frame, found.bits, found.components) = (marker, frame[0], frame[5]);
                    found.size = (number(3), number(1));
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
