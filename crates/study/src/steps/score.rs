//! The confidence of every tile in its own class, by the scorer and by the scorer that never saw its slide.

use record::{ConfidenceRow, LogitsRow, RunFolder, StepName};
use serde_json::{Value, json};
use tissue::Partition;

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::ranking::Score as Row;
use crate::step::{Places, Step};
use crate::study::Study;

/// Scores all tiles; writes `confidences.csv` and `steps/score/scores.csv`.
pub struct Score;

impl Step for Score {
    fn name(&self) -> StepName {
        StepName::SCORE
    }

    fn settings(&self, study: &Study) -> Value {
        json!(study.config.folds)
    }

    fn cost(&self, study: &Study) -> Cost {
        let data = &study.data;
        let judged = 2 * (data.train.len() + data.judged());
        Cost { gflop: judged as f64 * study.config.scorer.gflop(study.px()), like: Training::Scorer }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name())], files: vec![run.confidences_csv()] }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let (config, data) = (&study.config, &study.data);
        let initial = Judge::initial(study)?;
        let total = (config.folds + 1) as u64;
        let all: Vec<usize> = (0..data.tiles.len()).collect();
        let logits = initial.logits(study, &data.pixels(&all));
        observer.progressed(1, total);

        let mut out_of_fold: Vec<Option<Vec<f64>>> = vec![None; all.len()];
        for k in 0..config.folds {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let members = data.members_of_fold(k);
            let judged = Judge::fold(study, k)?.logits(study, &data.pixels(&members));
            for (i, logits) in members.into_iter().zip(judged) {
                out_of_fold[i] = Some(logits);
            }
            observer.progressed(k as u64 + 2, total);
        }

        let tiles = &data.manifest.tiles;
        let rows: Vec<ConfidenceRow> = all
            .iter()
            .map(|&i| ConfidenceRow {
                image: tiles[i].image.clone(),
                class: config.classes[tiles[i].class].clone(),
                partition: tiles[i].partition.map_or("", Partition::name).into(),
                slide: tiles[i].slide.clone(),
                agreement: tiles[i].agreement(),
                confidence: Some(nets::confidence(&logits[i], tiles[i].class)),
                confidence_out_of_fold: out_of_fold[i].as_ref().map(|l| nets::confidence(l, tiles[i].class)),
            })
            .collect();
        files::write_rows(&study.run.confidences_csv(), &rows)?;

        if config.classes.len() > 2 {
            // With two classes the confidences say all of it.
            let logits = all.iter().map(|&i| LogitsRow {
                image: tiles[i].image.clone(),
                logits: logits[i].clone(),
                logits_out_of_fold: out_of_fold[i].clone().unwrap_or_default(),
            });
            files::write_rows(&study.run.logits_csv(), &logits.collect::<Vec<_>>())?;
        }

        let scores: Vec<Row> = data
            .train
            .iter()
            .zip(&data.folds)
            .filter(|(i, _)| tiles[**i].class == data.x)
            .filter_map(|(&i, &fold)| {
                let held_out = out_of_fold[i].as_ref()?;
                Some(Row {
                    image: tiles[i].image.clone(),
                    margin: nets::margin(&logits[i], data.x),
                    margin_out_of_fold: nets::margin(held_out, data.x),
                    fold,
                })
            })
            .collect();
        files::write_rows(&Row::table(study, None), &scores)?;
        Ok(())
    }
}
