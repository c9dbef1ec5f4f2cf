//! Runs the graph: several steps side by side, each in its own thread pool, finished ones skipped.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use burn::tensor::Device;
use record::{Damage, Done, Results, RunFolder};

use super::board::Board;
use super::claim::Claim;
use super::done::{self, Standing, Survey};
use super::folders::{self, Outputs};
use super::inputs;
use super::occupied::refuse_another;
use super::pool::pool;
use crate::config::StudyConfig;
use crate::data::{Cache, Data};
use crate::error::StudyError;
use crate::observer::{PlannedStep, StepObserver, StudyObserver};
use crate::plan::{Planned, plan};
use crate::study::{Study, tool};

/// How a study is run; none of it changes a result.
#[derive(Clone, Debug)]
pub struct Options {
    /// Processor threads in all.
    pub threads: usize,
    /// The most memory that decoded tiles may take, in bytes.
    pub cache_bytes: u64,
    /// The folder for a file of tiles that take more; without one they are refused.
    pub beyond_cache: Option<PathBuf>,
    /// The device that trains.
    pub device: Device,
    /// Whether every byte of what finished steps left is compared with what is on record, the weights that nothing reads again, too.
    pub verify: bool,
}

impl Options {
    pub(crate) fn cache(&self) -> Cache<'_> {
        Cache { bytes: self.cache_bytes, beyond: self.beyond_cache.as_deref() }
    }
}

/// A study that has read and checked its data and is ready to run.
pub struct Prepared {
    /// Settings and tiles.
    pub study: Study,
    /// The graph.
    pub steps: Vec<Planned>,
}

/// Bytes that trainings side by side may take, as they count them: a machine of 8 GiB has room for it and for the tiles.
const BUDGET: u64 = 3_000_000_000;
/// Steps side by side, at the most: nobody has measured whether more of them gain on processors of many cores.
const MOST_WORKERS: usize = 4;

impl Prepared {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every fault of settings and data.
    pub fn new(
        mut config: StudyConfig,
        out: &Path,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Self, StudyError> {
        let data = Data::load(&mut config, options.cache(), &|done, total| observer.decoded(done, total))?;
        for note in &data.notes {
            observer.note(note);
        }
        if let Some(note) = data.where_tiles_are() {
            observer.note(&note);
        }
        Ok(Self::of(config, data, RunFolder::new(out), options))
    }

    /// A study whose data are read already.
    pub(crate) fn of(config: StudyConfig, data: Data, run: RunFolder, options: &Options) -> Self {
        let study = Study { config, data, run, device: options.device.clone() };
        let steps = plan(&study);
        Self { study, steps }
    }

    /// The plan with what is already finished, and the outputs that are not what their steps wrote: by their size, or with
    /// [`Options::verify`] by every byte.
    ///
    /// # Errors
    /// If a finished step was computed on another device, or a file cannot be read.
    pub fn planned(
        &self,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<(Vec<PlannedStep>, Vec<Damage>), StudyError> {
        let survey = self.survey((options.verify, options.verify), observer)?;
        Ok((self.lines(&survey.standing), survey.damaged))
    }

    fn survey(&self, how: (bool, bool), observer: &dyn StudyObserver) -> Result<Survey, StudyError> {
        let looked_at = AtomicUsize::new(0);
        let told = || {
            let done = looked_at.fetch_add(1, Ordering::Relaxed) + 1;
            observer.looked_at(done, self.steps.len());
        };
        done::survey(&self.study.run, &self.steps, &self.study.device, how, &told)
    }

    fn lines(&self, standing: &[Standing]) -> Vec<PlannedStep> {
        let line = |(step, standing): (&Planned, &Standing)| PlannedStep {
            name: step.name.to_string(),
            work: step.cost.gflop,
            cached: *standing != Standing::Open,
        };
        self.steps.iter().zip(standing).map(line).collect()
    }

    /// Runs what is not finished yet and returns the results.
    ///
    /// Steps that do not depend on one another run side by side; no result depends on how many do. The claim is on the run folder.
    /// What finished steps left is compared with what is on record: a step whose outputs were changed is run again, and those that
    /// depend on it are if it then leaves other files than before.
    ///
    /// # Errors
    /// The first step's error; [`StudyError::Interrupted`] if the observer asked to stop. Everything finished is kept.
    pub fn run(
        &self,
        _claim: &Claim,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Results, StudyError> {
        let run = &self.study.run;
        refuse_another(run, &self.study.config)?;
        let survey = self.survey((true, options.verify), observer)?;
        for note in folders::keep_damaged(run, &survey.damaged)? {
            observer.note(&note);
        }
        self.tell_instructions(&survey, observer);
        let planned = self.lines(&survey.standing);
        done::say_made_from(run, &self.steps, &survey.unsaid)?;
        if survey.standing.last() == Some(&Standing::Open) {
            // Results of other settings must not lie beside these.
            folders::remove_results(run)?;
        }
        inputs::write(&self.study, &self.steps)?;
        observer.planned(&planned);
        let workers = self.workers(options.threads);
        let done: Vec<bool> = survey.standing.iter().map(|s| *s == Standing::Done).collect();
        let after = self.steps.iter().map(|step| step.after.clone()).collect();
        let work: Vec<f64> = self.steps.iter().map(|step| step.cost.gflop).collect();
        let board = Board::new(after, &work, &done);
        std::thread::scope(|scope| {
            for worker in 0..workers {
                // The first workers take the threads that do not divide evenly.
                let threads = options.threads / workers + usize::from(worker < options.threads % workers);
                let (board, standing) = (&board, &survey.standing);
                scope.spawn(move || self.work(threads.max(1), options.threads, board, standing, observer));
            }
        });
        board.outcome()?;
        Ok(run.read_results()?)
    }

    /// Says when finished steps were computed with other instructions than the rest will be.
    fn tell_instructions(&self, survey: &Survey, observer: &dyn StudyObserver) {
        let all_done = survey.standing.iter().all(|s| *s == Standing::Done);
        if all_done || survey.other_instructions.is_empty() {
            return;
        }
        let others: Vec<&str> = survey.other_instructions.iter().map(String::as_str).collect();
        observer.note(&format!(
            "finished steps of this run were computed with {} instructions, and this is {}: the last digits may differ from those of a run in one piece; every done.json tells",
            others.join(" and "),
            train::computed_on(&self.study.device)
        ));
    }

    /// How many steps run side by side: small networks use a core each better than all cores together, as long as what their trainings
    /// take fits into [`BUDGET`].
    pub(crate) fn workers(&self, threads: usize) -> usize {
        let (config, px) = (&self.study.config, self.study.px());
        let trainings = [
            config.scorer.training_bytes(px),
            config.classifier.training_bytes(px),
            config.translator.training_bytes(px),
        ];
        let largest = trainings.into_iter().max().unwrap_or(1).max(1);
        let fitting = (BUDGET / largest).max(1) as usize;
        threads.clamp(1, MOST_WORKERS).min(fitting)
    }

    /// Runs steps as they become ready, on `threads` threads; on all of the machine's what the others would only wait for.
    fn work(
        &self,
        threads: usize,
        all: usize,
        board: &Board,
        standing: &[Standing],
        observer: &dyn StudyObserver,
    ) {
        let new_pool = |threads| pool(threads, &self.study.run.root);
        let own = match new_pool(threads) {
            Ok(pool) => pool,
            Err(e) => return board.fail(e),
        };
        while let Some(index) = board.take() {
            let step = &self.steps[index];
            let gains = |i: usize| self.steps[i].step.takes_all_threads();
            let wide = if all > threads && gains(index) && !board.is_any_open(|i| i != index && gains(i)) {
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
                match catch_unwind(AssertUnwindSafe(|| {
                    pool.install(|| self.settle(index, standing[index], &told))
                })) {
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

    /// Runs a step, unless it is done and the steps before it, run again, left what it was made from.
    fn settle(&self, index: usize, standing: Standing, observer: &StepObserver) -> Result<(), StudyError> {
        let step = &self.steps[index];
        if standing == Standing::Held {
            if done::still_stands(&self.study.run, &self.steps, step) {
                return Ok(());
            }
            // Nor may those lie there that other files were made from.
            folders::remove_results(&self.study.run)?;
            observer.observer.reopened(step.name.as_str());
        }
        self.execute(index, observer)
    }

    /// Runs one step and writes its `done.json`, by which it counts as finished.
    fn execute(&self, index: usize, observer: &StepObserver) -> Result<(), StudyError> {
        let started = Instant::now();
        let step = &self.steps[index];
        let run = &self.study.run;
        folders::make_ready(run, step, &|note| train::Observer::note(observer, note))?;
        observer.observer.started(step.name.as_str());
        step.step.run(&self.study, observer)?;
        let seconds = started.elapsed().as_secs_f64();
        let Outputs { sums, sizes } = Outputs::of(run, step)?;
        // A training that went on after a stop may have been begun with other instructions.
        let computed_on = train::trained_on(&run.step(&step.name))
            .unwrap_or_else(|| train::computed_on(&self.study.device));
        let hash_of = |&i: &usize| (self.steps[i].name.clone(), self.steps[i].hash.clone());
        let done = Done {
            step: step.name.clone(),
            hash: step.hash.clone(),
            after: step.after.iter().map(hash_of).collect(),
            made_from: done::made_from(run, &self.steps, step).unwrap_or_default(),
            tool: tool(),
            computed_on: Some(computed_on),
            seed: self.study.config.seed,
            data_hash: self.study.data.hash.clone(),
            seconds,
            outputs: sums,
            sizes,
        };
        run.write_done(&done)?;
        observer.observer.finished(step.name.as_str(), seconds);
        Ok(())
    }
}
