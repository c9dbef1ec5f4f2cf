//! How confident the scorer is, and whether its confidence follows the annotators' agreement.

use std::collections::BTreeMap;

use record::{ClassifierEpoch, ConfidenceRow, Ks, ScorerResult, StepName};
use tissue::Agreement;

use crate::error::StudyError;
use crate::study::Study;

/// How well the scorer classifies the test tiles, and the tiles that its folds left out.
pub fn scorer_result(study: &Study, confidences: &[ConfidenceRow]) -> Result<ScorerResult, StudyError> {
    let epochs = study.config.scorer.epochs;
    let metrics: Vec<ClassifierEpoch> = files::read_rows(&study.run.metrics_csv(&StepName::SCORER))?;
    let at = metrics.iter().find(|row| row.epoch == epochs);
    let test: Vec<&ConfidenceRow> = confidences.iter().filter(|r| r.partition == "test").collect();
    // With two classes the own class wins where its confidence is above one half.
    let accuracy = (study.config.classes.len() == 2 && !test.is_empty()).then(|| {
        test.iter().filter(|r| r.confidence.is_some_and(|c| c > 0.5)).count() as f64 / test.len() as f64
    });
    let held_out: Vec<&ConfidenceRow> =
        confidences.iter().filter(|r| r.confidence_out_of_fold.is_some()).collect();
    // A tile of another class has 1 − c for class X only when there are two classes.
    let out_of_fold_auc = (study.config.classes.len() == 2)
        .then(|| {
            let is_x: Vec<bool> = held_out.iter().map(|r| r.class == study.config.source_class).collect();
            let scores: Vec<f64> = held_out
                .iter()
                .zip(&is_x)
                .filter_map(|(r, x)| r.confidence_out_of_fold.map(|c| if *x { c } else { 1.0 - c }))
                .collect();
            stats::auc(&scores, &is_x)
        })
        .flatten();
    Ok(ScorerResult {
        epochs,
        auc_all: at.and_then(|r| r.auc_all),
        auc_high: at.and_then(|r| r.auc_high),
        auc_low: at.and_then(|r| r.auc_low),
        accuracy,
        out_of_fold_auc,
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
