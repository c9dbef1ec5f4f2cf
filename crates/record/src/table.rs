//! The CSV tables of a run folder, one type a row.

use serde::{Deserialize, Serialize};

/// A line of `confidences.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// Its class.
    pub class: String,
    /// `train` or `test`.
    pub partition: String,
    /// Its slide.
    pub slide: String,
    /// Share of annotators who chose its class; empty without votes.
    pub agreement: Option<f64>,
    /// c(x) by the scorer.
    pub confidence: Option<f64>,
    /// c(x) by a scorer that never saw the tile's slide.
    pub confidence_out_of_fold: Option<f64>,
}

/// A line of `steps/translate-phi-25/tiles.csv`: one easy tile and what became of it. Confidences are in class X.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranslationRow {
    /// The easy tile: path relative to the data folder.
    pub image: String,
    /// Whether the scorer still calls the translation X.
    pub kept: bool,
    /// Whether the held-out judge still calls the translation X.
    pub kept_held_out: bool,
    /// The tile itself, by the scorer.
    pub confidence_source: f64,
    /// Its translation, by the scorer.
    pub confidence_generated: f64,
    /// The translation translated back, by the scorer.
    pub confidence_reconstructed: f64,
    /// The tile itself, by the held-out judge.
    pub held_out_source: f64,
    /// Its translation, by the held-out judge.
    pub held_out_generated: f64,
    /// The translation translated back, by the held-out judge.
    pub held_out_reconstructed: f64,
    /// Severity of the tile as the probe reads it; synthetic tissue only.
    pub severity_source: Option<f64>,
    /// Severity of the translation.
    pub severity_generated: Option<f64>,
    /// Severity of the translation translated back.
    pub severity_reconstructed: Option<f64>,
}

/// A line of `metrics.csv` of a scorer, fold or retraining step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifierEpoch {
    /// From 1.
    pub epoch: usize,
    /// Learning rate of this epoch.
    pub lr: f64,
    /// Mean cross-entropy over the epoch's batches.
    pub train_loss: f64,
    /// AUC over all test tiles.
    pub auc_all: Option<f64>,
    /// AUC over high-agreement test tiles.
    pub auc_high: Option<f64>,
    /// AUC over low-agreement test tiles.
    pub auc_low: Option<f64>,
    /// AUC over the validation tiles.
    pub auc_val: Option<f64>,
}

/// A line of `metrics.csv` of a translator step; losses are means over the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranslatorEpoch {
    /// From 1.
    pub epoch: usize,
    /// Steps trained so far.
    pub step: u64,
    /// Learning rate of this epoch.
    pub lr: f64,
    /// The generators' adversarial loss.
    pub loss_g: f64,
    /// The loss of the discriminator of domain A (easy).
    pub loss_d_a: f64,
    /// The loss of the discriminator of domain B (hard).
    pub loss_d_b: f64,
    /// `|G_BA(G_AB(a)) − a|`, before λ.
    pub loss_cycle_a: f64,
    /// `|G_AB(G_BA(b)) − b|`, before λ.
    pub loss_cycle_b: f64,
    /// The identity term; empty where it is off.
    pub loss_identity: Option<f64>,
    /// Mean confidence of the sample tiles, by the judge that was given.
    pub judge_source: Option<f64>,
    /// Mean confidence of their translations.
    pub judge_generated: Option<f64>,
    /// Mean confidence of the translations translated back.
    pub judge_reconstructed: Option<f64>,
}
