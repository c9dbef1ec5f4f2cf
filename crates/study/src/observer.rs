//! What a study tells whoever runs it. Libraries know nothing of the terminal.

use std::sync::atomic::{AtomicBool, Ordering};

use record::StepName;

/// One line of the plan.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    /// Its name, which is also its folder below `steps/`; among those of a cross-validation with its test fold before it.
    pub name: String,
    /// Rough cost in GFLOP.
    pub work: f64,
    /// Whether it is already finished and still stands.
    pub cached: bool,
}

/// Told of a study's progress, from several threads.
pub trait StudyObserver: Sync {
    /// Tiles decoded so far and in all.
    fn decoded(&self, _done: usize, _total: usize) {}
    /// Something worth telling about the data or the settings.
    fn note(&self, _text: &str) {}
    /// Finished steps looked at so far, and steps in all.
    fn looked_at(&self, _done: usize, _total: usize) {}
    /// The plan is made; called once before the first step.
    fn planned(&self, _steps: &[PlannedStep]) {}
    /// A step starts.
    fn started(&self, _step: &str) {}
    /// A step that was told as finished is run again, since a step before it now leaves other files.
    fn reopened(&self, _step: &str) {}
    /// A step has done `done` of `total` of its own units.
    fn progressed(&self, _step: &str, _done: u64, _total: u64) {}
    /// A training step finished an epoch.
    fn epoch(&self, _step: &str, _epoch: usize, _summary: &str) {}
    /// A step is finished after so many seconds.
    fn finished(&self, _step: &str, _seconds: f64) {}
    /// Whether to stop at the next opportunity.
    fn should_stop(&self) -> bool {
        false
    }
}

/// A study's observer as one step sees it; asks to stop as soon as another step has failed.
pub struct StepObserver<'a> {
    /// The step.
    pub step: &'a StepName,
    /// Who watches the study.
    pub observer: &'a dyn StudyObserver,
    /// Whether another step has failed.
    pub failed: &'a AtomicBool,
}

impl StepObserver<'_> {
    /// Whether the step should save its state and return.
    pub fn should_stop(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.observer.should_stop()
    }

    /// Tells how far the step is.
    pub fn progressed(&self, done: u64, total: u64) {
        self.observer.progressed(self.step.as_str(), done, total);
    }
}

impl train::Observer for StepObserver<'_> {
    fn step(&self, done: u64, total: u64) {
        self.progressed(done, total);
    }
    fn epoch(&self, epoch: usize, summary: &str) {
        self.observer.epoch(self.step.as_str(), epoch, summary);
    }
    fn note(&self, message: &str) {
        self.observer.note(&format!("{}: {message}", self.step));
    }
    fn should_stop(&self) -> bool {
        StepObserver::should_stop(self)
    }
}

/// A cross-validation's observer as the run of one test fold sees it: the whole plan is told already.
pub struct FoldObserver<'a> {
    /// The fold, from 1.
    pub fold: usize,
    /// How many there are.
    pub folds: usize,
    /// The fold's part of the plan, as it was told.
    pub told: &'a [PlannedStep],
    /// Who watches the whole.
    pub observer: &'a dyn StudyObserver,
}

impl FoldObserver<'_> {
    /// A step's name among those of all folds.
    pub fn label(fold: usize, folds: usize, step: &str) -> String {
        format!("test fold {fold}/{folds}: {step}")
    }

    fn named(&self, step: &str) -> String {
        Self::label(self.fold, self.folds, step)
    }
}

impl StudyObserver for FoldObserver<'_> {
    fn note(&self, text: &str) {
        self.observer.note(&format!("test fold {}/{}: {text}", self.fold, self.folds));
    }
    fn looked_at(&self, done: usize, total: usize) {
        self.observer.looked_at(done, total);
    }
    fn planned(&self, steps: &[PlannedStep]) {
        // A closer look may find that what seemed finished is not.
        for (told, now) in self.told.iter().zip(steps).filter(|(told, now)| told.cached && !now.cached) {
            debug_assert_eq!(told.name, self.named(&now.name), "the plan is the same");
            self.observer.reopened(&told.name);
        }
    }
    fn started(&self, step: &str) {
        self.observer.started(&self.named(step));
    }
    fn reopened(&self, step: &str) {
        self.observer.reopened(&self.named(step));
    }
    fn progressed(&self, step: &str, done: u64, total: u64) {
        self.observer.progressed(&self.named(step), done, total);
    }
    fn epoch(&self, step: &str, epoch: usize, summary: &str) {
        self.observer.epoch(&self.named(step), epoch, summary);
    }
    fn finished(&self, step: &str, seconds: f64) {
        self.observer.finished(&self.named(step), seconds);
    }
    fn should_stop(&self) -> bool {
        self.observer.should_stop()
    }
}
