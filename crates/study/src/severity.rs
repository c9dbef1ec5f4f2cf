//! The severity probe: a regressor that reads the hidden severity off a picture of synthetic tissue.
//!
//! It is trained on fresh synthetic tiles of another seed, so that it knows nothing of the study, and tells by a measure that
//! neither scorer nor translator ever saw whether hard and translated tiles really are more severe.

use std::path::PathBuf;

use record::{Phi, StepName};
use serde::{Deserialize, Serialize};

use crate::error::StudyError;
use crate::study::Study;

/// How the probe is trained.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settings {
    /// Tiles that it learns from.
    pub train: usize,
    /// Tiles that it is tested on.
    pub held_out: usize,
    /// Epochs.
    pub epochs: usize,
    /// Channels of the first stage.
    pub width: usize,
    /// The seed of its tiles.
    pub seed: u64,
}

/// A thousand tiles and more to learn from; the seed is nobody's study seed by design.
pub const SETTINGS: Settings =
    Settings { train: 1_500, held_out: 300, epochs: 20, width: 8, seed: 0x5EED_0F5E_7E41 };

/// How well the probe reads severity: `steps/probe/fit.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Fit {
    /// Pearson's correlation with the truth on held-out tiles.
    pub probe_r: f64,
    /// Tiles that it learnt from.
    pub train: usize,
    /// Tiles that it was tested on.
    pub held_out: usize,
}

impl Fit {
    /// Where it lies.
    pub fn path(study: &Study) -> PathBuf {
        study.run.step(&StepName::PROBE).join("fit.json")
    }
}

/// The severity that the probe sees in a real hard tile: a row of `severity_hard.csv`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HardSeverity {
    /// The tile.
    pub image: String,
    /// The probe's answer.
    pub severity: f64,
}

impl HardSeverity {
    /// Where the severities of the hard tiles lie.
    pub fn table(study: &Study, phi: Phi) -> PathBuf {
        study.run.step(&StepName::translate(phi)).join("severity_hard.csv")
    }
}

/// The probe's correlation with the truth on held-out synthetic tiles; `None` where the data has no severity.
pub fn correlation(study: &Study) -> Result<Option<f64>, StudyError> {
    if !study.data.has_severity() {
        return Ok(None);
    }
    let fit: Fit = files::read_json(&Fit::path(study))?;
    Ok(Some(fit.probe_r))
}

/// The severities that the probe sees in several sets of tiles; `None` where the data has no severity.
pub fn measure<const N: usize>(
    study: &Study,
    sets: &[&[&[u8]]; N],
) -> Result<Option<[Vec<f64>; N]>, StudyError> {
    if !study.data.has_severity() {
        return Ok(None);
    }
    let path = study.run.step(&StepName::PROBE).join("weights.safetensors");
    let (model, _) = nets::load_classifier(&path, &study.device)?;
    let data = &study.data;
    let seen = |tiles| train::predict_values(&model, tiles, data.tiles.size, &data.normalise, &study.device);
    Ok(Some(sets.map(seen)))
}
