//! Chooses what a recipe leaves to the validation tiles: how many tiles are added, how much they weigh.

use record::{Candidate, ChosenOnValidation, ClassifierEpoch, StepName, TrainingSet};
use serde_json::{Value, json};
use train::Evaluation;

use crate::cost::{self, Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::recipe::{Resolved, Taught, Tuned};
use crate::step::Step;
use crate::study::Study;

/// Amounts that are tried: shares of the original tiles of a class.
const AMOUNTS: [f64; 3] = [0.1, 0.25, 0.5];
/// Weights that are tried.
const WEIGHTS: [f64; 3] = [0.25, 0.5, 1.0];
/// Networks that are trained with each, of seeds that no row of Table 3 has.
const SEEDS: u64 = 2;
/// A network's AUC is the mean over so many of its last epochs: a single one depends much on chance.
const EPOCHS: usize = 5;

/// Trains a few networks with each amount and weight, and takes those whose networks do best on the validation tiles; no test tile is looked
/// at.
pub struct Choose(pub TrainingSet);

impl Choose {
    fn candidates(resolved: &Resolved) -> Vec<Tuned> {
        let each = |open: bool, of: &[f64]| -> Vec<Option<f64>> {
            if open { of.iter().copied().map(Some).collect() } else { vec![None] }
        };
        let weights = each(resolved.open_weight(), &WEIGHTS);
        let amounts = each(resolved.open_amount(), &AMOUNTS);
        amounts
            .iter()
            .flat_map(|&amount| weights.iter().map(move |&weight| Tuned { amount, weight }))
            .collect()
    }

    /// The mean AUC of the candidate's networks on the validation tiles.
    fn try_out(
        &self,
        study: &Study,
        resolved: &Resolved,
        (at, tuned): (usize, Tuned),
        observer: &StepObserver,
    ) -> Result<Option<f64>, StudyError> {
        let mut aucs = Vec::new();
        for seed in 0..SEEDS {
            let taught = Taught::new(study, resolved, tuned, seed)?;
            let stream = format!("choose/seed-{seed}");
            let name = StepName::choose(self.0);
            let mut job = taught.job(study, &name, &stream);
            job.dir = study.run.step(&name).join(format!("candidate-{}-seed-{seed}", at + 1));
            job.evaluation = Some(Evaluation {
                set: study.data.set(&study.data.validation),
                strata: Vec::new(),
                validation: None,
                positive: study.data.x,
                names: None,
            });
            train::train_classifier(&job, &study.device, observer)?;
            let epochs: Vec<ClassifierEpoch> = files::read_rows(&job.dir.join("metrics.csv"))?;
            let last: Vec<f64> = epochs.iter().rev().take(EPOCHS).filter_map(|epoch| epoch.auc_all).collect();
            aucs.extend(stats::mean(&last));
        }
        Ok(stats::mean(&aucs))
    }
}

impl Step for Choose {
    fn name(&self) -> StepName {
        StepName::choose(self.0)
    }

    fn settings(&self, study: &Study) -> Value {
        let recipe = Resolved::of(study, self.0).settings(study);
        json!([study.config.classifier.identity(), recipe, AMOUNTS, WEIGHTS, SEEDS, EPOCHS])
    }

    fn cost(&self, study: &Study) -> Cost {
        let (config, data) = (&study.config.classifier, &study.data);
        let resolved = Resolved::of(study, self.0);
        let learnt = |tuned: Tuned| data.train.len() + resolved.most_added(study, tuned);
        let gflop = Self::candidates(&resolved).into_iter().map(|tuned| {
            cost::training(config, study.px(), config.epochs, learnt(tuned), data.validation.len())
        });
        Cost { gflop: SEEDS as f64 * gflop.sum::<f64>(), like: Training::Classifier }
    }

    fn is_read_again(&self, output: &str) -> bool {
        output.ends_with("chosen.json")
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let resolved = Resolved::of(study, self.0);
        let mut candidates = Vec::new();
        for (at, tuned) in Self::candidates(&resolved).into_iter().enumerate() {
            candidates.push(Candidate {
                amount: tuned.amount,
                weight: tuned.weight,
                seeds: SEEDS as usize,
                auc_validation: self.try_out(study, &resolved, (at, tuned), observer)?,
            });
        }
        // Of several as good, the fewest and lightest.
        let best = candidates.iter().reduce(|best, next| {
            if next.auc_validation.unwrap_or(0.0) > best.auc_validation.unwrap_or(0.0) { next } else { best }
        });
        let (amount, weight) = best.map_or((None, None), |best| (best.amount, best.weight));
        let chosen = ChosenOnValidation { amount, weight, candidates };
        files::write_json(&study.run.chosen_json(self.0), &chosen)?;
        Ok(())
    }
}
