//! How work is done: in blocks, in lent buffers, in vectors, with memory asked for ahead.

mod blocks;
mod prefetch;
mod scratch;
mod vectorised;

pub use blocks::{Output, Writer, run_blocks};
pub use prefetch::{Hint, prefetch, prefetch_all};
pub use scratch::Scratch;
pub(crate) use vectorised::vectorised;
