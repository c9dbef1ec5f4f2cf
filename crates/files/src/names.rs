//! Names that are one name in other letters.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text in Unicode's composed form (NFC): `é` of one character, where a Mac may have written `e` and an accent.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// The text without blanks at its ends, and without the marks there that have no width, which copying from web pages brings.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || has_no_width(c))
}

fn has_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// What two spellings of one name have in common, for comparing only: case, Unicode form and width of letters, marks without width,
/// blanks, `_` or `-` between the parts, zeros before a number, and the `.0` of a number that was read as a real one do not count.
/// `S001`, `s1`, `s_01` are the same; `1-11` and `11-1`, `S1-A1` and `S1A-1`, `1.05` and `1.5`, `ER-` and `ER` are not.
pub fn same_name(name: &str) -> String {
    let folded: String =
        trimmed(name).nfkc().filter(|c| !has_no_width(*c)).flat_map(char::to_lowercase).collect();
    let text = without_decimal_zeros(trimmed(&folded));
    let chars: Vec<char> = text.chars().collect();
    let mut key = String::with_capacity(text.len());
    let mut k = 0;
    while k < chars.len() {
        let c = chars[k];
        if is_gap(c) {
            let from = k;
            while k < chars.len() && is_gap(chars[k]) {
                k += 1;
            }
            gap(&mut key, from.checked_sub(1).map(|p| chars[p]), &chars[from..k], chars.get(k).copied());
            continue;
        }
        // Zeros before a number say nothing, but those after a decimal sign do.
        let begins_number = c.is_ascii_digit() && !key.ends_with(|p: char| p.is_ascii_digit());
        let is_fraction =
            key.ends_with(['.', ',']) && key.len() > 1 && key.as_bytes()[key.len() - 2].is_ascii_digit();
        if begins_number && !is_fraction {
            while chars[k] == '0' && chars.get(k + 1).is_some_and(char::is_ascii_digit) {
                k += 1;
            }
        }
        key.push(chars[k]);
        k += 1;
    }
    key
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-' | '\u{2010}'..='\u{2015}')
}

/// What stays of blanks and dashes between two characters: nothing where a name's first letters meet a number, or its first number
/// letters, as `s-1` is `s1`; a dash elsewhere, for `S1-A1` is not `S1A-1`.
fn gap(key: &mut String, before: Option<char>, gap: &[char], after: Option<char>) {
    let dashes = gap.iter().filter(|c| !c.is_whitespace()).count();
    match (before, after) {
        (Some(p), Some(n)) if p.is_alphanumeric() && n.is_alphanumeric() => {
            let is_first =
                key.chars().all(|c| c.is_alphanumeric() && c.is_ascii_digit() == p.is_ascii_digit());
            key.push_str(if is_first && p.is_ascii_digit() != n.is_ascii_digit() { "" } else { "-" });
        }
        // At an end, or beside a sign, a dash has a meaning of its own: "ER-".
        _ if dashes > 0 => key.push('-'),
        _ => {}
    }
}

/// `1000.0` and `1000,00` are 1000.
fn without_decimal_zeros(text: &str) -> &str {
    match text.split_once(['.', ',']) {
        Some((whole, zeros))
            if !whole.is_empty()
                && !zeros.is_empty()
                && whole.bytes().all(|b| b.is_ascii_digit())
                && zeros.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    }
}

/// The name that a tile's translation has: the tile's relative path with the extension `.png`
/// (`b/tile.1.jpg` → `b/tile.1.png`; a name without an extension gets one).
pub fn png_name(image: &str) -> String {
    let (folder, name) = image.rfind('/').map_or(("", image), |at| image.split_at(at + 1));
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{folder}{}.png", &name[..dot]),
        _ => format!("{image}.png"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_the_same_and_other_names_are_not() {
        for same in [
            &["s001", "S001", "s1", "s_01", "s-001", "S 001", " s001\u{200b}", "ｓ００１"][..],
            &["1000", "1000.0", "01000", "1000.00", "1000,0", " 1000 "],
            &["001", "1", "01", "1.0"],
            &["low grade", "Low_Grade", "low-grade", "LOW  GRADE", "low\u{a0}grade"],
            &["é", "e\u{301}", "É"],
            &["3+4", "3 + 4"],
            &["S1-A1", "S-1-A1", "s001_a1", "S\u{ad}1-\u{200b}A1"],
            &["0", "00", "0.0"],
        ] {
            for name in same {
                assert_eq!(same_name(name), same_name(same[0]), "{name:?}");
            }
        }
        for (a, b) in [
            ("1-11", "11-1"),
            ("1 11", "111"),
            ("S1-A1", "S1A-1"),
            ("12-A-1", "12-A1"),
            ("1.05", "1.5"),
            ("0.05", "0.5"),
            ("1.10", "1.1"),
            ("ER-", "ER"),
            ("ER-", "ER+"),
            ("-1", "1"),
            ("s1", "s10"),
            ("s10", "s100"),
            ("HP", "HPP"),
            ("a", "b"),
            ("100", "1"),
            ("s1.0", "s1"),
            ("1.01", "1.1"),
            ("0", "-0"),
            ("", "0"),
        ] {
            assert_ne!(same_name(a), same_name(b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn composed_and_trimmed() {
        assert_eq!(nfc("Scho\u{308}n"), "Schön");
        assert!(matches!(nfc("plain"), Cow::Borrowed(_)));
        assert_eq!(trimmed("\u{feff} HP\u{200b}\u{a0}"), "HP");
    }

    #[test]
    fn translations_are_png_files_of_the_same_relative_path() {
        for (image, png) in [
            ("a/b.jpg", "a/b.png"),
            ("a.b/c", "a.b/c.png"),
            ("x.tar.png", "x.tar.png"),
            (".hidden", ".hidden.png"),
            ("d/.hidden", "d/.hidden.png"),
            ("é/tile 1.TIFF", "é/tile 1.png"),
        ] {
            assert_eq!(png_name(image), png, "{image}");
        }
    }
}
