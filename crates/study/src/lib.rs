//! The study: the paper's experiment as a graph of steps with cached results.
//!
//! score → select → translate → filter → retrain → evaluate. [`StudyConfig`] says what is wanted, [`Prepared`] reads and checks
//! the data and plans, [`Prepared::run`] runs what is not finished yet. Steps talk to one another through the run folder alone,
//! so that a run can be stopped at any instant and goes on where it was. Nothing is drawn here.

mod board;
mod claim;
mod config;
mod config_check;
mod context;
mod error;
mod estimate;
mod judge;
mod observer;
mod pictures;
mod plan;
mod probe;
mod runner;
mod standing;
mod steps;
mod study_toml;
mod toml_keys;
mod toml_slips;

pub use claim::Claim;
pub use config::{
    ENOUGH_HARD, FEWEST_HARD, Normalisation, Preset, Scoring, Select, SelectBy, StudyConfig, TileFit,
};
pub use context::{Context, easy_and_hard};
pub use error::StudyError;
pub use estimate::{Estimate, estimate};
pub use judge::chooses;
pub use observer::{PlannedStep, StudyObserver};
pub use plan::{Step, StepKind, TrainingSet, snapshots};
pub use runner::{Options, Prepared};
pub use study_toml::StudyFile;

/// The program's name and version, as written into every result.
pub fn tool() -> String {
    format!("grayzone {}", env!("CARGO_PKG_VERSION"))
}

/// The tile of that name; `file` named it.
fn tile_index(context: &Context, image: &str, file: &std::path::Path) -> Result<usize, StudyError> {
    context.tile_named(image).ok_or_else(|| StudyError::Broken {
        path: file.into(),
        why: format!("it names tile {image}, which the manifest does not have"),
    })
}
