//! Trains the dial: one translator for every selectivity, on all training tiles of a class.

use record::StepName;
use serde_json::{Value, json};
use train::{DialJob, DialScorer};

use crate::cost::{Cost, Training};
use crate::dial::{self, Ranked};
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::snapshots::Snapshots;
use crate::step::Step;
use crate::study::Study;

/// Rows of the sample grid.
const SAMPLES: usize = 6;

/// Trains the dial. Its translations are to convince the scorer as it was at several epochs up to its last regular one: what convinces one
/// network alone need not be tissue.
pub struct DialTranslator {
    /// The class, if it is not class X.
    pub class: Option<usize>,
}

/// The scorer's epochs that have a part in the training.
fn epochs(study: &Study) -> Vec<usize> {
    let Snapshots { mut earlier, initial, .. } = Snapshots::of(study.config.scorer.epochs);
    earlier.push(initial);
    earlier
}

impl Step for DialTranslator {
    fn name(&self) -> StepName {
        StepName::translator_dial(self.class)
    }

    fn settings(&self, study: &Study) -> Value {
        json!([study.config.translator, study.config.scoring, study.config.select])
    }

    fn cost(&self, study: &Study) -> Cost {
        let (config, n) = (&study.config.translator, study.data.train_of(self.class).len());
        // A translation through each scorer and back, without gradients of its weights; and once all tiles.
        let scorers = epochs(study).len() as f64 * study.config.scorer.gflop(study.px());
        let steps = dial::steps(study, self.class) as f64;
        let gflop = steps * (config.step_gflop(study.px()) + 2.0 * scorers) + n as f64 * scorers;
        Cost { gflop, like: Training::Translator }
    }

    fn rounds(&self, study: &Study) -> Option<u64> {
        Some(dial::steps(study, self.class))
    }

    fn takes_all_threads(&self) -> bool {
        true
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let Ranked { tiles, ranks } = Ranked::read(study, self.class)?;
        let class = self.class.unwrap_or(data.x);
        let pixels = data.pixels(&tiles);
        let scorers = epochs(study)
            .into_iter()
            .map(|epoch| {
                let logits = Judge::snapshot(study, epoch)?.logits(study, &pixels);
                Ok(DialScorer {
                    weights: Judge::snapshot_weights(study, epoch),
                    class,
                    normalise: data.normalise,
                    logits: logits.iter().map(|l| nets::margin(l, class)).collect(),
                })
            })
            .collect::<Result<Vec<_>, StudyError>>()?;
        let judge = Judge::initial(study)?;
        let confidences = |tiles: &[&[u8]]| judge.confidences_in(study, tiles, class);
        // Evenly spread from the hardest to the easiest.
        let samples = SAMPLES.min(pixels.len());
        let job = DialJob {
            stream: self.name().to_string(),
            seed: study.config.seed,
            config: study.config.translator.clone(),
            size: data.tiles.size,
            sample: (0..samples).map(|k| pixels[(2 * k + 1) * pixels.len() / (2 * samples)]).collect(),
            tiles: pixels,
            ranks,
            scorers,
            judge: Some(train::Judge {
                fingerprint: judge.fingerprint(study, class)?,
                confidences: &confidences,
            }),
            dir: study.run.step(&self.name()),
        };
        train::train_dial(&job, &study.device, observer)?;
        Ok(())
    }
}
