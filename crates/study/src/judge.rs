//! Networks that say how confident they are in a tile's class.

use std::path::{Path, PathBuf};

use nets::{Classifier, confidence};

use crate::StudyError;
use crate::context::Context;
use crate::plan::snapshots;

/// A trained classifier used as a judge.
pub struct Judge {
    model: Classifier,
    /// The file of its weights.
    weights: PathBuf,
}

impl Judge {
    /// The scorer after its last regular epoch (the paper's initial classifier).
    pub fn initial(context: &Context) -> Result<Self, StudyError> {
        Self::snapshot(context, context.config.scorer.epochs)
    }

    /// The scorer at an epoch of which a snapshot was kept.
    pub fn snapshot(context: &Context, epoch: usize) -> Result<Self, StudyError> {
        let path = train::snapshot_path(&context.run.step(record::step::SCORER), epoch);
        Self::load(context, &path)
    }

    /// The scorer that never saw fold `k`.
    pub fn fold(context: &Context, k: usize) -> Result<Self, StudyError> {
        Self::load(context, &context.run.step(&record::step::fold(k)).join("weights.safetensors"))
    }

    fn load(context: &Context, path: &Path) -> Result<Self, StudyError> {
        let (model, _) = nets::load_classifier(path, &context.device)?;
        Ok(Self { model, weights: path.into() })
    }

    /// What its confidences in class X depend on, as a hash: its weights, class X, how pixels are normalised.
    ///
    /// # Errors
    /// If the file of its weights cannot be read.
    pub fn fingerprint(&self, context: &Context) -> Result<String, StudyError> {
        let weights = files::sha256_of_file(&self.weights)
            .map_err(|source| record::RecordError::Read { path: self.weights.clone(), source })?;
        let normalise = format!("{:?} {:?}", context.normalise.mean, context.normalise.std);
        Ok(files::sha256_of_texts(&[&weights, &context.x.to_string(), &normalise]))
    }

    /// Logits of tiles of the study's size, in f64, in order.
    pub fn logits(&self, context: &Context, tiles: &[&[u8]]) -> Vec<Vec<f64>> {
        train::logits(&self.model, tiles, context.tiles.size, &context.normalise, &context.device)
    }

    /// Confidences in class X.
    pub fn confidences(&self, context: &Context, tiles: &[&[u8]]) -> Vec<f64> {
        self.logits(context, tiles).iter().map(|l| confidence(l, context.x)).collect()
    }
}

/// The judges of Figure 6 besides the held-out one: name and the epochs of the snapshots that are pooled.
pub fn panel(context: &Context) -> Vec<(&'static str, Vec<usize>)> {
    let (earlier, initial, later) = snapshots(context.config.scorer.epochs);
    let mut panel = vec![("initial", vec![initial])];
    if !earlier.is_empty() {
        panel.push(("earlier", earlier));
    }
    panel.push(("later", later));
    panel
}

/// Whether `class` has the highest logit.
pub fn chooses(logits: &[f64], class: usize) -> bool {
    logits.iter().enumerate().all(|(c, l)| c == class || *l < logits[class])
}
