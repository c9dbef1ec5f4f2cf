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

/// The most characters of one name or cell that a message shows.
const LONGEST: usize = 64;

/// The text as [`shown`], cut after some sixty characters with how many it has.
pub fn cut(text: &str) -> String {
    cut_to(text, LONGEST, "")
}

/// The path of a tile as [`shown`]: names of folders may be long, so it is cut later than [`cut`] does.
pub fn cut_path(text: &str) -> String {
    cut_to(text, 4 * LONGEST, "")
}

/// The text in quotes, escaped and cut: `"HP"`, `"aaaa…" (10000000 characters)`.
pub fn quoted(text: &str) -> String {
    cut_to(text, LONGEST, "\"")
}

fn cut_to(text: &str, most: usize, quote: &str) -> String {
    match text.char_indices().nth(most) {
        None => format!("{quote}{}{quote}", shown(text)),
        Some((at, _)) => {
            format!("{quote}{}…{quote} ({} characters)", shown(&text[..at]), text.chars().count())
        }
    }
}

/// Names separated by commas, each cut, at most `most` of them: "a, b and 17 more".
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names.by_ref().take(most).map(cut).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, quoted, shown, shown_json, shown_lines};

    #[test]
    fn long_names_and_lists_are_cut() {
        assert_eq!(quoted("HP\n"), "\"HP\\n\"");
        let long = quoted(&"ä".repeat(10_000));
        assert!(long.ends_with("ä…\" (10000 characters)") && long.chars().count() < 100, "{long}");
        assert_eq!(listed(["a", "b", "c"], 3), "a, b, c");
        assert_eq!(listed(["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(listed([], 2), "");
    }

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
