//! The CSV tables of a run folder, one type a row.

use crate::{Added, Disturbance, EpochChoice, Phi, StepName, Stratum, TrainingSet};
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

/// A line of `steps/score/logits.csv`, which is there with more than two classes: what the scorer says of a tile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogitsRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// One logit a class, in the order of the classes; with blanks between in the file.
    #[serde(with = "blanks")]
    pub logits: Vec<f64>,
    /// The same by a scorer that never saw the tile's slide; empty of tiles that no fold holds.
    #[serde(with = "blanks")]
    pub logits_out_of_fold: Vec<f64>,
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

/// A line of `steps/assess-phi-25/assessed.csv`: what judges say of a translation or of the translation translated back. "Own" is the class of
/// the tile that it was made from; the held-out judge never saw that tile's slide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssessedRow {
    /// The easy tile that it was made from: path relative to the data folder.
    pub image: String,
    /// Whether it was translated back.
    pub reconstructed: bool,
    /// Confidence in its own class, by the scorer.
    pub scorer: f64,
    /// Whether the scorer still calls it its own class.
    pub scorer_keeps: bool,
    /// Confidence in its own class, by the held-out judge.
    pub held_out: f64,
    /// Whether that is no lower than the class's own threshold: a low quantile of its real training tiles by the same judges.
    pub held_out_keeps: bool,
    /// Distance from the real training tiles of its own class among the held-out judge's features, 1 at the class's own threshold: a high
    /// quantile of its real tiles, each by its distance from the others. Infinite (`inf`) where the judge left out fewer than three of them.
    pub distance: f64,
    /// A probability a class, in the study's order: the held-out judge's, calibrated on real training tiles that it did not see.
    #[serde(with = "blanks")]
    pub probabilities: Vec<f64>,
}

/// A line of `steps/dial/tiles.csv`: a training tile of class X at every setting of the dial. Confidences are in class X, by the scorer that
/// never saw the tile's slide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// Its own rank of confidence within the class, 0 the hardest and 1 the easiest.
    pub rank: f64,
    /// Whether its pictures are kept: `steps/dial/source` and `steps/dial/setting-0` to `setting-6`.
    pub shown: bool,
    /// The tile itself.
    pub source: f64,
    /// Its translation at each of the settings 0, 1/6, … 1; with blanks between in the file.
    #[serde(with = "blanks")]
    pub translated: Vec<f64>,
    /// Spearman's correlation of setting and confidence; undefined where all confidences are the same.
    pub spearman: Option<f64>,
}

/// A line of `steps/retrain-both-soft-seed-0/added.csv`: what a part of the row's recipe adds of one class to the original tiles. A row that adds
/// nothing has the header alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddedRow {
    /// The part of the recipe, from 1 in the order of STUDY.toml.
    pub part: usize,
    /// Which tiles.
    pub tiles: Added,
    /// The selectivity that they are of; empty of a dial's, and of copies of easy or disputed tiles.
    pub phi: Option<Phi>,
    /// The setting of the dial that they are of, 0 to 1.
    pub dial: Option<f64>,
    /// Their class, by name.
    pub class: String,
    /// How many there are, before the filter.
    pub available: usize,
    /// How many of them the filter keeps.
    pub kept: usize,
    /// How many are added: drawn from those kept, or those kept several times over.
    pub added: usize,
    /// How much each counts where an original tile counts 1.
    pub weight: f64,
}

/// A line of a cross-validation's `folds.csv`: when a tile is tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// Its class.
    pub class: String,
    /// What stays together: its patient, its slide, or its own name where neither is known.
    pub unit: String,
    /// The fold that tests it, from 1.
    pub fold: usize,
}

/// A line of `plan.csv`: a step of the study, in an order in which each comes after what it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRow {
    /// The step.
    pub step: StepName,
    /// What it computes, in GFLOP (10⁹ operations), as far as that is known beforehand; a step that computes next to nothing has 0.
    pub gflop: f64,
    /// The epochs of its training, or the steps of a translator's; none of a step that trains nothing.
    pub rounds: Option<u64>,
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

/// A line of `scores-last.csv` or `scores-validation.csv` of a retraining step: what the network says of one tile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// `test` or `validation`.
    pub partition: String,
    /// c(x) in class X, 0 to 1.
    pub confidence: f64,
    /// By how much the logit of X exceeds those of all others together (their log-sum-exp): what AUCs rank by.
    pub margin: f64,
    /// One logit a class, in the order of the classes; with blanks between in the file.
    #[serde(with = "blanks")]
    pub logits: Vec<f64>,
}

/// A line of `tiles.csv` of a robustness step: what one network says of a test tile, undisturbed and disturbed. All are margins, as
/// [`ScoreRow::margin`]; those of attacks are empty of tiles that were not drawn for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisturbedRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// As it is.
    pub undisturbed: f64,
    /// With every value moved by 1/255.
    pub fgsm_1: Option<f64>,
    /// By 2/255.
    pub fgsm_2: Option<f64>,
    /// By 4/255.
    pub fgsm_4: Option<f64>,
    /// By projected gradient descent within 1/255.
    pub pgd_1: Option<f64>,
    /// Within 2/255.
    pub pgd_2: Option<f64>,
    /// Within 4/255.
    pub pgd_4: Option<f64>,
    /// With a fifth less hematoxylin.
    pub hematoxylin_less: f64,
    /// With a fifth more.
    pub hematoxylin_more: f64,
    /// With a fifth less eosin.
    pub eosin_less: f64,
    /// With a fifth more.
    pub eosin_more: f64,
    /// As JPEG of quality 40.
    pub jpeg_40: f64,
}

impl DisturbedRow {
    /// What is measured, in the order of the columns: each disturbance with its strength.
    pub const MEASURED: [(Disturbance, f64); 11] = [
        (Disturbance::Fgsm, 1.0),
        (Disturbance::Fgsm, 2.0),
        (Disturbance::Fgsm, 4.0),
        (Disturbance::Pgd, 1.0),
        (Disturbance::Pgd, 2.0),
        (Disturbance::Pgd, 4.0),
        (Disturbance::Hematoxylin, 0.8),
        (Disturbance::Hematoxylin, 1.2),
        (Disturbance::Eosin, 0.8),
        (Disturbance::Eosin, 1.2),
        (Disturbance::Jpeg, 40.0),
    ];

    /// The margins under each of [`Self::MEASURED`].
    pub fn disturbed(&self) -> [Option<f64>; 11] {
        let attacks = [self.fgsm_1, self.fgsm_2, self.fgsm_4, self.pgd_1, self.pgd_2, self.pgd_4];
        let stains = [self.hematoxylin_less, self.hematoxylin_more, self.eosin_less, self.eosin_more];
        let mut all = [Some(self.jpeg_40); 11];
        all[..6].copy_from_slice(&attacks);
        all[6..10].copy_from_slice(&stains.map(Some));
        all
    }
}

/// A line of `steps/evaluate/roc.csv`: a point of a mean ROC curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocRow {
    /// The row of Table 3.
    pub training_set: TrainingSet,
    /// The test tiles.
    pub stratum: Stratum,
    /// The epoch: last, or chosen on validation.
    pub epoch: EpochChoice,
    /// 1 − specificity, on an even grid from 0 to 1.
    pub false_positive_rate: f64,
    /// Sensitivity there: mean over seeds.
    pub sensitivity: f64,
    /// 95 % band, point by point, by drawing slides; empty with too few.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// A line of `steps/quality-phi-25/tiles.csv`: a translation beside its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TileQualityRow {
    /// The easy tile that was translated: path relative to the data folder.
    pub image: String,
    /// Structural similarity to the source, −1 to 1.
    pub ssim: f64,
    /// Correlation of luminance with the source; empty if either is flat.
    pub luminance_correlation: Option<f64>,
    /// Periodicity index of the source.
    pub periodicity_source: f64,
    /// Periodicity index of the translation.
    pub periodicity: f64,
    /// Share of the source that is padding.
    pub padding: f64,
    /// Share of that padding that was repainted; empty without padding.
    pub padding_repainted: Option<f64>,
    /// The training tile whose perceptual hash is nearest, its source left out.
    pub nearest: Option<String>,
    /// Bits of the perceptual hash by which that differs.
    pub nearest_bits: Option<u32>,
    /// Bits of the perceptual hash by which the source differs.
    pub source_bits: u32,
}

/// A line of `steps/quality-phi-25/embedding.csv`: where a tile lies on the map of features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedRow {
    /// The tile: path relative to the data folder; of a translation, its source's.
    pub image: String,
    /// `easy`, `hard`, `generated` or `other` (another class).
    pub set: String,
    /// Its class.
    pub class: String,
    /// First coordinate.
    pub x: f64,
    /// Second.
    pub y: f64,
}

/// Numbers in one field of a table.
mod blanks {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&values.iter().map(f64::to_string).collect::<Vec<_>>().join(" "))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.split_whitespace().map(|value| value.parse().map_err(D::Error::custom)).collect()
    }
}

/// A line of `metrics.csv` of the step `translator-dial`; losses are means over the epoch, before their weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialEpoch {
    /// From 1; each shows every tile of the class once.
    pub epoch: usize,
    /// Steps trained so far.
    pub step: u64,
    /// Learning rate of its first step.
    pub lr: f64,
    /// The generator's adversarial loss.
    pub loss_g: f64,
    /// The discriminator's loss.
    pub loss_d: f64,
    /// `|G(G(x, t), r) − x|`, r being the tile's own rank and t the one that was asked for.
    pub loss_cycle: f64,
    /// `|G(x, r) − x|`.
    pub loss_identity: f64,
    /// How far the scorer's logit of `G(x, t)` is from that of tiles of rank t, in standard deviations (Huber); empty where it is off.
    pub loss_judge: Option<f64>,
    /// Mean confidence of the sample tiles, by the judge that was given.
    pub judge_source: Option<f64>,
    /// Mean confidence of the sample tiles with the dial at 0.
    pub judge_hardest: Option<f64>,
    /// Mean confidence of the sample tiles with the dial at 1.
    pub judge_easiest: Option<f64>,
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
