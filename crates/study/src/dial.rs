//! The dial in a study: what trains it, its settings, and the ranks that its tiles have.

use std::collections::BTreeMap;

use record::{Dial, StepName, Target, Translated};
use train::TranslatorKind;

use crate::error::StudyError;
use crate::ranking::{Score, rank};
use crate::study::Study;

/// Whether the study's translator is a dial: one for all selectivities.
pub fn is_used(study: &Study) -> bool {
    study.config.translator.kind == TranslatorKind::Dial
}

/// The step that trains what makes such translations.
pub fn translator_step(study: &Study, of: &Translated) -> StepName {
    if is_used(study) { StepName::translator_dial(of.class) } else { StepName::of("translator", of) }
}

/// Steps that the dial of a class is trained.
pub fn steps(study: &Study, class: Option<usize>) -> u64 {
    let n = study.data.train_of(class).len();
    study.config.translator.steps_for(n, n)
}

/// The setting of the dial for such translations; of a selectivity the middle of its hard tiles. `None` of a translator that has no dial.
pub fn setting(study: &Study, of: &Translated) -> Option<f64> {
    let dial = match of.target {
        Target::Phi(phi) => Dial::of_phi(phi),
        Target::Dial(dial) => dial,
    };
    is_used(study).then(|| dial.share())
}

/// The training tiles of a class, as indices into the manifest from the hardest to the easiest, and their ranks from 0 to 1.
pub struct Ranked {
    /// The tiles.
    pub tiles: Vec<usize>,
    /// The rank of each.
    pub ranks: Vec<f64>,
}

impl Ranked {
    /// Of class X by the scores of the step `score`, or of the other class of that index by those of `score-classes`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(study: &Study, class: Option<usize>) -> Result<Self, StudyError> {
        let path = Score::table(study, class);
        let scores: Vec<Score> = files::read_rows(&path)?;
        let agreement = |image: &str| study.data.agreement_of(image);
        let names = rank(scores, study.config.select.by, study.config.scoring, agreement);
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
