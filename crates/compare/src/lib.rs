//! Finished runs side by side: in which settings they differ, Table 3 of each, and what each row gains over the same row of the first run.
//!
//! [`compare()`] reads run folders alone and refuses what cannot be compared: a folder that is no finished run, other tiles, other
//! classes. Seed s of two runs is a pair where it starts from the same weights in both (same study seed, same network); else the trainings
//! are two independent samples. Intervals over slides need each tile's scores, which runs of grayzone 0.1 did not keep.
//!
//! The same data are: the same tiles by name, with the same classes, sides, slides and agreement. The hash of data covers pixels as they were
//! trained on, so that it differs between runs at 64 and at 224 px on the same tiles, which may be compared; where both scale alike, it must be
//! the same.
//!
//! | file | what it holds |
//! |---|---|
//! | `compare` | the order of it: load, refuse, compare |
//! | `rows` | every shared row of every run against the first's, with Holm's correction |
//! | `difference` | one row, stratum and epoch of two runs |
//! | `scores` | each tile's scores after each training |
//! | `settings` | in which keys of study.toml runs differ |
//! | `same_data` | refuses other tiles, other classes, the same run twice |
//! | `load` | one run folder, finished and of one piece |
//!
//! ```
//! let error = compare::compare(&["no/such/run".into()], "grayzone").unwrap_err();
//! assert!(error.to_string().contains("one run was given"));
//! assert!(error.hint().is_some());
//! ```

mod compare;
mod difference;
mod error;
mod load;
mod rows;
mod same_data;
mod scores;
mod settings;

pub use compare::compare;
pub use error::CompareError;
