//! Runs the graph: several steps side by side, each in its own thread pool, finished ones skipped.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use burn::tensor::Device;
use record::{Done, RecordError, Results, RunFolder};

use crate::board::Board;
use crate::claim::Claim;
use crate::context::Context;
use crate::observer::{PlannedStep, StudyObserver};
use crate::plan::{Step, StepKind, plan};
use crate::{StudyConfig, StudyError, steps};

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
                observer.decoded(done, total);
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
    /// Steps that do not depend on one another run side by side; no result depends on how many do. The claim is on the run folder.
    ///
    /// # Errors
    /// The first step's error; [`StudyError::Interrupted`] if the observer asked to stop. Everything finished is kept.
    pub fn run(
        &self,
        _claim: &Claim,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Results, StudyError> {
        let run = &self.context.run;
        self.refuse_another_study()?;
        let planned = self.planned();
        if planned.last().is_some_and(|evaluate| !evaluate.cached) {
            // Results of other settings must not lie beside these.
            for path in [run.results_json(), run.report_html()] {
                remove(&path, std::fs::remove_file(&path))?;
            }
        }
        steps::write_inputs(&self.context)?;
        observer.planned(&planned);
        let workers = self.workers(options.threads);
        let board = Board::new(&self.steps, &planned.iter().map(|p| p.cached).collect::<Vec<_>>());
        std::thread::scope(|scope| {
            for worker in 0..workers {
                // The first workers take the threads that do not divide evenly.
                let threads = options.threads / workers + usize::from(worker < options.threads % workers);
                let board = &board;
                scope.spawn(move || self.work(threads.max(1), options.threads, board, observer));
            }
        });
        board.outcome()?;
        Ok(run.read_results()?)
    }

    /// Refuses to run over the steps of a study of another name: they are somebody's work.
    fn refuse_another_study(&self) -> Result<(), StudyError> {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let run = &self.context.run;
        let name = &self.context.config.name;
        match record::read_toml::<Named>(&run.study_toml()) {
            Ok(there) if there.name != *name => Err(StudyError::Output {
                path: run.root.clone(),
                why: format!("it holds the run of study {:?}, and this one is {name:?}", there.name),
                hint: "choose another folder with --out, or give the study that name to change it".into(),
            }),
            // No file: a new run. One that cannot be read is written anew.
            _ => Ok(()),
        }
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

    /// Runs steps as they become ready, on `threads` threads; on all of the machine's what the others would only wait for.
    fn work(&self, threads: usize, all: usize, board: &Board, observer: &dyn StudyObserver) {
        let new_pool = |threads| pool(threads, &self.context.run.root);
        let own = match new_pool(threads) {
            Ok(pool) => pool,
            Err(e) => return board.fail(e),
        };
        while let Some(index) = board.take() {
            let step = &self.steps[index];
            let translates = |i: usize| matches!(self.steps[i].kind, StepKind::Translator(_));
            let wide = if all > threads
                && translates(index)
                && !board.is_any_open(|i| i != index && translates(i))
            {
                match new_pool(all) {
                    Ok(pool) => Some(pool),
                    Err(e) => return board.fail(e),
                }
            } else {
                None
            };
            let pool = wide.as_ref().unwrap_or(&own);
            let told = StepObserver { step: &step.name, observer, failed: &board.failed };
            let result = if told.should_stop() {
                Err(StudyError::Interrupted)
            } else {
                // Without this the others would wait for ever for a step that panicked.
                match catch_unwind(AssertUnwindSafe(|| pool.install(|| self.execute(step, &told)))) {
                    Ok(result) => result,
                    Err(panic) => {
                        board.fail(StudyError::Interrupted);
                        resume_unwind(panic);
                    }
                }
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
        // A step that was finished once and is run again has lost a file: its training would think that all is done.
        let was_finished = run.done_json(&step.name).exists();
        start_afresh_unless_same(&folder, &step.hash, was_finished)?;
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

/// Keeps a step's folder if it was started for the same hash and not finished (its checkpoint goes on), else empties it.
fn start_afresh_unless_same(folder: &Path, step_hash: &str, was_finished: bool) -> Result<(), StudyError> {
    let mark = folder.join("hash.txt");
    if !was_finished && std::fs::read_to_string(&mark).is_ok_and(|text| text.trim() == step_hash) {
        return Ok(());
    }
    // The mark goes first: if this is cut short, the rest is not taken for an unfinished step of that hash.
    remove(&mark, std::fs::remove_file(&mark))?;
    remove(folder, std::fs::remove_dir_all(folder))?;
    record::write_atomic(&mark, format!("{step_hash}\n").as_bytes())?;
    Ok(())
}

/// The outcome of a removal, of which "there is nothing" is as good as success.
pub fn remove(path: &Path, outcome: std::io::Result<()>) -> Result<(), StudyError> {
    match outcome {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RecordError::Write { path: path.into(), source }.into())
        }
        _ => Ok(()),
    }
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
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.starts_with(".writing-") {
                // What a killed process left of a write.
                remove(&path, std::fs::remove_file(&path))?;
            } else if name != "hash.txt" && name != "done.json" {
                found.insert(run.relative(&path), String::new());
            }
        }
    }
    for (path, sum) in &mut found {
        let path = run.root.join(path);
        *sum = files::sha256_of_file(&path).map_err(|e| broken(&path, &e))?;
    }
    Ok(found)
}
