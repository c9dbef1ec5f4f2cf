//! Text from outside, made fit for a terminal.

use std::borrow::Cow;

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

/// Whether a terminal acts upon the character instead of showing it.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_a_terminal_would_act_upon_is_escaped() {
        assert_eq!(shown("Schnitt 7 (HP) – é"), "Schnitt 7 (HP) – é");
        assert_eq!(shown("a\u{1b}[2Jb\r\n\t\u{7}"), "a\\u{1b}[2Jb\\r\\n\\t\\u{7}");
        assert_eq!(shown("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(shown("exe\u{202e}gnp"), "exe\\u{202e}gnp");
    }
}
