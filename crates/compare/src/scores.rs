//! Each test tile's scores after each training of a row.

use crate::CompareError;
use crate::load::Run;
use files::read_rows;
use record::{EpochChoice, Look, RecordError, ScoreRow, StepName, TrainingSet};
use std::collections::BTreeMap;

/// By seed, the margins of the test tiles in the order of [`Run::test_tiles`].
pub type Scores = BTreeMap<u64, Vec<f64>>;

/// The scores of the trainings of a row at an epoch; `None` where a training has left none, as those of older programs.
///
/// # Errors
/// If a file of scores cannot be read, is not as it was written, or is not of these test tiles.
pub fn of_row(
    run: &Run,
    set: TrainingSet,
    seeds: &[u64],
    epoch: EpochChoice,
) -> Result<Option<Scores>, CompareError> {
    let mut scores = Scores::new();
    for seed in seeds {
        let Some(of_training) = of_training(run, &StepName::retrain(set, *seed), epoch)? else {
            return Ok(None);
        };
        scores.insert(*seed, of_training);
    }
    Ok(Some(scores))
}

fn of_training(run: &Run, step: &StepName, epoch: EpochChoice) -> Result<Option<Vec<f64>>, CompareError> {
    let path = epoch.scores_csv(&run.folder.step(step));
    let Some(done) = run.folder.read_done(step)? else { return Ok(None) };
    let name = run.folder.relative(&path);
    if !done.outputs.contains_key(&name) {
        return Ok(None);
    }
    let look = |output: &str| if output == name { Look::Bytes } else { Look::Size };
    if let Some(damage) = run.folder.damage(&done, &look)?.into_iter().find(|damage| damage.path == path) {
        return Err(RecordError::Damaged { path, step: damage.step, why: damage.why }.into());
    }
    let rows: Vec<ScoreRow> = read_rows(&path)?;
    let of_tile: BTreeMap<&str, f64> = rows
        .iter()
        .filter(|row| row.partition == "test")
        .map(|row| (row.image.as_str(), row.margin))
        .collect();
    let mut margins = Vec::with_capacity(of_tile.len());
    for tile in run.test_tiles() {
        let Some(margin) = of_tile.get(tile.image.as_str()) else {
            let why = format!("the tile {} has no score", files::quoted(&tile.image));
            return Err(CompareError::Scores { path, why });
        };
        margins.push(*margin);
    }
    Ok(Some(margins))
}
