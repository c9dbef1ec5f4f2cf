//! What the trainings of classifiers have in common.

use record::StepName;
use train::{ClassifierConfig, ClassifierJob, LabelledTiles};

use crate::study::Study;

/// The training of a classifier by the step `name`: `stream` names its random streams, `init` those of its initial weights.
pub fn job<'a>(
    study: &'a Study,
    name: &StepName,
    stream: &str,
    init: &str,
    config: &ClassifierConfig,
    train: LabelledTiles<'a>,
) -> ClassifierJob<'a> {
    ClassifierJob {
        stream: stream.into(),
        init_stream: format!("{init}/init"),
        seed: study.config.seed,
        class_names: study.config.classes.clone(),
        config: config.clone(),
        normalise: study.data.normalise,
        train,
        lessons: None,
        augment: tissue::augment::Augment::paper(),
        evaluation: None,
        snapshots: Vec::new(),
        dir: study.run.step(name),
        epochs_total: config.epochs,
    }
}
