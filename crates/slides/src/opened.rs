//! What a format tells of a slide once its directories are read.

use std::fs::File;
use std::path::Path;

use crate::error::SlideError;
use crate::stored::Stored;

/// A slide's levels as they are stored, and what it says of itself.
#[derive(Debug)]
pub struct Opened {
    /// The finest first. Never empty.
    pub levels: Vec<Stored>,
    /// The files that they are in.
    pub files: Vec<File>,
    /// Width and height of a pixel of the finest level in µm.
    pub mpp: Option<[f64; 2]>,
    /// What in the file may tell whose slide it is.
    pub identifying: Vec<String>,
}

/// A file that cannot be used as it is.
pub fn unusable(path: &Path, what: &'static str, why: String, way_out: &str) -> SlideError {
    SlideError::Unusable { what, path: path.to_owned(), why, way_out: way_out.to_owned() }
}
