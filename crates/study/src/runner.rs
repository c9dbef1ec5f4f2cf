//! Runs the graph: several steps side by side, each in its own thread pool, finished ones skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use burn::tensor::Device;
use record::{Done, Results, RunFolder};

use crate::context::Context;
use crate::observer::{PlannedStep, StudyObserver};
use crate::plan::{Step, StepKind, plan};
use crate::{StudyConfig, StudyError, hash, steps};

/// How a study is run; none of it changes a result.
#[derive(Clone, Debug)]
pub struct Options {
    /// Processor threads in all.
    pub threads: usize,
    /// The most memory that decoded tiles may take, in bytes.
    pub cache_bytes: u64,
    /// The device that trains.
    pub device: Device,
}

/// A study that has read and checked its data and is ready to run.
pub struct Prepared {
    /// Data and settings.
    pub context: Context,
    /// The graph.
    pub steps: Vec<Step>,
}

impl Prepared {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every fault of settings and data.
    pub fn new(
        config: StudyConfig,
        out: &Path,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Self, StudyError> {
        let run = RunFolder::new(out);
        let context =
            Context::open(config, run, options.cache_bytes, options.device.clone(), &|done, total| {
                observer.decoded(done, total)
            })?;
        for note in &context.notes {
            observer.note(note);
        }
        let steps = plan(&context);
        Ok(Self { context, steps })
    }

    /// The plan, with what is already finished.
    pub fn planned(&self) -> Vec<PlannedStep> {
        let line = |s: &Step| PlannedStep {
            name: s.name.clone(),
            work: s.work,
            cached: is_done(&self.context.run, s),
        };
        self.steps.iter().map(line).collect()
    }

    /// Runs what is not finished yet and returns the results.
    ///
    /// Steps that do not depend on one another run side by side; no result depends on how many do.
    ///
    /// # Errors
    /// The first step's error; [`StudyError::Interrupted`] if the observer asked to stop. Everything finished is kept.
    pub fn run(&self, options: &Options, observer: &dyn StudyObserver) -> Result<Results, StudyError> {
        let run = &self.context.run;
        let _lock = claim(&run.root)?;
        steps::write_inputs(&self.context)?;
        let planned = self.planned();
        observer.planned(&planned);
        let workers = self.workers(options.threads);
        let board = Board::new(&self.steps, &planned.iter().map(|p| p.cached).collect::<Vec<_>>());
        std::thread::scope(|scope| {
            for worker in 0..workers {
                // The first workers take the threads that do not divide evenly.
                let threads = options.threads / workers + usize::from(worker < options.threads % workers);
                let board = &board;
                scope.spawn(move || self.work(threads.max(1), board, observer));
            }
        });
        board.outcome()?;
        Ok(run.read_results()?)
    }

    /// How many steps run side by side: small networks use a core each better than all cores together,
    /// as long as their activations fit in a few gigabytes.
    pub(crate) fn workers(&self, threads: usize) -> usize {
        const BUDGET: f64 = 6e9;
        let c = &self.context.config;
        let pixels = (self.context.tiles.size as f64 / 224.0).powi(2);
        let classifier =
            1.1e8 * c.classifier.batch as f64 * pixels * c.classifier.width.max(c.scorer.width) as f64 / 64.0;
        let translator =
            2.5e9 * pixels * c.translator.width as f64 / 64.0 * (c.translator.blocks as f64 + 4.0) / 13.0;
        let fitting = (BUDGET / classifier.max(translator)).max(1.0) as usize;
        threads.clamp(1, 4).min(fitting)
    }

    fn work(&self, threads: usize, board: &Board, observer: &dyn StudyObserver) {
        let pool = match pool(threads, &self.context.run.root) {
            Ok(pool) => pool,
            Err(e) => return board.fail(e),
        };
        while let Some(index) = board.take() {
            let step = &self.steps[index];
            let told = StepObserver { step: &step.name, observer, failed: &board.failed };
            let result = if told.should_stop() {
                Err(StudyError::Interrupted)
            } else {
                pool.install(|| self.execute(step, &told))
            };
            match result {
                Ok(()) => board.done(index),
                Err(e) => board.fail(e),
            }
        }
    }

    /// Runs one step and writes its `done.json`, by which it counts as finished.
    fn execute(&self, step: &Step, observer: &StepObserver) -> Result<(), StudyError> {
        let started = Instant::now();
        let run = &self.context.run;
        let folder = run.step(&step.name);
        start_afresh_unless_same(&folder, &step.hash)?;
        observer.observer.started(&step.name);
        steps::execute(&self.context, step, observer)?;
        let seconds = started.elapsed().as_secs_f64();
        let done = Done {
            step: step.name.clone(),
            hash: step.hash.clone(),
            tool: crate::tool(),
            seed: self.context.config.seed,
            data_hash: self.context.data_hash.clone(),
            seconds,
            outputs: outputs(&self.context, step, &folder)?,
        };
        run.write_done(&done)?;
        observer.observer.finished(&step.name, seconds);
        Ok(())
    }
}

/// A pool of its own for what runs on one worker.
pub fn pool(threads: usize, root: &Path) -> Result<rayon::ThreadPool, StudyError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| StudyError::Output {
        path: root.into(),
        why: format!("no threads could be started: {e}"),
        hint: "try --threads 1".into(),
    })
}

/// A study's observer as one step sees it; asks to stop as soon as another step has failed.
pub struct StepObserver<'a> {
    step: &'a str,
    observer: &'a dyn StudyObserver,
    failed: &'a AtomicBool,
}

impl StepObserver<'_> {
    /// Whether the step should save its state and return.
    pub fn should_stop(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.observer.should_stop()
    }

    /// Tells how far the step is.
    pub fn progressed(&self, done: u64, total: u64) {
        self.observer.progressed(self.step, done, total);
    }
}

impl train::Observer for StepObserver<'_> {
    fn step(&self, done: u64, total: u64) {
        self.progressed(done, total);
    }
    fn epoch(&self, epoch: usize, summary: &str) {
        self.observer.epoch(self.step, epoch, summary);
    }
    fn should_stop(&self) -> bool {
        StepObserver::should_stop(self)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Running,
    Done,
}

/// Who does what: shared by the workers.
struct Board {
    after: Vec<Vec<usize>>,
    /// The cost of the dearest chain of steps that starts at each step: the longest goes first.
    chain: Vec<f64>,
    states: Mutex<(Vec<State>, Option<StudyError>)>,
    changed: Condvar,
    failed: AtomicBool,
}

impl Board {
    fn new(steps: &[Step], cached: &[bool]) -> Self {
        let mut chain: Vec<f64> = steps.iter().map(|s| s.work).collect();
        for i in (0..steps.len()).rev() {
            for &before in &steps[i].after {
                chain[before] = chain[before].max(steps[before].work + chain[i]);
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
    fn take(&self) -> Option<usize> {
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

    fn done(&self, index: usize) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).0[index] = State::Done;
        self.changed.notify_all();
    }

    fn fail(&self, e: StudyError) {
        let mut guard = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        // An interruption that follows another step's error must not hide it.
        if guard.1.is_none() || guard.1.as_ref().is_some_and(StudyError::is_interrupted) {
            guard.1 = Some(e);
        }
        self.failed.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn outcome(self) -> Result<(), StudyError> {
        match self.states.into_inner().unwrap_or_else(PoisonError::into_inner).1 {
            None => Ok(()),
            Some(e) if e.is_interrupted() => Err(StudyError::Interrupted),
            Some(e) => Err(e),
        }
    }
}

/// Whether a step is finished and nothing that it depends on has changed since.
fn is_done(run: &RunFolder, step: &Step) -> bool {
    match run.read_done(&step.name) {
        Ok(Some(done)) => {
            done.hash == step.hash && done.outputs.keys().all(|path| run.root.join(path).is_file())
        }
        // A damaged done.json is as good as none: the step is repeated.
        _ => false,
    }
}

/// Keeps a step's folder if it was started for the same hash (its checkpoint goes on), else empties it.
fn start_afresh_unless_same(folder: &Path, step_hash: &str) -> Result<(), StudyError> {
    let mark = folder.join("hash.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|text| text.trim() == step_hash) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| StudyError::Output {
            path: folder.into(),
            why: format!("what an earlier run with other settings left cannot be removed: {e}"),
            hint: "choose another --out folder".into(),
        })?;
    }
    record::write_atomic(&mark, format!("{step_hash}\n").as_bytes())?;
    Ok(())
}

/// What a step left: paths relative to the run folder, with SHA-256.
fn outputs(context: &Context, step: &Step, folder: &Path) -> Result<BTreeMap<String, String>, StudyError> {
    let run = &context.run;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    match step.kind {
        StepKind::Translate(phi) => open.push(run.generated(phi)),
        StepKind::Score => drop(found.insert(run.relative(&run.confidences_csv()), String::new())),
        StepKind::Evaluate => drop(found.insert(run.relative(&run.results_json()), String::new())),
        _ => {}
    }
    let broken =
        |path: &Path, e: &std::io::Error| StudyError::Broken { path: path.into(), why: e.to_string() };
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|e| broken(&dir, &e))? {
            let path = entry.map_err(|e| broken(&dir, &e))?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "hash.txt" && name != "done.json") {
                found.insert(run.relative(&path), String::new());
            }
        }
    }
    for (path, sum) in &mut found {
        let path = run.root.join(path);
        *sum = hash::of_file(&path).map_err(|e| broken(&path, &e))?;
    }
    Ok(found)
}

/// Makes the output folder ours: refuses a folder that holds something else, or that another process is using.
fn claim(root: &Path) -> Result<std::fs::File, StudyError> {
    let fail =
        |why: String, hint: &str| StudyError::Output { path: PathBuf::from(root), why, hint: hint.into() };
    let is_run = root.join("study.toml").is_file() || root.join("run.lock").is_file();
    let holds_something = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something && !is_run {
        return Err(fail(
            "it is not empty and is not a run folder".into(),
            "choose a new or empty folder with --out",
        ));
    }
    // Writing through `record` first tells a full or read-only disk from a mistaken path.
    let path = root.join("run.lock");
    if !path.is_file() {
        record::write_atomic(&path, b"")?;
    }
    let lock = std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .map_err(|e| fail(e.to_string(), "choose a folder that can be written with --out"))?;
    lock.try_lock().map_err(|_| {
        fail("another grayzone is running there".into(), "wait for it to end, or choose another --out folder")
    })?;
    Ok(lock)
}
