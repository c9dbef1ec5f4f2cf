//! The study as a graph of steps: what depends on what, what each costs, and the hash that tells whether a finished step still stands.

use record::{Phi, StepName, TrainingSet};
use serde_json::{Value, json};

use crate::context::Context;

/// Raised when a change of the program makes finished steps stale.
const METHOD_VERSION: u32 = 1;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepKind {
    /// Trains the scorer and goes on past its last epoch for the later snapshots.
    Scorer,
    /// Trains the out-of-fold scorer that never sees fold `k`.
    Fold(usize),
    /// Confidences of all tiles.
    Score,
    /// Easy and hard tiles at a selectivity.
    Select(Phi),
    /// Trains the translator at a selectivity.
    Translator(Phi),
    /// Translates the easy tiles, judges and filters them.
    Translate(Phi),
    /// Mixed examples.
    Naive,
    /// Retrains a classifier on a training set from a seed.
    Retrain(TrainingSet, usize),
    /// Trains the severity probe (synthetic tissue only).
    Probe,
    /// Gathers everything into `results.json`.
    Evaluate,
}

/// One step of the graph.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its folder under `steps/`.
    pub name: StepName,
    /// What it does.
    pub kind: StepKind,
    /// The steps it needs, as indices into the plan.
    pub after: Vec<usize>,
    /// Rough cost in GFLOP.
    pub work: f64,
    /// SHA-256 over its settings, the data and the hashes of what it depends on.
    pub hash: String,
}

/// Epochs at which the scorer's snapshots are kept: `(earlier, initial, later)`.
///
/// The paper's 17, 19, 21, 23 | 25 | 27, 29, 31, 33, scaled to the scorer's epochs (METHOD.md, step 10).
pub fn snapshots(epochs: usize) -> (Vec<usize>, usize, Vec<usize>) {
    let at = |paper: usize| ((epochs * paper) as f64 / 25.0).round() as usize;
    let distinct = |epochs: [usize; 4], keep: &dyn Fn(usize) -> bool| {
        let mut list: Vec<usize> = epochs.iter().map(|&e| at(e)).filter(|&e| keep(e)).collect();
        list.dedup();
        list
    };
    let earlier = distinct([17, 19, 21, 23], &|e| e >= 1 && e < epochs);
    let mut later = distinct([27, 29, 31, 33], &|e| e > epochs);
    if later.is_empty() {
        later.push(epochs + 1);
    }
    (earlier, epochs, later)
}

/// Whether the study can check itself against the severity of synthetic tissue.
pub fn has_severity(context: &Context) -> bool {
    context.manifest.severity().is_some()
}

/// The whole graph in an order in which every step comes after what it needs.
pub fn plan(context: &Context) -> Vec<Step> {
    let c = &context.config;
    // A step hashes no more than it depends on, so that a change re-runs what it touches and nothing else.
    let common = json!({
        "method": METHOD_VERSION, "data": context.data_hash, "seed": c.seed, "validation": c.validation,
        "classes": c.classes, "tile_size": c.tile_size, "normalise": context.normalise,
    });
    let with_x = json!([common, c.source_class]);
    let probe_base = json!([METHOD_VERSION, c.seed, c.tile_size, context.normalise]);
    let scorer = serde_json::to_value(&c.scorer).unwrap_or_default();
    let classifier = serde_json::to_value(&c.classifier).unwrap_or_default();
    let translator = serde_json::to_value(&c.translator).unwrap_or_default();
    let mut graph = Graph { base: with_x, steps: Vec::new() };

    let n = context.train.len();
    let size = context.tiles.size;
    let tested = context.test.len() + context.validation.len();
    let classifier_work = |width: usize, epochs: usize, trained: usize| {
        epochs as f64 * (3 * trained + tested) as f64 * resnet18_gflop(width, size)
    };
    let (_, _, later) = snapshots(c.scorer.epochs);
    let last_epoch = later.last().copied().unwrap_or(c.scorer.epochs);

    let scorer_step =
        graph.add(StepKind::Scorer, &[], &scorer, classifier_work(c.scorer.width, last_epoch, n));
    let folds: Vec<usize> = (0..c.folds)
        .map(|k| {
            let trained = context.folds.iter().filter(|f| **f != k).count();
            graph.add_on(
                &common,
                StepKind::Fold(k),
                &[],
                &json!([scorer, c.folds]),
                classifier_work(c.scorer.width, c.scorer.epochs, trained),
            )
        })
        .collect();
    let mut needs = vec![scorer_step];
    needs.extend(&folds);
    let score = graph.add(
        StepKind::Score,
        &needs,
        &json!(c.folds),
        2.0 * (n + tested) as f64 * resnet18_gflop(c.scorer.width, size),
    );
    let probe = has_severity(context).then(|| {
        graph.add_on(
            &probe_base,
            StepKind::Probe,
            &[],
            &json!(crate::probe::SETTINGS),
            crate::probe::work(size),
        )
    });

    let n_x = context.train_of_x().len();
    let mut translates = Vec::new();
    for &phi in &c.phi {
        let (easy, hard) = phi.easy_and_hard(n_x);
        let select = graph.add(StepKind::Select(phi), &[score], &json!([phi, c.scoring, c.select]), 0.01);
        let steps = translator_steps(c, easy, hard);
        let t = &c.translator;
        let work = steps as f64
            * (12.0 * generator_gflop(t.width, t.blocks, size) + discriminators_gflop(t.width, size));
        let train = graph.add(StepKind::Translator(phi), &[select], &translator, work);
        let mut needs = vec![train, select, score];
        needs.extend(probe);
        let judges = 3 * (2 + last_epoch.min(9)) * easy;
        let work = 2.0 * easy as f64 * generator_gflop(t.width, t.blocks, size)
            + judges as f64 * resnet18_gflop(c.scorer.width, size);
        translates.push(graph.add(StepKind::Translate(phi), &needs, &json!(null), work));
    }
    let mut sets = vec![(TrainingSet::Original, None)];
    if c.naive {
        let reference = c.phi.iter().position(|p| *p == context.reference_phi()).unwrap_or(0);
        let naive = graph.add(StepKind::Naive, &[score, translates[reference]], &json!(null), 0.01);
        sets.push((TrainingSet::Naive, Some(naive)));
    }
    sets.extend(c.phi.iter().zip(&translates).map(|(phi, step)| (TrainingSet::Phi(*phi), Some(*step))));
    for (set, after) in sets {
        let trained = n + if set == TrainingSet::Original { 0 } else { n_x / 2 };
        let needs: Vec<usize> = after.into_iter().collect();
        for seed in 0..c.seeds {
            let work = classifier_work(c.classifier.width, c.classifier.epochs, trained);
            graph.add(StepKind::Retrain(set, seed), &needs, &classifier, work);
        }
    }
    let all: Vec<usize> = (0..graph.steps.len()).collect();
    graph.add(
        StepKind::Evaluate,
        &all,
        &json!([c.name, c.preset, c.phi, c.seeds, context.notes, env!("CARGO_PKG_VERSION")]),
        0.1,
    );
    graph.steps
}

struct Graph {
    base: Value,
    steps: Vec<Step>,
}

impl Graph {
    /// A step that depends on all there is to know of the data, and on class X.
    fn add(&mut self, kind: StepKind, after: &[usize], settings: &Value, work: f64) -> usize {
        let base = self.base.clone();
        self.add_on(&base, kind, after, settings, work)
    }

    /// A step that depends on `base` of the data.
    fn add_on(
        &mut self,
        base: &Value,
        kind: StepKind,
        after: &[usize],
        settings: &Value,
        work: f64,
    ) -> usize {
        let name = folder(kind);
        let base = base.to_string();
        let settings = settings.to_string();
        let mut parts = vec![name.as_str(), &base, &settings];
        parts.extend(after.iter().map(|&i| self.steps[i].hash.as_str()));
        let hash = files::sha256_of_texts(&parts);
        self.steps.push(Step { name, kind, after: after.to_vec(), work, hash });
        self.steps.len() - 1
    }
}

/// The folder of a step under `steps/`.
pub fn folder(kind: StepKind) -> StepName {
    match kind {
        StepKind::Scorer => StepName::SCORER,
        StepKind::Fold(k) => StepName::fold(k),
        StepKind::Score => StepName::SCORE,
        StepKind::Select(phi) => StepName::select(phi),
        StepKind::Translator(phi) => StepName::translator(phi),
        StepKind::Translate(phi) => StepName::translate(phi),
        StepKind::Naive => StepName::NAIVE,
        StepKind::Retrain(set, seed) => StepName::retrain(set, seed as u64),
        StepKind::Probe => StepName::PROBE,
        StepKind::Evaluate => StepName::EVALUATE,
    }
}

/// Optimiser steps of a translator: the fixed number if one is set, else epochs of the smaller domain.
pub fn translator_steps(config: &crate::StudyConfig, easy: usize, hard: usize) -> u64 {
    let t = &config.translator;
    t.steps.unwrap_or(t.epochs as u64 * easy.min(hard) as u64)
}

/// GFLOP of one forward pass of a ResNet-18 of stage width `width` on one tile of side `size`; the constant stands for overhead.
pub fn resnet18_gflop(width: usize, size: usize) -> f64 {
    3.6 * (width as f64 / 64.0).powi(2) * (size as f64 / 224.0).powi(2) + 0.01
}

/// GFLOP of one forward pass of a generator on one tile.
pub fn generator_gflop(width: usize, blocks: usize, size: usize) -> f64 {
    (9.2 + 7.4 * blocks as f64) * (width as f64 / 64.0).powi(2) * (size as f64 / 224.0).powi(2) + 0.01
}

/// GFLOP that both discriminators add to one translator step.
pub fn discriminators_gflop(width: usize, size: usize) -> f64 {
    90.0 * (width as f64 / 64.0).powi(2) * (size as f64 / 224.0).powi(2) + 0.1
}

#[cfg(test)]
mod tests {
    use super::snapshots;

    #[test]
    fn snapshots_of_25_epochs_are_the_papers() {
        assert_eq!(snapshots(25), (vec![17, 19, 21, 23], 25, vec![27, 29, 31, 33]));
    }

    #[test]
    fn snapshots_of_short_trainings_are_distinct_and_on_their_side() {
        for epochs in 1..60 {
            let (earlier, initial, later) = snapshots(epochs);
            assert!(earlier.iter().all(|e| *e < initial) && earlier.windows(2).all(|w| w[0] < w[1]));
            assert!(
                !later.is_empty()
                    && later.iter().all(|e| *e > initial)
                    && later.windows(2).all(|w| w[0] < w[1])
            );
        }
    }
}
