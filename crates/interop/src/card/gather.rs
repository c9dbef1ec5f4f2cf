//! What the card tells, read from a run folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use record::{ConfidenceRow, Done, Results, RunFolder, StepName};

use crate::error::InteropError;
use crate::network::Network;

/// A model card: a network of a run, and what the run's folder says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    pub(super) network: Network,
    pub(super) step: Done,
    pub(super) results: Results,
    /// Table of `study.toml` → its keys and values; "" holds those outside of tables.
    pub(super) settings: BTreeMap<String, Vec<(String, String)>>,
    /// Partition and class → slides.
    pub(super) slides: BTreeMap<(String, String), usize>,
    pub(super) um_px: Option<f64>,
}

impl ModelCard {
    /// Of the network that `step` of the run left (`retrain-original-seed-0`, `scorer`, `translator-phi-25`); it must be one of the step's outputs, to
    /// the bit. `um_px`: µm per pixel of the tiles, which no run knows.
    ///
    /// # Errors
    /// [`InteropError::Run`] if the run has no results or they are of another schema; [`InteropError::Write`] if a table of it is broken;
    /// [`InteropError::Form`] if the step has not ended, or left other weights than these.
    pub fn from_run(
        run: &RunFolder,
        step: &StepName,
        network: &Network,
        um_px: Option<f64>,
    ) -> Result<Self, InteropError> {
        let results = run.read_results()?;
        let form = |path: &Path, reason: String, way_out| InteropError::Form {
            form: "a model card",
            path: path.to_owned(),
            reason,
            way_out,
        };
        let Some(done) = run.read_done(step)? else {
            let reason = format!("step {step} has not ended");
            return Err(form(&run.root, reason, "let the run end, or name a step that has"));
        };
        if !done.outputs.values().any(|sum| sum == network.sha256()) {
            let reason = format!("they are not what step {step} left");
            return Err(form(network.path(), reason, "give the weights in that step's folder"));
        }
        if um_px.is_some_and(|um| !(um.is_finite() && um > 0.0)) {
            let reason = "a resolution is a positive number of µm per pixel".to_owned();
            return Err(form(network.path(), reason, "give the µm per pixel of the tiles, or none"));
        }
        let settings: toml::Table = files::read_toml(&run.study_toml())?;
        let tiles: Vec<ConfidenceRow> = files::read_rows(&run.confidences_csv())?;
        let mut slides: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for tile in tiles {
            slides.entry((tile.partition, tile.class)).or_default().insert(tile.slide);
        }
        Ok(Self {
            network: network.clone(),
            step: done,
            results,
            settings: keys(&settings),
            slides: slides.into_iter().map(|(key, slides)| (key, slides.len())).collect(),
            um_px,
        })
    }
}

/// A table's keys and those of the tables directly in it, arrays of tables left out.
fn keys(settings: &toml::Table) -> BTreeMap<String, Vec<(String, String)>> {
    let mut all: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (key, value) in settings {
        if let Some(table) = value.as_table() {
            let told = table.iter().map(|(key, value)| (key.clone(), value.to_string()));
            all.entry(key.clone()).or_default().extend(told);
        } else if !value.as_array().is_some_and(|array| array.iter().any(toml::Value::is_table)) {
            all.entry(String::new()).or_default().push((key.clone(), value.to_string()));
        }
    }
    all
}
