//! A run at one moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use record::{ClassifierEpoch, PlanRow, RunFolder};
use serde::Serialize;

use crate::WatchError;
use crate::pace::{pace, time_of};
use crate::sign;
use crate::work::{AtWork, Ended, Standing, is_missing, standing};

/// Steps that ended last, at the most, as they are shown.
const LAST: usize = 6;

/// A run, or all folds of a cross-validation, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// The study's name.
    pub name: String,
    /// Whether everything has ended: the results are there.
    pub is_finished: bool,
    /// Steps in all; of a cross-validation those of folds that have begun.
    pub steps: usize,
    /// Steps that have ended.
    pub ended: usize,
    /// What part of the work is done, 0 to 1.
    pub share: f64,
    /// Seconds that are left at the pace of the last steps; unknown before some have ended, and 0 when everything has.
    pub left_seconds: Option<f64>,
    /// Seconds since the run last wrote anything.
    pub quiet_seconds: Option<f64>,
    /// The test folds; none but of a cross-validation.
    pub folds: Vec<Fold>,
    /// What has begun and has not ended.
    pub at_work: Vec<AtWork>,
    /// The rows of Table 3, in the order of the plan.
    pub rows: Vec<Row>,
    /// What ended last, the latest first.
    pub last: Vec<Ended>,
}

/// A test fold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fold {
    /// Its number, from 1.
    pub fold: usize,
    /// What part of it is done, 0 to 1.
    pub share: f64,
}

/// A row of Table 3.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The training set, as `results.json` has it.
    pub training_set: String,
    /// Trainings in all, of folds that have begun.
    pub trainings: usize,
    /// Trainings that have ended.
    pub ended: usize,
    /// Their mean AUC on validation tiles after the last epoch, 0 to 1. Test tiles are for the end.
    pub auc_validation: Option<f64>,
}

impl State {
    /// Looks at a run folder, or at that of a cross-validation.
    ///
    /// # Errors
    /// If it is no run, has no plan yet, or a file of it is not understood.
    pub fn read(folder: &Path, now: SystemTime) -> Result<Self, WatchError> {
        let run = RunFolder::new(folder);
        let settings: toml::Table = match files::read_toml(&run.study_toml()) {
            Ok(settings) => settings,
            Err(error) if is_missing(&error) => return Err(WatchError::NotARun { path: folder.into() }),
            Err(error) => return Err(error.into()),
        };
        let name = settings.get("name").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| settings.get(key).and_then(toml::Value::as_integer).unwrap_or(0);
        let folds =
            if number("test_fold") == 0 { usize::try_from(number("test_folds")).unwrap_or(0) } else { 0 };
        let parts: Vec<Part> = match folds {
            0 => vec![Part::read(&run, now)?.ok_or_else(|| WatchError::NoPlan { path: folder.into() })?],
            folds => (1..=folds)
                .map(|fold| Part::read(&run.test_fold(fold), now))
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect(),
        };
        if parts.is_empty() {
            return Err(WatchError::NoPlan { path: folder.into() });
        }
        Ok(Self::of(name, &run, &parts, folds, now))
    }

    fn of(name: String, run: &RunFolder, parts: &[Part], folds: usize, now: SystemTime) -> Self {
        let begun = parts.len();
        let planned: f64 = parts.iter().map(|part| part.work).sum();
        // A fold that has not begun takes what the others do.
        let work = planned * (folds.max(1) as f64 / begun as f64);
        let done: f64 = parts.iter().map(Part::done).sum();
        let is_finished = run.results_json().is_file() && done >= planned;
        let ended: Vec<(SystemTime, f64)> =
            parts.iter().flat_map(|part| part.times.iter().copied()).collect();
        let at_work: f64 = parts.iter().map(|part| part.begun_work).sum();
        let left = pace(&ended, at_work, now).and_then(|pace| time_of(work - done, pace));
        let share = |done: f64, of: f64| if of > 0.0 { (done / of).min(1.0) } else { 1.0 };
        let of_fold = |fold: usize| Fold {
            fold,
            share: parts
                .iter()
                .find(|part| part.fold == Some(fold))
                .map_or(0.0, |part| share(part.done(), part.work)),
        };
        let since = |then: SystemTime| now.duration_since(then).map_or(0.0, |d| d.as_secs_f64());
        let mut last: Vec<Ended> = parts.iter().flat_map(|part| part.ended.iter().cloned()).collect();
        last.sort_by(|a, b| a.ago.total_cmp(&b.ago).then_with(|| a.step.cmp(&b.step)));
        Self {
            name,
            is_finished,
            steps: parts.iter().map(|part| part.steps).sum(),
            ended: last.len(),
            share: if is_finished { 1.0 } else { share(done, work) },
            left_seconds: if is_finished { Some(0.0) } else { left.map(|left| left.as_secs_f64()) },
            quiet_seconds: parts.iter().filter_map(|part| part.sign).max().map(since),
            folds: (1..=folds).map(of_fold).collect(),
            at_work: parts.iter().flat_map(|part| part.at_work.iter().cloned()).collect(),
            rows: rows(parts),
            last: last.into_iter().take(LAST).collect(),
        }
    }
}

/// One run: the whole, or a test fold.
struct Part {
    fold: Option<usize>,
    steps: usize,
    /// GFLOP in all, of the steps that have ended, and of those at work.
    work: f64,
    ended_work: f64,
    begun_work: f64,
    ended: Vec<Ended>,
    times: Vec<(SystemTime, f64)>,
    at_work: Vec<AtWork>,
    sign: Option<SystemTime>,
    /// Each row of Table 3 with its trainings, and of those that have ended the AUC on validation tiles.
    rows: Vec<(String, usize, Vec<Option<f64>>)>,
}

impl Part {
    /// `None` if the run has not begun.
    fn read(run: &RunFolder, now: SystemTime) -> Result<Option<Self>, WatchError> {
        let plan: Vec<PlanRow> = match files::read_rows(&run.plan_csv()) {
            Ok(plan) => plan,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let folder = run.root.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut part = Self {
            fold: folder.and_then(|name| name.strip_prefix("fold-")?.parse().ok()),
            steps: plan.len(),
            work: plan.iter().map(|row| row.gflop).sum(),
            ended_work: 0.0,
            begun_work: 0.0,
            ended: Vec::new(),
            times: Vec::new(),
            at_work: Vec::new(),
            sign: sign::latest_in(&run.root),
            rows: Vec::new(),
        };
        for planned in &plan {
            let standing = standing(run, planned, now)?;
            part.add_row(run, planned, &standing)?;
            match standing {
                Standing::Open => {}
                Standing::AtWork(at_work) => {
                    part.begun_work += planned.gflop * at_work.share.unwrap_or(0.0);
                    part.sign = part.sign.max(sign::latest_in(&run.step(&planned.step)));
                    part.at_work.push(at_work);
                }
                Standing::Ended(ended, then) => {
                    part.ended_work += planned.gflop;
                    part.sign = part.sign.max(Some(then));
                    part.times.push((then, planned.gflop));
                    part.ended.push(ended);
                }
            }
        }
        Ok(Some(part))
    }

    fn done(&self) -> f64 {
        self.ended_work + self.begun_work
    }

    /// Counts a training with its row.
    fn add_row(&mut self, run: &RunFolder, planned: &PlanRow, standing: &Standing) -> Result<(), WatchError> {
        let Some((set, _seed)) = planned.step.retrained() else { return Ok(()) };
        let set = set.to_string();
        let at = self.rows.iter().position(|row| row.0 == set).unwrap_or_else(|| {
            self.rows.push((set, 0, Vec::new()));
            self.rows.len() - 1
        });
        let row = &mut self.rows[at];
        row.1 += 1;
        if matches!(standing, Standing::Ended(..)) {
            let epochs: Vec<ClassifierEpoch> = match files::read_rows(&run.metrics_csv(&planned.step)) {
                Ok(epochs) => epochs,
                Err(error) if is_missing(&error) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            row.2.push(epochs.last().and_then(|epoch| epoch.auc_val));
        }
        Ok(())
    }
}

/// The rows of all parts together, in the order of the first plan.
fn rows(parts: &[Part]) -> Vec<Row> {
    let mut order: Vec<&str> = Vec::new();
    let mut of: BTreeMap<&str, (usize, Vec<Option<f64>>)> = BTreeMap::new();
    for (set, trainings, ended) in parts.iter().flat_map(|part| &part.rows) {
        if !of.contains_key(set.as_str()) {
            order.push(set);
        }
        let row = of.entry(set).or_default();
        row.0 += trainings;
        row.1.extend(ended);
    }
    let row = |set: &str| {
        let (trainings, ended) = &of[set];
        let known: Vec<f64> = ended.iter().flatten().copied().collect();
        Row {
            training_set: set.to_owned(),
            trainings: *trainings,
            ended: ended.len(),
            auc_validation: (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64),
        }
    };
    order.into_iter().map(row).collect()
}
