//! How good generated tiles are: as pictures, and as a set beside real ones. What the step `quality` measures and writes.

mod distances;
mod drawn;
mod looked;
mod map;
mod pictures;

pub use distances::{Features, distances};
pub use drawn::Drawn;
pub use looked::{MOST_MAPS, spread, write_saliency};
pub use map::map;
pub use pictures::{Hashes, Translated, summary, summary_of_real, tile_rows};
