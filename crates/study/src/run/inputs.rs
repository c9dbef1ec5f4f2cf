//! What a run folder holds before the first step: the resolved settings and the manifest with its split.

use serde::Serialize;

use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::study::{Study, tool};

#[derive(Serialize)]
struct Resolved<'a> {
    version: String,
    data_hash: &'a str,
    #[serde(flatten)]
    config: &'a StudyConfig,
}

/// Writes `study.toml` (which can be run again) and `manifest.csv`.
///
/// # Errors
/// If the run folder cannot be written.
pub fn write(study: &Study) -> Result<(), StudyError> {
    let mut config = study.config.clone();
    // The resolved file lies in the run folder, and paths in it are relative to it unless absolute.
    config.data = std::path::absolute(&config.data).unwrap_or(config.data);
    let resolved = Resolved { version: tool(), data_hash: &study.data.hash, config: &config };
    files::write_toml(&study.run.study_toml(), &resolved)?;
    files::write_atomic(&study.run.manifest_csv(), study.data.manifest.to_csv().as_bytes())?;
    Ok(())
}
