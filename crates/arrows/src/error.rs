//! Why a crate's arrows cannot be told.

use std::path::PathBuf;

/// A source file that cannot be read as Rust.
#[derive(Debug, thiserror::Error)]
pub enum ArrowsError {
    /// The file of a `mod` line, or a crate's root, cannot be read.
    #[error("cannot read, in {}, because {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not Rust.
    #[error("cannot parse, in {}, because {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The parser's reason.
        source: syn::Error,
    },
}
