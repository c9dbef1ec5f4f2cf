//! Retrains a classifier: one row of Table 3, one seed.

use record::{StepName, TrainingSet};
use serde_json::{Value, json};
use train::ClassifierJob;

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::step::Step;
use crate::study::Study;
use crate::{judge, pictures, training};

/// Retrains a classifier on a training set; a seed starts from the same weights whatever the set.
pub struct Retrain {
    /// What it is trained on.
    pub set: TrainingSet,
    /// Its seed among the study's.
    pub seed: u64,
    /// Whether a step after it shows its network disturbed tiles.
    pub is_disturbed: bool,
}

impl Retrain {
    /// Tiles of class X that the set adds to the training tiles.
    fn additions(&self, study: &Study) -> Result<Vec<Vec<u8>>, StudyError> {
        match self.set {
            TrainingSet::Original => Ok(Vec::new()),
            TrainingSet::Naive => pictures::naive(study),
            TrainingSet::Phi(phi) => pictures::kept(study, phi),
            TrainingSet::Recipe(_) => Ok(Vec::new()),
        }
    }
}

impl Step for Retrain {
    fn name(&self) -> StepName {
        StepName::retrain(self.set, self.seed)
    }

    fn settings(&self, study: &Study) -> Value {
        study.config.with_agreement(json!(study.config.classifier))
    }

    fn cost(&self, study: &Study) -> Cost {
        let data = &study.data;
        // How many translations are kept is not known before; at most all of the easy half.
        let added = if self.set == TrainingSet::Original { 0 } else { data.train_of_x.len() / 2 };
        let config = &study.config.classifier;
        let learnt = data.train.len() + added;
        let gflop = cost::training(config, study.px(), config.epochs, learnt, data.judged());
        Cost { gflop, like: Training::Classifier }
    }

    fn is_read_again(&self, output: &str) -> bool {
        let are_weights_read = self.is_disturbed || self.name() == judge::independent_step();
        !output.ends_with(".safetensors") || are_weights_read
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let additions = self.additions(study)?;
        let mut tiles = study.data.set(&study.data.train);
        tiles.labels.extend(additions.iter().map(|_| study.data.x));
        tiles.tiles.extend(additions.iter().map(Vec::as_slice));
        let stream = format!("retrain/seed-{}", self.seed);
        let job = ClassifierJob {
            evaluation: Some(study.data.evaluation()),
            ..training::job(study, &self.name(), &stream, &stream, &study.config.classifier, tiles)
        };
        train::train_classifier(&job, &study.device, observer)?;
        Ok(())
    }
}
