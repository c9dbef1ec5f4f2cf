//! Easy and hard tiles of a class (METHOD.md, steps 3 and 4).

use record::{Phi, RunFolder, Selection, StepName};
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::ranking::{Score, rank};
use crate::step::Step;
use crate::study::Study;

/// Ranks a class and writes the ranking with the easy and the hard tiles at a selectivity.
pub struct Select {
    /// The selectivity.
    pub phi: Phi,
    /// The class, if it is not class X.
    pub class: Option<usize>,
}

impl Step for Select {
    fn name(&self) -> StepName {
        StepName::select_of(self.phi, self.class)
    }

    fn settings(&self, study: &Study) -> Value {
        json!([self.phi, study.config.scoring, study.config.select])
    }

    fn cost(&self, _: &Study) -> Cost {
        Cost::SMALL
    }

    fn is_whole(&self, run: &RunFolder) -> bool {
        // Runs of grayzone 0.1 from before the whole ranking was written lack it; the few moments that it takes are repeated.
        Selection::read_of(run, self.phi, self.class).is_ok_and(|selection| selection.is_whole())
    }

    fn run(&self, study: &Study, _: &StepObserver) -> Result<(), StudyError> {
        let scores: Vec<Score> = files::read_rows(&Score::table(study, self.class))?;
        let agreement = |image: &str| study.data.agreement_of(image);
        let ranked = rank(scores, study.config.select.by, study.config.scoring, agreement);
        let (easy, hard) = self.phi.easy_and_hard(ranked.len());
        Ok(Selection::new(ranked, easy, hard).write(&study.run, self.phi, self.class)?)
    }
}
