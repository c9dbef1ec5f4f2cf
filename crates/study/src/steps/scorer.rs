//! Trains the scorer.

use record::StepName;
use serde_json::{Value, json};
use train::ClassifierJob;

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::snapshots::Snapshots;
use crate::step::Step;
use crate::study::Study;
use crate::training;

/// Trains the scorer, with snapshots before, at and after its last regular epoch.
pub struct Scorer;

impl Step for Scorer {
    fn name(&self) -> StepName {
        StepName::SCORER
    }

    fn settings(&self, study: &Study) -> Value {
        study.config.with_agreement(json!(study.config.scorer.identity()))
    }

    fn cost(&self, study: &Study) -> Cost {
        let config = &study.config.scorer;
        let epochs = Snapshots::of(config.epochs).last();
        let (learnt, judged) = (study.data.train.len(), study.data.judged());
        let gflop = cost::training(config, study.px(), epochs, learnt, judged);
        Cost { gflop, like: Training::Scorer }
    }

    fn rounds(&self, study: &Study) -> Option<u64> {
        Some(Snapshots::of(study.config.scorer.epochs).last() as u64)
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let snapshots = Snapshots::of(study.config.scorer.epochs);
        let epochs_total = snapshots.last();
        let Snapshots { earlier, initial, later } = snapshots;
        let tiles = study.data.set(&study.data.train);
        let job = ClassifierJob {
            snapshots: earlier.into_iter().chain([initial]).chain(later).collect(),
            epochs_total,
            evaluation: Some(study.data.evaluation()),
            ..training::job(study, &self.name(), "scorer", "scorer", &study.config.scorer, tiles)
        };
        train::train_classifier(&job, &study.device, observer)?;
        Ok(())
    }
}
