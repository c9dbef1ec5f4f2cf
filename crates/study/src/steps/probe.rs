//! Trains the severity probe (synthetic tissue only).

use record::StepName;
use serde_json::{Value, json};
use train::{Balance, ClassifierConfig, RegressorJob, predict_values, train_regressor};

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::severity::{Fit, SETTINGS};
use crate::step::{Basis, Step};
use crate::study::Study;

/// Trains the probe on fresh synthetic tiles and measures its correlation with the truth on held-out ones.
pub struct Probe;

impl Step for Probe {
    fn name(&self) -> StepName {
        StepName::PROBE
    }

    fn basis(&self) -> Basis {
        Basis::Pixels
    }

    fn settings(&self, _: &Study) -> Value {
        json!(SETTINGS)
    }

    fn cost(&self, study: &Study) -> Cost {
        let (config, px) = (config(), study.px());
        let gflop = cost::training(&config, px, config.epochs, SETTINGS.train, 0)
            + SETTINGS.held_out as f64 * config.gflop(px);
        Cost { gflop, like: Training::Scorer }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let (size, normalise) = (study.data.tiles.size, study.data.normalise);
        let tiles = tissue::synthetic::probe_tiles(SETTINGS.train + SETTINGS.held_out, size, SETTINGS.seed);
        let (learn, held_out) = tiles.split_at(SETTINGS.train);
        let job = RegressorJob {
            stream: "probe".into(),
            seed: study.config.seed,
            target: "severity".into(),
            config: config(),
            size,
            normalise,
            tiles: learn.iter().map(|(pixels, _)| pixels.as_slice()).collect(),
            targets: learn.iter().map(|(_, severity)| *severity).collect(),
            dir: study.run.step(&self.name()),
        };
        let model = train_regressor(&job, &study.device, observer)?;
        let pixels: Vec<&[u8]> = held_out.iter().map(|(pixels, _)| pixels.as_slice()).collect();
        let seen = predict_values(&model, &pixels, size, &normalise, &study.device);
        let truth: Vec<f64> = held_out.iter().map(|(_, severity)| *severity).collect();
        let fit = Fit {
            probe_r: stats::pearson(&seen, &truth).unwrap_or(0.0),
            train: SETTINGS.train,
            held_out: SETTINGS.held_out,
        };
        files::write_json(&Fit::path(study), &fit)?;
        Ok(())
    }
}

fn config() -> ClassifierConfig {
    ClassifierConfig {
        epochs: SETTINGS.epochs,
        width: SETTINGS.width,
        batch: 16,
        lr: 2e-3,
        lr_decay: 0.88,
        weight_decay: 0.0,
        balance: Balance::Off,
        ..ClassifierConfig::default()
    }
}
