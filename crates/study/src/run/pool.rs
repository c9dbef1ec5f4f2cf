//! Threads.

use std::path::Path;

use crate::error::StudyError;

/// A pool of its own for what runs on one worker.
pub fn pool(threads: usize, root: &Path) -> Result<rayon::ThreadPool, StudyError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| StudyError::Output {
        path: root.into(),
        why: format!("no threads could be started: {e}"),
        hint: "try --threads 1".into(),
    })
}
