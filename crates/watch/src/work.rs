//! One step: how far it is, and what its training says.

use std::path::Path;
use std::time::SystemTime;

use files::OwnFileError;
use record::{Done, PlanRow, RunFolder};
use serde::Serialize;

use crate::WatchError;
use crate::sign;

/// A step that has begun and has not ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtWork {
    /// Its name.
    pub step: String,
    /// What part of it is done, 0 to 1; unknown of steps that train nothing.
    pub share: Option<f64>,
    /// `epoch 3 of 15`, `step 400 of 2,000`.
    pub rounds: Option<String>,
    /// What its last line of metrics says, such as `loss 0.423`.
    pub says: Option<String>,
    /// The numbers of its curve, epoch by epoch: AUC on validation tiles, else the loss.
    pub curve: Vec<f64>,
    /// Seconds since it last wrote anything.
    pub quiet_seconds: f64,
}

/// A step that has ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ended {
    /// Its name.
    pub step: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Seconds since then.
    pub ago: f64,
}

/// How a step stands.
pub enum Standing {
    /// It has not begun.
    Open,
    /// It has begun.
    AtWork(AtWork),
    /// It has ended, then.
    Ended(Ended, SystemTime),
}

/// How the step stands, seen at `now`.
///
/// # Errors
/// A `done.json` that is not understood. A table of metrics that is not is one of another version, and says nothing.
pub fn standing(run: &RunFolder, planned: &PlanRow, now: SystemTime) -> Result<Standing, WatchError> {
    let since = |then: SystemTime| now.duration_since(then).map_or(0.0, |d| d.as_secs_f64());
    if let Some(then) = sign::written(&run.done_json(&planned.step)) {
        // It may be moved away while it is looked at.
        let Some(done): Option<Done> = run.read_done(&planned.step)? else { return Ok(Standing::Open) };
        let ended = Ended { step: planned.step.to_string(), seconds: done.seconds, ago: since(then) };
        return Ok(Standing::Ended(ended, then));
    }
    let Some(sign) = sign::latest_in(&run.step(&planned.step)) else { return Ok(Standing::Open) };
    let metrics = Metrics::read(&run.metrics_csv(&planned.step));
    let rounds = planned.rounds.filter(|rounds| *rounds > 0);
    Ok(Standing::AtWork(AtWork {
        step: planned.step.to_string(),
        share: rounds.map(|rounds| (metrics.round as f64 / rounds as f64).min(1.0)),
        rounds: rounds.map(|rounds| format!("{} {} of {rounds}", metrics.unit, metrics.round)),
        says: metrics.says,
        curve: metrics.curve,
        quiet_seconds: since(sign),
    }))
}

/// What a table of metrics says.
struct Metrics {
    round: u64,
    unit: &'static str,
    says: Option<String>,
    curve: Vec<f64>,
}

impl Metrics {
    /// Any training's `metrics.csv`, or none.
    fn read(path: &Path) -> Self {
        let nothing = Self { round: 0, unit: "epoch", says: None, curve: Vec::new() };
        let Ok(text) = files::read_utf8(path) else { return nothing };
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let Some(header) = lines.next() else { return nothing };
        let rows: Vec<Vec<&str>> = lines.filter(|row| row.len() == header.len()).collect();
        let column = |name: &str| header.iter().position(|column| *column == name);
        let number = |row: &[&str], name: &str| column(name).and_then(|at| row[at].parse::<f64>().ok());
        let Some(last) = rows.last() else { return nothing };
        let unit = if column("step").is_some() { "step" } else { "epoch" };
        let shown = [
            ("loss", "train_loss"),
            ("validation AUC", "auc_val"),
            ("cycle", "loss_cycle_a"),
            ("cycle", "loss_cycle"),
            ("confidence of easy tiles", "judge_source"),
            ("translated", "judge_generated"),
            ("at the hardest setting", "judge_hardest"),
        ];
        let says: Vec<String> = shown
            .iter()
            .filter_map(|(words, name)| Some(format!("{words} {:.3}", number(last, name)?)))
            .collect();
        let curve = ["auc_val", "train_loss", "judge_generated", "loss_cycle_a", "loss_cycle"]
            .into_iter()
            .find(|name| number(last, name).is_some());
        Self {
            round: number(last, unit).map_or(0, |round| round.max(0.0) as u64),
            unit,
            says: (!says.is_empty()).then(|| says.join(", ")),
            curve: curve
                .map_or_else(Vec::new, |name| rows.iter().filter_map(|row| number(row, name)).collect()),
        }
    }
}

/// Whether a file is missing, which is no fault of a run that goes on.
pub fn is_missing(error: &OwnFileError) -> bool {
    matches!(error, OwnFileError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}
