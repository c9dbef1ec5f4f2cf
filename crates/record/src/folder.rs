//! Where everything lies in a run folder.

use crate::{Done, RecordError, Results, SCHEMA, read_json, step, write_json};
use std::path::{Path, PathBuf};

/// Selectivity in its shortest form, as folders and step names spell it: `25`, `12.5`, `6.25`.
pub fn phi_name(phi: f64) -> String {
    format!("{phi}")
}

/// Selectivity as `results.json` names a training set or a set of tiles: `phi=25`.
pub fn set_name_phi(phi: f64) -> String {
    format!("phi={}", phi_name(phi))
}

/// The selectivity that stands for a study where one must do (the naive baseline's number of tiles, the severity probe, a figure):
/// the paper's 25, else the first. `None` of no selectivities.
pub fn reference_phi(phis: &[f64]) -> Option<f64> {
    phis.iter().copied().find(|phi| *phi == 25.0).or_else(|| phis.first().copied())
}

/// The name that a tile's translation has: the tile's relative path with the extension `.png`
/// (`b/tile.1.jpg` → `b/tile.1.png`; a name without an extension gets one).
pub fn png_name(image: &str) -> String {
    let (folder, name) = image.rfind('/').map_or(("", image), |at| image.split_at(at + 1));
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{folder}{}.png", &name[..dot]),
        _ => format!("{image}.png"),
    }
}

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

    /// `steps/<step>`; names come from [`crate::step`].
    pub fn step(&self, step: &str) -> PathBuf {
        self.root.join("steps").join(step)
    }

    /// `steps/<step>/done.json`: [`Done`].
    pub fn done_json(&self, step: &str) -> PathBuf {
        self.step(step).join("done.json")
    }

    /// `steps/<step>/metrics.csv`: [`crate::ClassifierEpoch`] or [`crate::TranslatorEpoch`].
    pub fn metrics_csv(&self, step: &str) -> PathBuf {
        self.step(step).join("metrics.csv")
    }

    /// `steps/<step>/samples`: the sample grids of a translator.
    pub fn samples(&self, step: &str) -> PathBuf {
        self.step(step).join("samples")
    }

    /// `generated/phi-25`: the translations of the easy tiles, before the filter.
    pub fn generated(&self, phi: f64) -> PathBuf {
        self.root.join("generated").join(format!("phi-{}", phi_name(phi)))
    }

    /// `steps/translate-phi-25/reconstructed`: the translations translated back.
    pub fn reconstructed(&self, phi: f64) -> PathBuf {
        self.step(&step::translate(phi)).join("reconstructed")
    }

    /// `steps/translate-phi-25/source`: 8-bit copies of the tiles that were translated, for the report.
    pub fn sources(&self, phi: f64) -> PathBuf {
        self.step(&step::translate(phi)).join("source")
    }

    /// `steps/translate-phi-25/tiles.csv`: [`crate::TranslationRow`].
    pub fn translation_csv(&self, phi: f64) -> PathBuf {
        self.step(&step::translate(phi)).join("tiles.csv")
    }

    /// `steps/select-phi-25/selection.csv`: [`crate::SelectionRow`].
    pub fn selection_csv(&self, phi: f64) -> PathBuf {
        self.step(&step::select(phi)).join("selection.csv")
    }

    /// `steps/select-phi-25/ranking.csv`: [`crate::Selection`].
    pub fn ranking_csv(&self, phi: f64) -> PathBuf {
        self.step(&step::select(phi)).join("ranking.csv")
    }

    /// `aside`: what was in the way of a run and is kept: unfinished trainings of other settings, outputs that were changed.
    pub fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    /// `steps/naive/tiles`: the mixed-example baseline.
    pub fn naive(&self) -> PathBuf {
        self.step(step::NAIVE).join("tiles")
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
    pub fn read_done(&self, step: &str) -> Result<Option<Done>, RecordError> {
        match read_json(&self.done_json(step)) {
            Ok(done) => Ok(Some(done)),
            Err(RecordError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// Writes the record of a step that has ended, into the folder of `done.step`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_done(&self, done: &Done) -> Result<(), RecordError> {
        write_json(&self.done_json(&done.step), done)
    }

    /// Reads `results.json`.
    ///
    /// # Errors
    /// If it is missing, broken, or of another schema.
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
        read_json(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectivity_is_spelled_shortest() {
        assert_eq!([50.0, 25.0, 12.5, 6.25].map(phi_name), ["50", "25", "12.5", "6.25"]);
        assert_eq!(set_name_phi(12.5), "phi=12.5");
        assert_eq!(phi_name(0.1), "0.1");
    }

    #[test]
    fn the_paper_s_selectivity_stands_for_a_study_else_the_first() {
        assert_eq!(reference_phi(&[50.0, 25.0, 12.5]), Some(25.0));
        assert_eq!(reference_phi(&[12.5, 50.0]), Some(12.5));
        assert_eq!(reference_phi(&[]), None);
    }

    #[test]
    fn translations_are_png_files_of_the_same_relative_path() {
        for (image, png) in [
            ("a/b.jpg", "a/b.png"),
            ("a.b/c", "a.b/c.png"),
            ("x.tar.png", "x.tar.png"),
            (".hidden", ".hidden.png"),
            ("d/.hidden", "d/.hidden.png"),
            ("é/tile 1.TIFF", "é/tile 1.png"),
        ] {
            assert_eq!(png_name(image), png, "{image}");
        }
    }

    #[test]
    fn paths_follow_the_contract() {
        let run = RunFolder::new("r");
        let shown = |path: PathBuf| run.relative(&path);
        assert_eq!(shown(run.generated(12.5)), "generated/phi-12.5");
        assert_eq!(shown(run.reconstructed(25.0)), "steps/translate-phi-25/reconstructed");
        assert_eq!(shown(run.sources(25.0)), "steps/translate-phi-25/source");
        assert_eq!(shown(run.naive()), "steps/naive/tiles");
        assert_eq!(shown(run.done_json(step::SCORER)), "steps/scorer/done.json");
        assert_eq!(shown(run.metrics_csv(&step::fold(1))), "steps/fold-1/metrics.csv");
    }
}
