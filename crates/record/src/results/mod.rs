//! `results.json`, schema 3 (`docs/results-schema.md`). Numbers are unrounded, AUC runs from 0 to 1, what is undefined is `null`, and nothing
//! here depends on time, paths or the number of threads.

mod comparison;
mod cross_validation;
mod dial;
mod difficulty;
mod quality;
mod recipes;
mod recommendation;
mod robustness;

pub use comparison::{
    AgreementAuc, AtThreshold, ClassAuc, DeLongOfSeed, Measured, Range, RowComparison, SlideAuc,
    ThresholdFrom,
};
pub use cross_validation::{CrossValidation, FoldAuc, FoldUnit, PooledAuc, TestFold};
pub use dial::{DialResult, DialSetting, MONOTONE};
pub use difficulty::{Calibration, CalibrationBin, ConfidenceOf, Difficulty};
pub use quality::{FeaturesOf, PictureQuality, SetDistance};
pub use recipes::{AddedOfClass, RecipePart, RowRecipe};
pub use recommendation::{NoChoice, OnValidation, Recommendation};
pub use robustness::Robustness;

use crate::{JudgeName, Phi, Stratum, TileSet, TrainingSet};
use serde::{Deserialize, Serialize};

/// The version of `results.json` that this crate reads and writes.
///
/// Schema 1 (grayzone 0.1) had no comparisons, thresholds, calibration, difficulty, quality; schema 2 no recipes, no recommendation and no dial.
pub const SCHEMA: u32 = 3;

/// Everything a study found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The program and version.
    pub tool: String,
    /// The study's seed.
    pub seed: u64,
    /// The study's name.
    pub name: String,
    /// The classes used, in output order.
    pub classes: Vec<String>,
    /// Class X, which is translated to itself, harder.
    pub source_class: String,
    /// Side of a tile, in pixels.
    pub tile_size: usize,
    /// The preset that the settings started from.
    pub preset: String,
    /// Table 1: how many tiles of each kind.
    pub data: Vec<DataCount>,
    /// How good the scorer is, on the test tiles.
    pub scorer: ScorerResult,
    /// One entry a selectivity, in the order of the settings.
    pub phi: Vec<PhiResult>,
    /// The smallest selectivity with enough hard tiles and enough translations kept by the held-out judge.
    pub recommended_phi: Option<Phi>,
    /// What each row of Table 3 is.
    pub recipes: Vec<RowRecipe>,
    /// Which row to use, by the validation tiles alone; `None` of a cross-validation, whose folds each have their own.
    pub recommendation: Option<Recommendation>,
    /// Table 3: test AUC by training set and stratum.
    pub table3: Vec<Table3Row>,
    /// Each row of Table 3 against the original.
    pub comparisons: Vec<RowComparison>,
    /// Each row of Table 3 at a threshold.
    pub at_threshold: Vec<AtThreshold>,
    /// Each class against the rest, and their mean; empty with two classes, whose AUC is Table 3's.
    pub class_auc: Vec<ClassAuc>,
    /// Each row by level of agreement; empty without votes.
    pub agreement_auc: Vec<AgreementAuc>,
    /// Each row by slide; empty where no slide of one class has several test tiles.
    pub slide_auc: Vec<SlideAuc>,
    /// Figure 5: confidence of class X by agreement; `None` without votes or with one stratum empty.
    pub ks: Option<Ks>,
    /// Confidence beside agreement: in-sample, out of fold, on test tiles; empty without votes.
    pub difficulty: Vec<Difficulty>,
    /// Whether confidences are as right as they are sure: the scorer's, then each row's.
    pub calibration: Vec<Calibration>,
    /// Each row of Table 3 on disturbed test tiles; empty unless the study asks for it.
    pub robustness: Vec<Robustness>,
    /// Figure 6 with its controls.
    pub confidence_shift: Vec<ConfidenceShift>,
    /// How far generated tiles are from real ones.
    pub distances: Vec<SetDistance>,
    /// What can be seen of translations without a network.
    pub pictures: Vec<PictureQuality>,
    /// Mean colour by set of tiles, to see whether the translator changed the stain.
    pub stain: Vec<Stain>,
    /// The ground-truth check; only on synthetic tissue.
    pub severity: Option<Severity>,
    /// The dial at several settings, if the translator is one.
    pub dial: Option<DialResult>,
    /// Its folds, if this is a cross-validation.
    pub cross_validation: Option<CrossValidation>,
    /// Warnings and remarks, each one sentence.
    pub notes: Vec<String>,
}

impl Results {
    /// The rows of Table 3 in its order, each once.
    pub fn rows(&self) -> Vec<TrainingSet> {
        let mut rows = Vec::new();
        for row in &self.table3 {
            if !rows.contains(&row.training_set) {
                rows.push(row.training_set);
            }
        }
        rows
    }
}

/// One cell of Table 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCount {
    /// `train` or `test`.
    pub partition: String,
    /// The class.
    pub class: String,
    /// `high` (unanimous), `low`, or `none` without votes.
    pub agreement: String,
    /// How many tiles.
    pub n: usize,
}

/// The scorer on the test tiles, at the end of the epochs that count as the paper's initial classifier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScorerResult {
    /// Epochs trained (25 in the paper).
    pub epochs: usize,
    /// AUC over all test tiles.
    pub auc_all: Option<f64>,
    /// AUC over high-agreement test tiles.
    pub auc_high: Option<f64>,
    /// AUC over low-agreement test tiles.
    pub auc_low: Option<f64>,
    /// Share of test tiles whose most probable class is their own.
    pub accuracy: Option<f64>,
    /// AUC over the train tiles, each judged by a scorer that never saw its slide.
    pub out_of_fold_auc: Option<f64>,
}

/// One selectivity φ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhiResult {
    /// Percent of class X, lowest confidence first, that is called hard.
    pub phi: Phi,
    /// Hard tiles (domain B).
    pub hard: usize,
    /// Easy tiles (domain A).
    pub easy: usize,
    /// Steps that the translator was trained.
    pub steps: u64,
    /// Tiles generated: one for each easy tile.
    pub generated: usize,
    /// Of these, how many the scorer still calls X.
    pub kept: usize,
    /// Of these, how many the held-out judge still calls X.
    pub kept_held_out: usize,
    /// Mean confidence of the easy tiles before translation, by the scorer.
    pub confidence_source: Option<f64>,
    /// Mean confidence of their translations before the filter, by the scorer.
    pub confidence_generated: Option<f64>,
}

/// One cell of Table 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table3Row {
    /// The table's row.
    pub training_set: TrainingSet,
    /// The test tiles that it is of.
    pub stratum: Stratum,
    /// Mean over seeds of each seed's mean of its five highest test AUCs.
    pub auc_mean: Option<f64>,
    /// Its standard error over seeds; undefined with one seed.
    pub auc_se: Option<f64>,
    /// Mean over seeds of the last epoch's test AUC.
    pub auc_last: Option<f64>,
    /// Mean over seeds of the test AUC at the epoch that is best on the validation tiles.
    pub auc_val: Option<f64>,
    /// How many seeds.
    pub seeds: usize,
    /// Each seed by itself.
    pub per_seed: Vec<PerSeed>,
}

/// One seed of one cell of Table 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerSeed {
    /// The seed.
    pub seed: u64,
    /// Mean of the five highest test AUCs.
    pub five_best: Option<f64>,
    /// Test AUC after the last epoch.
    pub last: Option<f64>,
    /// Test AUC at the epoch chosen on the validation tiles.
    pub val: Option<f64>,
}

/// Two-sample Kolmogorov–Smirnov test of confidence by agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ks {
    /// The largest distance between the two distribution functions.
    pub statistic: f64,
    /// Two-sided p value.
    pub p_value: f64,
    /// High-agreement tiles of X.
    pub n_high: usize,
    /// Low-agreement tiles of X.
    pub n_low: usize,
}

/// One bar of Figure 6: what one judge thinks of one set of tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceShift {
    /// Who judged.
    pub judge: JudgeName,
    /// The easy tiles, their translations, or those translated back.
    pub set: TileSet,
    /// Mean confidence in class X.
    pub mean: Option<f64>,
    /// Its standard deviation (n − 1).
    pub sd: Option<f64>,
    /// Confidences pooled (tiles × snapshots).
    pub n: usize,
}

/// Mean colour of the tissue pixels of one set of tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stain {
    /// Which tiles.
    pub set: TileSet,
    /// Mean optical density over red, green and blue: how much stain there is.
    pub optical_density: Option<f64>,
    /// Mean hue in degrees, 0 to 360.
    pub hue: Option<f64>,
    /// Mean saturation, 0 to 1.
    pub saturation: Option<f64>,
    /// Tiles measured.
    pub n: usize,
}

/// The ground-truth check on synthetic tissue: hidden severity as a regressor reads it from the pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Severity {
    /// Pearson's r of the regressor on synthetic tiles it never saw.
    pub probe_r: Option<f64>,
    /// Mean severity of the easy tiles.
    pub easy_mean: Option<f64>,
    /// Mean severity of their translations.
    pub generated_mean: Option<f64>,
    /// Mean severity of the hard tiles.
    pub hard_mean: Option<f64>,
    /// The selectivity that this is about.
    pub phi: Phi,
    /// Mean severity of the translations translated back.
    pub reconstructed_mean: Option<f64>,
}
