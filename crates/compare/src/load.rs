//! One run folder, finished and of one piece.

use crate::CompareError;
use files::{read_rows, read_toml};
use record::{ConfidenceRow, Done, RecordError, Results, RunFolder, StepName};
use std::path::Path;

/// A finished run.
pub struct Run {
    /// What it is called: A, B, …
    pub letter: char,
    pub folder: RunFolder,
    pub results: Results,
    /// What `evaluate` has put on record.
    pub done: Done,
    /// `study.toml`.
    pub study: toml::Table,
    /// Every tile with its class, side, slide and agreement.
    pub tiles: Vec<ConfidenceRow>,
}

impl Run {
    /// Reads a run.
    ///
    /// # Errors
    /// If there is none, it is not finished, of another schema, or not as its steps wrote it.
    pub fn open(letter: char, path: &Path) -> Result<Self, CompareError> {
        let folder = RunFolder::new(path);
        let no_run = |why: &str| CompareError::NotARun { path: path.to_owned(), why: why.to_owned() };
        if path.is_file() {
            return Err(no_run("it is a file, not a folder"));
        }
        if !path.is_dir() {
            return Err(no_run("there is no such folder"));
        }
        if !folder.study_toml().is_file() && !folder.results_json().is_file() {
            return Err(no_run("it has neither study.toml nor results.json"));
        }
        let results = folder.finished()?;
        let done = folder.sound(&StepName::EVALUATE)?;
        folder.sound(&StepName::SCORE)?;
        let run = Self {
            letter,
            study: read_toml(&folder.study_toml())?,
            tiles: read_rows(&folder.confidences_csv())?,
            folder,
            results,
            done,
        };
        run.check_settings()?;
        Ok(run)
    }

    /// Refuses settings that are not those of the results: those of a run that was begun anew and has not ended.
    fn check_settings(&self) -> Result<(), CompareError> {
        let seed = self.study.get("seed").and_then(toml::Value::as_integer);
        let hash = self.study.get("data_hash").and_then(toml::Value::as_str);
        let other = match (seed, hash) {
            (Some(seed), _) if u64::try_from(seed) != Ok(self.results.seed) => "seed",
            (_, Some(hash)) if hash != self.done.data_hash => "data_hash",
            _ => return Ok(()),
        };
        let why = format!("its {other} is not that of the results, which are of an earlier run");
        Err(RecordError::Unfinished { path: self.folder.study_toml(), why }.into())
    }

    /// The test tiles, in the order of the manifest.
    pub fn test_tiles(&self) -> impl Iterator<Item = &ConfidenceRow> {
        self.tiles.iter().filter(|tile| tile.partition == "test")
    }

    /// The folder as it was given.
    pub fn shown(&self) -> String {
        self.folder.root.display().to_string()
    }
}
