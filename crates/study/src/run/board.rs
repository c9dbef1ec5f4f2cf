//! Which step is waiting, running or done: what the workers of a run share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::error::StudyError;

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
    /// Nothing is running yet; `done` steps are done. Step `i` needs those at `after[i]`, all of them before it, and costs `work[i]`.
    pub fn new(after: Vec<Vec<usize>>, work: &[f64], done: &[bool]) -> Self {
        let mut chain = work.to_vec();
        for i in (0..after.len()).rev() {
            for &before in &after[i] {
                chain[before] = chain[before].max(work[before] + chain[i]);
            }
        }
        let states = done.iter().map(|is_done| if *is_done { State::Done } else { State::Waiting }).collect();
        Self {
            after,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn fault(why: &str) -> StudyError {
        StudyError::Broken { path: "x".into(), why: why.into() }
    }

    /// 0 → 1 → 3, and 2 beside them.
    fn board(work: [f64; 4], done: [bool; 4]) -> Board {
        Board::new(vec![vec![], vec![0], vec![], vec![1]], &work, &done)
    }

    #[test]
    fn the_dearest_chain_goes_first_and_of_equals_the_first_in_the_plan() {
        // The chain 0 → 1 → 3 costs 6, step 2 alone 5.
        let dear = board([1.0, 2.0, 5.0, 3.0], [false; 4]);
        assert_eq!((dear.take(), dear.take()), (Some(0), Some(2)));
        let cheap = board([1.0, 2.0, 7.0, 3.0], [false; 4]);
        assert_eq!(cheap.take(), Some(2));
        let equal = board([1.0, 2.0, 6.0, 3.0], [false; 4]);
        assert_eq!(equal.take(), Some(0));
    }

    #[test]
    fn a_step_waits_until_what_it_needs_is_done() {
        let board = board([1.0; 4], [false, false, true, false]);
        assert_eq!(board.take(), Some(0));
        std::thread::scope(|scope| {
            let next = scope.spawn(|| board.take());
            // Long enough for it to be handed out too early, if it were.
            std::thread::sleep(Duration::from_millis(50));
            assert!(!next.is_finished());
            board.done(0);
            assert_eq!(next.join().unwrap(), Some(1));
        });
        assert!(board.is_any_open(|i| i == 1) && !board.is_any_open(|i| i == 0));
        board.done(1);
        assert_eq!(board.take(), Some(3));
        board.done(3);
        assert_eq!(board.take(), None);
        assert!(board.outcome().is_ok());
    }

    #[test]
    fn what_is_done_already_is_not_handed_out() {
        let board = board([1.0; 4], [true; 4]);
        assert_eq!(board.take(), None);
        assert!(board.outcome().is_ok());
    }

    #[test]
    fn after_a_fault_nothing_new_is_started_and_the_first_fault_is_told() {
        let board = board([1.0; 4], [false; 4]);
        assert_eq!(board.take(), Some(0));
        board.fail(fault("first"));
        board.fail(fault("second"));
        assert!(board.failed.load(Ordering::Relaxed));
        assert_eq!(board.take(), None);
        assert!(matches!(board.outcome(), Err(StudyError::Broken { why, .. }) if why == "first"));
    }

    #[test]
    fn an_interruption_hides_no_fault() {
        let board = board([1.0; 4], [false; 4]);
        board.fail(StudyError::Interrupted);
        board.fail(fault("behind it"));
        assert!(matches!(board.outcome(), Err(StudyError::Broken { .. })));
        let stopped = self::board([1.0; 4], [false; 4]);
        stopped.fail(StudyError::Train(train::TrainError::Interrupted));
        assert!(matches!(stopped.outcome(), Err(StudyError::Interrupted)));
    }
}
