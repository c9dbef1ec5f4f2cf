//! A CSV file whose columns are named on the command line, read so that every fault names its line.

use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// A CSV file in memory: a header and rows of the same width.
pub struct Table {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    line: usize,
    cells: csv::StringRecord,
}

/// One cell: its text without surrounding blanks, and the line it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The text.
    pub text: &'a str,
    /// The line in the file, from 1.
    pub line: usize,
}

impl Table {
    /// Reads a CSV file (UTF-8, with or without a byte-order mark, any line ends).
    ///
    /// # Errors
    /// A file that is missing, empty, not UTF-8, or has a row of another width (with its line).
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|e| Fault::io(format!("the table could not be read, in {shown}"), &e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
            Fault::input(
                format!(
                    "the table is not text, in {shown} (line {line}), because it is not encoded in UTF-8"
                ),
                "save the table as CSV in UTF-8",
            )
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
        let mut header = None;
        let mut rows = Vec::new();
        for record in reader.records() {
            let cells = record.map_err(|e| ragged(&e, path, &mut lines))?;
            let line = cells.position().map_or(0, |p| lines.line_of_record(p.byte() as usize));
            if header.is_none() {
                header = Some(cells.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>());
            } else {
                rows.push(Row { line, cells });
            }
        }
        let Some(header) = header else {
            return Err(Fault::input(
                format!("there is nothing to read, in {shown}, because the file is empty"),
                "the first line names the columns, and each line after it is one row",
            ));
        };
        if rows.is_empty() {
            return Err(Fault::input(
                format!(
                    "there is nothing to read, in {shown}, because no row follows the line of column names"
                ),
                "the first line names the columns, and each line after it is one row",
            ));
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    /// The file as it is shown in messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The cells of one column, top to bottom. `option` is the option that named it.
    ///
    /// # Errors
    /// No column, or more than one, has that name.
    pub fn column<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Cell<'a>>> {
        let mut places = (0..self.header.len()).filter(|&i| self.header[i] == name.trim());
        let Some(place) = places.next() else {
            let known = self.header.join(", ");
            let what = format!(
                "there is no column '{name}', in {} (line 1), because its columns are {known}",
                self.name()
            );
            let hint = match nearest(name, self.header.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {option} '{near}'?"),
                None => format!("name one of these columns with {option}"),
            };
            return Err(Fault::input(what, hint));
        };
        if places.next().is_some() {
            return Err(Fault::input(
                format!(
                    "column '{name}' is not clear, in {} (line 1), because two columns have that name",
                    self.name()
                ),
                "give each column a name of its own",
            ));
        }
        let cell = |row: &'a Row| Cell { text: row.cells.get(place).unwrap_or("").trim(), line: row.line };
        Ok(self.rows.iter().map(cell).collect())
    }

    /// A column of finite numbers.
    ///
    /// # Errors
    /// As [`Self::column`]; a cell that is not a finite number, with its line.
    pub fn numbers(&self, name: &str, option: &str) -> anyhow::Result<Vec<f64>> {
        let number = |cell: Cell| {
            let value = cell.text.parse::<f64>().ok().filter(|v| v.is_finite());
            value.ok_or_else(|| {
                let shown = if cell.text.is_empty() { "an empty cell" } else { cell.text };
                self.fault(
                    &format!("column '{name}' holds {shown}"),
                    cell.line,
                    "it is not a finite number",
                    "correct the number or remove the row; a decimal point is a '.'",
                )
            })
        };
        self.column(name, option)?.into_iter().map(number).collect()
    }

    /// A column of texts of which none is empty.
    ///
    /// # Errors
    /// As [`Self::column`]; an empty cell, with its line.
    pub fn words<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Cell<'a>>> {
        let cells = self.column(name, option)?;
        match cells.iter().find(|cell| cell.text.is_empty()) {
            None => Ok(cells),
            Some(cell) => Err(self.fault(
                &format!("column '{name}' has no value"),
                cell.line,
                "the cell is empty",
                "fill the cell or remove the row",
            )),
        }
    }

    /// An error about one line of this file.
    pub fn fault(&self, what: &str, line: usize, why: &str, hint: &str) -> anyhow::Error {
        Fault::input(format!("{what}, in {} (line {line}), because {why}", self.name()), hint)
    }
}

/// Counts lines up to where each record starts. (The `csv` crate's own count stops at blank lines before a record.)
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn line_of_record(&mut self, start: usize) -> usize {
        while let Some(byte) = self.text.get(self.at) {
            let blank = matches!(byte, b'\n' | b'\r');
            if self.at >= start && !blank {
                break;
            }
            let lone_return = *byte == b'\r' && self.text.get(self.at + 1) != Some(&b'\n');
            self.line += usize::from(*byte == b'\n' || lone_return);
            self.at += 1;
        }
        self.line
    }
}

fn ragged(error: &csv::Error, path: &Path, lines: &mut LineCounter) -> anyhow::Error {
    let shown = path.display();
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(1, |p| lines.line_of_record(p.byte() as usize));
            Fault::input(
                format!(
                    "a row has {len} cells, in {shown} (line {line}), because the first line names {expected_len} columns"
                ),
                "give every row as many cells as there are columns; put a cell that holds a comma in quotes",
            )
        }
        _ => Fault::input(
            format!("the table could not be read, in {shown}, because {error}"),
            "save the table as plain CSV",
        ),
    }
}

/// The most similar of the known names, if one is close enough to be a slip of the finger.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let similarity = |k: &str| strsim::jaro_winkler(&name.to_lowercase(), &k.to_lowercase());
    let best = known.max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(best) > 0.8).then_some(best)
}
