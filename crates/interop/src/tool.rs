//! What wrote a file.

/// The program and its version.
pub(crate) const TOOL: &str = concat!("grayzone ", env!("CARGO_PKG_VERSION"));
