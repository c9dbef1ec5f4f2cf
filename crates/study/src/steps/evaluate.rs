//! Gathers what the steps left into `results.json`.

use record::{ConfidenceRow, Results, RunFolder, StepName};
use serde_json::{Value, json};

use crate::config::Scoring;
use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::results::{self, Contender, ScorersView, Scores, TestTiles, ValidationTiles};
use crate::step::{Places, Step};
use crate::study::{Study, tool};

/// Writes `results.json`.
pub struct Evaluate;

impl Step for Evaluate {
    fn name(&self) -> StepName {
        StepName::EVALUATE
    }

    fn settings(&self, study: &Study) -> Value {
        let c = &study.config;
        json!([c.name, c.preset, c.phi, c.seeds, study.data.notes, env!("CARGO_PKG_VERSION")])
    }

    fn cost(&self, _: &Study) -> Cost {
        Cost { gflop: 0.1, like: Training::Translator }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name())], files: vec![run.results_json()] }
    }

    fn is_whole(&self, run: &RunFolder) -> bool {
        // Results of an older schema lack what is gathered today from the same tables.
        run.read_results().is_ok()
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let c = &study.config;
        let confidences: Vec<ConfidenceRow> = files::read_rows(&study.run.confidences_csv())?;
        let translations = results::read_translations(study)?;
        let phi = results::phi_results(study, &translations);
        let mut notes = study.data.notes.clone();
        if matches!(c.scoring, Scoring::OutOfFold) {
            notes.push("easy and hard tiles were chosen by out-of-fold confidence".into());
        }
        if !study.data.has_votes() {
            notes.push("the test tiles have no votes: nothing is told by agreement".into());
        }
        if c.high_agreement < 1.0 {
            notes.push(format!(
                "agreement counts as high where at least {} of a tile's annotators chose its class",
                c.high_agreement
            ));
        }
        let view = ScorersView::read(study, &confidences)?;
        if view.is_none() {
            notes.push(
                "the scores step was made by an older grayzone, which kept no logits of more than two classes: the scorer's accuracy and calibration are missing".into(),
            );
        }
        let scorer = view.as_ref().map(|view| view.confidences(&study.data.test));
        let table3 = results::table3(study)?;
        let tiles = TestTiles::of(study);
        let (scores, missing) = Scores::read(study, &table3, &tiles)?;
        notes.extend(missing);
        let roc = results::roc(&scores, &tiles, c.seed);
        if !roc.is_empty() {
            files::write_rows(&study.run.roc_csv(), &roc)?;
        }
        let validation_positive = study.data.are_of_x(&study.data.validation);
        let recipes = results::recipes(study, &phi)?;
        let contender = |recipe: &record::RowRecipe| Contender {
            set: recipe.training_set,
            candidates: results::candidates(recipe),
        };
        let contenders: Vec<Contender> = recipes.iter().map(contender).collect();
        let recommendation =
            results::recommendation(&contenders, &scores, &ValidationTiles::of(study), c.seed);
        let told = |done: usize, total: usize| observer.progressed(done as u64, total as u64);
        let results = Results {
            schema: record::SCHEMA,
            tool: tool(),
            seed: c.seed,
            name: c.name.clone(),
            classes: c.classes.clone(),
            source_class: c.source_class.clone(),
            tile_size: c.tile_size,
            preset: format!("{:?}", c.preset).to_lowercase(),
            data: results::data_counts(study),
            scorer: results::scorer_result(study, view.as_ref())?,
            recommended_phi: results::recommend(&phi),
            phi,
            recipes,
            recommendation: Some(recommendation),
            comparisons: results::comparisons(&table3, &scores, &tiles, c.seed, &told),
            table3,
            at_threshold: results::at_threshold(&scores, &tiles, &validation_positive, c.seed),
            class_auc: results::class_auc(&scores, &tiles, &c.classes),
            agreement_auc: results::agreement_auc(&scores, &tiles, c.seed),
            slide_auc: results::slide_auc(&scores, &tiles, c.seed),
            difficulty: results::difficulty(study, &confidences)?,
            calibration: results::calibration(scorer.as_deref(), &scores, &tiles, c.seed),
            robustness: results::robustness(study, &tiles)?,
            distances: results::distances(study)?,
            pictures: results::pictures(study)?,
            ks: results::ks(study, &confidences)?,
            confidence_shift: results::confidence_shift(&results::judged(study)?),
            stain: results::stain(study)?,
            severity: results::severity(study, &translations)?,
            dial: results::dial(study)?,
            cross_validation: None,
            notes,
        };
        files::write_json(&study.run.results_json(), &results)?;
        Ok(())
    }
}
