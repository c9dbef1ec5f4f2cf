//! The faults that decoders find.

use std::path::Path;

use crate::TissueError;

/// A file that does not decode.
pub(super) fn broken(path: &Path, why: impl Into<String>) -> TissueError {
    TissueError::BrokenImage { path: path.to_path_buf(), why: why.into() }
}

/// A sound file that cannot be taken for a tile: what is wrong, why, and a way out.
pub(super) fn unusable(
    path: &Path,
    what: &'static str,
    why: impl Into<String>,
    way_out: impl Into<String>,
) -> TissueError {
    TissueError::UnusableImage { path: path.to_path_buf(), what, why: why.into(), way_out: way_out.into() }
}

pub(super) fn cmyk(path: &Path) -> TissueError {
    TissueError::Colours {
        path: path.to_path_buf(),
        why: "it is CMYK, whose conversion to RGB depends on a printer's profile",
        way_out: "export the tile again as RGB",
    }
}
