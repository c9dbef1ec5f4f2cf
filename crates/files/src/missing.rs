//! Cells of a table that stand for "nothing".

use unicode_normalization::UnicodeNormalization;

/// The words for a missing value that spreadsheets, R, pandas, NumPy, Julia, SAS, Stata, Weka and SQL write, in lower case, without blanks
/// and without brackets round them, separated by blanks. A lone hyphen is not one of them: it is the label of a negative finding.
const MISSING: &str = "na n/a n.a. n.a n.d. n/d #n/a #n/a#n/a #n/an/a #na #n/d #nv #nd #n/disp nan -nan +nan nan(ind) -nan(ind) 1.#qnan \
    -1.#qnan 1.#ind -1.#ind nat na_character_ na_integer_ na_real_ np.nan pd.na null dbnull nil none undefined missing \
    notavailable notapplicable novalue nodata k.a. keineangabe /n . ._ ? -- --- ...";

/// Words that are classes of tiles, too, and stand for nothing in brackets alone: spreadsheets write "(blank)".
const MISSING_IN_BRACKETS: [&str; 4] = ["blank", "empty", "nothing", "unknown"];

/// Longer cells are names.
const LONGEST: usize = 40;

/// Whether a cell of a table holds no value: blank, or a word that programs write for it (`NA`, `N/A`, `#N/A`, `nan`, `NULL`, `None`,
/// `<NA>`, `-nan`, `#DIV/0!` …), whatever its case, the blanks in it and the brackets or quotes round it.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    if cell.len() > LONGEST {
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

/// `.a` to `.z`: SAS and Stata tell kinds of missing values by a letter.
fn is_sas_missing(word: &str) -> bool {
    matches!(word.as_bytes(), [b'.', b'a'..=b'z'])
}

#[cfg(test)]
mod tests {
    use super::is_missing;

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
            "other",
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
        ] {
            assert!(!is_missing(name), "{name:?}");
        }
    }
}
