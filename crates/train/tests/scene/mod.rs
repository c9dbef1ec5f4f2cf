//! Small tiles and small jobs that the tests of both loops share.

#![allow(dead_code)] // each test file uses a part of it

use rand::{Rng, RngExt};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use train::Observer;

/// `n` noisy tiles around a grey level.
pub fn tiles(n: usize, size: usize, level: u8, name: &str) -> Vec<Vec<u8>> {
    let mut rng = tissue::random::stream(5, name);
    (0..n).map(|_| tile(size, level, &mut rng)).collect()
}

pub fn tile(size: usize, level: u8, rng: &mut impl Rng) -> Vec<u8> {
    (0..size * size * 3).map(|_| level.saturating_add(rng.random_range(0..60u8))).collect()
}

pub fn views(tiles: &[Vec<u8>]) -> Vec<&[u8]> {
    tiles.iter().map(Vec::as_slice).collect()
}

/// Counts steps and keeps notes; stops after some steps, or dies there without a word.
#[derive(Default)]
pub struct Watcher {
    pub steps: AtomicU64,
    pub notes: Mutex<Vec<String>>,
    pub epochs: Mutex<Vec<usize>>,
    /// Stop after this many steps of this run.
    pub stop_after: Option<u64>,
    /// Panic in this step of this run, as if the process were killed.
    pub die_in: Option<u64>,
    /// Checkpoint after every step, and not only at the end of an epoch.
    pub careful: bool,
}

impl Observer for Watcher {
    fn step(&self, done: u64, total: u64) {
        assert!(done <= total);
        // The first call of an epoch tells where it starts; only calls that follow a step count.
        let calls = self.steps.fetch_add(1, Ordering::Relaxed);
        assert!(self.die_in.is_none_or(|step| calls < step), "killed");
    }
    fn epoch(&self, epoch: usize, summary: &str) {
        assert!(summary.contains('.'));
        self.epochs.lock().unwrap().push(epoch);
    }
    fn note(&self, message: &str) {
        self.notes.lock().unwrap().push(message.to_owned());
    }
    fn checkpoint_seconds(&self) -> u64 {
        if self.careful { 0 } else { 3600 }
    }
    fn should_stop(&self) -> bool {
        self.stop_after.is_some_and(|stop| self.steps.load(Ordering::Relaxed) > stop)
    }
}

/// Every file below a folder with its bytes, `job.json` included.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Runs `f` in a pool of its own with this many threads.
pub fn on_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

/// Trains in pieces: `run` is called with watchers that stop it, kill it, or let it end, until it ends.
pub fn in_pieces<R>(run: impl Fn(&Watcher) -> Result<R, train::TrainError>) -> R {
    let pieces = [
        Watcher { stop_after: Some(2), ..Watcher::default() },
        Watcher { die_in: Some(4), careful: true, ..Watcher::default() },
        Watcher { stop_after: Some(1), careful: true, ..Watcher::default() },
        Watcher { die_in: Some(2), ..Watcher::default() },
        Watcher { stop_after: Some(3), ..Watcher::default() },
    ];
    for watcher in pieces {
        let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&watcher)));
        match attempt {
            Err(_) => assert!(watcher.die_in.is_some()),
            Ok(Err(error)) => assert!(matches!(error, train::TrainError::Interrupted), "{error}"),
            Ok(Ok(_)) => panic!("the job ended before it was stopped everywhere"),
        }
    }
    run(&Watcher::default()).unwrap()
}
