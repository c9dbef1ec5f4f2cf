//! The numbers of `results.json`, each from the tables that steps left.

mod confidence;
mod counts;
mod pooled;
mod shift;
mod table3;
mod translations;

pub use confidence::{ks, scorer_result};
pub use counts::data_counts;
pub use pooled::{FinishedFold, pooled};
pub use shift::{confidence_shift, judged};
pub use table3::table3;
pub use translations::{phi_results, read_translations, recommend, severity, stain};
