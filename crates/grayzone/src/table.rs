//! A table whose columns are named on the command line, read so that every fault names its line.

use std::collections::BTreeMap;
use std::path::Path;

use files::{closest, cut, is_missing, listed, quoted};

use crate::fault::Fault;

/// What is told of tables in the help of the commands that read one.
pub const HELP: &str = "The table: CSV, separated by commas, semicolons or tabs, in UTF-8 or UTF-16. A blank cell and one that holds NA, N/A, \
                        #N/A, nan, NULL, None, <NA> or the like have no value";

/// A table in memory: a header and rows of the same width.
pub struct Table(files::Table);

/// One cell: its text without surrounding blanks, and the line it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The text.
    pub text: &'a str,
    /// The line in the file, from 1.
    pub line: usize,
}

impl Cell<'_> {
    /// Whether the cell holds no value.
    pub fn is_missing(&self) -> bool {
        is_missing(self.text)
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// What [`files::Table::read`] says; no row, or a row of another width (with its line).
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let table = files::Table::read(path)?;
        if table.rows().len() == 0 {
            return Err(Fault::input(
                format!(
                    "there is nothing to read, in {}, because no row follows the line of column names",
                    path.display()
                ),
                "the first line names the columns, and each line after it is one row",
            ));
        }
        let table = Self(table);
        if let Some(row) = table.0.rows().find(|row| table.0.ragged(row).is_some()) {
            return Err(table.fault(
                &format!("a row has {} cells", row.len()),
                row.line,
                &format!("the first line names {} columns", table.0.header.len()),
                "give every row as many cells as there are columns; put a cell that holds a separator in quotes",
            ));
        }
        Ok(table)
    }

    /// The file as it is shown in messages.
    pub fn name(&self) -> String {
        self.0.file.display().to_string()
    }

    /// Whether a comma is the decimal sign.
    pub fn decimal_comma(&self) -> bool {
        self.0.decimal_comma()
    }

    /// The cells of one column, top to bottom. `option` is the option that named it.
    ///
    /// # Errors
    /// No column, or more than one, has that name.
    pub fn column<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Cell<'a>>> {
        let header = &self.0.header;
        let wanted = files::nfc(files::trimmed(name));
        let mut places = (0..header.len()).filter(|&i| header[i] == *wanted);
        let line = self.0.header_line;
        let Some(place) = places.next() else {
            let known = listed(header.iter().map(String::as_str), 12);
            let what = format!(
                "there is no column '{}', in {} (line {line}), because its columns are {known}",
                cut(name),
                self.name()
            );
            let hint = match closest(name, header) {
                Some(near) => format!("did you mean {option} '{near}'?"),
                None => format!("name one of these columns with {option}"),
            };
            return Err(Fault::input(what, hint));
        };
        if places.next().is_some() {
            return Err(Fault::input(
                format!(
                    "column '{}' is not clear, in {} (line {line}), because two columns have that name",
                    cut(name),
                    self.name()
                ),
                "give each column a name of its own",
            ));
        }
        Ok(self.0.rows().map(|row| Cell { text: row.cell(place), line: row.line }).collect())
    }

    /// A column of finite numbers. In a table that something else than commas separates, the comma may be the decimal sign.
    ///
    /// # Errors
    /// As [`Self::column`]; a cell that is not a finite number, or that has another decimal sign than one above it, with its line.
    pub fn numbers(&self, name: &str, option: &str) -> anyhow::Result<Vec<f64>> {
        let mut signs: [Option<usize>; 2] = [None, None];
        let number = |cell: Cell| {
            let why = match files::number(cell.text, self.decimal_comma()) {
                Some(value) => match other_sign(cell, &mut signs) {
                    None => return Ok(value),
                    Some(line) => format!("line {line} has the other decimal sign, and a table has one"),
                },
                None if cell.text.is_empty() => "an empty cell is not a finite number".to_owned(),
                None if cell.is_missing() => {
                    format!("{} stands for no value and is not a finite number", quoted(cell.text))
                }
                None => "it is not a finite number".to_owned(),
            };
            let hint = if self.decimal_comma() {
                "correct the number or remove the row"
            } else {
                "correct the number or remove the row; a decimal point is a '.'"
            };
            let shown = if cell.text.is_empty() { "an empty cell".to_owned() } else { cut(cell.text) };
            Err(self.fault(&format!("column '{name}' holds {shown}"), cell.line, &why, hint))
        };
        self.column(name, option)?.into_iter().map(number).collect()
    }

    /// A column of texts of which none is missing.
    ///
    /// # Errors
    /// As [`Self::column`]; a cell that holds no value, with its line; one text written in two ways.
    pub fn words<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Cell<'a>>> {
        let cells = self.names(name, option)?;
        self.check_spelling(name, &cells)?;
        Ok(cells)
    }

    /// A column of names of things, of which none is missing. They are data, such as keys drawn at random, and compared as they are.
    ///
    /// # Errors
    /// As [`Self::column`]; a cell that holds no value, with its line.
    pub fn names<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Cell<'a>>> {
        let cells = self.column(name, option)?;
        if let Some(cell) = cells.iter().find(|cell| cell.is_missing()) {
            let why = match cell.text {
                "" => "the cell is empty".to_owned(),
                word => format!("{} stands for no value", quoted(word)),
            };
            let what = format!("column '{name}' has no value");
            return Err(self.fault(&what, cell.line, &why, "fill the cell or remove the row"));
        }
        Ok(cells)
    }

    /// A warning where names of things may be one name written in several ways: they count as several.
    pub fn alike(name: &str, cells: &[Cell]) -> Option<String> {
        let mut first: BTreeMap<&str, Cell> = BTreeMap::new();
        for cell in cells {
            first.entry(cell.text).or_insert(*cell);
        }
        let mut spelled: BTreeMap<String, Cell> = BTreeMap::new();
        let mut pairs = Vec::new();
        for cell in first.into_values() {
            let stem = match cell.text.rsplit_once('.') {
                Some((stem, ending)) if !stem.is_empty() && is_picture(ending) => stem,
                _ => cell.text,
            };
            let other = *spelled.entry(files::same_name(stem)).or_insert(cell);
            if other.text != cell.text {
                pairs.push((other, cell));
            }
        }
        let (one, other) = pairs.iter().min_by_key(|(_, cell)| cell.line)?;
        let more = match pairs.len() - 1 {
            0 => String::new(),
            1 => ", and 1 pair more".to_owned(),
            n => format!(", and {n} pairs more"),
        };
        Some(format!(
            "warning: column '{}' holds {} (line {}) and {} (line {}){more}: they differ only in case, blanks, zeros or ending, and count as two",
            cut(name),
            quoted(one.text),
            one.line,
            quoted(other.text),
            other.line
        ))
    }

    /// A column of texts, `None` where a cell holds no value.
    ///
    /// # Errors
    /// As [`Self::column`]; one text written in two ways.
    pub fn some_words<'a>(&'a self, name: &str, option: &str) -> anyhow::Result<Vec<Option<Cell<'a>>>> {
        let cells: Vec<Option<Cell>> =
            self.column(name, option)?.into_iter().map(|cell| (!cell.is_missing()).then_some(cell)).collect();
        self.check_spelling(name, &cells.iter().flatten().copied().collect::<Vec<_>>())?;
        Ok(cells)
    }

    /// Refuses two texts that differ only in case, blanks or zeros: they would silently count as two.
    fn check_spelling(&self, name: &str, cells: &[Cell]) -> anyhow::Result<()> {
        let mut first: BTreeMap<&str, Cell> = BTreeMap::new();
        for cell in cells {
            first.entry(cell.text).or_insert(*cell);
        }
        let mut texts: Vec<Cell> = first.into_values().collect();
        texts.sort_by_key(|cell| cell.line);
        let mut spelled: BTreeMap<String, Cell> = BTreeMap::new();
        for cell in texts {
            let other = *spelled.entry(files::same_name(cell.text)).or_insert(cell);
            if other.text != cell.text {
                return Err(self.fault(
                    &format!("column '{name}' holds {}", quoted(cell.text)),
                    cell.line,
                    &format!(
                        "line {} writes {}, and the two differ only in case, blanks or zeros",
                        other.line,
                        quoted(other.text)
                    ),
                    "write one thing in one way; give two things names that differ in more",
                ));
            }
        }
        Ok(())
    }

    /// An error about one line of this file.
    pub fn fault(&self, what: &str, line: usize, why: &str, hint: &str) -> anyhow::Error {
        Fault::input(format!("{what}, in {} (line {line}), because {why}", self.name()), hint)
    }
}

/// Whether a name ends as a picture's file does.
fn is_picture(ending: &str) -> bool {
    ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "jp2", "gif"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// The first line with the decimal sign that this number does not have, if it has one. `signs` are the first lines with a point and
/// with a comma.
fn other_sign(cell: Cell, signs: &mut [Option<usize>; 2]) -> Option<usize> {
    let sign = match (cell.text.contains('.'), cell.text.contains(',')) {
        (true, _) => 0,
        (_, true) => 1,
        _ => return None,
    };
    signs[sign].get_or_insert(cell.line);
    signs[1 - sign]
}
