//! Cells of a table that stand for "nothing".

use unicode_normalization::UnicodeNormalization;

/// The words for a missing value that spreadsheets, R, pandas, NumPy, Julia, SAS, Stata, Weka and SQL write, in lower case, without blanks
/// and without brackets round them, separated by blanks. A lone hyphen is not one of them: it is the label of a negative finding.
const MISSING: &str = "na n/a n.a. n.a n.d. n/d #n/a #n/a#n/a #n/an/a #na #n/d #nv #nd #n/disp nan -nan +nan nan(ind) -nan(ind) 1.#qnan \
    -1.#qnan 1.#ind -1.#ind nat na_character_ na_integer_ na_real_ na_complex_ na_logical_ np.nan numpy.nan pd.na pd.nat na. -na- \
    null #null dbnull nil none none. undefined undef unset tbd missing missingvalue missing_value missing-value notavailable \
    not_available not-available notapplicable not_applicable not-applicable novalue no_value no-value nodata no_data no-data k.a. \
    o.a. keineangabe ohneangabe #getting_data #н/д #hiányzik =na() =\"\" /n . ._ ? -- --- ...";

/// Words that are classes of tiles, too, and stand for nothing in brackets alone: spreadsheets write "(blank)".
const MISSING_IN_BRACKETS: [&str; 4] = ["blank", "empty", "nothing", "unknown"];

/// How the words begin, brackets and quotes included: most cells are names and numbers that do not, and are no further looked at.
const BEGINNINGS: &[u8] = b"ndkmpuot#=.?-+/\\<([{\"'";

/// Longer cells are names.
const LONGEST: usize = 40;

/// Whether a cell of a table holds no value: blank, or a word that programs write for it (`NA`, `N/A`, `#N/A`, `nan`, `NULL`, `None`,
/// `<NA>`, `-nan`, `#DIV/0!` …), whatever its case, the blanks in it and the brackets or quotes round it.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    let begins_so = |b: u8| {
        !b.is_ascii() || BEGINNINGS.contains(&b.to_ascii_lowercase()) || (b == b'1' && cell.contains('#'))
    };
    if cell.len() > LONGEST || cell.bytes().next().is_some_and(|b| !begins_so(b)) {
        return false;
    }
    let mut word: String = cell
        .nfkc()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('\\', "/");
    let mut in_brackets = false;
    while let Some(inner) = without_brackets(&word) {
        word = inner.to_owned();
        in_brackets = true;
    }
    (in_brackets && MISSING_IN_BRACKETS.contains(&word.as_str()))
        || word.is_empty()
        || MISSING.split(' ').any(|missing| missing == word)
        || word.chars().all(|c| matches!(c, '\u{2013}' | '\u{2014}'))
        || is_spreadsheet_error(&word)
        || is_too_wide(&word)
        || is_sas_missing(&word)
}

fn without_brackets(word: &str) -> Option<&str> {
    [("(", ")"), ("[", "]"), ("<", ">"), ("{", "}"), ("\"", "\""), ("'", "'")]
        .into_iter()
        .find_map(|(open, close)| word.strip_prefix(open)?.strip_suffix(close))
}

/// `#DIV/0!`, `#REF!`, `#NAME?`, `#WERT!`: what spreadsheets write where a formula failed, in any of their languages.
fn is_spreadsheet_error(word: &str) -> bool {
    word.strip_prefix('#').and_then(|w| w.strip_suffix(['!', '?'])).is_some_and(|name| {
        name.len() > 1 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '¡' | '¿' | '_'))
    })
}

/// `#####`: what spreadsheets show where a column is too narrow for its number.
fn is_too_wide(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b == b'#')
}

/// `.a` to `.z`: SAS and Stata tell kinds of missing values by a letter.
fn is_sas_missing(word: &str) -> bool {
    matches!(word.as_bytes(), [b'.', b'a'..=b'z'])
}

#[cfg(test)]
mod tests {
    use super::is_missing;

    #[test]
    fn every_word_is_found() {
        for word in super::MISSING.split(' ') {
            assert!(
                is_missing(word) && is_missing(&word.to_uppercase()) && is_missing(&format!(" <{word}>")),
                "{word}"
            );
        }
    }

    #[test]
    fn words_for_nothing_are_nothing_and_names_are_names() {
        for missing in [
            "",
            "  ",
            "NA",
            "N/A",
            "#N/A",
            "nan",
            "NaN",
            "NULL",
            "None",
            "<NA>",
            " n/a ",
            "none",
            "n / a",
            "N\\A",
            "\\N",
            "(null)",
            "[NA]",
            "\"NA\"",
            "'NaN'",
            "<nil>",
            "-NaN",
            "#DIV/0!",
            "#REF!",
            "#NAME?",
            "#NV",
            "#WERT!",
            "Not available",
            ".",
            ".A",
            "?",
            "--",
            "—",
            "ＮＡ",
            "\u{a0}",
            "(blank)",
            "undefined",
            "NA_real_",
            "#N/A N/A",
            "-1.#IND",
            "NA_complex_",
            "NA_logical_",
            "not_available",
            "Not-Available",
            "missing value",
            "NA.",
            "-NA-",
            "none.",
            "numpy.nan",
            "pd.NaT",
            "#NULL",
            "#####",
            "#GETTING_DATA",
            "=NA()",
            "=\"\"",
            "#Н/Д",
            "#HIÁNYZIK",
            "o. A.",
            "TBD",
            "undef",
            "unset",
        ] {
            assert!(is_missing(missing), "{missing:?}");
        }
        for name in [
            "0",
            "NA1",
            "Nancy",
            "no",
            "nonneoplastic",
            "-",
            "+",
            "normal",
            "HP",
            "nd",
            "#1",
            "#12!x",
            "unknown",
            "N",
            "n",
            ".5",
            "a.",
            "()x",
            "nano",
            "None of these",
            "Nil grade",
            "blank",
            "empty",
            "#",
            "other",
            "tubular",
            "oxyphil",
            "=1",
            "unsettled",
        ] {
            assert!(!is_missing(name), "{name:?}");
        }
    }
}
