//! What each step does. A step reads the context and the files of the steps before it, and leaves files of its own.

mod evaluate;
mod inputs;
mod naive;
mod score;
mod select;
mod training;
mod translate;
mod translation_rows;

pub use inputs::write_inputs;

use crate::context::Context;
use crate::plan::{Step, StepKind};
use crate::runner::StepObserver;
use crate::{StudyError, probe};

/// Runs one step.
///
/// # Errors
/// Whatever ends it; finished parts of a training stay as a checkpoint.
pub fn execute(context: &Context, step: &Step, observer: &StepObserver) -> Result<(), StudyError> {
    match step.kind {
        StepKind::Scorer => training::scorer(context, observer),
        StepKind::Fold(k) => training::fold(context, k, observer),
        StepKind::Score => score::score(context, observer),
        StepKind::Select(phi) => select::select(context, phi),
        StepKind::Translator(phi) => translate::train(context, phi, observer),
        StepKind::Translate(phi) => translate::translate(context, phi, observer),
        StepKind::Naive => naive::naive(context),
        StepKind::Retrain(set, seed) => training::retrain(context, set, seed, observer),
        StepKind::Probe => probe::train(context, observer),
        StepKind::Evaluate => evaluate::evaluate(context),
    }
}
