//! The study: the paper's experiment as a graph of steps with cached results.
//!
//! score → select → translate → filter → retrain → evaluate. [`StudyConfig`] says what is wanted, [`Prepared`] reads and checks
//! the data and plans, [`Prepared::run`] runs what is not finished yet. Steps talk to one another through the run folder alone,
//! so that a run can be stopped at any instant and goes on where it was. Nothing is drawn here.
//!
//! From the bottom up; no file uses one above it:
//!
//! | module | what it holds |
//! |---|---|
//! | `config` | STUDY.toml, laid over a preset and checked: [`StudyConfig`] |
//! | `data` | the loaded tiles and who is who among them; with settings and run folder: [`Study`] |
//! | `ranking`, `snapshots`, `judge`, `severity` | class X ranked, and who judges tiles |
//! | `judged`, `pictures`, `training` | what steps leave for one another, and what their trainings have in common |
//! | `recipe` | what a row of Table 3 adds to the original tiles, and what is learnt of each |
//! | `real`, `translating` | what real tiles say of judges; tiles translated |
//! | `quality` | translations beside real tiles: pixels, features, where the scorer looks |
//! | `results` | the numbers of `results.json`, from the tables that steps left |
//! | `cost`, `step`, `steps` | what a step is ([`Step`]), and the steps, one a file |
//! | `plan` | which steps there are and which comes after which |
//! | `run` | what is done, what is to do, who does what; `estimate` prices it |
//! | `cross_validation` | test folds, each a run of its own, and the results of the whole: [`CrossValidation`] |
//!
//! Every fault of the settings is told at once, each with its line:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("STUDY.toml");
//! std::fs::write(&path, "data = \"tiles\"\nphi = [80]\n[scorer]\nepoch = 3\n")?;
//! let Err(error) = study::StudyConfig::load(&path) else { panic!("two faults") };
//! let told: Vec<_> = error.each().into_iter().map(|fault| (fault.to_string(), fault.hint())).collect();
//! assert_eq!(told.len(), 2);
//! assert!(told[0].0.starts_with("phi = 80 is out of range, in ") && told[0].0.contains("(line 2)"));
//! assert_eq!(told[1].1.as_deref(), Some("did you mean `epochs`?"));
//! # Ok(())
//! # }
//! ```

mod config;
mod cost;
mod cross_validation;
mod data;
mod dial;
mod error;
mod estimate;
mod judge;
mod judged;
mod observer;
mod pictures;
mod plan;
mod quality;
mod ranking;
mod real;
mod recipe;
mod results;
mod run;
mod severity;
mod snapshots;
mod step;
mod steps;
mod study;
mod training;
mod translating;

pub use config::{
    Added, Augmentation, BatchNorm, Chosen, Classes, Curriculum, Filter, Labels, Normalisation, Part, Preset,
    Recipe, Scoring, Select, SelectBy, StudyConfig, StudyFile, TileFit,
};
pub use cost::{Cost, Training};
pub use cross_validation::{Begun, CrossValidation, PlanOfFold};
pub use data::Data;
pub use error::{SettingsFault, StudyError};
pub use estimate::{Estimate, Pace};
pub use observer::{PlannedStep, StepObserver, StudyObserver};
pub use plan::Planned;
pub use run::{Claim, Options, Prepared};
pub use step::{Basis, Places, Step};
pub use study::Study;
