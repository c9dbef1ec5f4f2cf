//! Where in a data set a fault lies.

use std::fmt;
use std::path::Path;

use files::cut_path;

/// Where a fault lies: a file, and a line or a tile in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file or folder.
    pub file: Box<Path>,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// The tile's name; empty if the fault concerns no single tile.
    pub tile: Box<str>,
}

impl Place {
    /// A file or folder as a whole.
    pub fn file(file: impl AsRef<Path>) -> Self {
        Self { file: file.as_ref().into(), line: 0, tile: Box::default() }
    }

    /// A line of a file, counted from 1.
    pub fn line(file: impl AsRef<Path>, line: usize) -> Self {
        Self { line, ..Self::file(file) }
    }

    /// A tile, on a line of a file (0 if it has none).
    pub fn tile(file: impl AsRef<Path>, line: usize, tile: &str) -> Self {
        Self { line, tile: tile.into(), ..Self::file(file) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match (self.line, &*self.tile) {
            (0, "") => Ok(()),
            (0, tile) => write!(f, " (tile {})", cut_path(tile)),
            (line, "") => write!(f, " (line {line})"),
            (line, tile) => write!(f, " (line {line}, tile {})", cut_path(tile)),
        }
    }
}
