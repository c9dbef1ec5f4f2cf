//! A table as people have it: separated by commas, semicolons or tabs, from any system, every row with its line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub use crate::cells::MOST_COLUMNS;
use crate::cells::{Cells, RowAt};
use crate::{FilesError, cut, is_missing, nfc, quoted, read_text, trimmed};

/// The most bytes of a table's file.
const MOST_BYTES: usize = 512 << 20;

const UNREADABLE: &str = "the table cannot be read";

/// A table read whole: a line of column names, and rows. Cells are trimmed and in Unicode's composed form; lines without any text, and
/// blank cells beyond the last column, are left out. A first line such as `sep=;` is what Excel takes it for.
#[derive(Debug)]
pub struct Table {
    /// The file.
    pub file: PathBuf,
    /// The line of the column names, counted from 1.
    pub header_line: usize,
    /// The names of the columns; one without a name is called by its number, `column_3`.
    pub header: Vec<String>,
    separator: u8,
    cells: Cells,
}

/// One row of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    cells: &'a Cells,
    at: RowAt,
    /// The line it begins on, counted from 1.
    pub line: usize,
}

impl<'a> Row<'a> {
    /// How many cells it has: as many as the table has columns, unless it is ragged.
    pub fn len(&self) -> usize {
        self.at.len
    }

    /// Never: rows without text are left out.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The text of a cell, as it stands there; blank beyond the row's end.
    pub fn cell(&self, column: usize) -> &'a str {
        self.cells.cell(self.at, column)
    }

    /// The text of a cell, or `None` if it holds no value ([`is_missing`]).
    pub fn value(&self, column: usize) -> Option<&'a str> {
        Some(self.cell(column)).filter(|cell| !is_missing(cell))
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// What [`read_text`] says; no line of column names; a quote that is not closed; more columns, longer cells or more rows than a table
    /// may have. A ragged row is no error yet: see [`Table::ragged`].
    pub fn read(file: &Path) -> Result<Self, FilesError> {
        Self::parse(file, &read_text(file, UNREADABLE, MOST_BYTES)?)
    }

    /// As [`Table::read`], from the file's text.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, FilesError> {
        let fault = |line: usize, why: String, hint: &str| FilesError::Content {
            what: UNREADABLE.to_owned(),
            path: file.to_path_buf(),
            line,
            why,
            hint: hint.to_owned(),
        };
        let (separator, skipped) = match declared(text) {
            Some((Some(separator), rest)) => (separator, rest),
            Some((None, _)) => {
                let why = "its sep= line names none of comma, semicolon, tab and |".to_owned();
                return Err(fault(1, why, "write a line such as sep=; or leave the line out"));
            }
            None => (separator_of(text), 0),
        };
        let line = if skipped > 0 { 2 } else { 1 };
        let mut cells =
            Cells::of(&text[skipped..], line, separator).map_err(|e| fault(e.line, e.why, e.hint))?;
        if cells.rows.is_empty() {
            return Err(FilesError::Empty { path: file.to_path_buf() });
        }
        let top = cells.rows.remove(0);
        let last =
            |row: RowAt| (0..row.len).rev().find(|&k| !cells.cell(row, k).is_empty()).map_or(0, |k| k + 1);
        // Separators at the ends of all lines make no column.
        let widest = cells.rows.iter().map(|row| last(*row)).max().unwrap_or(0);
        let width = last(top).max(widest.min(top.len));
        for k in 0..cells.rows.len() {
            let row = cells.rows[k];
            if row.len > width && (width..row.len).all(|k| cells.cell(row, k).is_empty()) {
                cells.rows[k].len = width;
            }
        }
        let name = |k: usize| match cells.cell(top, k) {
            "" => format!("column_{}", k + 1),
            name => name.to_owned(),
        };
        let header = (0..width).map(name).collect();
        Ok(Self { file: file.to_path_buf(), header_line: top.line, header, separator, cells })
    }

    /// The rows, from the first to the last.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.cells.rows.iter().map(|row| Row { cells: &self.cells, at: *row, line: row.line })
    }

    /// Whether a comma is the decimal sign where a number has one: the cells are separated by something else.
    pub fn decimal_comma(&self) -> bool {
        self.separator != b','
    }

    /// Why a row cannot be read, if it has not one cell a column.
    pub fn ragged(&self, row: &Row) -> Option<String> {
        let (cells, columns) = (row.len(), self.header.len());
        (cells != columns).then(|| format!("the row has {cells} cells and the header {columns}"))
    }

    /// The index of a column, its name compared without regard to case; of several, the one whose name is the same in every letter.
    ///
    /// # Errors
    /// Several columns have that name.
    pub fn column(&self, name: &str) -> Result<Option<usize>, FilesError> {
        let wanted = nfc(trimmed(name));
        let lower = wanted.to_lowercase();
        let like: Vec<usize> = (0..self.header.len())
            .filter(|&k| self.header[k].len() <= 4 * lower.len() && self.header[k].to_lowercase() == lower)
            .collect();
        let exact: Vec<usize> = like.iter().copied().filter(|&k| self.header[k] == *wanted).collect();
        match (exact.as_slice(), like.as_slice()) {
            ([only], _) | ([], [only]) => Ok(Some(*only)),
            ([], []) => Ok(None),
            _ => Err(self.twice(&wanted)),
        }
    }

    /// Refuses a table of which two columns have one name (without regard to case).
    ///
    /// # Errors
    /// The first such name.
    pub fn check_names(&self) -> Result<(), FilesError> {
        let mut seen = HashSet::with_capacity(self.header.len());
        match self.header.iter().find(|name| !seen.insert(name.to_lowercase())) {
            Some(name) => Err(self.twice(name)),
            None => Ok(()),
        }
    }

    /// A fault of one line, or of the header (`line` 0 counts as its line).
    pub fn fault(
        &self,
        line: usize,
        what: &str,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) -> FilesError {
        FilesError::Content {
            what: what.to_owned(),
            path: self.file.clone(),
            line: if line == 0 { self.header_line } else { line },
            why: why.into(),
            hint: hint.into(),
        }
    }

    fn twice(&self, name: &str) -> FilesError {
        let why = format!("two columns have that name: {} is there twice", quoted(name));
        self.fault(
            0,
            &format!("column '{}' is not clear", cut(name)),
            why,
            "give each column a name of its own",
        )
    }
}

/// The separator that a first line `sep=;` tells, and where the text goes on behind it.
fn declared(text: &str) -> Option<(Option<u8>, usize)> {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = text[..end].trim_matches([' ', '"']);
    let sign = line.get(..4).filter(|begin| begin.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let skipped = end + text[end..].bytes().take(2).take_while(|b| matches!(b, b'\n' | b'\r')).count();
    // "\n\n" are two line ends, and the second is the table's.
    let skipped =
        if text[end..].starts_with("\n\n") || text[end..].starts_with("\r\r") { end + 1 } else { skipped };
    let separator = match sign.as_bytes() {
        // Other columns of the spreadsheet leave separators behind the sign.
        [sign @ (b',' | b';' | b'\t' | b'|'), rest @ ..] if rest.iter().all(|b| b == sign || *b == b'"') => {
            Some(*sign)
        }
        // A tab was trimmed away, or written out.
        [] | b"\\t" => Some(b'\t'),
        _ => None,
    };
    Some((separator, skipped))
}

/// What separates the cells: whichever of comma, semicolon, tab and `|` the first line with text has most of, outside of quotes. Where the
/// comma is the decimal sign, spreadsheets write semicolons.
fn separator_of(text: &str) -> u8 {
    let line = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut in_quotes = false;
    let mut counts = [(b'|', 0), (b'\t', 0), (b';', 0), (b',', 0)];
    for byte in line.bytes() {
        in_quotes ^= byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!in_quotes && byte == *separator);
        }
    }
    // Of equally many the last counts: the comma.
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::parse(Path::new("t.csv"), text).unwrap()
    }

    fn refusal(text: &str) -> String {
        Table::parse(Path::new("t.csv"), text).unwrap_err().to_string()
    }

    #[test]
    fn separators_are_found_or_told() {
        for (text, comma) in [
            ("a,b\n1,2\n", false),
            ("a;b\n1;2\n", true),
            ("a\tb\n1\t2\n", true),
            ("a|b\n1|2\n", true),
            ("sep=;\na;b\n1;2\n", true),
            ("SEP=,\r\na,b\r\n1,2\r\n", false),
            ("\"sep=;\"\r\na;b\r\n1;2", true),
            ("sep=\t\na\tb\n1\t2", true),
            ("sep=|\n\na|b\n1|2", true),
            ("\n\n \"a\";\"b\"\n1;2", true),
            ("\"a,;,\",b\n1,2", false),
        ] {
            let table = table(text);
            assert_eq!((table.header.len(), table.decimal_comma()), (2, comma), "{text:?}");
            assert_eq!(table.rows().next().unwrap().cell(1), "2", "{text:?}");
        }
        let table = table("sep=;\n\na;b\n1;2\n");
        assert_eq!((table.header_line, table.rows().next().unwrap().line), (3, 4));
        assert!(refusal("sep=?\na?b").contains("t.csv (line 1)"));
    }

    #[test]
    fn separators_at_the_ends_make_no_column() {
        let neat = table("a,b,,\n1,2,,\n3,4\n5,6,,,,\n");
        assert_eq!(neat.header, ["a", "b"]);
        assert!(neat.rows().all(|row| neat.ragged(&row).is_none()));
        let used = table("a,b,,\n1,2,,\n3,4,x,\n");
        assert_eq!(used.header, ["a", "b", "column_3"]);
        assert!(used.rows().all(|row| used.ragged(&row).is_none()));
        let ragged = table("a,b\n1,2,x\n3\n4,5\n");
        let why: Vec<_> = ragged.rows().map(|row| ragged.ragged(&row)).collect();
        assert_eq!(why[0].as_deref(), Some("the row has 3 cells and the header 2"));
        assert!(why[1].is_some() && why[2].is_none());
    }

    #[test]
    fn columns_are_found_by_name_and_two_of_a_name_are_told() {
        let clear = table("Image,image,CLASS,e\u{301}\nx,y,z,NA\n");
        assert_eq!(clear.column(" image ").unwrap(), Some(1));
        assert_eq!(clear.column("class").unwrap(), Some(2));
        assert_eq!(clear.column("É").unwrap(), Some(3));
        assert_eq!(clear.column("slide").unwrap(), None);
        let row = clear.rows().next().unwrap();
        assert_eq!((row.value(0), row.value(3), row.cell(3)), (Some("x"), None, "NA"));
        assert!(clear.check_names().unwrap_err().to_string().contains("\"image\" is there twice"));
        assert!(table("a,A\n1,2\n").column("A").is_ok_and(|k| k == Some(1)));
        assert!(table("A,A\n1,2\n").column("a").is_err());
    }

    #[test]
    fn many_columns_are_compared_in_no_time_and_more_are_refused() {
        let names = |n: usize| (0..n).map(|k| format!("c{k}")).collect::<Vec<_>>().join(",");
        table(&names(MOST_COLUMNS)).check_names().unwrap();
        assert!(refusal(&names(300_000)).contains("more than the 16384 columns"));
    }

    #[test]
    fn a_table_without_anything_is_told() {
        for text in ["", "\n \n", ",,\n", "sep=;\n"] {
            assert!(refusal(text).contains("is empty"), "{text:?}");
        }
    }
}
