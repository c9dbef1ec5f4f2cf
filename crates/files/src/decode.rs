//! Bytes to text, and which encoding they are in if it is none that we read.

use std::io::Read;
use std::path::Path;

use crate::{FilesError, open_text};

/// Why bytes are no text that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotText {
    /// The line of the first byte that is at fault, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// What it is instead.
    pub why: String,
    /// What to do.
    pub hint: &'static str,
}

const AS_UTF_8: &str =
    "save it in UTF-8: in a spreadsheet as \"CSV UTF-8\", in a text editor with the encoding UTF-8";
const AS_TEXT: &str =
    "open it in the program it was made with and save or export it as plain text or CSV, in UTF-8";
const DAMAGED: &str = "it seems damaged: copy or export it again, in UTF-8";

/// Text in UTF-8 (with or without a mark), or in UTF-16 with its mark, as Windows writes it; the mark is left out.
///
/// # Errors
/// The encoding or kind of file that it is instead, as far as it can be told, with the line of the first byte that shows it.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
    let whole = |why: &str, hint| NotText { line: 0, why: why.to_owned(), hint };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return utf_8(rest),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return Err(whole("it is in UTF-32", AS_UTF_8));
        }
        [0xFF, 0xFE, rest @ ..] => return utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf_16(rest, u16::from_be_bytes),
        _ => {}
    }
    if let Some(what) = other_kind(bytes) {
        return Err(whole(&format!("it is {what}, and no text"), AS_TEXT));
    }
    utf_8(bytes)
}

/// Reads a user's text file of at most `most` bytes. `what` begins the error: "the study cannot be read".
///
/// # Errors
/// What [`open_text`] and [`decode`] say, and a file that is larger.
pub fn read_text(path: &Path, what: &'static str, most: usize) -> Result<String, FilesError> {
    let failed = |source| FilesError::Read { what, path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    open_text(path).map_err(failed)?.take(most as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    let content = |line, why, hint: &str| FilesError::Content {
        what: what.to_owned(),
        path: path.to_path_buf(),
        line,
        why,
        hint: hint.to_owned(),
    };
    if bytes.len() > most {
        let why = format!("it is larger than the {} MiB that such a file may have", most >> 20);
        return Err(content(0, why, "check that it is the file that was meant, or make it smaller"));
    }
    decode(&bytes).map_err(|e| content(e.line, e.why, e.hint))
}

fn utf_8(bytes: &[u8]) -> Result<String, NotText> {
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err(with_zeros(bytes, at));
    }
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|e| {
        let at = e.valid_up_to();
        NotText { line: line_of(bytes, at), why: not_utf_8(bytes, at), hint: AS_UTF_8 }
    })
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    let damaged = |text: &str, why: &str| NotText {
        line: line_of(text.as_bytes(), text.len()),
        why: format!("it begins as text in UTF-16 and {why}"),
        hint: DAMAGED,
    };
    for c in char::decode_utf16(units) {
        match c {
            Ok('\0') => return Err(damaged(&text, "holds a zero character")),
            Ok(c) => text.push(c),
            Err(_) => return Err(damaged(&text, "holds half of a character")),
        }
    }
    if bytes.len() % 2 == 1 {
        return Err(damaged(&text, "ends in the middle of a character"));
    }
    Ok(text)
}

/// Text holds no zero bytes: it is in UTF-16 or UTF-32 without a mark, or it is none.
fn with_zeros(bytes: &[u8], first: usize) -> NotText {
    let begin = &bytes[..bytes.len().min(4096) / 4 * 4];
    let zeros = |of: usize, from: usize| {
        let places = begin.len() / of;
        places > 0 && begin.iter().skip(from).step_by(of).filter(|b| **b == 0).count() * 10 >= places * 6
    };
    let wide = (zeros(4, 1) && zeros(4, 2)) && (zeros(4, 3) != zeros(4, 0));
    let why = if wide {
        "it is in UTF-32 without a mark"
    } else if zeros(2, 1) && !zeros(2, 0) {
        "it is in UTF-16 (little-endian) without its mark"
    } else if zeros(2, 0) && !zeros(2, 1) {
        "it is in UTF-16 (big-endian) without its mark"
    } else {
        let why = "it holds a zero byte, which no text does".to_owned();
        return NotText { line: line_of(bytes, first), why, hint: DAMAGED };
    };
    NotText { line: 1, why: why.to_owned(), hint: AS_UTF_8 }
}

/// Which encoding bytes are in that are not UTF-8 from `at` on.
fn not_utf_8(bytes: &[u8], at: usize) -> String {
    let high = |k: usize| bytes.get(k).is_some_and(|b| *b >= 0x80);
    let places = || (0..bytes.len()).filter(|&k| high(k));
    // Letters with accents stand alone among others; in other scripts, and where two bytes make a letter, they follow one another.
    let (all, in_runs) = places()
        .fold((0, 0), |(all, runs), k| (all + 1, runs + usize::from(high(k + 1) || (k > 0 && high(k - 1)))));
    // Windows-1252 leaves these five open.
    let open = places().any(|k| matches!(bytes[k], 0x81 | 0x8D | 0x8F | 0x90 | 0x9D));
    let byte = bytes[at];
    let valid_before = bytes[..at].iter().any(|b| *b >= 0x80);
    if valid_before {
        return format!(
            "it is text in UTF-8 that holds a stray byte (0x{byte:02X}), as where two files were joined or one was cut"
        );
    }
    if in_runs * 2 > all && !are_words_of_latin_letters(bytes) {
        return "it is not in UTF-8 but in an older encoding, such as Windows-1251, GBK or Shift_JIS"
            .to_owned();
    }
    if open {
        return "it is not in UTF-8 but in an older encoding, such as Mac Roman or code page 437".to_owned();
    }
    let letter = windows_1252(byte);
    format!(
        "it is not in UTF-8 but, it seems, in Windows-1252 or Latin-1, where the byte 0x{byte:02X} is \"{letter}\""
    )
}

/// Whether two accents meet only inside words of plain letters, as in "Größe": in other scripts, and where two bytes make a letter, no
/// plain letters are on both sides.
fn are_words_of_latin_letters(bytes: &[u8]) -> bool {
    let high = |k: usize| bytes.get(k).is_some_and(|b| *b >= 0x80);
    let plain = |k: Option<usize>| k.and_then(|k| bytes.get(k)).is_some_and(u8::is_ascii_alphabetic);
    (0..bytes.len())
        .filter(|&k| high(k) && high(k + 1))
        .all(|k| plain(k.checked_sub(1)) && plain(Some(k + 2)))
}

/// The character of a byte from 0x80 in Windows-1252.
fn windows_1252(byte: u8) -> char {
    const FROM_0X80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    FROM_0X80.get(usize::from(byte).wrapping_sub(0x80)).copied().unwrap_or(char::from(byte))
}

/// Files that are given in place of text, by how they begin.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 11] = [
        (b"PK\x03\x04", "a workbook (such as Excel's .xlsx) or another ZIP archive"),
        (b"\xD0\xCF\x11\xE0", "a workbook or document of an older Office (such as .xls)"),
        (b"\x1F\x8B", "packed by gzip"),
        (b"BZh", "packed by bzip2"),
        (b"\xFD7zXZ", "packed by xz"),
        (b"\x28\xB5\x2F\xFD", "packed by zstd"),
        (b"%PDF-", "a PDF"),
        (b"{\\rtf", "a document in RTF"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"SQLite format 3", "an SQLite data base"),
    ];
    KINDS.iter().find(|(begin, _)| bytes.starts_with(begin)).map(|(_, kind)| *kind)
}

/// The line, from 1, on which the byte at `at` stands; lines end in `\n`, `\r\n` or `\r`.
fn line_of(bytes: &[u8], at: usize) -> usize {
    let ends = |k: &usize| bytes[*k] == b'\n' || (bytes[*k] == b'\r' && bytes.get(*k + 1) != Some(&b'\n'));
    1 + (0..at.min(bytes.len())).filter(ends).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_8_and_marked_utf_16_are_read() {
        let text = "image,class\r\nschön.png,é 🔬\r\n";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        assert_eq!(decode(&wide(&format!("\u{feff}{text}"), u16::to_le_bytes)).unwrap(), text);
        assert_eq!(decode(&wide(&format!("\u{feff}{text}"), u16::to_be_bytes)).unwrap(), text);
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn what_is_not_read_is_named_with_its_line() {
        let text = "image,class\nschön.png,é\n";
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let wider =
            |bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| bytes(c as u32)).collect::<Vec<_>>();
        let cut = &wide(&format!("\u{feff}{text}"), u16::to_le_bytes)[..31];
        let mut lone = wide("\u{feff}a\nb", u16::to_le_bytes);
        lone.extend([0x00, 0xD8, b'x', 0]);
        let cases: [(&[u8], &str, usize); 18] = [
            (b"image,class\nGr\xf6\xdfe.png,a", "Windows-1252 or Latin-1, where the byte 0xF6", 2),
            (b"image,class\nt\xd6\xd0.png,a", "GBK", 2),
            (&latin, "Windows-1252 or Latin-1, where the byte 0xF6 is \"ö\"", 2),
            (b"a\rb\r\x80", "is \"€\"", 3),
            (b"a\x81b", "Mac Roman", 1),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2,a", "Windows-1251", 1),
            (
                "ö\nü\n".as_bytes().iter().chain(b"x\xf6y").copied().collect::<Vec<_>>().leak(),
                "stray byte (0xF6)",
                3,
            ),
            (&wide(text, u16::to_le_bytes), "UTF-16 (little-endian) without", 1),
            (&wide(text, u16::to_be_bytes), "UTF-16 (big-endian) without", 1),
            (wider(u32::to_le_bytes).leak(), "UTF-32 without a mark", 1),
            (wider(u32::to_be_bytes).leak(), "UTF-32 without a mark", 1),
            (b"\xff\xfe\0\0a\0\0\0", "UTF-32", 0),
            (b"\0\0\xfe\xff\0\0\0a", "UTF-32", 0),
            (cut, "ends in the middle", 2),
            (&lone, "half of a character", 2),
            (b"image,class\na,b\0\n", "zero byte", 2),
            (b"PK\x03\x04rest", "workbook", 0),
            (b"%PDF-1.4", "a PDF", 0),
        ];
        for (bytes, why, line) in cases {
            let e = decode(bytes).unwrap_err();
            assert!(e.why.contains(why) && e.line == line, "{e:?} and not {why}, {line}");
            assert!(!e.hint.contains("delete"), "{e:?}");
        }
    }
}
