//! The dial in a study: what trains it, its settings, and the ranks that its tiles have.

use std::collections::BTreeMap;

use record::{Dial, Phi, StepName};
use train::{TrainedTranslator, TranslatorKind};

use crate::error::StudyError;
use crate::ranking::{Score, rank};
use crate::study::Study;

/// Whether the study's translator is a dial: one for all selectivities.
pub fn is_used(study: &Study) -> bool {
    study.config.translator.kind == TranslatorKind::Dial
}

/// The step that trains what translates at a selectivity.
pub fn translator_step(study: &Study, phi: Phi) -> StepName {
    if is_used(study) { StepName::TRANSLATOR_DIAL } else { StepName::translator(phi) }
}

/// What that step trained.
///
/// # Errors
/// If its weights cannot be read.
pub fn trained(study: &Study, phi: Phi) -> Result<TrainedTranslator, StudyError> {
    Ok(TrainedTranslator::load(&study.run.step(&translator_step(study, phi)), &study.device)?)
}

/// Steps that the dial is trained.
pub fn steps(study: &Study) -> u64 {
    let n = study.data.train_of_x.len();
    study.config.translator.steps_for(n, n)
}

/// The setting of the dial for a selectivity: the middle of its hard tiles. `None` of a translator that has no dial.
pub fn setting(study: &Study, phi: Phi) -> Option<f64> {
    is_used(study).then(|| Dial::of_phi(phi).share())
}

/// The training tiles of class X, as indices into the manifest from the least to the most confident, and their ranks from 0 to 1.
pub struct Ranked {
    /// The tiles.
    pub tiles: Vec<usize>,
    /// The rank of each.
    pub ranks: Vec<f64>,
}

impl Ranked {
    /// By the scores of the step `score`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(study: &Study) -> Result<Self, StudyError> {
        let path = Score::table(study);
        let scores: Vec<Score> = files::read_rows(&path)?;
        let names = rank(scores, study.config.select.by, study.config.scoring);
        let tiles =
            names.iter().map(|name| study.data.tile_named(name, &path)).collect::<Result<Vec<_>, _>>()?;
        let last = tiles.len().saturating_sub(1).max(1) as f64;
        let ranks = (0..tiles.len()).map(|place| place as f64 / last).collect();
        Ok(Self { tiles, ranks })
    }

    /// The ranks of some of the tiles, in their order.
    ///
    /// # Panics
    /// If one of them is not among those ranked.
    pub fn of(&self, tiles: &[usize]) -> Vec<f64> {
        let ranks: BTreeMap<usize, f64> =
            self.tiles.iter().copied().zip(self.ranks.iter().copied()).collect();
        tiles.iter().map(|tile| ranks[tile]).collect()
    }
}
