//! Where everything lies in a run folder.

use crate::{Done, Phi, RecordError, Results, SCHEMA, StepName, TrainingSet, Translated};
use files::{OwnFileError, read_json, read_json_of_keys, write_json};
use std::path::{Path, PathBuf};

/// A run folder. It holds only the root; nothing is made or read until asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    /// The folder itself.
    pub root: PathBuf,
}

impl RunFolder {
    /// A run folder at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `study.toml`: the resolved settings.
    pub fn study_toml(&self) -> PathBuf {
        self.root.join("study.toml")
    }

    /// `manifest.csv`: the tiles as used.
    pub fn manifest_csv(&self) -> PathBuf {
        self.root.join("manifest.csv")
    }

    /// `confidences.csv`: [`crate::ConfidenceRow`].
    pub fn confidences_csv(&self) -> PathBuf {
        self.root.join("confidences.csv")
    }

    /// `steps/score/logits.csv`: [`crate::LogitsRow`], with more than two classes.
    pub fn logits_csv(&self) -> PathBuf {
        self.step(&StepName::SCORE).join("logits.csv")
    }

    /// `results.json`: [`Results`].
    pub fn results_json(&self) -> PathBuf {
        self.root.join("results.json")
    }

    /// `reading.json`.
    pub fn reading_json(&self) -> PathBuf {
        self.root.join("reading.json")
    }

    /// `report.html`.
    pub fn report_html(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// `steps/<step>`.
    pub fn step(&self, step: &StepName) -> PathBuf {
        self.root.join("steps").join(step.as_str())
    }

    /// `steps/<step>/done.json`: [`Done`].
    pub fn done_json(&self, step: &StepName) -> PathBuf {
        self.step(step).join("done.json")
    }

    /// `steps/<step>/metrics.csv`: [`crate::ClassifierEpoch`] or [`crate::TranslatorEpoch`].
    pub fn metrics_csv(&self, step: &StepName) -> PathBuf {
        self.step(step).join("metrics.csv")
    }

    /// `steps/<step>/samples`: the sample grids of a translator.
    pub fn samples(&self, step: &StepName) -> PathBuf {
        self.step(step).join("samples")
    }

    /// `generated/phi-25`: the translations of the easy tiles, before the filter.
    pub fn generated(&self, phi: Phi) -> PathBuf {
        self.generated_as(&Translated::of_x(phi))
    }

    /// `generated/phi-25-class-1`: the same of any class and target.
    pub fn generated_as(&self, translated: &Translated) -> PathBuf {
        self.root.join("generated").join(translated.to_string())
    }

    /// `steps/translate-phi-25/reconstructed`: the translations translated back.
    pub fn reconstructed(&self, phi: Phi) -> PathBuf {
        self.reconstructed_as(&Translated::of_x(phi))
    }

    /// `steps/translate-phi-25-class-1/reconstructed`: the same of any class and target.
    pub fn reconstructed_as(&self, translated: &Translated) -> PathBuf {
        self.step(&StepName::of("translate", translated)).join("reconstructed")
    }

    /// `steps/assess-phi-25/assessed.csv`: [`crate::AssessedRow`].
    pub fn assessed_csv(&self, translated: &Translated) -> PathBuf {
        self.step(&StepName::of("assess", translated)).join("assessed.csv")
    }

    /// `steps/dial/tiles.csv`: [`crate::DialRow`].
    pub fn dial_csv(&self) -> PathBuf {
        self.step(&StepName::DIAL).join("tiles.csv")
    }

    /// `steps/dial/source`: 8-bit copies of the tiles that the dial's figure shows.
    pub fn dial_sources(&self) -> PathBuf {
        self.step(&StepName::DIAL).join("source")
    }

    /// `steps/dial/setting-0`: the same tiles at the first setting of the dial.
    pub fn dial_setting(&self, at: usize) -> PathBuf {
        self.step(&StepName::DIAL).join(format!("setting-{at}"))
    }

    /// `steps/retrain-both-soft-seed-0/added.csv`: [`crate::AddedRow`].
    pub fn added_csv(&self, set: TrainingSet, seed: u64) -> PathBuf {
        self.step(&StepName::retrain(set, seed)).join("added.csv")
    }

    /// `steps/choose-both-soft/chosen.json`: [`crate::ChosenOnValidation`]; only of a row that left something to the validation tiles.
    pub fn chosen_json(&self, set: TrainingSet) -> PathBuf {
        self.step(&StepName::choose(set)).join("chosen.json")
    }

    /// `steps/translate-phi-25/source`: 8-bit copies of the tiles that were translated, for the report.
    pub fn sources(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::translate(phi)).join("source")
    }

    /// `steps/translate-phi-25/tiles.csv`: [`crate::TranslationRow`].
    pub fn translation_csv(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::translate(phi)).join("tiles.csv")
    }

    /// `steps/select-phi-25/selection.csv`: [`crate::SelectionRow`].
    pub fn selection_csv(&self, phi: Phi) -> PathBuf {
        self.selection_csv_of(phi, None)
    }

    /// `steps/select-phi-25-class-1/selection.csv`: the same of another class than X.
    pub fn selection_csv_of(&self, phi: Phi, class: Option<usize>) -> PathBuf {
        self.step(&StepName::select_of(phi, class)).join("selection.csv")
    }

    /// `steps/select-phi-25/ranking.csv`: [`crate::Selection`].
    pub fn ranking_csv(&self, phi: Phi) -> PathBuf {
        self.ranking_csv_of(phi, None)
    }

    /// `steps/select-phi-25-class-1/ranking.csv`: the same of another class than X.
    pub fn ranking_csv_of(&self, phi: Phi, class: Option<usize>) -> PathBuf {
        self.step(&StepName::select_of(phi, class)).join("ranking.csv")
    }

    /// `steps/quality-phi-25/tiles.csv`: [`crate::TileQualityRow`].
    pub fn tile_quality_csv(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::quality(phi)).join("tiles.csv")
    }

    /// `steps/quality-phi-25/embedding.csv`: [`crate::EmbeddedRow`].
    pub fn embedding_csv(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::quality(phi)).join("embedding.csv")
    }

    /// `steps/quality-phi-25/distances.csv`: [`crate::SetDistance`].
    pub fn distances_csv(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::quality(phi)).join("distances.csv")
    }

    /// `steps/quality-phi-25/pictures.csv`: [`crate::PictureQuality`].
    pub fn pictures_csv(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::quality(phi)).join("pictures.csv")
    }

    /// `steps/quality-phi-25/saliency`: below it `source` and `generated`, grey PNGs of the tiles' size, named as translations are. Grad-CAM of
    /// the scorer for class X: black is nothing, white the strongest place of a tile and its translation together, so that the two compare.
    /// Of more than 1,500 translations only so many have one, spread evenly over their names.
    pub fn saliency(&self, phi: Phi) -> PathBuf {
        self.step(&StepName::quality(phi)).join("saliency")
    }

    /// `steps/robustness-phi-25-seed-0/tiles.csv`: [`crate::DisturbedRow`].
    pub fn disturbed_csv(&self, set: TrainingSet, seed: u64) -> PathBuf {
        self.step(&StepName::robustness(set, seed)).join("tiles.csv")
    }

    /// `steps/evaluate/roc.csv`: [`crate::RocRow`].
    pub fn roc_csv(&self) -> PathBuf {
        self.step(&StepName::EVALUATE).join("roc.csv")
    }

    /// `figures`: every figure of the report as SVG, with its data as CSV.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// `folds.csv` of a cross-validation: [`crate::FoldRow`].
    pub fn folds_csv(&self) -> PathBuf {
        self.root.join("folds.csv")
    }

    /// `plan.csv`: [`crate::PlanRow`].
    pub fn plan_csv(&self) -> PathBuf {
        self.root.join("plan.csv")
    }

    /// `fold-2`: the run of a cross-validation's test fold, from 1.
    #[must_use]
    pub fn test_fold(&self, fold: usize) -> Self {
        Self::new(self.root.join(format!("fold-{fold}")))
    }

    /// `aside`: what was in the way of a run and is kept: unfinished trainings of other settings, outputs that were changed.
    pub fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    /// `steps/naive/tiles`: the mixed-example baseline.
    pub fn naive(&self) -> PathBuf {
        self.step(&StepName::NAIVE).join("tiles")
    }

    /// A path relative to the run folder in its portable form (`/` between parts), as `done.json` keeps it.
    pub fn relative(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The step's record, or `None` if the step has not ended yet.
    ///
    /// # Errors
    /// If `done.json` is there but cannot be read or understood.
    pub fn read_done(&self, step: &StepName) -> Result<Option<Done>, RecordError> {
        match read_json(&self.done_json(step)) {
            Ok(done) => Ok(Some(done)),
            Err(OwnFileError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Writes the record of a step that has ended, into the folder of `done.step`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_done(&self, done: &Done) -> Result<(), RecordError> {
        Ok(write_json(&self.done_json(&done.step), done)?)
    }

    /// Reads `results.json`.
    ///
    /// # Errors
    /// If it is missing, broken, of another schema, or has not exactly the keys of [`Results`].
    pub fn read_results(&self) -> Result<Results, RecordError> {
        /// The one key that every schema has.
        #[derive(serde::Deserialize)]
        struct Version {
            schema: u32,
        }
        let path = self.results_json();
        let Version { schema } = read_json(&path)?;
        if schema != SCHEMA {
            return Err(RecordError::Schema { path, found: schema, expected: SCHEMA });
        }
        Ok(read_json_of_keys(&path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_contract() {
        let run = RunFolder::new("r");
        let shown = |path: PathBuf| run.relative(&path);
        assert_eq!(shown(run.generated(Phi::new(12.5))), "generated/phi-12.5");
        assert_eq!(shown(run.reconstructed(Phi::new(25.0))), "steps/translate-phi-25/reconstructed");
        assert_eq!(shown(run.sources(Phi::new(25.0))), "steps/translate-phi-25/source");
        assert_eq!(shown(run.naive()), "steps/naive/tiles");
        assert_eq!(shown(run.done_json(&StepName::SCORER)), "steps/scorer/done.json");
        assert_eq!(shown(run.metrics_csv(&StepName::fold(1))), "steps/fold-1/metrics.csv");
        let recipe = TrainingSet::Recipe("both-soft".parse().unwrap());
        assert_eq!(shown(run.added_csv(recipe, 2)), "steps/retrain-both-soft-seed-2/added.csv");
        assert_eq!(shown(run.chosen_json(recipe)), "steps/choose-both-soft/chosen.json");
    }
}
