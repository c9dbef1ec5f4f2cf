//! Trains a translator at a selectivity.

use record::{Phi, StepName, Target, Translated};
use serde_json::{Value, json};
use train::TranslatorJob;

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::ranking::Selected;
use crate::step::Step;
use crate::study::Study;

/// Rows of the sample grid.
const SAMPLES: usize = 6;

/// Trains easy → hard (and back) at a selectivity.
pub struct Translator {
    /// The selectivity.
    pub phi: Phi,
    /// The class, if it is not class X.
    pub class: Option<usize>,
}

impl Translator {
    /// Steps of its training.
    fn steps(&self, study: &Study) -> u64 {
        let (easy, hard) = self.phi.easy_and_hard(study.data.train_of(self.class).len());
        study.config.translator.steps_for(easy, hard)
    }
}

impl Step for Translator {
    fn name(&self) -> StepName {
        StepName::of("translator", &Translated { target: Target::Phi(self.phi), class: self.class })
    }

    fn settings(&self, study: &Study) -> Value {
        json!(study.config.translator)
    }

    fn cost(&self, study: &Study) -> Cost {
        let gflop = self.steps(study) as f64 * study.config.translator.step_gflop(study.px());
        Cost { gflop, like: Training::Translator }
    }

    fn rounds(&self, study: &Study) -> Option<u64> {
        Some(self.steps(study))
    }

    fn takes_all_threads(&self) -> bool {
        true
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let selected = Selected::of_class(study, self.phi, self.class)?;
        let easy = data.pixels(&selected.easy);
        let judge = Judge::initial(study)?;
        let class = self.class.unwrap_or(data.x);
        let confidences = |tiles: &[&[u8]]| judge.confidences_in(study, tiles, class);
        // Evenly spread over the easy tiles, from the less to the most confident.
        let samples = SAMPLES.min(easy.len());
        let sample = (0..samples).map(|k| easy[k * easy.len() / samples]).collect();
        let job = TranslatorJob {
            stream: self.name().to_string(),
            seed: study.config.seed,
            config: study.config.translator.clone(),
            size: data.tiles.size,
            b: data.pixels(&selected.hard),
            a: easy,
            sample,
            judge: Some(train::Judge {
                fingerprint: judge.fingerprint(study, class)?,
                confidences: &confidences,
            }),
            dir: study.run.step(&self.name()),
        };
        train::train_translator(&job, &study.device, observer)?;
        Ok(())
    }
}
