//! What the retrained networks say of each test and validation tile.

use record::{EpochChoice, PerSeed, ScoreRow, StepName, Stratum, Table3Row, TrainingSet};

use super::test_tiles::TestTiles;
use crate::error::StudyError;
use crate::study::Study;

/// What one network says of some tiles, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// Confidence in class X, 0 to 1.
    pub confidence: Vec<f64>,
    /// What AUCs rank by: [`ScoreRow::margin`].
    pub margin: Vec<f64>,
    /// A logit a class; empty with two classes, which the margin tells.
    pub logits: Vec<Vec<f64>>,
}

/// What one network says of the study's tiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Of the test tiles.
    pub test: Outputs,
    /// Of the validation tiles.
    pub validation: Outputs,
}

/// The networks of the rows of Table 3 at one epoch each.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    of: Vec<((TrainingSet, EpochChoice), Vec<Said>)>,
}

impl Scores {
    /// The epochs that a network's scores are kept of.
    pub const EPOCHS: [EpochChoice; 2] = [EpochChoice::Last, EpochChoice::Validation];

    /// Those of the row's networks at that epoch, in the order of seeds; `None` unless every seed has them.
    pub fn of(&self, set: TrainingSet, epoch: EpochChoice) -> Option<&[Said]> {
        self.of.iter().find(|(of, _)| *of == (set, epoch)).map(|(_, said)| said.as_slice())
    }

    /// Every row and epoch that has scores.
    pub fn iter(&self) -> impl Iterator<Item = (TrainingSet, EpochChoice, &[Said])> {
        self.of.iter().map(|((set, epoch), said)| (*set, *epoch, said.as_slice()))
    }

    /// Adds what a row's networks say at an epoch.
    pub fn add(&mut self, set: TrainingSet, epoch: EpochChoice, said: Vec<Said>) {
        self.of.push(((set, epoch), said));
    }

    /// Reads what the trainings left, and says in one sentence what is missing, as it is of the trainings of an older program.
    ///
    /// # Errors
    /// A file that is not what its training wrote: other tiles, numbers that are none, or other AUCs than Table 3 has.
    pub fn read(
        study: &Study,
        table3: &[Table3Row],
        tiles: &TestTiles,
    ) -> Result<(Self, Option<String>), StudyError> {
        let data = &study.data;
        let names = |tiles: &[usize]| -> Vec<&str> {
            tiles.iter().map(|&i| data.manifest.tiles[i].image.as_str()).collect()
        };
        let (test, validation) = (names(&data.test), names(&data.validation));
        let classes = study.config.classes.len();
        let (mut scores, mut missing) = (Self::default(), Vec::new());
        for row in table3.iter().filter(|row| row.stratum == Stratum::All) {
            for epoch in Self::EPOCHS {
                let mut of_row = Vec::new();
                // Without validation tiles no epoch is chosen on them, and no scores are due.
                let due: Vec<(&PerSeed, f64)> =
                    row.per_seed.iter().filter_map(|seed| Some((seed, auc_of(seed, epoch)?))).collect();
                for (seed, auc) in &due {
                    let step = StepName::retrain(row.training_set, seed.seed);
                    let path = epoch.scores_csv(&study.run.step(&step));
                    if !path.exists() {
                        continue;
                    }
                    let rows: Vec<ScoreRow> = files::read_rows(&path)?;
                    let said = said(rows, [&test, &validation], classes)
                        .and_then(|said| same_auc(&said, tiles, *auc).map(|()| said));
                    of_row.push(said.map_err(|why| StudyError::Broken { path, why })?);
                }
                if of_row.len() == row.seeds && !of_row.is_empty() {
                    scores.add(row.training_set, epoch, of_row);
                } else if of_row.len() < due.len() && missing.last() != Some(&row.training_set) {
                    missing.push(row.training_set);
                }
            }
        }
        Ok((scores, note(&missing)))
    }
}

/// The AUC over all test tiles of that epoch.
pub fn auc_of(seed: &PerSeed, epoch: EpochChoice) -> Option<f64> {
    match epoch {
        EpochChoice::FiveBest => seed.five_best,
        EpochChoice::Last => seed.last,
        EpochChoice::Validation => seed.val,
    }
}

fn note(missing: &[TrainingSet]) -> Option<String> {
    let rows: Vec<String> = missing.iter().map(ToString::to_string).collect();
    (!rows.is_empty()).then(|| {
        format!(
            "trainings of {} were made by an older grayzone, which did not keep what the network says of each tile: intervals over slides, DeLong's test, thresholds, calibration and ROC curves of these rows are missing",
            rows.join(", ")
        )
    })
}

/// The rows of a file of scores as what the network says of those tiles; else why they are not.
fn said(rows: Vec<ScoreRow>, [test, validation]: [&[&str]; 2], classes: usize) -> Result<Said, String> {
    let due = test.len() + validation.len();
    if rows.len() != due {
        return Err(format!("it has {} tiles and the study {due} test and validation tiles", rows.len()));
    }
    let tiles =
        test.iter().map(|image| ("test", image)).chain(validation.iter().map(|image| ("validation", image)));
    let (mut said, mut outputs) = (Said::default(), Vec::with_capacity(due));
    for (row, (partition, image)) in rows.into_iter().zip(tiles) {
        if row.image != *image || row.partition != partition {
            return Err(format!(
                "it has the {} tile {} in the place of the {partition} tile {image}",
                row.partition, row.image
            ));
        }
        let numbers = row.logits.iter().chain([&row.margin, &row.confidence]).all(|v| v.is_finite());
        if !numbers || !(0.0..=1.0).contains(&row.confidence) || row.logits.len() != classes {
            return Err(format!("what it says of tile {image} are not a confidence and {classes} logits"));
        }
        outputs.push(row);
    }
    for (i, row) in outputs.into_iter().enumerate() {
        let side = if i < test.len() { &mut said.test } else { &mut said.validation };
        side.confidence.push(row.confidence);
        side.margin.push(row.margin);
        if classes > 2 {
            side.logits.push(row.logits);
        }
    }
    Ok(said)
}

/// Scores that were changed since, or are of another epoch, give another AUC than the training told.
fn same_auc(said: &Said, tiles: &TestTiles, told: f64) -> Result<(), String> {
    match stats::auc(&said.test.margin, &tiles.positive) {
        Some(auc) if (auc - told).abs() < 1e-9 => Ok(()),
        found => Err(format!(
            "its scores have an AUC of {} and metrics.csv says {told}",
            found.map_or("none".to_owned(), |auc| auc.to_string())
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Phi;

    fn row(image: &str, partition: &str, margin: f64) -> ScoreRow {
        let confidence = 1.0 / (1.0 + (-margin).exp());
        ScoreRow {
            image: image.into(),
            partition: partition.into(),
            confidence,
            margin,
            logits: vec![margin, 0.0],
        }
    }

    fn rows() -> Vec<ScoreRow> {
        vec![row("a", "test", 1.0), row("b", "test", -1.0), row("c", "validation", 0.5)]
    }

    const TILES: [&[&str]; 2] = [&["a", "b"], &["c"]];

    #[test]
    fn scores_are_told_apart_by_partition_and_logits_kept_of_more_than_two_classes() {
        let found = said(rows(), TILES, 2).unwrap();
        assert_eq!((found.test.margin, found.validation.margin), (vec![1.0, -1.0], vec![0.5]));
        assert!(found.test.logits.is_empty());
        let mut three = rows();
        for row in &mut three {
            row.logits.push(0.25);
        }
        assert_eq!(said(three, TILES, 3).unwrap().validation.logits, [[0.5, 0.0, 0.25]]);
    }

    #[test]
    fn scores_of_other_tiles_or_none_are_refused_by_name() {
        let refused = |rows, word: &str| {
            let why = said(rows, TILES, 2).unwrap_err();
            assert!(why.contains(word), "{why}");
        };
        refused(rows()[..2].to_vec(), "2 tiles");
        refused([&rows()[..], &rows()[..1]].concat(), "4 tiles");
        refused(
            vec![row("a", "test", 1.0), row("x", "test", 1.0), row("c", "validation", 1.0)],
            "test tile x",
        );
        refused(
            vec![row("a", "test", 1.0), row("b", "train", 1.0), row("c", "validation", 1.0)],
            "train tile b",
        );
        let mut wrong = rows();
        wrong[1].confidence = f64::NAN;
        refused(wrong.clone(), "tile b");
        wrong[1].confidence = 1.5;
        refused(wrong, "tile b");
        let mut short = rows();
        short[2].logits.pop();
        refused(short, "2 logits");
    }

    #[test]
    fn scores_that_rank_otherwise_than_was_told_are_refused() {
        let tiles = TestTiles { positive: vec![true, false], ..TestTiles::default() };
        let found = said(rows(), TILES, 2).unwrap();
        assert!(same_auc(&found, &tiles, 1.0).is_ok());
        assert!(same_auc(&found, &tiles, 0.5).unwrap_err().contains("metrics.csv says 0.5"));
    }

    #[test]
    fn what_is_missing_is_said_once_with_the_rows() {
        assert_eq!(note(&[]), None);
        let said = note(&[TrainingSet::Original, TrainingSet::Phi(Phi::new(25.0))]).unwrap();
        assert!(said.starts_with("trainings of original, phi=25 were made by an older grayzone"), "{said}");
    }
}
