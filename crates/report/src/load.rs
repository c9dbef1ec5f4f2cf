//! Reads a run folder, taking what is there: a run may be unfinished.

use crate::ReportError;
use files::{OwnFileError, read_json, read_rows, read_toml, read_utf8};
use record::{
    ClassifierEpoch, ConfidenceRow, Damage, DialEpoch, DialRow, Done, EmbeddedRow, Look, Phi, RankedRow,
    Reading, RecordError, Results, RocRow, RunFolder, StepName, TileQualityRow, TrainingSet, TranslationRow,
    TranslatorEpoch,
};
use std::cmp::Reverse;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Everything a report is drawn from.
pub struct Run {
    pub folder: RunFolder,
    /// `None` while the study has not ended.
    pub results: Option<Results>,
    /// `study.toml` as it stands.
    pub study_text: Option<String>,
    pub study: toml::Table,
    pub confidences: Vec<ConfidenceRow>,
    /// One entry a selectivity that has been begun, largest first.
    pub phis: Vec<PhiRun>,
    /// Tiles at several settings of the dial; empty without one.
    pub dial: Vec<DialRow>,
    pub dial_epochs: Vec<DialEpoch>,
    pub scorer: Vec<ClassifierEpoch>,
    /// Mean ROC curves; empty in runs whose trainings kept no scores.
    pub roc: Vec<RocRow>,
    /// Retrained classifiers by training set, in the order of Table 3.
    pub retrained: Vec<Retrained>,
    /// Ended steps, by name.
    pub done: Vec<Done>,
    /// Outputs of ended steps that are not what the step wrote; weights are compared by their size alone.
    pub damaged: Vec<Damage>,
    /// The blinded reader study, if one has been analysed.
    pub reading: Option<Reading>,
}

/// Names of tiles by agreement: high, low, and without votes.
pub const AGREEMENTS: [&str; 3] = ["high agreement", "low agreement", "no votes"];

/// What is on file for one selectivity.
pub struct PhiRun {
    pub phi: Phi,
    pub tiles: Vec<TranslationRow>,
    /// All train tiles of class X, the hardest first, as `select` ranked them; empty in runs from before that was written.
    pub ranking: Vec<String>,
    pub epochs: Vec<TranslatorEpoch>,
    /// Sample grids, in the order of epochs.
    pub samples: Vec<PathBuf>,
    /// Each translation beside its source, as pictures; empty until it has been measured.
    pub quality: Vec<TileQualityRow>,
    /// Where tiles lie on the map of features; empty until it has been drawn.
    pub embedding: Vec<EmbeddedRow>,
}

/// What orders the tiles of a class from hard to easy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RankedBy {
    /// The scorer's confidence in the class.
    Confidence,
    /// The share of annotators who chose the class.
    Agreement,
}

/// The classifiers retrained on one training set.
pub struct Retrained {
    pub set: TrainingSet,
    pub seeds: Vec<(u64, Vec<ClassifierEpoch>)>,
}

impl Run {
    /// Reads the run.
    ///
    /// # Errors
    /// If the folder is no run, or a file of it is broken. Missing files are no error.
    pub fn open(folder: &RunFolder) -> Result<Self, ReportError> {
        let results = results(folder)?;
        let study_text = present(read_utf8(&folder.study_toml()))?;
        if results.is_none() && study_text.is_none() {
            return Err(ReportError::NotARun { path: folder.root.clone() });
        }
        let study = match study_text {
            Some(_) => read_toml(&folder.study_toml())?,
            None => toml::Table::new(),
        };
        let names = sorted_names(&folder.root.join("steps"));
        let steps: Vec<StepName> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let mut done = Vec::new();
        for name in &steps {
            done.extend(folder.read_done(name)?);
        }
        let look = |path: &str| if path.ends_with(".safetensors") { Look::Size } else { Look::Bytes };
        let mut damaged = Vec::new();
        for done in &done {
            damaged.extend(folder.damage(done, &look)?);
        }
        let mut phis = Vec::new();
        for phi in selectivities(results.as_ref(), &steps) {
            let translator = StepName::translator(phi);
            let samples = folder.samples(&translator);
            phis.push(PhiRun {
                phi,
                tiles: rows(&folder.translation_csv(phi))?,
                ranking: rows(&folder.ranking_csv(phi))?
                    .into_iter()
                    .map(|row: RankedRow| row.image)
                    .collect(),
                epochs: rows(&folder.metrics_csv(&translator))?,
                quality: rows(&folder.tile_quality_csv(phi))?,
                embedding: rows(&folder.embedding_csv(phi))?,
                samples: sorted_names(&samples)
                    .into_iter()
                    .filter(|name| {
                        Path::new(name).extension().is_some_and(|e| e == "png") && !name.starts_with('.')
                    })
                    .map(|name| samples.join(name))
                    .collect(),
            });
        }
        Ok(Self {
            confidences: rows(&folder.confidences_csv())?,
            dial: rows(&folder.dial_csv())?,
            dial_epochs: rows(&folder.metrics_csv(&StepName::translator_dial(None)))?,
            scorer: rows(&folder.metrics_csv(&StepName::SCORER))?,
            roc: rows(&folder.roc_csv())?,
            retrained: retrained(folder, &steps, results.as_ref(), &order_of_rows(results.as_ref(), &study))?,
            folder: folder.clone(),
            results,
            study_text,
            study,
            phis,
            done,
            damaged,
            reading: present(read_json(&folder.reading_json()))?,
        })
    }

    /// Says that files of ended steps are not what the steps wrote, if so.
    pub fn not_as_written(&self) -> Option<String> {
        let first = self.damaged.first()?;
        let others = match self.damaged.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Some(format!(
            "Not what the step {} wrote: {}{others}, because {}. What is shown from there is not of this run; running the study again makes it anew",
            first.step,
            self.folder.relative(&first.path),
            first.why
        ))
    }

    /// Whether it is the folder of a cross-validation, above those of its test folds.
    pub fn is_cross_validation(&self) -> bool {
        let folds = |key: &str| self.study.get(key).and_then(toml::Value::as_integer).unwrap_or(0);
        match &self.results {
            Some(results) => results.cross_validation.is_some(),
            None => folds("test_folds") > 0 && folds("test_fold") == 0,
        }
    }

    /// Whether one translator with a dial serves all selectivities.
    pub fn has_dial(&self) -> bool {
        let kind = self.study.get("translator").and_then(|translator| translator.get("kind"));
        kind.and_then(toml::Value::as_str) == Some("dial")
    }

    /// The study's name.
    pub fn name(&self) -> &str {
        self.results.as_ref().map_or_else(|| self.setting("name").unwrap_or("unnamed study"), |r| &r.name)
    }

    /// Class X.
    pub fn source_class(&self) -> &str {
        self.results
            .as_ref()
            .map_or_else(|| self.setting("source_class").unwrap_or("class X"), |r| &r.source_class)
    }

    /// The selectivity to show where one must do: the recommended one, else 25, else the first.
    pub fn shown_phi(&self) -> Option<Phi> {
        let recommended = self.results.as_ref().and_then(|r| r.recommended_phi);
        let all: Vec<Phi> = self.phis.iter().map(|p| p.phi).collect();
        recommended.or_else(|| Phi::reference(&all))
    }

    /// What is on file for the selectivity that [`Run::shown_phi`] names.
    pub fn shown(&self) -> Option<&PhiRun> {
        let phi = self.shown_phi()?;
        self.phis.iter().find(|p| p.phi == phi)
    }

    /// The row to show beside the original where one must do: the recommended one, else that of [`Run::shown_phi`], else the first.
    pub fn shown_row(&self) -> Option<TrainingSet> {
        let rows = self.rows();
        let recommended = self.results.as_ref().and_then(|r| r.recommendation.as_ref()?.training_set);
        let translated = self.shown_phi().map(TrainingSet::Phi);
        let is_other = |set: &TrainingSet| *set != TrainingSet::Original && rows.contains(set);
        [recommended, translated].into_iter().flatten().chain(rows.iter().copied()).find(is_other)
    }

    /// The rows of Table 3 in its order; while the study has not ended, those that have been begun.
    pub fn rows(&self) -> Vec<TrainingSet> {
        match &self.results {
            Some(results) => results.rows(),
            None => self.retrained.iter().map(|retrained| retrained.set).collect(),
        }
    }

    /// Folders that the tiles' names may be relative to, as far as `study.toml` tells.
    pub fn data_folders(&self) -> Vec<PathBuf> {
        let Some(data) = self.setting("data").map(PathBuf::from) else { return Vec::new() };
        let mut folders = Vec::new();
        for data in [data.clone(), self.folder.root.join(&data)] {
            let folder = if data.is_file() { data.parent().map(PathBuf::from) } else { Some(data) };
            if let Some(folder) = folder {
                folders.push(folder.join("images"));
                folders.insert(folders.len() - 1, folder);
            }
        }
        folders
    }

    /// The share of annotators from which the study counts agreement as high.
    pub fn high_agreement(&self) -> f64 {
        let share = self.study.get("high_agreement");
        share
            .and_then(|share| share.as_float().or_else(|| share.as_integer().map(|n| n as f64)))
            .unwrap_or(1.0)
    }

    /// What agreement is called that so large a share of the annotators makes: one of [`AGREEMENTS`].
    pub fn agreement(&self, share: Option<f64>) -> &'static str {
        let [high, low, none] = AGREEMENTS;
        match share {
            // A share that was read from a table may have lost its last digit.
            Some(share) if share >= self.high_agreement() - 1e-9 => high,
            Some(_) => low,
            None => none,
        }
    }

    /// What orders the tiles of a class from hard to easy.
    pub fn ranked_by(&self) -> RankedBy {
        let by = self.study.get("select").and_then(|select| select.get("by")).and_then(toml::Value::as_str);
        if by == Some("agreement") { RankedBy::Agreement } else { RankedBy::Confidence }
    }

    fn setting(&self, key: &str) -> Option<&str> {
        self.study.get(key).and_then(toml::Value::as_str)
    }
}

/// `None` for a file that is not there yet; anything else wrong with it is an error.
fn present<T>(read: Result<T, OwnFileError>) -> Result<Option<T>, OwnFileError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(OwnFileError::Read { source, .. })
            if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// The results, if there are any yet.
fn results(folder: &RunFolder) -> Result<Option<Results>, RecordError> {
    match folder.read_results() {
        Ok(results) => Ok(Some(results)),
        Err(RecordError::File(fault)) => Ok(present(Err(fault))?),
        Err(e) => Err(e),
    }
}

fn rows<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, OwnFileError> {
    Ok(present(read_rows(path))?.unwrap_or_default())
}

/// The names in a folder, sorted; none if the folder is not there.
fn sorted_names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// The study's selectivities, largest first: from the results, else from the translators begun.
fn selectivities(results: Option<&Results>, steps: &[StepName]) -> Vec<Phi> {
    let mut all: Vec<Phi> = match results {
        Some(results) => results.phi.iter().map(|p| p.phi).collect(),
        None => steps.iter().filter_map(StepName::translator_phi).collect(),
    };
    all.sort_by_key(|phi| Reverse(*phi));
    all.dedup();
    all
}

/// The rows of Table 3 in the study's order, as far as it is known: from the results, else from the recipes of `study.toml`.
fn order_of_rows(results: Option<&Results>, study: &toml::Table) -> Vec<TrainingSet> {
    if let Some(results) = results {
        return results.rows();
    }
    let recipes = study.get("training_set").and_then(toml::Value::as_array).into_iter().flatten();
    recipes.filter_map(|recipe| recipe.get("name")?.as_str()?.parse().ok()).collect()
}

/// The classifiers of Table 3. Folders of sets and seeds that an earlier, larger table had stay on disk but not in the report.
fn retrained(
    folder: &RunFolder,
    steps: &[StepName],
    results: Option<&Results>,
    order: &[TrainingSet],
) -> Result<Vec<Retrained>, OwnFileError> {
    let in_table = |set: TrainingSet, seed: u64| {
        results.is_none_or(|r| {
            r.table3.iter().any(|row| row.training_set == set && row.per_seed.iter().any(|s| s.seed == seed))
        })
    };
    let mut sets: Vec<Retrained> = Vec::new();
    for name in steps {
        let Some((set, seed)) = name.retrained().filter(|(set, seed)| in_table(*set, *seed)) else {
            continue;
        };
        let epochs: Vec<ClassifierEpoch> = rows(&folder.metrics_csv(name))?;
        if epochs.is_empty() {
            continue;
        }
        match sets.iter_mut().find(|s| s.set == set) {
            Some(found) => found.seeds.push((seed, epochs)),
            None => sets.push(Retrained { set, seeds: vec![(seed, epochs)] }),
        }
    }
    for set in &mut sets {
        set.seeds.sort_by_key(|(seed, _)| *seed);
    }
    // As in Table 3; where that names none of them original first, naive second, then the selectivities from mild to strict.
    sets.sort_by_key(|retrained| {
        let at = order.iter().position(|set| *set == retrained.set).unwrap_or(order.len());
        match retrained.set {
            TrainingSet::Original => (0, at, None),
            TrainingSet::Phi(phi) => (1, at, Some(Reverse(phi))),
            TrainingSet::Naive | TrainingSet::Recipe(_) => (1, at, None),
        }
    });
    Ok(sets)
}
