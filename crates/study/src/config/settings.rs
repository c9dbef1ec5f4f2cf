//! The resolved settings of a study: its keys.

use std::path::PathBuf;

use record::Phi;
use serde::{Deserialize, Serialize};
use tissue::Mixing;
use train::{ClassifierConfig, TranslatorConfig};

use super::recipe::Recipe;

/// Bundles of defaults: `presets/*.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Small enough for five minutes on two cores, on synthetic tissue.
    Demo,
    /// A real data set overnight on a CPU.
    Laptop,
    /// The paper's numbers exactly.
    Paper,
}

/// Which confidences choose easy and hard tiles (METHOD.md, step 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scoring {
    /// By the scorer that was trained on the very tiles, as in the paper.
    InSample,
    /// By scorers that never saw the tile's slide.
    OutOfFold,
}

/// How pixel values are normalised before the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Mean .7 .6 .7, deviation .15 .15 .15, as in the authors' code.
    Fixed,
    /// Measured on the training tiles.
    Auto,
}

/// What to do with tiles that do not have the study's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TileFit {
    /// Refuse them.
    Exact,
    /// Cut the middle out.
    CenterCrop,
    /// Scale them.
    Resize,
}

/// By what hard tiles are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectBy {
    /// By the scorer's confidence.
    Confidence,
    /// By the share of annotators who chose the label, the lowest first, and by confidence among those of the same share: the
    /// alternative that the paper names.
    Agreement,
}

/// The `[select]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// By what tiles are ranked.
    pub by: SelectBy,
}

/// A study with every default spelled out. It serialises to the run folder's `study.toml`, which can be run again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyConfig {
    /// The study's name; the default output folder is `runs/NAME`.
    pub name: String,
    /// Where the defaults came from.
    pub preset: Preset,
    /// The data set: a folder or a CSV, absolute or relative to the current folder once resolved.
    pub data: PathBuf,
    /// Class X, translated to itself, harder. Empty until the data is known: then its largest class.
    pub source_class: String,
    /// The classes used, in output order; empty means all, sorted.
    pub classes: Vec<String>,
    /// Tile side in pixels; 0 means the tiles' own.
    pub tile_size: usize,
    /// What to do with tiles of another size.
    pub fit: TileFit,
    /// How many bits 16-bit tiles use, 8 to 16; 0 until that is said, or known of data that have such tiles.
    #[serde(default, skip_serializing_if = "is_unsaid")]
    pub bits: u8,
    /// The share of annotators from which a tile's agreement counts as high; 1 is all of them.
    #[serde(default = "all_of_them", skip_serializing_if = "is_all_of_them")]
    pub high_agreement: f64,
    /// Selectivities in percent.
    pub phi: Vec<Phi>,
    /// Which confidences choose easy and hard.
    pub scoring: Scoring,
    /// Folds of the out-of-fold scorers.
    pub folds: usize,
    /// Test folds of a cross-validation, each a run of its own; 0 without one. What `folds` counts lies within each of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub test_folds: usize,
    /// The test fold that a run is, from 1; 0 unless it is one of several.
    #[serde(default, skip_serializing_if = "is_none")]
    pub test_fold: usize,
    /// The share of train slides kept for validation.
    pub validation: f64,
    /// Whether to run the naive mixed-example baseline.
    pub naive: bool,
    /// How it mixes two tiles. Left out where it is as in the paper, so that settings from before there was a choice are the same.
    #[serde(default, skip_serializing_if = "is_halves")]
    pub naive_method: Mixing,
    /// Whether the first networks of every row are shown disturbed test tiles; not where it is left out. What was said is written, be it
    /// no: a preset may say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robustness: Option<bool>,
    /// How pixel values are normalised.
    pub normalise: Normalisation,
    /// The seed of every random stream.
    pub seed: u64,
    /// How many seeds each row of Table 3 is retrained with.
    pub seeds: usize,
    /// How tiles are chosen.
    pub select: Select,
    /// The scorer.
    pub scorer: ClassifierConfig,
    /// The retrained classifiers.
    pub classifier: ClassifierConfig,
    /// The translators.
    pub translator: TranslatorConfig,
    /// The rows of Table 3 beside `original`, if they are not the paper's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub training_set: Vec<Recipe>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_unsaid(bits: &u8) -> bool {
    *bits == 0
}

fn all_of_them() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_all_of_them(share: &f64) -> bool {
    *share == all_of_them()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_halves(mixing: &Mixing) -> bool {
    *mixing == Mixing::default()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none(folds: &usize) -> bool {
    *folds == 0
}

impl StudyConfig {
    /// Settings of a step whose outputs tell high and low agreement apart. Where that is unanimity they are written as they were before it
    /// could be anything else, so that older runs stay valid.
    pub(crate) fn with_agreement(&self, settings: serde_json::Value) -> serde_json::Value {
        if is_all_of_them(&self.high_agreement) {
            return settings;
        }
        serde_json::json!([settings, { "high_agreement": self.high_agreement }])
    }

    /// Settles what follows from which keys are written; `is_written` tells of `fit`, `translator.epochs`.
    pub(super) fn settle(&mut self, is_written: &dyn Fn(&str) -> bool) {
        // A tile size that was asked for is the explicit wish to scale to it.
        if self.tile_size > 0 && !is_written("fit") {
            self.fit = TileFit::Resize;
        }
        // Epochs that were asked for are not cut short by the preset's number of steps.
        if is_written("translator.epochs") && !is_written("translator.steps") {
            self.translator.steps = None;
        }
        // The data's classes are in Unicode's composed form.
        self.source_class = files::nfc(&self.source_class).into_owned();
        self.classes = self.classes.iter().map(|class| files::nfc(class).into_owned()).collect();
    }
}

/// What to write, as an example, for keys whose default is blank or a poor one.
pub(super) const EXAMPLES: [(&str, &str); 21] = [
    ("name", "\"polyps\""),
    ("data", "\"tiles\""),
    ("source_class", "\"HP\""),
    ("classes", "[\"HP\", \"SSA\"]"),
    ("tile_size", "224"),
    ("bits", "12"),
    ("high_agreement", "0.8"),
    ("phi", "[25]"),
    ("test_folds", "5"),
    ("test_fold", "2"),
    ("naive_method", "\"vh-mixup\""),
    ("scorer.init", "\"weights.safetensors\""),
    ("scorer.freeze", "[\"conv1\", \"layer1\"]"),
    ("classifier.init", "\"weights.safetensors\""),
    ("classifier.freeze", "[\"conv1\", \"layer1\"]"),
    ("training_set.name", "\"both-soft\""),
    ("training_set.weight", "0.5"),
    ("training_set.add.tiles", "\"generated\""),
    ("training_set.add.phi", "25"),
    ("training_set.add.dial", "0.3"),
    ("training_set.add.amount", "0.5"),
];
