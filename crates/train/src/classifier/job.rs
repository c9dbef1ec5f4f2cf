//! The classifier: what is trained on, how, and what it is judged on. The loop itself is in `fit`.

use super::config::ClassifierConfig;
use super::evaluation::{Evaluation, LabelledTiles};
use super::fit::Fit;
use super::lesson::Lesson;
use super::timetable::Timetable;
use crate::error::TrainError;
use crate::loss;
use crate::observer::Observer;
use burn::tensor::Device;
use nets::Classifier;
use std::path::PathBuf;
use tissue::augment::{Augment, Normalise};

/// One classifier to train.
#[derive(Debug, Clone)]
pub struct ClassifierJob<'a> {
    /// The job's name: it names its random streams (order, augmentation) and appears in messages.
    pub stream: String,
    /// Names the random stream of the initial weights: equal names and seeds start from equal weights.
    pub init_stream: String,
    /// The seed of both.
    pub seed: u64,
    /// The classes, in the order of the logits.
    pub class_names: Vec<String>,
    /// How to train.
    pub config: ClassifierConfig,
    /// Normalisation of the pixels.
    pub normalise: Normalise,
    /// The tiles to train on.
    pub train: LabelledTiles<'a>,
    /// What is learnt of each of them and when, if it is not its label for certain from the first epoch to the last.
    pub lessons: Option<Vec<Lesson>>,
    /// What happens to each of them before it is seen.
    pub augment: Augment,
    /// What to judge on, if anything.
    pub evaluation: Option<Evaluation<'a>>,
    /// Epochs (from 1) whose weights are kept as `snapshot-17.safetensors`.
    pub snapshots: Vec<usize>,
    /// Where metrics, weights and the checkpoint go.
    pub dir: PathBuf,
    /// Epochs trained in all, at least `config.epochs`: the network after `config.epochs` is the result, later epochs
    /// are there for their metrics and snapshots.
    pub epochs_total: usize,
}

/// Trains a classifier, or goes on with it, or reads it if it is done already.
///
/// Writes to `job.dir`: `metrics.csv` ([`record::ClassifierEpoch`]) after every epoch, `snapshot-N.safetensors`,
/// `scores-last.csv` and `scores-validation.csv` ([`record::ScoreRow`]) if the evaluation has names, `checkpoint.safetensors` while at work, and `weights.safetensors` at the end: the network after `config.epochs`
/// epochs, which is also what is returned (with gradients off).
///
/// # Errors
/// [`TrainError::Interrupted`] when the observer says stop, [`TrainError::NotFinite`] when the loss leaves the
/// numbers, [`TrainError::BadJob`] for sets that do not fit one another, or a file that cannot be written or read.
pub fn train_classifier(
    job: &ClassifierJob,
    device: &Device,
    observer: &dyn Observer,
) -> Result<Classifier, TrainError> {
    let classes = job.class_names.len();
    check(job)?;
    let one_hot = |label: &usize| (0..classes).map(|class| f32::from(class == *label)).collect();
    let lessons = job.lessons.as_deref();
    // What all lessons leave as it is without lessons leaves the training the same job, to the bit.
    let if_any = |is_so: fn(&Lesson) -> bool| lessons.filter(|lessons| lessons.iter().any(is_so));
    let from_epoch = if_any(|l| l.from_epoch > 0).map(|l| l.iter().map(|l| l.from_epoch).collect());
    let auxiliary = if_any(|l| l.auxiliary).map(|l| l.iter().map(|l| l.auxiliary).collect());
    let fit = Fit {
        name: &job.stream,
        init_stream: &job.init_stream,
        seed: job.seed,
        config: &job.config,
        normalise: &job.normalise,
        size: job.train.size,
        tiles: &job.train.tiles,
        targets: match lessons {
            None => job.train.labels.iter().map(one_hot).collect(),
            Some(lessons) => lessons.iter().map(Lesson::weighted_target).collect(),
        },
        timetable: Timetable {
            name: &job.stream,
            seed: job.seed,
            batch: job.config.batch,
            balance: job.config.balance,
            groups: class_indices(&job.train.labels, classes),
            from_epoch,
            auxiliary,
        },
        loss: loss::cross_entropy,
        augment: job.augment,
        usual_augment: Augment::paper(),
        evaluation: job.evaluation.as_ref(),
        outputs: &job.class_names,
        snapshots: &job.snapshots,
        dir: &job.dir,
        epochs_total: job.epochs_total.max(job.config.epochs),
    };
    fit.run(device, observer)
}

fn check(job: &ClassifierJob) -> Result<(), TrainError> {
    let bad = |because: &str| Err(TrainError::BadJob { job: job.stream.clone(), because: because.into() });
    let sets = [Some(&job.train), job.evaluation.as_ref().map(|e| &e.set)];
    let names_fit = |e: &Evaluation| {
        e.names.as_ref().is_none_or(|names| {
            let validation = e.validation.as_ref().map_or(0, |set| set.tiles.len());
            (names.test.len(), names.validation.len()) == (e.set.tiles.len(), validation)
        })
    };
    if !job.evaluation.as_ref().is_none_or(names_fit) {
        return bad("it has another number of names than of tiles");
    }
    let validation = job.evaluation.as_ref().and_then(|e| e.validation.as_ref());
    for set in sets.into_iter().flatten().chain(validation) {
        if set.labels.len() != set.tiles.len() {
            return bad("it has another number of labels than of tiles");
        }
        if set.labels.iter().any(|label| *label >= job.class_names.len()) {
            return bad("a label is not one of its classes");
        }
        if set.size != job.train.size || set.tiles.iter().any(|tile| tile.len() != set.size * set.size * 3) {
            return bad("its tiles are not all of one size");
        }
    }
    if let Some(lessons) = &job.lessons {
        if lessons.len() != job.train.tiles.len() {
            return bad("it has another number of lessons than of tiles");
        }
        let is_sound = |l: &Lesson| {
            let numbers = l.target.iter().chain([&l.weight]);
            l.target.len() == job.class_names.len() && numbers.into_iter().all(|v| v.is_finite() && *v >= 0.0)
        };
        if !lessons.iter().all(is_sound) {
            return bad("what is to be learnt of a tile is not a probability a class, and a weight");
        }
        if lessons.iter().filter(|l| l.from_epoch == 0 && !l.auxiliary).count() < 2 {
            return bad("its first epoch shows fewer than two tiles that are not auxiliary");
        }
        if lessons.iter().any(|l| l.from_epoch >= job.config.epochs) {
            return bad("a tile would come after the last epoch");
        }
    }
    if job.train.tiles.len() < 2 || job.config.batch < 2 {
        return bad("batch normalisation needs at least two tiles a step");
    }
    Ok(())
}

/// The tiles of each class.
fn class_indices(labels: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let of_class = |class| (0..labels.len()).filter(|i| labels[*i] == class).collect();
    (0..classes).map(of_class).collect()
}
