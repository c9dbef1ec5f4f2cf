//! Trains a translator at a selectivity.

use record::{Phi, StepName};
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
pub struct Translator(pub Phi);

impl Step for Translator {
    fn name(&self) -> StepName {
        StepName::translator(self.0)
    }

    fn settings(&self, study: &Study) -> Value {
        json!(study.config.translator)
    }

    fn cost(&self, study: &Study) -> Cost {
        let config = &study.config.translator;
        let (easy, hard) = study.easy_and_hard(self.0);
        let gflop = config.steps_for(easy, hard) as f64 * config.step_gflop(study.px());
        Cost { gflop, like: Training::Translator }
    }

    fn takes_all_threads(&self) -> bool {
        true
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let selected = Selected::read(study, self.0)?;
        let easy = data.pixels(&selected.easy);
        let judge = Judge::initial(study)?;
        let confidences = |tiles: &[&[u8]]| judge.confidences(study, tiles);
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
            judge: Some(train::Judge { fingerprint: judge.fingerprint(study)?, confidences: &confidences }),
            dir: study.run.step(&self.name()),
        };
        train::train_translator(&job, &study.device, observer)?;
        Ok(())
    }
}
