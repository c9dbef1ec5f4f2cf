//! A rough time for a plan: a few real training steps are timed, the rest is arithmetic.

use std::sync::Mutex;
use std::time::Instant;

use train::{
    Balance, ClassifierConfig, ClassifierJob, DialJob, TranslatorConfig, TranslatorJob, TranslatorKind,
};

use crate::cost::{self, Training};
use crate::error::StudyError;
use crate::observer::PlannedStep;
use crate::run::{Options, Prepared, pool};

/// What a plan will take.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Seconds of each step of the plan, on the threads that one worker has; 0 for finished ones.
    pub seconds: Vec<f64>,
    /// Seconds from start to end with the steps side by side.
    pub total: f64,
    /// Steps side by side.
    pub workers: usize,
}

/// GFLOP/s that training reaches.
#[derive(Clone, Copy, Debug)]
struct Rates {
    scorer: f64,
    classifier: f64,
    translator: f64,
}

/// How quick this machine is at a study's trainings.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    rates: Rates,
    /// Of a translator that has all threads.
    last_translator: f64,
    workers: usize,
}

impl Pace {
    /// Times a few training steps of each network. Takes some seconds.
    ///
    /// # Errors
    /// If a trial training fails.
    pub fn measure(prepared: &Prepared, options: &Options) -> Result<Self, StudyError> {
        let workers = prepared.workers(options.threads);
        let threads = (options.threads / workers).max(1);
        let share = pool(threads, &prepared.study.run.root)?;
        let rates = share.install(|| rates(prepared))?;
        // As in a run, a translator that is the last one open has all threads.
        let last_translator = if workers == 1 {
            rates.translator
        } else {
            let all = pool(options.threads, &prepared.study.run.root)?;
            all.install(|| translator_rate(prepared, &prepared.study.config.translator))?
        };
        Ok(Self { rates, last_translator, workers })
    }

    /// Adds up what is left of the plan ([`Prepared::planned`]).
    pub fn estimate(&self, prepared: &Prepared, planned: &[PlannedStep]) -> Estimate {
        let costs: Vec<Time> = prepared
            .steps
            .iter()
            .zip(planned)
            .map(|(step, plan)| {
                let work = if plan.cached { 0.0 } else { step.cost.gflop };
                let rate = match step.cost.like {
                    Training::Scorer => self.rates.scorer,
                    Training::Classifier => self.rates.classifier,
                    Training::Translator => self.rates.translator,
                };
                let last = step.step.takes_all_threads().then_some(self.last_translator);
                Time { seconds: work / rate, last: last.map(|rate| work / rate) }
            })
            .collect();
        let after: Vec<_> = prepared.steps.iter().map(|s| s.after.clone()).collect();
        let total = makespan(&after, &costs, self.workers);
        Estimate { seconds: costs.into_iter().map(|c| c.seconds).collect(), total, workers: self.workers }
    }
}

/// Seconds that a step takes.
struct Time {
    /// On a worker's share of the threads.
    seconds: f64,
    /// On all threads, which the last open one of these steps has.
    last: Option<f64>,
}

fn rates(prepared: &Prepared) -> Result<Rates, StudyError> {
    let c = &prepared.study.config;
    let scorer = classifier_rate(prepared, &c.scorer)?;
    let step_of = |config: &ClassifierConfig| (config.architecture, config.width, config.batch);
    let classifier = if step_of(&c.classifier) == step_of(&c.scorer) {
        scorer
    } else {
        classifier_rate(prepared, &c.classifier)?
    };
    Ok(Rates { scorer, classifier, translator: translator_rate(prepared, &c.translator)? })
}

/// Steps that are timed, after one to warm up.
const TIMED: usize = 5;

fn classifier_rate(prepared: &Prepared, config: &ClassifierConfig) -> Result<f64, StudyError> {
    let study = &prepared.study;
    let indices: Vec<usize> =
        (0..config.batch * (TIMED + 2)).map(|k| study.data.train[k % study.data.train.len()]).collect();
    let folder = trial_folder()?;
    let job = ClassifierJob {
        stream: "estimate".into(),
        init_stream: "estimate/init".into(),
        seed: 0,
        class_names: study.config.classes.clone(),
        config: ClassifierConfig { epochs: 1, balance: Balance::Off, ..config.clone() },
        normalise: study.data.normalise,
        train: study.data.set(&indices),
        lessons: None,
        augment: tissue::augment::Augment::paper(),
        evaluation: None,
        snapshots: Vec::new(),
        dir: folder.path().into(),
        epochs_total: 1,
    };
    let clock = Clock::default();
    train::train_classifier(&job, &study.device, &clock).map(drop).or_else(stopped)?;
    Ok(cost::training(config, study.px(), 1, config.batch, 0) / clock.median())
}

fn translator_rate(prepared: &Prepared, config: &TranslatorConfig) -> Result<f64, StudyError> {
    let study = &prepared.study;
    let tiles: Vec<&[u8]> =
        study.data.train.iter().take(TIMED + 2).map(|&i| study.data.tiles.tile(i)).collect();
    let folder = trial_folder()?;
    let clock = Clock::default();
    let config = TranslatorConfig { epochs: 1, steps: Some(TIMED as u64 + 2), ..config.clone() };
    let (size, dir) = (study.data.tiles.size, folder.path().into());
    let trained = if config.kind == TranslatorKind::Dial {
        // Its scorers are left out: beside the generator they are nothing.
        let job = DialJob {
            stream: "estimate".into(),
            seed: 0,
            config: config.clone(),
            size,
            ranks: vec![0.5; tiles.len()],
            tiles,
            scorers: Vec::new(),
            sample: Vec::new(),
            judge: None,
            dir,
        };
        train::train_dial(&job, &study.device, &clock).map(drop)
    } else {
        let job = TranslatorJob {
            stream: "estimate".into(),
            seed: 0,
            config: config.clone(),
            size,
            a: tiles.clone(),
            b: tiles,
            sample: Vec::new(),
            judge: None,
            dir,
        };
        train::train_translator(&job, &study.device, &clock).map(drop)
    };
    trained.or_else(stopped)?;
    Ok(config.step_gflop(study.px()) / clock.median())
}

fn stopped(e: train::TrainError) -> Result<(), StudyError> {
    match e {
        train::TrainError::Interrupted => Ok(()),
        e => Err(e.into()),
    }
}

fn trial_folder() -> Result<tempfile::TempDir, StudyError> {
    tempfile::tempdir().map_err(|e| StudyError::Output {
        path: std::env::temp_dir(),
        why: format!("a trial training needs a temporary folder: {e}"),
        hint: "set TMPDIR to a folder that can be written".into(),
    })
}

/// Notes when steps end, and stops a trial as soon as enough were seen.
#[derive(Default)]
struct Clock {
    ticks: Mutex<Vec<Instant>>,
}

impl Clock {
    fn median(&self) -> f64 {
        let ticks = self.ticks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut steps: Vec<f64> = ticks.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied().unwrap_or(1.0).max(1e-6)
    }
}

impl train::Observer for Clock {
    fn step(&self, done: u64, _total: u64) {
        // The first call may come before any step, right at the start.
        if done > 0 {
            self.ticks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(Instant::now());
        }
    }
    fn should_stop(&self) -> bool {
        self.ticks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len() > TIMED
    }
}

/// When the last of the steps ends if `workers` of them run side by side, each as soon as what it needs is done.
fn makespan(after: &[Vec<usize>], costs: &[Time], workers: usize) -> f64 {
    let mut ends = vec![0.0_f64; costs.len()];
    let mut free = vec![0.0_f64; workers.max(1)];
    for (i, cost) in costs.iter().enumerate() {
        let ready = after[i].iter().map(|&b| ends[b]).fold(0.0, f64::max);
        // The worker that is free last among those free by then, else the first to become free.
        let best = (0..free.len()).min_by(|&a, &b| {
            free[a].max(ready).total_cmp(&free[b].max(ready)).then(free[b].total_cmp(&free[a]))
        });
        let Some(worker) = best else { continue };
        let start = free[worker].max(ready);
        let is_open = |j: usize| j > i || (j < i && ends[j] > start);
        let seconds = match cost.last {
            Some(last) if !(0..costs.len()).any(|j| costs[j].last.is_some() && is_open(j)) => last,
            _ => cost.seconds,
        };
        ends[i] = start + seconds;
        free[worker] = ends[i];
    }
    ends.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::{Time, makespan};

    fn plain(seconds: &[f64]) -> Vec<Time> {
        seconds.iter().map(|&seconds| Time { seconds, last: None }).collect()
    }

    #[test]
    fn independent_steps_share_the_workers() {
        let after = vec![vec![]; 4];
        assert_eq!(makespan(&after, &plain(&[1.0; 4]), 1), 4.0);
        assert_eq!(makespan(&after, &plain(&[1.0; 4]), 2), 2.0);
    }

    #[test]
    fn a_chain_gains_nothing_from_workers() {
        let after = vec![vec![], vec![0], vec![1]];
        assert_eq!(makespan(&after, &plain(&[1.0, 2.0, 3.0]), 3), 6.0);
    }

    #[test]
    fn the_last_of_three_translators_has_all_threads() {
        let after = vec![vec![]; 3];
        let costs = || (0..3).map(|_| Time { seconds: 2.0, last: Some(1.0) }).collect::<Vec<_>>();
        assert_eq!(makespan(&after, &costs(), 2), 3.0);
        // Two that start together share the threads to the end.
        assert_eq!(makespan(&after[..2], &costs()[..2], 2), 2.0);
    }
}
