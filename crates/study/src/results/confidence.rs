//! How confident the scorer is, and whether its confidence follows the annotators' agreement.

use std::collections::BTreeMap;

use record::{ClassifierEpoch, ConfidenceRow, Ks, LogitsRow, ScorerResult, StepName};
use tissue::Agreement;

use crate::error::StudyError;
use crate::study::Study;

/// What the scorer says of each tile, and what the scorer of the other folds does.
pub struct ScorersView {
    /// Of each tile of the manifest.
    tiles: Vec<View>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct View {
    /// The logit of class X's probability.
    margin: f64,
    /// Whether the tile's own class is the most probable one.
    right: bool,
    /// [`Self::margin`] by the scorer of the other folds, of train tiles.
    margin_out_of_fold: Option<f64>,
}

impl ScorersView {
    /// Reads it; `None` if it was not kept, as of more than two classes by older programs.
    ///
    /// # Errors
    /// Tables that are not of the study's tiles.
    pub fn read(study: &Study, confidences: &[ConfidenceRow]) -> Result<Option<Self>, StudyError> {
        let n = study.data.manifest.tiles.len();
        let broken = |path, why: String| StudyError::Broken { path, why };
        if study.config.classes.len() == 2 {
            let x = &study.config.source_class;
            let views: Vec<View> =
                confidences.iter().filter_map(|row| of_two(row, row.class == *x)).collect();
            if views.len() != n {
                let why = format!("it has {} confidences and the study {n} tiles", views.len());
                return Err(broken(study.run.confidences_csv(), why));
            }
            return Ok(Some(Self { tiles: views }));
        }
        let path = study.run.logits_csv();
        if !path.exists() {
            return Ok(None);
        }
        let rows: Vec<LogitsRow> = files::read_rows(&path)?;
        let tiles = &study.data.manifest.tiles;
        let classes = study.config.classes.len();
        let fit = |logits: &[f64]| logits.len() == classes && logits.iter().all(|l| l.is_finite());
        let same = rows.len() == n
            && rows.iter().zip(tiles).all(|(row, tile)| {
                let held_out = &row.logits_out_of_fold;
                row.image == tile.image && fit(&row.logits) && (held_out.is_empty() || fit(held_out))
            });
        if !same {
            return Err(broken(
                path,
                format!("it does not have {classes} logits of each of the study's tiles"),
            ));
        }
        let view = |(row, tile): (&LogitsRow, &tissue::Tile)| of_many(row, tile.class, study.data.x);
        Ok(Some(Self { tiles: rows.iter().zip(tiles).map(view).collect() }))
    }

    /// Confidence in class X of these tiles.
    pub fn confidences(&self, tiles: &[usize]) -> Vec<f64> {
        tiles.iter().map(|&i| 1.0 / (1.0 + (-self.tiles[i].margin).exp())).collect()
    }

    /// The share of these tiles whose own class is the most probable.
    fn accuracy(&self, tiles: &[usize]) -> Option<f64> {
        let right = tiles.iter().filter(|&&i| self.tiles[i].right).count();
        (!tiles.is_empty()).then(|| right as f64 / tiles.len() as f64)
    }

    /// AUC of class X over the tiles that folds hold, each by the scorer that never saw its slide.
    fn out_of_fold_auc(&self, is_x: &[bool]) -> Option<f64> {
        let held_out: Vec<(f64, bool)> = self
            .tiles
            .iter()
            .zip(is_x)
            .filter_map(|(view, is_x)| Some((view.margin_out_of_fold?, *is_x)))
            .collect();
        let (scores, is_x): (Vec<f64>, Vec<bool>) = held_out.into_iter().unzip();
        stats::auc(&scores, &is_x)
    }
}

/// With two classes a tile of the other class has 1 − c for class X, and the own class wins above one half.
fn of_two(row: &ConfidenceRow, is_x: bool) -> Option<View> {
    let margin = |c: f64| {
        let logit = (c / (1.0 - c)).ln();
        if is_x { logit } else { -logit }
    };
    let confidence = row.confidence?;
    Some(View {
        margin: margin(confidence),
        right: confidence > 0.5,
        margin_out_of_fold: row.confidence_out_of_fold.map(margin),
    })
}

fn of_many(row: &LogitsRow, class: usize, x: usize) -> View {
    let own = row.logits[class];
    View {
        margin: nets::margin(&row.logits, x),
        right: row.logits.iter().enumerate().all(|(other, logit)| other == class || *logit < own),
        margin_out_of_fold: (!row.logits_out_of_fold.is_empty())
            .then(|| nets::margin(&row.logits_out_of_fold, x)),
    }
}

/// How well the scorer classifies the test tiles, and the tiles that its folds left out.
///
/// # Errors
/// If the scorer's metrics cannot be read.
pub fn scorer_result(study: &Study, view: Option<&ScorersView>) -> Result<ScorerResult, StudyError> {
    let epochs = study.config.scorer.epochs;
    let metrics: Vec<ClassifierEpoch> = files::read_rows(&study.run.metrics_csv(&StepName::SCORER))?;
    let at = metrics.iter().find(|row| row.epoch == epochs);
    let all: Vec<usize> = (0..study.data.manifest.tiles.len()).collect();
    let is_x = study.data.are_of_x(&all);
    Ok(ScorerResult {
        epochs,
        auc_all: at.and_then(|r| r.auc_all),
        auc_high: at.and_then(|r| r.auc_high),
        auc_low: at.and_then(|r| r.auc_low),
        accuracy: view.and_then(|view| view.accuracy(&study.data.test)),
        out_of_fold_auc: view.and_then(|view| view.out_of_fold_auc(&is_x)),
    })
}

/// Figure 5: confidence of class X's training tiles by agreement.
pub fn ks(study: &Study, confidences: &[ConfidenceRow]) -> Result<Option<Ks>, StudyError> {
    let of: BTreeMap<&str, f64> =
        confidences.iter().filter_map(|row| Some((row.image.as_str(), row.confidence?))).collect();
    let (mut high, mut low) = (Vec::new(), Vec::new());
    for &i in &study.data.train_of_x {
        match (study.data.stratum(i), of.get(study.data.manifest.tiles[i].image.as_str()).copied()) {
            (Some(Agreement::High), Some(c)) => high.push(c),
            (Some(Agreement::Low), Some(c)) => low.push(c),
            _ => {}
        }
    }
    if high.is_empty() || low.is_empty() {
        return Ok(None);
    }
    let test = stats::ks_two_sample(&high, &low)?;
    Ok(Some(Ks { statistic: test.statistic, p_value: test.p_value, n_high: high.len(), n_low: low.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(class: &str, confidence: f64, out_of_fold: Option<f64>) -> ConfidenceRow {
        ConfidenceRow {
            image: "a".into(),
            class: class.into(),
            partition: "test".into(),
            slide: "s".into(),
            agreement: None,
            confidence: Some(confidence),
            confidence_out_of_fold: out_of_fold,
        }
    }

    #[test]
    fn of_two_classes_the_other_tells_one_less_confidence() {
        let of = |row: &ConfidenceRow| of_two(row, row.class == "X").unwrap();
        let view = ScorersView {
            tiles: vec![
                of(&confidence("X", 0.8, Some(0.7))),
                of(&confidence("Y", 0.9, Some(0.4))),
                of(&confidence("Y", 0.5, None)),
                // As sure as a number can be, of either class.
                of(&confidence("X", 1.0, None)),
                of(&confidence("Y", 1.0, None)),
            ],
        };
        let found = view.confidences(&[0, 1, 2, 3, 4]);
        for (found, expected) in found.iter().zip([0.8, 0.1, 0.5, 1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        // One half is not above one half.
        assert_eq!(view.accuracy(&[0, 1, 2]), Some(2.0 / 3.0));
        assert_eq!(view.accuracy(&[]), None);
        // 0.7 of X beside 1 − 0.4 of the other.
        assert_eq!(view.out_of_fold_auc(&[true, false, false, true, false]), Some(1.0));
    }

    #[test]
    fn of_more_classes_the_largest_logit_is_right_and_a_tie_is_not() {
        let row = |logits: [f64; 3], held_out: &[f64]| LogitsRow {
            image: "a".into(),
            logits: logits.to_vec(),
            logits_out_of_fold: held_out.to_vec(),
        };
        let sure = of_many(&row([2.0, 0.0, 1.0], &[]), 0, 0);
        assert!(sure.right && sure.margin_out_of_fold.is_none());
        assert!((sure.margin - (2.0 - (0.0_f64.exp() + 1.0_f64.exp()).ln())).abs() < 1e-12);
        assert!(!of_many(&row([2.0, 0.0, 2.0], &[0.0; 3]), 0, 0).right);
        let other = of_many(&row([2.0, 0.0, 1.0], &[0.0, 1.0, 0.0]), 2, 1);
        assert!(!other.right);
        assert!((other.margin_out_of_fold.unwrap() - (1.0 - 2.0_f64.ln())).abs() < 1e-12);
        let view = ScorersView { tiles: vec![sure, other] };
        let confidence = 2.0_f64.exp() / (2.0_f64.exp() + 1.0 + 1.0_f64.exp());
        assert!((view.confidences(&[0])[0] - confidence).abs() < 1e-12);
    }
}
