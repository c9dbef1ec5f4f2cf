//! The numbers of `results.json`, each from the tables that steps left.

mod comparisons;
mod confidence;
mod counts;
mod pooled;
mod quality;
mod scores;
mod shift;
mod table3;
mod test_tiles;
mod translations;

pub use comparisons::comparisons;
pub use confidence::{ks, scorer_result};
pub use counts::data_counts;
pub use pooled::{FinishedFold, pooled};
pub use quality::{distances, pictures};
pub use scores::Scores;
pub use shift::{confidence_shift, judged};
pub use table3::table3;
pub use test_tiles::TestTiles;
pub use translations::{phi_results, read_translations, recommend, severity, stain};
