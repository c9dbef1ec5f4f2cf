//! What people have typed, as a cell of a table that a spreadsheet opens.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a formula can fetch things from elsewhere. An
//! apostrophe before it makes it a text. Where the comma is the decimal sign, a semicolon separates cells, so that one inside a text may
//! begin a cell, too; so may a tab or the end of a line.

use std::borrow::Cow;

/// What begins a formula, also as East Asian keyboards write it.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// After these a cell may begin.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// The text with an apostrophe wherever a formula could begin.
pub fn guarded(text: &str) -> Cow<'_, str> {
    rewritten(text, |rest| is_dangerous(rest.trim_start_matches('\'')).then_some(("'", rest)))
}

/// The text that [`guarded`] was given.
pub fn plain(text: &str) -> Cow<'_, str> {
    rewritten(text, |rest| {
        let without = rest.strip_prefix('\'')?;
        is_dangerous(without.trim_start_matches('\'')).then_some(("", without))
    })
}

/// The text with another beginning at every place where a cell may begin: what `begin` puts there, and the rest after it.
fn rewritten<'a>(text: &'a str, begin: impl Fn(&'a str) -> Option<(&'static str, &'a str)>) -> Cow<'a, str> {
    let mut out: Option<String> = None;
    let (mut rest, mut done) = (text, 0);
    loop {
        if let Some((put, after)) = begin(rest) {
            let out = out.get_or_insert_with(|| text[..done].to_owned());
            out.push_str(put);
            rest = after;
        }
        let Some(end) = rest.find(SEPARATORS) else { break };
        let (cell, after) = rest.split_at(end + 1);
        if let Some(out) = &mut out {
            out.push_str(cell);
        }
        done += cell.len();
        rest = after;
    }
    match out {
        Some(out) => Cow::Owned(out + rest),
        None => Cow::Borrowed(text),
    }
}

/// Whether a spreadsheet may take what begins here for a formula: blanks before it are passed over by some.
fn is_dangerous(rest: &str) -> bool {
    let blank = |c: char| c.is_whitespace() && !SEPARATORS.contains(&c);
    rest.starts_with(['\t', '\r']) || rest.trim_start_matches(blank).starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts_and_texts_stay() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            (" \u{a0}=1", "' \u{a0}=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a\n-b", "a\n'-b"),
            ("'=1", "''=1"),
            ("serrated; folded - see left", "serrated; folded - see left"),
            ("it's 3+4=7", "it's 3+4=7"),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), wanted, "{text:?}");
            assert_eq!(plain(wanted), text);
        }
    }

    #[test]
    fn every_text_comes_back_and_none_is_a_formula() {
        let letters = ['=', '\'', ' ', '\t', ';', 'a', '＋', '\n'];
        for length in 0..=5_u32 {
            for n in 0..letters.len().pow(length) {
                let text: String =
                    (0..length).map(|k| letters[n / letters.len().pow(k) % letters.len()]).collect();
                let cell = guarded(&text);
                assert_eq!(plain(&cell), text, "{cell:?}");
                for part in cell.split(SEPARATORS) {
                    assert!(!part.trim_start().starts_with(FORMULA), "{text:?} as {cell:?}");
                }
            }
        }
    }
}
