//! What came of the translations of each selectivity.

use std::collections::BTreeMap;

use record::thresholds::{ENOUGH_HARD, KEPT_ENOUGH};
use record::{Phi, PhiResult, Severity, Stain, TranslationRow};

use crate::dial;
use crate::error::StudyError;
use crate::judged::stain_csv;
use crate::severity::{self, HardSeverity};
use crate::study::Study;

/// The rows of each selectivity's translations.
pub type Translations = BTreeMap<Phi, Vec<TranslationRow>>;

/// Reads them.
pub fn read_translations(study: &Study) -> Result<Translations, StudyError> {
    let of = |&phi: &Phi| Ok((phi, files::read_rows(&study.run.translation_csv(phi))?));
    study.config.phi.iter().map(of).collect()
}

/// How many tiles each selectivity has and makes, and how confident the scorer is in them.
pub fn phi_results(study: &Study, translations: &Translations) -> Vec<PhiResult> {
    let result = |&phi: &Phi| {
        let rows = &translations[&phi];
        let (easy, hard) = study.easy_and_hard(phi);
        let mean =
            |value: fn(&TranslationRow) -> f64| stats::mean(&rows.iter().map(value).collect::<Vec<_>>());
        PhiResult {
            phi,
            hard,
            easy,
            steps: if dial::is_used(study) {
                dial::steps(study, None)
            } else {
                study.config.translator.steps_for(easy, hard)
            },
            generated: rows.len(),
            kept: rows.iter().filter(|r| r.kept).count(),
            kept_held_out: rows.iter().filter(|r| r.kept_held_out).count(),
            confidence_source: mean(|r| r.confidence_source),
            confidence_generated: mean(|r| r.confidence_generated),
        }
    };
    study.config.phi.iter().map(result).collect()
}

/// The smallest φ with enough hard tiles and enough translations that keep their label by the held-out judge.
pub fn recommend(phi: &[PhiResult]) -> Option<Phi> {
    phi.iter()
        .filter(|p| {
            p.hard >= ENOUGH_HARD
                && p.generated > 0
                && p.kept_held_out as f64 >= KEPT_ENOUGH * p.generated as f64
        })
        .map(|p| p.phi)
        .min()
}

/// Stain measures of every set of tiles, each set once.
pub fn stain(study: &Study) -> Result<Vec<Stain>, StudyError> {
    let mut rows: Vec<Stain> = Vec::new();
    for &phi in &study.config.phi {
        let of_phi: Vec<Stain> = files::read_rows(&stain_csv(study, phi))?;
        for row in of_phi {
            if !rows.iter().any(|r| r.set == row.set) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// What the severity probe sees at φ = 25 (else the first φ): the ground truth behind confidence and translation.
pub fn severity(study: &Study, translations: &Translations) -> Result<Option<Severity>, StudyError> {
    let phi = study.reference_phi();
    let Some(probe_r) = severity::correlation(study)? else {
        return Ok(None);
    };
    let rows = &translations[&phi];
    let mean = |value: fn(&TranslationRow) -> Option<f64>| {
        stats::mean(&rows.iter().filter_map(value).collect::<Vec<_>>())
    };
    let hard: Vec<HardSeverity> = files::read_rows(&HardSeverity::table(study, phi))?;
    Ok(Some(Severity {
        probe_r: Some(probe_r),
        easy_mean: mean(|r| r.severity_source),
        generated_mean: mean(|r| r.severity_generated),
        hard_mean: stats::mean(&hard.iter().map(|h| h.severity).collect::<Vec<_>>()),
        phi,
        reconstructed_mean: mean(|r| r.severity_reconstructed),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(phi: f64, hard: usize, (kept_held_out, generated): (usize, usize)) -> PhiResult {
        PhiResult {
            phi: Phi::new(phi),
            hard,
            easy: 500,
            steps: 1,
            generated,
            kept: generated,
            kept_held_out,
            confidence_source: None,
            confidence_generated: None,
        }
    }

    #[test]
    fn the_smallest_selectivity_with_enough_hard_tiles_and_kept_translations_is_recommended() {
        let good = [result(50.0, 500, (480, 500)), result(25.0, 250, (460, 500))];
        assert_eq!(recommend(&good), Some(Phi::new(25.0)));
        // 100 hard tiles are enough, 99 are not.
        assert_eq!(recommend(&[result(12.5, 100, (450, 500))]), Some(Phi::new(12.5)));
        assert_eq!(recommend(&[result(12.5, 99, (500, 500))]), None);
        // Nine of ten kept are enough, one less is not.
        assert_eq!(recommend(&[result(25.0, 250, (450, 500))]), Some(Phi::new(25.0)));
        assert_eq!(recommend(&[result(25.0, 250, (449, 500))]), None);
        // The stricter one fails, so the milder stands.
        assert_eq!(recommend(&[result(25.0, 250, (9, 500)), good[0].clone()]), Some(Phi::new(50.0)));
    }

    #[test]
    fn nothing_generated_recommends_nothing() {
        assert_eq!(recommend(&[result(25.0, 250, (0, 0))]), None);
        assert_eq!(recommend(&[]), None);
    }
}
