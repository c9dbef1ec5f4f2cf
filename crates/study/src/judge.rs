//! Networks that say how confident they are in a tile's class.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use nets::{Classifier, Seen, confidence};
use record::{JudgeName, StepName, TrainingSet};

use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::snapshots::Snapshots;
use crate::study::Study;

/// A trained classifier used as a judge.
pub struct Judge {
    model: Classifier,
    /// The file of its weights.
    weights: PathBuf,
}

impl Judge {
    /// The scorer after its last regular epoch (the paper's initial classifier).
    pub fn initial(study: &Study) -> Result<Self, StudyError> {
        Self::snapshot(study, study.config.scorer.epochs)
    }

    /// The scorer at an epoch of which a snapshot was kept.
    pub fn snapshot(study: &Study, epoch: usize) -> Result<Self, StudyError> {
        Self::load(study, &Self::snapshot_weights(study, epoch))
    }

    /// The file of the weights of [`Judge::snapshot`].
    pub fn snapshot_weights(study: &Study, epoch: usize) -> PathBuf {
        train::snapshot_path(&study.run.step(&StepName::SCORER), epoch)
    }

    /// The scorer that never saw fold `k`.
    pub fn fold(study: &Study, k: usize) -> Result<Self, StudyError> {
        Self::load(study, &study.run.step(&StepName::fold(k)).join("weights.safetensors"))
    }

    /// A classifier that had no part in choosing, translating or filtering tiles: the one that is retrained on the original tiles with seed
    /// 0. It starts from other weights than the scorers and learns by the classifiers' settings; like the scorer it has seen the easy and
    /// the hard tiles.
    pub fn independent(study: &Study) -> Result<Self, StudyError> {
        Self::load(study, &study.run.step(&independent_step()).join("weights.safetensors"))
    }

    fn load(study: &Study, path: &Path) -> Result<Self, StudyError> {
        let (model, _) = nets::load_classifier(path, &study.device)?;
        Ok(Self { model, weights: path.into() })
    }

    /// What its confidences in a class depend on, as a hash: its weights, the class, how pixels are normalised.
    ///
    /// # Errors
    /// If the file of its weights cannot be read.
    pub fn fingerprint(&self, study: &Study, class: usize) -> Result<String, StudyError> {
        let weights = files::sha256_of_file(&self.weights)
            .map_err(|source| files::OwnFileError::Read { path: self.weights.clone(), source })?;
        let normalise = format!("{:?} {:?}", study.data.normalise.mean, study.data.normalise.std);
        Ok(files::sha256_of_texts(&[&weights, &class.to_string(), &normalise]))
    }

    /// Features, logits and where it sees class X of tiles of the study's size, in order. `progress` is told how many are done.
    ///
    /// # Errors
    /// If the observer asks to stop.
    pub fn see(
        &self,
        study: &Study,
        tiles: &[&[u8]],
        observer: &StepObserver,
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Seen>, StudyError> {
        let (data, stopped) = (&study.data, Cell::new(false));
        let seen = train::see(
            &self.model,
            tiles,
            data.x,
            data.tiles.size,
            &data.normalise,
            &study.device,
            &|done| {
                progress(done);
                stopped.set(observer.should_stop());
                !stopped.get()
            },
        );
        if stopped.get() { Err(StudyError::Interrupted) } else { Ok(seen) }
    }

    /// Logits of tiles of the study's size, in f64, in order.
    pub fn logits(&self, study: &Study, tiles: &[&[u8]]) -> Vec<Vec<f64>> {
        train::logits(&self.model, tiles, study.data.tiles.size, &study.data.normalise, &study.device)
    }

    /// Confidences in a class.
    pub fn confidences_in(&self, study: &Study, tiles: &[&[u8]], class: usize) -> Vec<f64> {
        self.logits(study, tiles).iter().map(|l| confidence(l, class)).collect()
    }
}

/// The judges of Figure 6 besides the held-out one, with the epochs of the snapshots that are pooled.
pub fn panel(study: &Study) -> Vec<(JudgeName, Vec<usize>)> {
    let Snapshots { earlier, initial, later } = Snapshots::of(study.config.scorer.epochs);
    let mut panel = vec![(JudgeName::Initial, vec![initial])];
    if !earlier.is_empty() {
        panel.push((JudgeName::Earlier, earlier));
    }
    panel.push((JudgeName::Later, later));
    panel
}

/// The step that trains [`Judge::independent`].
pub fn independent_step() -> StepName {
    StepName::retrain(TrainingSet::Original, 0)
}

/// Whether `class` has the highest logit.
pub fn chooses(logits: &[f64], class: usize) -> bool {
    logits.iter().enumerate().all(|(c, l)| c == class || *l < logits[class])
}
