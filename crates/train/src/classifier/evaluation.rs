//! Labelled tiles, and what a classifier is judged on.

use burn::tensor::Device;
use nets::Classifier;
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

impl Evaluation<'_> {
    /// How well the network ranks class X, by the margin of its logits.
    ///
    /// # Errors
    /// The first logit that is not a finite number.
    pub fn aucs(&self, model: &Classifier, normalise: &Normalise, device: &Device) -> Result<Aucs, f64> {
        let scores = |set: &LabelledTiles| -> Result<Vec<f64>, f64> {
            let logits = predict::logits(model, &set.tiles, set.size, normalise, device);
            match logits.iter().flatten().find(|logit| !logit.is_finite()) {
                Some(wrong) => Err(*wrong),
                None => Ok(logits.iter().map(|logits| nets::margin(logits, self.positive)).collect()),
            }
        };
        let auc = |set: &LabelledTiles, scores: &[f64], keep: &dyn Fn(usize) -> bool| {
            let kept: Vec<usize> = (0..scores.len()).filter(|i| keep(*i)).collect();
            let positive: Vec<bool> = kept.iter().map(|i| set.labels[*i] == self.positive).collect();
            let scores: Vec<f64> = kept.iter().map(|i| scores[*i]).collect();
            stats::auc(&scores, &positive)
        };
        let test = scores(&self.set)?;
        let in_stratum = |wanted| move |i: usize| self.strata.get(i).copied().flatten() == Some(wanted);
        Ok(Aucs {
            all: auc(&self.set, &test, &|_| true),
            high: auc(&self.set, &test, &in_stratum(Agreement::High)),
            low: auc(&self.set, &test, &in_stratum(Agreement::Low)),
            validation: match &self.validation {
                Some(set) => auc(set, &scores(set)?, &|_| true),
                None => None,
            },
        })
    }
}
