//! `grayzone data inspect`: what a data set holds and everything that keeps a study from using it.
//!
//! [`inspect()`] reads the labels and decodes every tile fully; [`Inspection`] is what it found, as the paper's
//! Table 1 (counts by class × agreement × partition) and more; [`draw`] sets it as text for a terminal.

mod drawing;
mod inspection;
mod near_copies;

pub use drawing::draw;
pub use inspection::{Count, Demands, Fault, Inspection, Options, TileSize, inspect, inspect_with};
pub use near_copies::{NearCopies, NearCopy};
