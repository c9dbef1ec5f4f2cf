//! Which steps a study has, and which comes after which: the wiring, and nothing else.

use record::{StepName, TrainingSet};

use crate::cost::Cost;
use crate::judge;
use crate::step::Step;
use crate::steps::{
    Evaluate, Fold, Naive, Probe, Quality, Retrain, Robustness, Score, Scorer, Select, Translate, Translator,
};
use crate::study::Study;

/// A step in its place.
pub struct Planned {
    /// The step.
    pub step: Box<dyn Step>,
    /// Its name.
    pub name: StepName,
    /// The steps it needs, as indices into the plan.
    pub after: Vec<usize>,
    /// What it costs.
    pub cost: Cost,
    /// SHA-256 over its name, its basis, its settings and the hashes of what it needs.
    pub hash: String,
}

/// The whole study in an order in which every step comes after what it needs.
pub fn plan(study: &Study) -> Vec<Planned> {
    let config = &study.config;
    let mut plan = Plan { study, steps: Vec::new() };

    let scorer = plan.add(Scorer, &[]);
    let mut scorers = vec![scorer];
    scorers.extend((0..config.folds).map(|k| plan.add(Fold(k), &[])));
    let score = plan.add(Score, &scorers);
    let probe = study.data.has_severity().then(|| plan.add(Probe, &[]));

    let (mut translated, mut selected) = (Vec::new(), Vec::new());
    for &phi in &config.phi {
        let select = plan.add(Select(phi), &[score]);
        let translator = plan.add(Translator(phi), &[select]);
        let mut needs = vec![translator, select, score];
        needs.extend(probe);
        translated.push((phi, plan.add(Translate(phi), &needs)));
        selected.push(select);
    }

    let translated_at = |phi| translated.iter().find(|(at, _)| *at == phi).map(|(_, step)| *step);
    let naive = config.naive.then(|| {
        let of_reference = translated_at(study.reference_phi());
        let needs: Vec<usize> = [score].into_iter().chain(of_reference).collect();
        plan.add(Naive, &needs)
    });
    let (mut independent, mut disturbed) = (None, Vec::new());
    for set in study.training_sets() {
        let after = match set {
            TrainingSet::Original => None,
            TrainingSet::Naive => naive,
            TrainingSet::Phi(phi) => translated_at(phi),
            TrainingSet::Recipe(_) => None,
        };
        let needs: Vec<usize> = after.into_iter().collect();
        for seed in 0..config.seeds as u64 {
            let is_disturbed = seed < study.disturbed_seeds();
            let retrained = plan.add(Retrain { set, seed, is_disturbed }, &needs);
            if is_disturbed {
                disturbed.push((Robustness { set, seed }, retrained));
            }
            if plan.steps[retrained].name == judge::independent_step() {
                independent = Some(retrained);
            }
        }
    }
    for (&(phi, translate), &select) in translated.iter().zip(&selected) {
        let needs: Vec<usize> = [scorer, select, translate].into_iter().chain(independent).collect();
        plan.add(Quality(phi), &needs);
    }

    for (step, retrained) in disturbed {
        plan.add(step, &[retrained]);
    }

    let all: Vec<usize> = (0..plan.steps.len()).collect();
    plan.add(Evaluate, &all);
    plan.steps
}

struct Plan<'a> {
    study: &'a Study,
    steps: Vec<Planned>,
}

impl Plan<'_> {
    /// Adds a step that needs those at `after`, and gives its index.
    fn add(&mut self, step: impl Step + 'static, after: &[usize]) -> usize {
        let name = step.name();
        let basis = step.basis().json(self.study, step.version()).to_string();
        let settings = step.settings(self.study).to_string();
        let mut parts = vec![name.as_str(), &basis, &settings];
        parts.extend(after.iter().map(|&i| self.steps[i].hash.as_str()));
        let hash = files::sha256_of_texts(&parts);
        let cost = step.cost(self.study);
        self.steps.push(Planned { step: Box::new(step), name, after: after.to_vec(), cost, hash });
        self.steps.len() - 1
    }
}
