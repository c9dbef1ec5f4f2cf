//! The numbers of `results.json`, each from the tables that steps left.

mod calibration;
mod classes;
mod comparisons;
mod confidence;
mod counts;
mod difficulty;
mod levels;
mod over_slides;
mod pooled;
mod quality;
mod robustness;
mod roc;
mod scores;
mod shift;
mod table3;
mod test_tiles;
mod threshold;
mod translations;

pub use calibration::calibration;
pub use classes::class_auc;
pub use comparisons::comparisons;
pub use confidence::{ScorersView, ks, scorer_result};
pub use counts::data_counts;
pub use difficulty::difficulty;
pub use levels::agreement_auc;
pub use pooled::{FinishedFold, pooled};
pub use quality::{distances, pictures};
pub use robustness::robustness;
pub use roc::roc;
pub use scores::Scores;
pub use shift::{confidence_shift, judged};
pub use table3::table3;
pub use test_tiles::TestTiles;
pub use threshold::at_threshold;
pub use translations::{phi_results, read_translations, recommend, severity, stain};
