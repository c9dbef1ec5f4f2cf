//! Text to rows of cells: RFC 4180 with any separator and line end, and every row with its line.

use crate::{nfc, trimmed};

/// The most cells of a row; spreadsheets end there, too.
pub const MOST_COLUMNS: usize = 16_384;
/// The most bytes of a cell.
const MOST_CELL: usize = 1 << 20;
/// The most rows.
const MOST_ROWS: usize = 10_000_000;

/// Rows of cells, all in one text: a table of many rows costs little more than its file.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
    /// Rows that are not blank.
    pub rows: Vec<RowAt>,
}

/// A row: its line, and which cells are its.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowAt {
    /// The line it begins on, counted from 1.
    pub line: usize,
    first: usize,
    /// How many cells it has.
    pub len: usize,
}

/// What keeps a text from being a table.
#[derive(Debug)]
pub(crate) struct Fault {
    pub line: usize,
    pub why: String,
    pub hint: &'static str,
}

impl Cells {
    /// Reads the rows of `text` from `line` on. Cells are trimmed and composed (NFC); rows without any text are left out.
    pub fn of(text: &str, line: usize, separator: u8) -> Result<Self, Fault> {
        let mut cells = Self::default();
        let mut scan = Scan { text, at: 0, line, separator };
        let mut raw = String::new();
        while scan.at < text.len() {
            let (line, first) = (scan.line, cells.ends.len());
            let mut is_blank = true;
            loop {
                raw.clear();
                let more = scan.cell(&mut raw)?;
                let cell = trimmed(&raw);
                is_blank &= cell.is_empty();
                cells.text.push_str(&nfc(cell));
                cells.ends.push(cells.text.len());
                if cells.ends.len() - first > MOST_COLUMNS {
                    let why = format!("it has more than the {MOST_COLUMNS} columns that a table may have");
                    let hint =
                        "leave the columns that are needed; a table has one row a tile, and not one column";
                    return Err(Fault { line, why, hint });
                }
                if !more {
                    break;
                }
            }
            if is_blank {
                cells.ends.truncate(first);
                continue;
            }
            if cells.rows.len() > MOST_ROWS {
                let why = format!("it has more than the {MOST_ROWS} rows that a table may have");
                return Err(Fault { line, why, hint: "make several tables of it" });
            }
            cells.rows.push(RowAt { line, first, len: cells.ends.len() - first });
        }
        Ok(cells)
    }

    /// A cell of a row; blank beyond its end.
    pub fn cell(&self, row: RowAt, k: usize) -> &str {
        if k >= row.len {
            return "";
        }
        let at = row.first + k;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }
}

/// A place in the text.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    separator: u8,
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over the end of a line, if there is one.
    fn line_end(&mut self) -> bool {
        match self.byte() {
            Some(b'\r') if self.text.as_bytes().get(self.at + 1) == Some(&b'\n') => self.at += 2,
            Some(b'\r' | b'\n') => self.at += 1,
            _ => return false,
        }
        self.line += 1;
        true
    }

    /// Reads one cell and what ends it. Returns whether another follows in the row.
    fn cell(&mut self, out: &mut String) -> Result<bool, Fault> {
        let line = self.line;
        // A blank before the quote is no part of the cell.
        let blanks = self.text.as_bytes()[self.at..].iter().take_while(|b| **b == b' ').count();
        if self.text.as_bytes().get(self.at + blanks) == Some(&b'"') {
            self.at += blanks + 1;
            self.quoted(out)?;
        }
        let spans_lines = self.line > line;
        let start = self.at;
        while self.byte().is_some_and(|b| b != self.separator && !matches!(b, b'\n' | b'\r')) {
            self.at += 1;
        }
        let rest = &self.text[start..self.at];
        if spans_lines && !rest.trim().is_empty() {
            // Such a "cell" is most of a table, swallowed by a quote that was never closed.
            return Err(unclosed(line, "closed in the middle of a cell of another line"));
        }
        out.push_str(rest);
        check_length(out, line)?;
        if self.byte() == Some(self.separator) {
            self.at += 1;
            return Ok(true);
        }
        self.line_end();
        Ok(false)
    }

    /// The inside of a quoted cell, up to behind its closing quote; two quotes are one.
    fn quoted(&mut self, out: &mut String) -> Result<(), Fault> {
        let opened = self.line;
        loop {
            let start = self.at;
            while self.byte().is_some_and(|b| !matches!(b, b'"' | b'\n' | b'\r')) {
                self.at += 1;
            }
            out.push_str(&self.text[start..self.at]);
            check_length(out, opened)?;
            if self.line_end() {
                out.push('\n');
                continue;
            }
            if self.byte().is_none() {
                return Err(unclosed(opened, "never closed"));
            }
            self.at += 1;
            if self.byte() != Some(b'"') {
                return Ok(());
            }
            out.push('"');
            self.at += 1;
        }
    }
}

fn unclosed(line: usize, how: &str) -> Fault {
    let why = format!("a quote that opens a cell there is {how}");
    Fault { line, why, hint: "close the quote, or write it twice where it belongs to the cell" }
}

fn check_length(cell: &str, line: usize) -> Result<(), Fault> {
    if cell.len() <= MOST_CELL {
        return Ok(());
    }
    let why = format!("a cell that begins there is longer than {} MiB", MOST_CELL >> 20);
    let hint =
        "check what separates cells and lines, and that every quote is closed; no cell needs to be so long";
    Err(Fault { line, why, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        let cells = Cells::of(text, 1, b',').unwrap();
        let row = |row: &RowAt| (row.line, (0..row.len).map(|k| cells.cell(*row, k).to_owned()).collect());
        cells.rows.iter().map(row).collect()
    }

    #[test]
    fn quotes_line_ends_and_blank_lines() {
        let wanted = |lines: [usize; 3]| {
            let row =
                |line, cells: &[&str]| (line, cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
            vec![
                row(lines[0], &["a", "b"]),
                row(lines[1], &["x, \"y\"", "2\n3"]),
                row(lines[2], &["", "é", ""]),
            ]
        };
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", " , ", " \"x, \"\"y\"\"\" ,\"2", "3\"", ",e\u{301},"].join(end);
            assert_eq!(rows(&text), wanted([1, 4, 6]), "{end:?}");
            assert_eq!(rows(&(text + end)), wanted([1, 4, 6]), "{end:?}");
        }
        assert_eq!(rows("5\" x,a\"b\n")[0].1, ["5\" x", "a\"b"]);
        assert_eq!(rows("\"a\"b,\"\"")[0].1, ["ab", ""]);
        assert!(rows("").is_empty() && rows("\n\r\n,,\n").is_empty());
    }

    #[test]
    fn a_quote_left_open_is_told_by_its_own_line() {
        for text in ["a\n\"b\nc\nd", "a,b\n1,\"2\n3,\"4\"\n", "\"a\",\"b\"\n\"c\",\"d\n\"e\",\"f\"\n"] {
            let e = Cells::of(text, 1, b',').unwrap_err();
            assert!(e.line == 2 && e.why.contains("quote"), "{e:?}");
        }
    }

    #[test]
    fn columns_and_cells_have_a_limit() {
        let wide = "a,".repeat(MOST_COLUMNS - 1);
        assert_eq!(Cells::of(&wide, 1, b',').unwrap().rows[0].len, MOST_COLUMNS);
        let e = Cells::of(&format!("a\n{wide},"), 1, b',').unwrap_err();
        assert!(e.line == 2 && e.why.contains("16384 columns"), "{e:?}");
        for long in [
            format!("a\nb,{}", "x".repeat(MOST_CELL + 1)),
            format!("a\nb,\"{}\"", "\n".repeat(MOST_CELL + 1)),
        ] {
            let e = Cells::of(&long, 1, b',').unwrap_err();
            assert!(e.line == 2 && e.why.contains("longer than 1 MiB") && e.why.len() < 100, "{e:?}");
        }
    }
}
