//! Text from outside, made fit for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything escaped that a terminal would act upon or hide: control characters (`\x1b`, `\n`), and the marks that turn
/// the direction of writing or have no width, by which one name can look like another.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// [`shown`] for text of several lines: every line by itself.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c != '\n' && acts(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(shown).collect::<Vec<_>>().join("\n"))
}

/// JSON with the same characters written as `\u` escapes, which mean the same to whoever reads it. Its line breaks and blanks between
/// values stay; within texts JSON has none.
pub fn shown_json(json: &str) -> Cow<'_, str> {
    if !json.contains(|c| c != '\n' && acts(c)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c != '\n' && acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal acts upon the character instead of showing it, or shows nothing for it.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::{shown, shown_json, shown_lines};

    #[test]
    fn what_a_terminal_would_act_upon_is_escaped() {
        assert_eq!(shown("Schnitt 7 (HP) – é"), "Schnitt 7 (HP) – é");
        assert_eq!(shown("a\u{1b}[2Jb\r\n\t\u{7}"), "a\\u{1b}[2Jb\\r\\n\\t\\u{7}");
        assert_eq!(shown("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(shown("exe\u{202e}gnp"), "exe\\u{202e}gnp");
    }

    #[test]
    fn lines_and_json_keep_their_breaks() {
        assert_eq!(shown_lines("a\u{1b}b\nc\td\n"), "a\\u{1b}b\nc\\td\n");
        assert_eq!(
            shown_json("{\n  \"a\u{9b}\u{202e}\u{e0041}\": \"é\"\n}"),
            "{\n  \"a\\u009b\\u202e\\udb40\\udc41\": \"é\"\n}"
        );
    }
}
