//! The numbers of a figure as a table: what its CSV file holds.

/// One field, as it is written: numbers with the fewest digits that read back as the same bits, nothing for what is undefined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(String);

impl Cell {
    /// The field as written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self(if value.is_finite() { value.to_string() } else { String::new() })
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self(value.to_string())
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self(value.to_string())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self(String::new()), Into::into)
    }
}

/// Named columns and rows of as many fields. Every name is told in `docs/figures.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// A table without rows.
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, row: [Cell; N]) {
        debug_assert_eq!(N, self.columns.len(), "a field for each column of {:?}", self.columns);
        self.rows.push(Vec::from(row));
    }

    /// The header and the rows, each as the fields of a line.
    pub fn lines(&self) -> Vec<Vec<&str>> {
        let header = self.columns.iter().map(String::as_str).collect();
        std::iter::once(header)
            .chain(self.rows.iter().map(|row| row.iter().map(Cell::text).collect()))
            .collect()
    }
}
