//! The progress of a single training.

use train::Observer;

use crate::interrupt;
use crate::progress::Progress;

/// Shows one training job.
pub struct Watch<'a>(pub &'a Progress);

impl Observer for Watch<'_> {
    fn step(&self, done: u64, total: u64) {
        self.0.at(done, total);
    }

    fn epoch(&self, epoch: usize, summary: &str) {
        self.0.note(&format!("epoch {epoch}: {summary}"));
    }

    fn note(&self, message: &str) {
        self.0.note(&format!("note: {message}"));
    }

    fn should_stop(&self) -> bool {
        interrupt::requested()
    }
}
