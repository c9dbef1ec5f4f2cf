//! A cross-validation: every tile is tested once, by networks that never saw its patient. Each test fold is an ordinary run in a folder of its
//! own; the folder above holds what they say together.

use std::collections::BTreeSet;
use std::path::Path;

use record::{Damage, FoldRow, Results, RunFolder};
use tissue::{FoldedBy, Manifest};

use crate::config::StudyConfig;
use crate::data::Folded;
use crate::error::StudyError;
use crate::observer::{FoldObserver, PlannedStep, StudyObserver};
use crate::results::{FinishedFold, pooled};
use crate::run::{Claim, Options, Prepared, refuse_another, remove_results, write_settings};

/// A fold's steps, and the outputs that are not what they wrote.
pub type PlanOfFold = (Vec<PlannedStep>, Vec<Damage>);

/// A cross-validation that has read and checked its data and is ready to run. The folds share the decoded tiles.
pub struct CrossValidation {
    config: StudyConfig,
    manifest: Manifest,
    by: FoldedBy,
    fold_of: Vec<usize>,
    /// The folder of the whole.
    pub run: RunFolder,
    /// Its test folds, in order.
    pub folds: Vec<Prepared>,
}

impl CrossValidation {
    /// Reads and checks everything for `test_folds` folds; writes nothing.
    ///
    /// # Errors
    /// If `out` holds another study or one of other folds, and every fault of settings and data.
    pub fn new(
        mut config: StudyConfig,
        out: &Path,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Self, StudyError> {
        let run = RunFolder::new(out);
        refuse_another(&run, &config)?;
        let folded = Folded::open(&mut config)?;
        let loaded = folded.load(&config, options.cache(), &|done, total| observer.decoded(done, total))?;
        let prepared = |(config, data): (StudyConfig, _)| {
            let folder = run.test_fold(config.test_fold);
            Prepared::of(config, data, folder, options)
        };
        let folds: Vec<Prepared> = loaded.into_iter().map(prepared).collect();
        if let Some(first) = folds.first() {
            config = StudyConfig { test_fold: 0, ..first.study.config.clone() };
        }
        tell_notes(&folds, observer);
        if let Some(note) = folds.first().and_then(|first| first.study.data.where_tiles_are()) {
            observer.note(&note);
        }
        let Folded { manifest, by, fold_of, .. } = folded;
        Ok(Self { config, manifest, by, fold_of, run, folds })
    }

    /// The plan of each fold, as [`Prepared::planned`].
    ///
    /// # Errors
    /// As that.
    pub fn planned(
        &self,
        options: &Options,
        observer: &dyn StudyObserver,
    ) -> Result<Vec<PlanOfFold>, StudyError> {
        self.folds.iter().map(|fold| fold.planned(options, observer)).collect()
    }

    /// Begins the run, or goes on with it: writes the settings and which tile is tested when, and tells the whole plan.
    ///
    /// # Errors
    /// If the folder holds another study, or cannot be written.
    pub fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        options: &'a Options,
        observer: &'a dyn StudyObserver,
    ) -> Result<Begun<'a>, StudyError> {
        refuse_another(&self.run, &self.config)?;
        let mut plans = Vec::new();
        for fold in &self.folds {
            // By their sizes: each fold looks closer when its turn comes.
            plans.push(fold.planned(&Options { verify: false, ..options.clone() }, observer)?.0);
        }
        for (fold, plan) in plans.iter_mut().enumerate() {
            for step in plan.iter_mut() {
                step.name = FoldObserver::label(fold + 1, self.folds.len(), &step.name);
            }
        }
        if plans.iter().flatten().any(|step| !step.cached) {
            // Results of other settings must not lie beside these.
            remove_results(&self.run)?;
        }
        write_settings(&self.run, &self.config, &self.manifest.hash())?;
        files::write_rows(&self.run.folds_csv(), &self.fold_rows())?;
        observer.planned(&plans.concat());
        Ok(Begun { of: self, _claim: claim, options, observer, plans })
    }

    fn fold_rows(&self) -> Vec<FoldRow> {
        let row = |(tile, fold): (&tissue::Tile, &usize)| FoldRow {
            image: tile.image.clone(),
            class: self.manifest.classes[tile.class].clone(),
            unit: tile.slide.clone(),
            fold: fold + 1,
        };
        self.manifest.tiles.iter().zip(&self.fold_of).map(row).collect()
    }
}

/// Tells what the data's notes say of every fold once, and the rest with its fold.
fn tell_notes(folds: &[Prepared], observer: &dyn StudyObserver) {
    let Some((first, others)) = folds.split_first() else { return };
    let is_common = |note: &String| others.iter().all(|fold| fold.study.data.notes.contains(note));
    let common: BTreeSet<&String> = first.study.data.notes.iter().filter(|note| is_common(note)).collect();
    for note in first.study.data.notes.iter().filter(|note| common.contains(note)) {
        observer.note(note);
    }
    for fold in folds {
        for note in fold.study.data.notes.iter().filter(|note| !common.contains(note)) {
            let named = format!("test fold {}", fold.study.config.test_fold);
            let says_so = note.starts_with(&named);
            observer.note(&if says_so { note.clone() } else { format!("{named}: {note}") });
        }
    }
}

/// A cross-validation at work. The claim is on the folder of the whole.
pub struct Begun<'a> {
    of: &'a CrossValidation,
    _claim: &'a Claim,
    options: &'a Options,
    observer: &'a dyn StudyObserver,
    plans: Vec<Vec<PlannedStep>>,
}

impl Begun<'_> {
    /// Runs what is not finished of the fold at `index`; its folder is claimed as that of any run.
    ///
    /// # Errors
    /// As [`Prepared::run`].
    pub fn run_fold(&self, index: usize) -> Result<Results, StudyError> {
        let fold = &self.of.folds[index];
        let claim = Claim::of(&fold.study.run.root)?;
        let observer = FoldObserver {
            fold: index + 1,
            folds: self.of.folds.len(),
            told: &self.plans[index],
            observer: self.observer,
        };
        let before = fold.study.run.read_results().ok();
        let results = fold.run(&claim, self.options, &observer)?;
        if before.as_ref() != Some(&results) {
            // What was gathered from the fold as it was must not lie beside it.
            remove_results(&self.of.run)?;
        }
        Ok(results)
    }

    /// Puts the finished folds together and writes `results.json`.
    ///
    /// # Errors
    /// If a fold's results are not there or cannot be read, or the file cannot be written.
    pub fn gather(&self) -> Result<Results, StudyError> {
        let finished: Vec<FinishedFold> = self
            .of
            .folds
            .iter()
            .map(|fold| Ok(FinishedFold { study: &fold.study, results: fold.study.run.read_results()? }))
            .collect::<Result<_, StudyError>>()?;
        let results = pooled(&finished, self.of.by)?;
        files::write_json(&self.of.run.results_json(), &results)?;
        Ok(results)
    }
}
