//! A CSV file as text cells with line numbers: byte-order mark and CRLF accepted, cells trimmed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Place, TissueError};

/// A table read whole.
pub(super) struct Table {
    pub file: PathBuf,
    /// The line of the header, counted from 1.
    pub header_line: usize,
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

/// One line of the table.
pub(super) struct Row {
    /// Counted from 1.
    pub line: usize,
    /// One cell a column of the header, unless the line is ragged.
    pub cells: Vec<String>,
}

impl Table {
    /// Reads a comma-separated file in UTF-8. Blank lines and blank cells beyond the header are skipped.
    pub fn read(file: &Path) -> Result<Self, TissueError> {
        let bytes =
            fs::read(file).map_err(|source| TissueError::Read { path: file.to_path_buf(), source })?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(e) => {
                let line = bytes[..e.valid_up_to()].split(|&b| b == b'\n').count();
                let why = "it is not text in UTF-8".to_owned();
                return Err(TissueError::Table { place: Place::line(file, line), why });
            }
        };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut header: Option<(usize, Vec<String>)> = None;
        let mut rows = Vec::new();
        let lines = LineStarts::of(text);
        for record in reader.records() {
            let record = record.map_err(|e| TissueError::Table {
                place: Place::file(file),
                why: e.to_string().trim_end_matches('.').to_owned(),
            })?;
            let line = record.position().map_or(0, |p| lines.first_text_line(text, p.byte() as usize));
            let mut cells: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            let Some((_, names)) = &header else {
                header = Some((line, cells));
                continue;
            };
            while cells.len() > names.len() && cells.last().is_some_and(String::is_empty) {
                cells.pop();
            }
            rows.push(Row { line, cells });
        }
        let Some((header_line, header)) = header else {
            return Err(TissueError::Empty { path: file.to_path_buf(), why: "the table is empty".into() });
        };
        let header: Vec<String> = header
            .into_iter()
            .enumerate()
            .map(|(k, name)| if name.is_empty() { format!("column_{}", k + 1) } else { name })
            .collect();
        for (k, name) in header.iter().enumerate() {
            if header[..k].iter().any(|other| other.eq_ignore_ascii_case(name)) {
                let why = format!("the column \"{name}\" is there twice");
                return Err(TissueError::Table { place: Place::line(file, header_line), why });
            }
        }
        Ok(Self { file: file.to_path_buf(), header_line, header, rows })
    }

    /// The index of a column, its name compared without regard to case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h.eq_ignore_ascii_case(name))
    }
}

/// The byte at which every line begins.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(k, _)| k + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line, counted from 1, of the first character at or after `byte` that is no line break: the reader's own
    /// positions lie before the break that ends the line above.
    fn first_text_line(&self, text: &str, byte: usize) -> usize {
        let skipped = text.as_bytes()[byte..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        self.0.partition_point(|&start| start <= byte + skipped)
    }
}
