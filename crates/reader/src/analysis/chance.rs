//! The chance in bootstraps.

use tissue::random::{Stream, stream};

/// Draws of a bootstrap.
pub const REPLICATES: usize = 2000;

/// The generator of one bootstrap.
pub fn chance(seed: u64, name: &str) -> Stream {
    stream(seed, &format!("reader/analysis/{name}"))
}
