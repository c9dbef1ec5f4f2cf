//! Cells of a table that stand for "nothing".

/// The words for a missing value that spreadsheets, R, pandas, SAS, Stata, Weka and SQL write, in lower case. A lone hyphen is not one of
/// them: it is the label of a negative finding.
const MISSING: [&str; 27] = [
    "", "na", "n/a", "n.a.", "n.a", "n/d", "#n/a", "#n/a n/a", "#na", "<na>", "nan", "-nan", "+nan",
    "1.#qnan", "-1.#ind", "nat", "null", "(null)", "<null>", "#null!", "nil", "none", "missing", ".", "?",
    "–", "—",
];

/// Whether a cell of a table holds no value: blank, or a word that programs write for it (`NA`, `N/A`, `#N/A`, `nan`, `NULL`, `None`,
/// `<NA>` …), whatever its case and the blanks around it.
pub fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_missing;

    #[test]
    fn words_for_nothing_are_nothing_and_names_are_names() {
        for missing in ["", "  ", "NA", "N/A", "#N/A", "nan", "NaN", "NULL", "None", "<NA>", " n/a ", "none"]
        {
            assert!(is_missing(missing), "{missing:?}");
        }
        for name in ["0", "NA1", "Nancy", "no", "nonneoplastic", "-", "normal", "HP"] {
            assert!(!is_missing(name), "{name:?}");
        }
    }
}
