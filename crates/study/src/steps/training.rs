//! The steps that train a classifier: scorer, out-of-fold scorers, and the retrained classifiers of Table 3.

use record::TrainingSet;
use train::{ClassifierConfig, ClassifierJob, TileSet};

use crate::context::Context;
use crate::plan::{StepKind, folder, snapshots};
use crate::runner::StepObserver;
use crate::{StudyError, pictures};

/// Trains the scorer, with snapshots before, at and after its last epoch.
pub fn scorer(context: &Context, observer: &StepObserver) -> Result<(), StudyError> {
    let (earlier, initial, later) = snapshots(context.config.scorer.epochs);
    let epochs_total = later.last().copied().unwrap_or(initial);
    let kept = earlier.into_iter().chain([initial]).chain(later).collect();
    let job = ClassifierJob {
        snapshots: kept,
        epochs_total,
        evaluation: Some(context.evaluation()),
        ..job(
            context,
            StepKind::Scorer,
            "scorer",
            "scorer",
            &context.config.scorer,
            context.set(&context.train),
        )
    };
    train::train_classifier(&job, &context.device, observer)?;
    Ok(())
}

/// Trains the scorer that never sees fold `k`.
pub fn fold(context: &Context, k: usize, observer: &StepObserver) -> Result<(), StudyError> {
    let seen: Vec<usize> =
        context.train.iter().zip(&context.folds).filter(|(_, f)| **f != k).map(|(i, _)| *i).collect();
    let stream = format!("fold-{k}");
    // Every fold starts from the scorer's own initial weights.
    let job = job(context, StepKind::Fold(k), &stream, "scorer", &context.config.scorer, context.set(&seen));
    train::train_classifier(&job, &context.device, observer)?;
    Ok(())
}

/// Retrains a classifier on a training set; seed `seed` starts from the same weights whatever the set.
pub fn retrain(
    context: &Context,
    set: TrainingSet,
    seed: usize,
    observer: &StepObserver,
) -> Result<(), StudyError> {
    let extra = match set {
        TrainingSet::Original => Vec::new(),
        TrainingSet::Naive => pictures::naive(context)?,
        TrainingSet::Phi(phi) => pictures::kept(context, phi)?,
    };
    let mut tiles = context.set(&context.train);
    tiles.labels.extend(extra.iter().map(|_| context.x));
    tiles.tiles.extend(extra.iter().map(Vec::as_slice));
    let stream = format!("retrain/seed-{seed}");
    let job = ClassifierJob {
        evaluation: Some(context.evaluation()),
        ..job(context, StepKind::Retrain(set, seed), &stream, &stream, &context.config.classifier, tiles)
    };
    train::train_classifier(&job, &context.device, observer)?;
    Ok(())
}

fn job<'a>(
    context: &'a Context,
    kind: StepKind,
    stream: &str,
    init: &str,
    config: &ClassifierConfig,
    train: TileSet<'a>,
) -> ClassifierJob<'a> {
    ClassifierJob {
        stream: stream.into(),
        init_stream: format!("{init}/init"),
        seed: context.config.seed,
        class_names: context.config.classes.clone(),
        config: config.clone(),
        normalise: context.normalise,
        train,
        evaluation: None,
        snapshots: Vec::new(),
        dir: context.run.step(&folder(kind)),
        epochs_total: config.epochs,
    }
}
