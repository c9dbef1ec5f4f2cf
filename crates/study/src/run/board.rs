//! Which step is waiting, running or done: what the workers of a run share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::error::StudyError;
use crate::plan::Planned;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Running,
    Done,
}

/// Who does what: shared by the workers.
pub struct Board {
    after: Vec<Vec<usize>>,
    /// The cost of the dearest chain of steps that starts at each step: the longest goes first.
    chain: Vec<f64>,
    states: Mutex<(Vec<State>, Option<StudyError>)>,
    changed: Condvar,
    /// Whether a step has failed: the others should save their state and return.
    pub failed: AtomicBool,
}

impl Board {
    /// Nothing is running yet; `cached` steps are done.
    pub fn new(steps: &[Planned], cached: &[bool]) -> Self {
        let mut chain: Vec<f64> = steps.iter().map(|s| s.cost.gflop).collect();
        for i in (0..steps.len()).rev() {
            for &before in &steps[i].after {
                chain[before] = chain[before].max(steps[before].cost.gflop + chain[i]);
            }
        }
        let states = cached.iter().map(|c| if *c { State::Done } else { State::Waiting }).collect();
        Self {
            after: steps.iter().map(|s| s.after.clone()).collect(),
            chain,
            states: Mutex::new((states, None)),
            changed: Condvar::new(),
            failed: AtomicBool::new(false),
        }
    }

    /// The next step to run; waits while others may make one ready; `None` when all is done or something failed.
    pub fn take(&self) -> Option<usize> {
        let mut guard = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (states, error) = &mut *guard;
            if error.is_some() || states.iter().all(|s| *s == State::Done) {
                return None;
            }
            let ready = (0..states.len())
                .filter(|&i| {
                    states[i] == State::Waiting && self.after[i].iter().all(|&b| states[b] == State::Done)
                })
                .max_by(|&a, &b| self.chain[a].total_cmp(&self.chain[b]).then(b.cmp(&a)));
            if let Some(index) = ready {
                states[index] = State::Running;
                return Some(index);
            }
            if !states.contains(&State::Running) {
                return None;
            }
            guard = self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether a step of some kind is waiting or running.
    pub fn is_any_open(&self, wanted: impl Fn(usize) -> bool) -> bool {
        let guard = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.iter().enumerate().any(|(i, state)| *state != State::Done && wanted(i))
    }

    /// Step `index` is finished.
    pub fn done(&self, index: usize) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).0[index] = State::Done;
        self.changed.notify_all();
    }

    /// A step ended in `e`: nothing new is started.
    pub fn fail(&self, e: StudyError) {
        let mut guard = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        // An interruption that follows another step's error must not hide it.
        if guard.1.is_none() || guard.1.as_ref().is_some_and(StudyError::is_interrupted) {
            guard.1 = Some(e);
        }
        self.failed.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// How it all ended.
    pub fn outcome(self) -> Result<(), StudyError> {
        match self.states.into_inner().unwrap_or_else(PoisonError::into_inner).1 {
            None => Ok(()),
            Some(e) if e.is_interrupted() => Err(StudyError::Interrupted),
            Some(e) => Err(e),
        }
    }
}
