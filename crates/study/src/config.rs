//! STUDY.toml: what a user may write, and the resolved settings with every default spelled out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use train::{ClassifierConfig, TranslatorConfig};

/// The fewest hard tiles a translator may be trained on.
pub const FEWEST_HARD: usize = 20;
/// The most seeds a row may have.
pub(crate) const MOST_SEEDS: usize = 1000;
/// The fewest hard tiles the paper found enough (section 3.1).
pub const ENOUGH_HARD: usize = 100;

/// Bundles of defaults; see [`StudyConfig::preset`].
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

/// By what hard tiles are chosen. The paper leaves agreement to future work; there is room for it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectBy {
    /// By the scorer's confidence.
    Confidence,
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
    /// Selectivities in percent.
    pub phi: Vec<f64>,
    /// Which confidences choose easy and hard.
    pub scoring: Scoring,
    /// Folds of the out-of-fold scorers.
    pub folds: usize,
    /// The share of train slides kept for validation.
    pub validation: f64,
    /// Whether to run the naive mixed-example baseline.
    pub naive: bool,
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
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_unsaid(bits: &u8) -> bool {
    *bits == 0
}

impl StudyConfig {
    /// The defaults of a preset, without data (METHOD.md, hyper-parameters).
    pub fn preset(preset: Preset) -> Self {
        let classifier = |epochs, width| ClassifierConfig { epochs, width, ..ClassifierConfig::default() };
        let translator = |epochs, steps, width, blocks| TranslatorConfig {
            epochs,
            steps,
            width,
            blocks,
            ..TranslatorConfig::default()
        };
        let paper = Self {
            name: "study".into(),
            preset,
            data: PathBuf::new(),
            source_class: String::new(),
            classes: Vec::new(),
            tile_size: 0,
            fit: TileFit::Exact,
            bits: 0,
            phi: vec![50.0, 25.0, 12.5],
            scoring: Scoring::InSample,
            folds: 5,
            validation: 0.0,
            naive: true,
            normalise: Normalisation::Fixed,
            seed: 0,
            seeds: 20,
            select: Select { by: SelectBy::Confidence },
            scorer: classifier(25, 64),
            classifier: classifier(50, 64),
            translator: translator(200, None, 64, 9),
        };
        match preset {
            Preset::Paper => paper,
            Preset::Laptop => Self {
                validation: 0.15,
                normalise: Normalisation::Auto,
                seeds: 5,
                scorer: classifier(25, 48),
                classifier: classifier(25, 48),
                translator: translator(60, Some(12_000), 32, 6),
                ..paper
            },
            Preset::Demo => Self {
                name: "demo".into(),
                phi: vec![25.0],
                folds: 2,
                validation: 0.15,
                normalise: Normalisation::Auto,
                seeds: 2,
                scorer: classifier(16, 16),
                classifier: classifier(10, 16),
                // A short training learns more from longer steps: of 2e-4, 6e-4 and 1e-3, the higher two gave the lower cycle loss.
                translator: TranslatorConfig { lr: 8e-4, ..translator(18, Some(5_000), 24, 3) },
                ..paper
            },
        }
    }
}
