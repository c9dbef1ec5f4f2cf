//! A recipe in a training: tiles with what is learnt of each.

use record::{AddedRow, StepName};
use tissue::augment::Augment;
use train::{ClassifierJob, LabelledTiles, Lesson};

use super::added::{Addition, added};
use super::lessons::lessons;
use super::resolved::{Resolved, Tuned};
use crate::config::Augmentation;
use crate::error::StudyError;
use crate::study::Study;
use crate::training;

/// The tiles that a network of a recipe learns from, and what of each.
pub struct Taught<'a> {
    additions: Vec<Addition<'a>>,
    lessons: Vec<Lesson>,
    augment: Augment,
    /// A line for what each part adds of each class.
    pub rows: Vec<AddedRow>,
}

impl<'a> Taught<'a> {
    /// Those of the training of `seed`.
    ///
    /// # Errors
    /// If what other steps left cannot be read.
    pub fn new(study: &'a Study, resolved: &Resolved, tuned: Tuned, seed: u64) -> Result<Self, StudyError> {
        let (additions, rows) = added(study, resolved, tuned, seed)?;
        let lessons = lessons(study, resolved, tuned, &additions)?;
        let augment = match resolved.recipe.augmentation {
            Augmentation::Paper => Augment::paper(),
            Augmentation::Degraded => Augment::degraded(),
        };
        Ok(Self { additions, lessons, augment, rows })
    }

    /// The training by the step `name`, with random streams of that name.
    pub fn job<'b>(&'b self, study: &'b Study, name: &StepName, stream: &str) -> ClassifierJob<'b> {
        let mut tiles: LabelledTiles<'b> = study.data.set(&study.data.train);
        tiles.labels.extend(self.additions.iter().map(|addition| addition.class));
        tiles.tiles.extend(self.additions.iter().map(|addition| addition.pixels.as_ref()));
        ClassifierJob {
            lessons: Some(self.lessons.clone()),
            augment: self.augment,
            ..training::job(study, name, stream, stream, &study.config.classifier, tiles)
        }
    }
}
