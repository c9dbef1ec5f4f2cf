//! What is learnt of each tile of a recipe, and from when.

use std::collections::BTreeMap;

use record::ConfidenceRow;
use train::lesson::{self, Lesson};

use super::added::Addition;
use super::real_tile::lesson_of;
use super::resolved::{Resolved, Tuned};
use crate::config::{BatchNorm, Curriculum};
use crate::error::StudyError;
use crate::study::Study;

/// A lesson for each training tile of the study, and after them for each added one.
///
/// # Errors
/// If the confidences cannot be read that a curriculum goes by.
pub fn lessons(
    study: &Study,
    resolved: &Resolved,
    tuned: Tuned,
    additions: &[Addition],
) -> Result<Vec<Lesson>, StudyError> {
    let (recipe, data) = (&resolved.recipe, &study.data);
    let epochs = study.config.classifier.epochs;
    let tiles = &data.manifest.tiles;
    let mut from = vec![0; tiles.len()];
    match recipe.curriculum {
        Curriculum::None => {}
        Curriculum::Agreement => {
            for &i in &data.train {
                from[i] = lesson::epoch_by_agreement(data.stratum(i), epochs);
            }
        }
        Curriculum::Confidence => {
            for (&i, epoch) in data.train.iter().zip(by_confidence(study, epochs)?) {
                from[i] = epoch;
            }
        }
    }
    // What a program made is as doubtful as the last of the real tiles.
    let last = data.train.iter().map(|&i| from[i]).max().unwrap_or(0);
    let original =
        data.train.iter().map(|&i| Lesson { from_epoch: from[i], ..lesson_of(study, recipe.labels, i) });
    let weight = resolved.weight(tuned) as f32;
    let added = additions.iter().map(|addition| Lesson {
        target: addition.target.clone(),
        weight,
        from_epoch: addition.copy_of.map_or(last, |tile| from[tile]),
        auxiliary: recipe.batch_norm == BatchNorm::Auxiliary && addition.copy_of.is_none(),
    });
    Ok(original.chain(added).collect())
}

/// The first epoch of each training tile, by the confidence of scorers that did not see it.
fn by_confidence(study: &Study, epochs: usize) -> Result<Vec<usize>, StudyError> {
    let data = &study.data;
    let path = study.run.confidences_csv();
    let rows: Vec<ConfidenceRow> = files::read_rows(&path)?;
    let confidence: BTreeMap<&str, f64> =
        rows.iter().filter_map(|row| Some((row.image.as_str(), row.confidence_out_of_fold?))).collect();
    let ranked = |&i: &usize| {
        let tile = &data.manifest.tiles[i];
        let name = tile.image.as_str();
        let confidence = confidence.get(name).ok_or_else(|| StudyError::Broken {
            path: path.clone(),
            why: format!("it has no out-of-fold confidence of the training tile {name}"),
        })?;
        Ok((tile.class, *confidence, name))
    };
    let ranked: Vec<(usize, f64, &str)> = data.train.iter().map(ranked).collect::<Result<_, StudyError>>()?;
    Ok(lesson::epochs_by_confidence(&ranked, epochs))
}
