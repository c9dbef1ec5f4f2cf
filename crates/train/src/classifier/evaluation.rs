//! Labelled tiles, and what a classifier is judged on.

use burn::tensor::Device;
use nets::Classifier;
use record::ScoreRow;
use tissue::Agreement;
use tissue::augment::Normalise;

use crate::predict;

/// Labelled tiles of one size.
#[derive(Debug, Clone)]
pub struct LabelledTiles<'a> {
    /// Side in pixels.
    pub size: usize,
    /// RGB, row by row, `size * size * 3` bytes each.
    pub tiles: Vec<&'a [u8]>,
    /// The class of each tile.
    pub labels: Vec<usize>,
}

/// What the classifier is judged on after every epoch.
#[derive(Debug, Clone)]
pub struct Evaluation<'a> {
    /// The test tiles.
    pub set: LabelledTiles<'a>,
    /// Their agreement: high, low, or unknown.
    pub strata: Vec<Option<Agreement>>,
    /// The validation tiles.
    pub validation: Option<LabelledTiles<'a>>,
    /// The class whose score is ranked (class X).
    pub positive: usize,
    /// The tiles' names, if the scores of each are to be kept.
    pub names: Option<TileNames<'a>>,
}

/// The names of the tiles of an [`Evaluation`], in their order.
#[derive(Debug, Clone)]
pub struct TileNames<'a> {
    /// The test tiles'.
    pub test: Vec<&'a str>,
    /// The validation tiles'; empty without any.
    pub validation: Vec<&'a str>,
}

/// The areas under the ROC curve of an [`Evaluation`]; `None` where there is nothing to rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aucs {
    /// Over all test tiles.
    pub all: Option<f64>,
    /// Over those of high agreement.
    pub high: Option<f64>,
    /// Over those of low agreement.
    pub low: Option<f64>,
    /// Over the validation tiles.
    pub validation: Option<f64>,
}

/// What a network says of the tiles of an [`Evaluation`].
pub struct Judgement {
    /// How well it ranks class X.
    pub aucs: Aucs,
    /// A row a tile, test tiles first; none if they have no names.
    pub scores: Vec<ScoreRow>,
}

impl Evaluation<'_> {
    /// What the network says of every tile, and how well it ranks class X by the margin of its logits.
    ///
    /// # Errors
    /// The first logit that is not a finite number.
    pub fn judge(
        &self,
        model: &Classifier,
        normalise: &Normalise,
        device: &Device,
    ) -> Result<Judgement, f64> {
        let logits = |set: &LabelledTiles| -> Result<Vec<Vec<f64>>, f64> {
            let logits = predict::logits(model, &set.tiles, set.size, normalise, device);
            match logits.iter().flatten().find(|logit| !logit.is_finite()) {
                Some(wrong) => Err(*wrong),
                None => Ok(logits),
            }
        };
        let test = logits(&self.set)?;
        let validation = self.validation.as_ref().map(logits).transpose()?;
        let auc = |set: &LabelledTiles, logits: &[Vec<f64>], keep: &dyn Fn(usize) -> bool| {
            let kept: Vec<usize> = (0..logits.len()).filter(|i| keep(*i)).collect();
            let positive: Vec<bool> = kept.iter().map(|i| set.labels[*i] == self.positive).collect();
            let scores: Vec<f64> = kept.iter().map(|i| nets::margin(&logits[*i], self.positive)).collect();
            stats::auc(&scores, &positive)
        };
        let in_stratum = |wanted| move |i: usize| self.strata.get(i).copied().flatten() == Some(wanted);
        let aucs = Aucs {
            all: auc(&self.set, &test, &|_| true),
            high: auc(&self.set, &test, &in_stratum(Agreement::High)),
            low: auc(&self.set, &test, &in_stratum(Agreement::Low)),
            validation: self
                .validation
                .as_ref()
                .zip(validation.as_ref())
                .and_then(|(set, logits)| auc(set, logits, &|_| true)),
        };
        Ok(Judgement { aucs, scores: self.scores(test, validation.unwrap_or_default()) })
    }

    fn scores(&self, test: Vec<Vec<f64>>, validation: Vec<Vec<f64>>) -> Vec<ScoreRow> {
        let Some(names) = &self.names else { return Vec::new() };
        let row = |partition: &'static str| {
            move |(name, logits): (&&str, Vec<f64>)| ScoreRow {
                image: (*name).to_owned(),
                partition: partition.into(),
                confidence: nets::confidence(&logits, self.positive),
                margin: nets::margin(&logits, self.positive),
                logits,
            }
        };
        let test = names.test.iter().zip(test).map(row("test"));
        test.chain(names.validation.iter().zip(validation).map(row("validation"))).collect()
    }
}
