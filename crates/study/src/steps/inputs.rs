//! What a run folder holds before the first step: the resolved settings and the manifest with its split.

use serde::Serialize;

use crate::context::Context;
use crate::{StudyConfig, StudyError};

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
pub fn write_inputs(context: &Context) -> Result<(), StudyError> {
    let mut config = context.config.clone();
    // The resolved file lies in the run folder, and paths in it are relative to it unless absolute.
    config.data = std::path::absolute(&config.data).unwrap_or(config.data);
    let resolved = Resolved { version: crate::tool(), data_hash: &context.data_hash, config: &config };
    files::write_toml(&context.run.study_toml(), &resolved)?;
    files::write_atomic(&context.run.manifest_csv(), context.manifest.to_csv().as_bytes())?;
    Ok(())
}
