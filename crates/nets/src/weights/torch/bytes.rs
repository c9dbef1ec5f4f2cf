//! What pickles are written in: numbers and texts of Python.

use std::borrow::Cow;

/// Why a pickle cannot be read: it is not whole.
const CUT: &str = "its description of the tensors ends too early";
/// Why a pickle cannot be read: it is none.
pub(super) const TORN: &str = "its description of the tensors is damaged";

/// Bytes that are read one after the other.
pub(super) struct Bytes<'a> {
    pub bytes: &'a [u8],
    /// How many have been read.
    pub at: usize,
}

impl<'a> Bytes<'a> {
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(n).filter(|&end| end <= self.bytes.len()).ok_or(CUT)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| CUT.to_owned())
    }

    /// A length of `N` bytes.
    pub fn length<const N: usize>(&mut self) -> Result<usize, String> {
        let mut all = [0; 8];
        all[..N].copy_from_slice(self.take(N)?);
        usize::try_from(u64::from_le_bytes(all)).map_err(|_| CUT.to_owned())
    }

    /// Up to the line's end, which is taken, too.
    pub fn line(&mut self) -> Result<&'a [u8], String> {
        let n = self.bytes[self.at..].iter().position(|&b| b == b'\n').ok_or(CUT)?;
        let line = self.take(n)?;
        self.at += 1;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

pub(super) fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| TORN.to_owned())
}

/// Python's two's complement of any length; what needs more than 64 bits is no size.
pub(super) fn integer(bytes: &[u8]) -> Option<i64> {
    let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
    let mut all = [fill; 8];
    let (low, high) = bytes.split_at(bytes.len().min(8));
    all[..low.len()].copy_from_slice(low);
    let n = i64::from_le_bytes(all);
    let fits = high.iter().all(|&b| b == fill) && (high.is_empty() || (n < 0) == (fill == 0xff));
    fits.then_some(n)
}

/// Protocol 0's text: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn unescaped(line: &[u8]) -> Cow<'static, str> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((&b, tail)) = rest.split_first() {
        let digits = match (b, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let escaped = tail
            .get(1..=digits)
            .filter(|_| digits > 0)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        if let Some(c) = escaped {
            text.push(c);
            rest = &tail[1 + digits..];
        } else {
            text.push(char::from(b));
            rest = tail;
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length() {
        assert_eq!(integer(&[]), Some(0));
        assert_eq!(integer(&[0xff]), Some(-1));
        assert_eq!(integer(&[0xff, 0]), Some(255));
        assert_eq!(integer(&[0, 0, 0, 0, 0, 0, 0, 0x80, 0]), None);
        assert_eq!(integer(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(integer(&[1, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }

    #[test]
    fn text_of_protocol_0() {
        assert_eq!(unescaped(b"\xe9t\xe9 \\u6a21 \\u12"), "\u{e9}t\u{e9} \u{6a21} \\u12");
    }
}
