//! Translates the easy tiles of another class than X, or of any class by the dial, for recipes to add.

use record::{RunFolder, StepName, Translated};
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::step::{Places, Step};
use crate::study::Study;
use crate::translating::Made;

/// Writes translations and reconstructions. What is told of those of class X at a selectivity in figures and tables is [`super::Translate`]'s.
pub struct Generate(pub Translated);

impl Step for Generate {
    fn name(&self) -> StepName {
        StepName::of("translate", &self.0)
    }

    fn settings(&self, _: &Study) -> Value {
        json!(self.0)
    }

    fn cost(&self, study: &Study) -> Cost {
        Cost { gflop: Made::gflop(study, self.0.class), like: Training::Translator }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name()), run.generated_as(&self.0)], files: Vec::new() }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        Made::new(study, &self.0, observer)?.write(study, &self.0)
    }
}
