//! Trains an out-of-fold scorer.

use record::StepName;
use serde_json::{Value, json};

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::step::{Basis, Step};
use crate::study::Study;
use crate::training;

/// Trains the scorer that never sees the tiles of a fold (from 0).
pub struct Fold(pub usize);

impl Fold {
    /// What it learns from.
    fn seen(&self, study: &Study) -> Vec<usize> {
        let tiles = study.data.train.iter().zip(&study.data.folds);
        tiles.filter(|(_, fold)| **fold != self.0).map(|(i, _)| *i).collect()
    }
}

impl Step for Fold {
    fn name(&self) -> StepName {
        StepName::fold(self.0)
    }

    fn basis(&self) -> Basis {
        Basis::Data
    }

    fn settings(&self, study: &Study) -> Value {
        json!([study.config.scorer.identity(), study.config.folds])
    }

    fn cost(&self, study: &Study) -> Cost {
        let config = &study.config.scorer;
        let gflop = cost::training(config, study.px(), config.epochs, self.seen(study).len(), 0);
        Cost { gflop, like: Training::Scorer }
    }

    fn rounds(&self, study: &Study) -> Option<u64> {
        Some(study.config.scorer.epochs as u64)
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let (name, tiles) = (self.name(), study.data.set(&self.seen(study)));
        // Every fold starts from the scorer's own initial weights.
        let job = training::job(study, &name, name.as_str(), "scorer", &study.config.scorer, tiles);
        train::train_classifier(&job, &study.device, observer)?;
        Ok(())
    }
}
