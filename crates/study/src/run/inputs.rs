//! What a run folder holds before the first step: the resolved settings, the manifest with its split, and the plan.

use record::{PlanRow, RunFolder};
use serde::Serialize;

use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::plan::Planned;
use crate::study::{Study, tool};

#[derive(Serialize)]
struct Resolved<'a> {
    version: String,
    data_hash: &'a str,
    #[serde(flatten)]
    config: &'a StudyConfig,
}

/// Writes `study.toml` (which can be run again), `manifest.csv` and `plan.csv`.
///
/// # Errors
/// If the run folder cannot be written.
pub fn write(study: &Study, steps: &[Planned]) -> Result<(), StudyError> {
    write_settings(&study.run, &study.config, &study.data.hash)?;
    files::write_atomic(&study.run.manifest_csv(), study.data.manifest.to_csv().as_bytes())?;
    let row = |planned: &Planned| PlanRow {
        step: planned.name.clone(),
        gflop: planned.cost.gflop,
        rounds: planned.step.rounds(study),
    };
    files::write_rows(&study.run.plan_csv(), &steps.iter().map(row).collect::<Vec<_>>())?;
    Ok(())
}

/// Writes `study.toml`.
///
/// # Errors
/// If the run folder cannot be written.
pub fn write_settings(run: &RunFolder, config: &StudyConfig, data_hash: &str) -> Result<(), StudyError> {
    let mut config = config.clone();
    // The resolved file lies in the run folder, and paths in it are relative to it unless absolute.
    config.data = std::path::absolute(&config.data).unwrap_or(config.data);
    for init in [&mut config.scorer.init, &mut config.classifier.init].into_iter().flatten() {
        *init = std::path::absolute(&*init).unwrap_or_else(|_| init.clone());
    }
    let resolved = Resolved { version: tool(), data_hash, config: &config };
    files::write_toml(&run.study_toml(), &resolved)?;
    Ok(())
}
