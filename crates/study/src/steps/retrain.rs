//! Retrains a classifier: one row of Table 3, one seed.

use record::{StepName, TrainingSet};
use serde_json::{Value, json};
use train::ClassifierJob;

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::recipe::{Resolved, Taught, Tuned, chosen};
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
    /// Tiles of class X that a row of the paper adds to the training tiles.
    fn additions(&self, study: &Study) -> Result<Vec<Vec<u8>>, StudyError> {
        match self.set {
            TrainingSet::Original | TrainingSet::Recipe(_) => Ok(Vec::new()),
            TrainingSet::Naive => pictures::naive(study),
            TrainingSet::Phi(phi) => pictures::kept(study, phi),
        }
    }

    fn stream(&self) -> String {
        format!("retrain/seed-{}", self.seed)
    }

    /// A row of the paper.
    fn run_paper_s(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let additions = self.additions(study)?;
        let mut tiles = study.data.set(&study.data.train);
        tiles.labels.extend(additions.iter().map(|_| study.data.x));
        tiles.tiles.extend(additions.iter().map(Vec::as_slice));
        let (stream, config) = (self.stream(), &study.config.classifier);
        let job = ClassifierJob {
            evaluation: Some(study.data.evaluation()),
            ..training::job(study, &self.name(), &stream, &stream, config, tiles)
        };
        train::train_classifier(&job, &study.device, observer)?;
        Ok(())
    }

    /// A row of the study's own.
    fn run_recipe(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let resolved = Resolved::of(study, self.set);
        let tuned = chosen(study, self.set, &resolved)?;
        let taught = Taught::new(study, &resolved, tuned, self.seed)?;
        let job = ClassifierJob {
            evaluation: Some(study.data.evaluation()),
            ..taught.job(study, &self.name(), &self.stream())
        };
        train::train_classifier(&job, &study.device, observer)?;
        files::write_rows(&study.run.added_csv(self.set, self.seed), &taught.rows)?;
        Ok(())
    }
}

impl Step for Retrain {
    fn name(&self) -> StepName {
        StepName::retrain(self.set, self.seed)
    }

    fn settings(&self, study: &Study) -> Value {
        let classifier = study.config.with_agreement(json!(study.config.classifier.identity()));
        match self.set {
            TrainingSet::Recipe(_) => json!([classifier, Resolved::of(study, self.set).settings(study)]),
            TrainingSet::Original | TrainingSet::Naive | TrainingSet::Phi(_) => classifier,
        }
    }

    fn cost(&self, study: &Study) -> Cost {
        let (data, config) = (&study.data, &study.config.classifier);
        // How many translations are kept is not known before, nor what validation chooses; at most all that there may be.
        let added = Resolved::of(study, self.set).most_added(study, Tuned::NOTHING);
        let learnt = data.train.len() + added;
        let gflop = cost::training(config, study.px(), config.epochs, learnt, data.judged());
        Cost { gflop, like: Training::Classifier }
    }

    fn rounds(&self, study: &Study) -> Option<u64> {
        Some(study.config.classifier.epochs as u64)
    }

    fn is_read_again(&self, output: &str) -> bool {
        let are_weights_read = self.is_disturbed || self.name() == judge::independent_step();
        !output.ends_with(".safetensors") || are_weights_read
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        match self.set {
            TrainingSet::Recipe(_) => self.run_recipe(study, observer),
            TrainingSet::Original | TrainingSet::Naive | TrainingSet::Phi(_) => {
                self.run_paper_s(study, observer)
            }
        }
    }
}
