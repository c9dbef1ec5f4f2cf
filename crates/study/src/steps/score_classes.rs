//! What the scorer and the scorers of the folds say of every training tile, whatever its class: by that other classes than X are ranked, and
//! judges calibrated.

use record::{LogitsRow, StepName};
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::ranking::Score;
use crate::real::logits_csv;
use crate::step::{Basis, Step};
use crate::study::Study;

/// Writes a table of scores a class, as `score` does for class X, and the logits of all training tiles.
pub struct ScoreClasses;

impl Step for ScoreClasses {
    fn name(&self) -> StepName {
        StepName::SCORE_CLASSES
    }

    fn basis(&self) -> Basis {
        Basis::Data
    }

    fn settings(&self, study: &Study) -> Value {
        json!(study.config.folds)
    }

    fn cost(&self, study: &Study) -> Cost {
        let gflop = 2.0 * study.data.train.len() as f64 * study.config.scorer.gflop(study.px());
        Cost { gflop, like: Training::Scorer }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let (data, folds) = (&study.data, study.config.folds);
        let tiles = &data.manifest.tiles;
        let in_sample = Judge::initial(study)?.logits(study, &data.pixels(&data.train));
        observer.progressed(1, folds as u64 + 1);
        let mut held_out: Vec<Vec<f64>> = vec![Vec::new(); tiles.len()];
        for k in 0..folds {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let members = data.members_of_fold(k);
            for (&i, logits) in
                members.iter().zip(Judge::fold(study, k)?.logits(study, &data.pixels(&members)))
            {
                held_out[i] = logits;
            }
            observer.progressed(k as u64 + 2, folds as u64 + 1);
        }

        let rows: Vec<LogitsRow> = (data.train.iter().zip(&in_sample))
            .map(|(&i, logits)| LogitsRow {
                image: tiles[i].image.clone(),
                logits: logits.clone(),
                logits_out_of_fold: held_out[i].clone(),
            })
            .collect();
        files::write_rows(&logits_csv(study), &rows)?;
        for class in 0..study.config.classes.len() {
            let of_class = data.train.iter().zip(&data.folds).zip(&in_sample);
            let scores: Vec<Score> = of_class
                .filter(|((i, _), _)| tiles[**i].class == class)
                .map(|((&i, &fold), logits)| Score {
                    image: tiles[i].image.clone(),
                    margin: nets::margin(logits, class),
                    margin_out_of_fold: nets::margin(&held_out[i], class),
                    fold,
                })
                .collect();
            files::write_rows(&Score::table(study, Some(class)), &scores)?;
        }
        Ok(())
    }
}
