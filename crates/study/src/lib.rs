//! The study: the paper's experiment as a graph of steps with cached results.
//!
//! score → select → translate → filter → retrain → evaluate. [`StudyConfig`] says what is wanted, [`Prepared`] reads and checks
//! the data and plans, [`Prepared::run`] runs what is not finished yet. Steps talk to one another through the run folder alone,
//! so that a run can be stopped at any instant and goes on where it was. Nothing is drawn here.

mod config;
mod cost;
mod data;
mod error;
mod estimate;
mod judge;
mod judged;
mod observer;
mod pictures;
mod plan;
mod ranking;
mod results;
mod run;
mod severity;
mod snapshots;
mod step;
mod steps;
mod study;
mod training;

pub use config::{Normalisation, Preset, Scoring, Select, SelectBy, StudyConfig, StudyFile, TileFit};
pub use data::Data;
pub use error::{SettingsFault, StudyError};
pub use estimate::{Estimate, estimate};

pub use observer::{PlannedStep, StudyObserver};
pub use plan::Planned;
pub use run::{Claim, Options, Prepared};
pub use snapshots::Snapshots;
pub use step::{Basis, Places, Step};
pub use study::{Study, tool};
