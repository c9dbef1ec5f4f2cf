//! Which steps a study has, and which comes after which: the wiring, and nothing else.

use record::{Phi, StepName, Translated};

use crate::cost::Cost;
use crate::dial;
use crate::judge;
use crate::recipe::{self, Need, Resolved};
use crate::step::Step;
use crate::steps::{
    Assess, Choose, Dial, DialTranslator, Evaluate, Fold, Generate, Naive, Probe, Quality, Retrain,
    Robustness, Score, ScoreClasses, Scorer, Select, Translate, Translator,
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
        let select = plan.add(Select { phi, class: None }, &[score]);
        let translator = plan.translator(phi, None, &scorers);
        let mut needs = vec![translator, select, score];
        needs.extend(probe);
        translated.push((phi, plan.add(Translate(phi), &needs)));
        selected.push(select);
    }

    if dial::is_used(study) {
        let translator = plan.translator(study.reference_phi(), None, &scorers);
        plan.add(Dial, &[translator, score]);
    }

    let naive = config.naive.then(|| {
        let of_reference = translated.iter().find(|(phi, _)| *phi == study.reference_phi());
        let needs: Vec<usize> = [score].into_iter().chain(of_reference.map(|(_, step)| *step)).collect();
        plan.add(Naive, &needs)
    });
    let (mut independent, mut disturbed) = (None, Vec::new());
    for set in study.training_sets() {
        let mut needs = Vec::new();
        for need in recipe::needs(study, set) {
            needs.extend(match need {
                Need::NaiveMixes => naive,
                Need::Scores => Some(score),
                Need::Ranking(phi, class) => Some(plan.ranking(phi, class, &scorers)),
                Need::Translations(of) => Some(plan.translations(of, &scorers)),
                Need::Assessed(of) => Some(plan.assessed(of, &scorers)),
            });
        }
        if Resolved::of(study, set).is_open() {
            needs.push(plan.add(Choose(set), &needs));
        }
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
    /// The ranking of a class; of class X there is one a selectivity anyway.
    fn ranking(&mut self, phi: Phi, class: Option<usize>, scorers: &[usize]) -> usize {
        let select = Select { phi, class };
        if let Some(there) = self.index_of(&select.name()) {
            return there;
        }
        let scores = self.add(ScoreClasses, scorers);
        self.add(select, &[scores])
    }

    /// What translates a class at a selectivity: of a dial, one for all of them.
    fn translator(&mut self, phi: Phi, class: Option<usize>, scorers: &[usize]) -> usize {
        if !dial::is_used(self.study) {
            let select = self.ranking(phi, class, scorers);
            return self.add(Translator { phi, class }, &[select]);
        }
        let translator = DialTranslator { class };
        if let Some(there) = self.index_of(&translator.name()) {
            return there;
        }
        let scores = match class {
            None => self.add(Score, scorers),
            Some(_) => self.add(ScoreClasses, scorers),
        };
        self.add(translator, &[scorers[0], scores])
    }

    /// Translations of the easy tiles of a class.
    fn translations(&mut self, of: Translated, scorers: &[usize]) -> usize {
        if let Some(there) = self.index_of(&StepName::of("translate", &of)) {
            return there;
        }
        let phi = self.study.phi_of(of.target);
        let select = self.ranking(phi, of.class, scorers);
        let translator = self.translator(phi, of.class, scorers);
        self.add(Generate(of), &[translator, select])
    }

    /// What judges say of such translations.
    fn assessed(&mut self, of: Translated, scorers: &[usize]) -> usize {
        let translations = self.translations(of, scorers);
        let scores = self.add(ScoreClasses, scorers);
        let needs: Vec<usize> = scorers.iter().copied().chain([scores, translations]).collect();
        self.add(Assess(of), &needs)
    }

    fn index_of(&self, name: &StepName) -> Option<usize> {
        self.steps.iter().position(|step| step.name == *name)
    }

    /// Adds a step that needs those at `after`, unless it is there already, and gives its index.
    fn add(&mut self, step: impl Step + 'static, after: &[usize]) -> usize {
        let name = step.name();
        if let Some(there) = self.index_of(&name) {
            return there;
        }
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
