//! The confidence of every tile in its own class, by the scorer and by the scorer that never saw its slide.

use record::ConfidenceRow;
use serde::{Deserialize, Serialize};
use tissue::Partition;

use crate::StudyError;
use crate::context::Context;
use crate::judge::Judge;
use crate::runner::StepObserver;

/// A training tile of class X with the logits of its confidences, by which it is ranked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// The tile's name.
    pub image: String,
    /// Logit of the scorer's confidence, ln(c / (1 − c)), from the network's logits.
    pub margin: f64,
    /// The same by the scorer of the other folds.
    pub margin_out_of_fold: f64,
    /// The tile's fold.
    pub fold: usize,
}

/// Scores all tiles; writes `confidences.csv` and `steps/score/scores.csv`.
pub fn score(context: &Context, observer: &StepObserver) -> Result<(), StudyError> {
    let initial = Judge::initial(context)?;
    let total = (context.config.folds + 1) as u64;
    let all: Vec<usize> = (0..context.tiles.len()).collect();
    let pixels: Vec<&[u8]> = all.iter().map(|&i| context.tiles.tile(i)).collect();
    let logits = initial.logits(context, &pixels);
    observer.progressed(1, total);

    let mut out_of_fold: Vec<Option<Vec<f64>>> = vec![None; all.len()];
    for k in 0..context.config.folds {
        if observer.should_stop() {
            return Err(StudyError::Interrupted);
        }
        let members: Vec<usize> =
            context.train.iter().zip(&context.folds).filter(|(_, f)| **f == k).map(|(i, _)| *i).collect();
        let pixels: Vec<&[u8]> = members.iter().map(|&i| context.tiles.tile(i)).collect();
        let judged = Judge::fold(context, k)?.logits(context, &pixels);
        for (i, logits) in members.into_iter().zip(judged) {
            out_of_fold[i] = Some(logits);
        }
        observer.progressed(k as u64 + 2, total);
    }

    let tiles = &context.manifest.tiles;
    let rows: Vec<ConfidenceRow> = all
        .iter()
        .map(|&i| ConfidenceRow {
            image: tiles[i].image.clone(),
            class: context.config.classes[tiles[i].class].clone(),
            partition: match tiles[i].partition {
                Some(Partition::Train) => "train".into(),
                Some(Partition::Test) => "test".into(),
                None => String::new(),
            },
            slide: tiles[i].slide.clone(),
            agreement: tiles[i].agreement(),
            confidence: Some(nets::confidence(&logits[i], tiles[i].class)),
            confidence_out_of_fold: out_of_fold[i].as_ref().map(|l| nets::confidence(l, tiles[i].class)),
        })
        .collect();
    record::write_rows(&context.run.confidences_csv(), &rows)?;

    let scores: Vec<Score> = context
        .train
        .iter()
        .zip(&context.folds)
        .filter(|(i, _)| tiles[**i].class == context.x)
        .filter_map(|(&i, &fold)| {
            let held_out = out_of_fold[i].as_ref()?;
            Some(Score {
                image: tiles[i].image.clone(),
                margin: nets::margin(&logits[i], context.x),
                margin_out_of_fold: nets::margin(held_out, context.x),
                fold,
            })
        })
        .collect();
    record::write_rows(&scores_csv(context), &scores)?;
    Ok(())
}

/// Where the scores of class X lie.
pub fn scores_csv(context: &Context) -> std::path::PathBuf {
    context.run.step(record::step::SCORE).join("scores.csv")
}
