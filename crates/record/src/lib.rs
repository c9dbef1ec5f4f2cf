//! The run folder: where everything lies, what every file holds, and how it is written.
//!
//! ```text
//! RUN/
//!   study.toml               the resolved settings: every default spelled out
//!   manifest.csv             the tiles as the study used them
//!   plan.csv                 PlanRow: every step and what it computes, for those who watch a run
//!   confidences.csv          ConfidenceRow: one line a tile
//!   steps/<step>/done.json   Done: the step is complete, and from what it was made
//!   steps/<step>/metrics.csv ClassifierEpoch or TranslatorEpoch
//!   steps/retrain-…/         scores-last.csv, scores-validation.csv (ScoreRow): each tile by the network of that epoch
//!                            added.csv (AddedRow): what it adds to the original tiles
//!   steps/choose-…/          chosen.json (ChosenOnValidation): amount and weight of a recipe that leaves them to the validation tiles
//!   steps/robustness-…/      tiles.csv (DisturbedRow): each test tile by the network of that training, undisturbed and disturbed
//!   steps/translate-phi-25/  tiles.csv (TranslationRow), reconstructed/…, source/…
//!   steps/quality-phi-25/    tiles.csv (TileQualityRow), embedding.csv (EmbeddedRow), saliency/source/…, saliency/generated/…
//!   steps/evaluate/roc.csv   RocRow
//!   figures/                 every figure of the report as SVG, with its data as CSV
//!   generated/phi-25/…       the translations: the source tile's path with the extension .png
//!   results.json             Results, schema 3
//!   reading.json             Reading: the blinded reader study drawn from the run, once it is analysed
//!   report.html              one file, no network
//! ```
//!
//! The folder of a cross-validation holds `study.toml`, `results.json` and `report.html` of the whole, `folds.csv` ([`FoldRow`]), and a run folder
//! a test fold: `fold-1/`, `fold-2/`, …
//!
//! Everything is written by [`files::write_atomic`]: to a temporary file in the same folder, synced, renamed. A file that
//! is there is whole. This crate computes nothing and draws nothing; it is the one place where `study` (which writes)
//! and `report` and `reader` (which read) agree on names and types.
//!
//! ```
//! use files::{read_rows, write_rows};
//! use record::{ConfidenceRow, RunFolder, StepName};
//!
//! # fn main() -> Result<(), record::RecordError> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! let run = RunFolder::new(folder.path());
//! let row = ConfidenceRow {
//!     image: "images/s001-t001.png".into(),
//!     class: "HP".into(),
//!     partition: "train".into(),
//!     slide: "s001".into(),
//!     agreement: Some(1.0),
//!     confidence: Some(0.987),
//!     confidence_out_of_fold: None,
//! };
//! write_rows(&run.confidences_csv(), std::slice::from_ref(&row))?;
//! assert_eq!(read_rows::<ConfidenceRow>(&run.confidences_csv())?, [row]);
//! assert!(run.read_done(&StepName::SCORE)?.is_none(), "the step has not ended: it has no done.json");
//! # Ok(())
//! # }
//! ```

mod chosen;
mod compared;
mod done;
mod error;
mod folder;
mod outputs;
mod reading;
mod results;
mod selection;
mod table;
pub mod thresholds;
mod values;

pub use chosen::{Candidate, ChosenOnValidation};
pub use compared::{BetweenRuns, Compared, ComparedRun, DifferingSetting};
pub use done::{ComputedOn, Done};
pub use error::RecordError;
pub use folder::RunFolder;
pub use outputs::{Damage, Look};
pub use reading::{
    AgreementRow, Comparison, CountedShare, DetectionRow, Estimate, Figure4Row, PairRow, Reading, Table2Row,
    TimeRow,
};
pub use results::{
    AddedOfClass, AgreementAuc, AtThreshold, Calibration, CalibrationBin, ClassAuc, ConfidenceOf,
    ConfidenceShift, CrossValidation, DataCount, DeLongOfSeed, DialResult, DialSetting, Difficulty,
    FeaturesOf, FoldAuc, FoldUnit, Ks, MONOTONE, Measured, NoChoice, OnValidation, PerSeed, PhiResult,
    PictureQuality, PooledAuc, Range, RecipePart, Recommendation, Results, Robustness, RowComparison,
    RowRecipe, SCHEMA, ScorerResult, SetDistance, Severity, SlideAuc, Stain, Table3Row, TestFold,
    ThresholdFrom,
};
pub use selection::{RankedRow, Selection, SelectionRow, Side};
pub use table::{
    AddedRow, AssessedRow, ClassifierEpoch, ConfidenceRow, DialEpoch, DialRow, DisturbedRow, EmbeddedRow,
    FoldRow, LogitsRow, PlanRow, RocRow, ScoreRow, TileQualityRow, TranslationRow, TranslatorEpoch,
};
pub use values::{
    Added, Augmentation, BatchNorm, Classes, Curriculum, Dial, Disturbance, EpochChoice, Filter, JudgeName,
    Labels, NotAValue, Phi, RecipeName, StepName, Stratum, Target, TileSet, TrainingSet, Translated,
};
