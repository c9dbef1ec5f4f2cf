//! The severity probe: a regressor that reads the hidden severity off a picture of synthetic tissue.
//!
//! It is trained on fresh synthetic tiles of another seed, so that it knows nothing of the study, and tells by a measure that
//! neither scorer nor translator ever saw whether hard and translated tiles really are more severe.

use std::path::PathBuf;

use nets::Classifier;
use record::step::PROBE;
use serde::{Deserialize, Serialize};
use train::{ClassifierConfig, RegressorJob, predict_values, train_regressor};

use crate::StudyError;
use crate::context::Context;
use crate::plan::resnet18_gflop;
use crate::runner::StepObserver;

/// How the probe is trained.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settings {
    train: usize,
    held_out: usize,
    epochs: usize,
    width: usize,
    seed: u64,
}

/// A thousand tiles and more to learn from; the seed is nobody's study seed by design.
pub const SETTINGS: Settings =
    Settings { train: 1_500, held_out: 300, epochs: 20, width: 8, seed: 0x5EED_0F5E_7E41 };

/// Rough cost in GFLOP.
pub fn work(size: usize) -> f64 {
    (SETTINGS.epochs * 3 * SETTINGS.train + SETTINGS.held_out) as f64 * resnet18_gflop(SETTINGS.width, size)
}

#[derive(Serialize, Deserialize)]
struct Fit {
    probe_r: f64,
    train: usize,
    held_out: usize,
}

/// Trains the probe and measures its correlation on held-out tiles.
pub fn train(context: &Context, observer: &StepObserver) -> Result<(), StudyError> {
    let size = context.tiles.size;
    let tiles = tissue::synthetic::probe_tiles(SETTINGS.train + SETTINGS.held_out, size, SETTINGS.seed);
    let (learn, held_out) = tiles.split_at(SETTINGS.train);
    let job = RegressorJob {
        stream: "probe".into(),
        seed: context.config.seed,
        target: "severity".into(),
        config: ClassifierConfig {
            epochs: SETTINGS.epochs,
            width: SETTINGS.width,
            batch: 16,
            lr: 2e-3,
            lr_decay: 0.88,
            weight_decay: 0.0,
            ..ClassifierConfig::default()
        },
        size,
        normalise: context.normalise,
        tiles: learn.iter().map(|(pixels, _)| pixels.as_slice()).collect(),
        targets: learn.iter().map(|(_, severity)| *severity).collect(),
        dir: context.run.step(PROBE),
    };
    let model = train_regressor(&job, &context.device, observer)?;
    let pixels: Vec<&[u8]> = held_out.iter().map(|(pixels, _)| pixels.as_slice()).collect();
    let seen = predict_values(&model, &pixels, size, &context.normalise, &context.device);
    let truth: Vec<f64> = held_out.iter().map(|(_, severity)| *severity).collect();
    let fit = Fit {
        probe_r: stats::pearson(&seen, &truth).unwrap_or(0.0),
        train: SETTINGS.train,
        held_out: SETTINGS.held_out,
    };
    record::write_json(&fit_json(context), &fit)?;
    Ok(())
}

/// The probe's correlation with the truth on held-out synthetic tiles; `None` where the data has no severity.
pub fn correlation(context: &Context) -> Result<Option<f64>, StudyError> {
    if !crate::plan::has_severity(context) {
        return Ok(None);
    }
    let fit: Fit = record::read_json(&fit_json(context))?;
    Ok(Some(fit.probe_r))
}

/// The severities that the probe sees in several sets of tiles; `None` where the data has no severity.
pub fn measure<const N: usize>(
    context: &Context,
    sets: &[&[&[u8]]; N],
) -> Result<Option<[Vec<f64>; N]>, StudyError> {
    if !crate::plan::has_severity(context) {
        return Ok(None);
    }
    let path = context.run.step(PROBE).join("weights.safetensors");
    let (model, _): (Classifier, _) = nets::load_classifier(&path, &context.device)?;
    Ok(Some(
        sets.map(|tiles| {
            predict_values(&model, tiles, context.tiles.size, &context.normalise, &context.device)
        }),
    ))
}

fn fit_json(context: &Context) -> PathBuf {
    context.run.step(PROBE).join("fit.json")
}
