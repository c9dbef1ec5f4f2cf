//! What judges and measures say of translations: tables that the step `translate` writes and `evaluate` reads.

use std::path::PathBuf;

use record::{JudgeName, Phi, StepName};
use serde::{Deserialize, Serialize};

use crate::study::Study;

/// Confidences of one tile by one snapshot: a row of `judges.csv`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The source tile.
    pub image: String,
    /// Who judges.
    pub judge: JudgeName,
    /// The snapshot's epoch, or the fold of the held-out scorer.
    pub snapshot: usize,
    /// c(x) of the source.
    pub source: f64,
    /// c of its translation.
    pub generated: f64,
    /// c of its reconstruction.
    pub reconstructed: f64,
}

impl Judged {
    /// Where the judges' confidences lie.
    pub fn table(study: &Study, phi: Phi) -> PathBuf {
        study.run.step(&StepName::translate(phi)).join("judges.csv")
    }
}

/// Where the stain measures ([`record::Stain`]) lie.
pub fn stain_csv(study: &Study, phi: Phi) -> PathBuf {
    study.run.step(&StepName::translate(phi)).join("stain.csv")
}
