//! Who watches a training run, and may ask it to stop.

/// Within an epoch a checkpoint is written when this many seconds have passed since the last one.
pub const CHECKPOINT_SECONDS: u64 = 60;

/// Watches one training job. Every method has an empty default; calls come from the training thread.
pub trait Observer: Sync {
    /// `done` of `total` optimisation steps of this job are behind us (also told right after a resume).
    fn step(&self, _done: u64, _total: u64) {}

    /// Epoch `epoch` (counted from 1) has ended; `summary` is one line for people.
    fn epoch(&self, _epoch: usize, _summary: &str) {}

    /// Something a person may want to know, such as a checkpoint of another job that is being ignored.
    fn note(&self, _message: &str) {}

    /// Within an epoch, a checkpoint is written when this many seconds have passed since the last one.
    fn checkpoint_seconds(&self) -> u64 {
        CHECKPOINT_SECONDS
    }

    /// Asked after every step: `true` makes the job write a checkpoint and return [`crate::TrainError::Interrupted`].
    fn should_stop(&self) -> bool {
        false
    }
}

/// An observer that neither watches nor stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
