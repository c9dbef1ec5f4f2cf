//! The progress of a study, whose steps run side by side: how much of the whole is done, what is at work, what is left.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use study::{PlannedStep, StudyObserver};

use crate::interrupt;
use crate::progress::{Progress, clock_text};

/// The whole study as the bar shows it.
const WHOLE: u64 = 1000;

/// Shows a study's progress on stderr.
pub struct StudyProgress {
    progress: Progress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    planned: BTreeMap<String, f64>,
    total: f64,
    finished: f64,
    /// Work that was done before this process started, finished or found in a checkpoint.
    earlier: f64,
    began: Option<Instant>,
    running: BTreeMap<String, (u64, u64)>,
}

impl StudyProgress {
    /// Nothing is shown if `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self { progress: Progress::new("reading", quiet), state: Mutex::default() }
    }

    /// The line that shows it, for work around the study itself.
    pub fn line(&self) -> &Progress {
        &self.progress
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &State) {
        let done = state.done();
        let steps: Vec<String> =
            state.running.iter().map(|(step, (done, total))| format!("{step} {done}/{total}")).collect();
        let left = state.remaining().map_or_else(String::new, |time| format!("{} left; ", clock_text(time)));
        let share = if state.total > 0.0 { done / state.total } else { 0.0 };
        self.progress.show((share * WHOLE as f64) as u64, WHOLE, &format!("{left}{}", steps.join(", ")));
    }
}

impl State {
    fn done(&self) -> f64 {
        let part = |(step, (done, total)): (&String, &(u64, u64))| {
            self.planned.get(step).copied().unwrap_or(0.0) * *done as f64 / (*total).max(1) as f64
        };
        self.finished + self.running.iter().map(part).sum::<f64>()
    }

    /// The time left at the pace of this process; unknown before it has done anything.
    fn remaining(&self) -> Option<Duration> {
        let worked = self.done() - self.earlier;
        let elapsed = self.began?.elapsed().as_secs_f64();
        let seconds = elapsed * (self.total - self.done()).max(0.0) / worked;
        // A share of a percent is too little to tell.
        (worked > 0.002 * self.total && seconds.is_finite()).then(|| Duration::from_secs_f64(seconds))
    }
}

impl StudyObserver for StudyProgress {
    fn decoded(&self, done: usize, total: usize) {
        self.progress.relabel("decoding");
        self.progress.at(done as u64, total as u64);
    }

    fn note(&self, text: &str) {
        self.progress.note(&format!("note: {text}"));
    }

    fn planned(&self, steps: &[PlannedStep]) {
        let mut state = self.lock();
        state.planned = steps.iter().map(|step| (step.name.clone(), step.work)).collect();
        state.total = steps.iter().map(|step| step.work).sum();
        state.finished = steps.iter().filter(|step| step.cached).map(|step| step.work).sum();
        state.earlier = state.finished;
        state.began = Some(Instant::now());
        let cached = steps.iter().filter(|step| step.cached).count();
        drop(state);
        self.progress.relabel("study");
        let already = if cached > 0 { format!(", {cached} of them finished already") } else { String::new() };
        self.progress.note(&format!("{} steps{already}", steps.len()));
    }

    fn looked_at(&self, done: usize, total: usize) {
        self.progress.relabel("checking what is there");
        self.progress.at(done as u64, total as u64);
    }

    fn reopened(&self, step: &str) {
        let mut state = self.lock();
        let work = state.planned.get(step).copied().unwrap_or(0.0);
        state.finished -= work;
        state.earlier -= work;
    }

    fn started(&self, step: &str) {
        self.progress.note(&format!("{step} …"));
    }

    fn progressed(&self, step: &str, done: u64, total: u64) {
        let mut state = self.lock();
        if !state.running.contains_key(step) {
            // The first word of a resumed step tells what an earlier process did.
            let work = state.planned.get(step).copied().unwrap_or(0.0);
            state.earlier += work * done as f64 / total.max(1) as f64;
        }
        state.running.insert(step.to_owned(), (done, total));
        self.show(&state);
    }

    fn epoch(&self, step: &str, epoch: usize, summary: &str) {
        self.progress.note(&format!("{step}, epoch {epoch}: {summary}"));
    }

    fn finished(&self, step: &str, seconds: f64) {
        let mut state = self.lock();
        state.running.remove(step);
        state.finished += state.planned.get(step).copied().unwrap_or(0.0);
        self.show(&state);
        drop(state);
        self.progress
            .note(&format!("{step} done in {}", clock_text(Duration::from_secs_f64(seconds.max(0.0)))));
    }

    fn should_stop(&self) -> bool {
        interrupt::requested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, work: f64, cached: bool) -> PlannedStep {
        PlannedStep { name: name.parse().unwrap(), work, cached }
    }

    #[test]
    fn what_an_earlier_process_did_does_not_count_for_the_pace() {
        let shown = StudyProgress::new(true);
        shown.planned(&[
            step("scorer", 50.0, true),
            step("fold-0", 40.0, false),
            step("evaluate", 10.0, false),
        ]);
        shown.progressed("fold-0", 10, 20);
        let state = shown.lock();
        assert_eq!((state.done(), state.earlier), (70.0, 70.0));
        assert_eq!(state.remaining(), None);
        drop(state);
        shown.progressed("fold-0", 20, 20);
        shown.finished("fold-0", 1.0);
        let state = shown.lock();
        assert_eq!((state.done(), state.earlier), (90.0, 70.0));
        assert!(state.remaining().is_some());
    }
}
