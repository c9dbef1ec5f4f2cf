//! The classifier: what is trained on, how, and what it is judged on. The loop itself is in `fit`.

use crate::fit::Fit;
use crate::{Observer, TrainError, loss};
use burn::tensor::Device;
use nets::ResNet18;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tissue::Agreement;
use tissue::augment::{Augment, Normalise};

/// How unequal classes are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Not at all (the paper).
    #[default]
    Off,
    /// Tiles of the smaller classes are shown more than once an epoch, until all classes are equally frequent.
    Oversample,
}

/// How a classifier is trained. [`Default`] is the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierConfig {
    /// Epochs after which the network is done.
    pub epochs: usize,
    /// Channels of the first stage; 64 is torchvision's ResNet-18.
    pub width: usize,
    /// Tiles a step.
    pub batch: usize,
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Factor on the learning rate from one epoch to the next.
    pub lr_decay: f64,
    /// L2 penalty, coupled: added to the gradient.
    pub weight_decay: f64,
    /// How unequal classes are dealt with.
    pub balance: Balance,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        Self {
            epochs: 50,
            width: 64,
            batch: 16,
            lr: 1e-3,
            lr_decay: 0.91,
            weight_decay: 1e-4,
            balance: Balance::Off,
        }
    }
}

/// Labelled tiles of one size.
#[derive(Debug, Clone)]
pub struct TileSet<'a> {
    /// Side in pixels.
    pub size: usize,
    /// RGB, row by row, `size * size * 3` bytes each.
    pub tiles: Vec<&'a [u8]>,
    /// The class of each tile.
    pub labels: Vec<usize>,
}

/// What the classifier is judged on after every epoch.
#[derive(Debug, Clone)]
pub struct Evaluation<'a> {
    /// The test tiles.
    pub set: TileSet<'a>,
    /// Their agreement: high, low, or unknown.
    pub strata: Vec<Option<Agreement>>,
    /// The validation tiles.
    pub validation: Option<TileSet<'a>>,
    /// The class whose score is ranked (class X).
    pub positive: usize,
}

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
    pub train: TileSet<'a>,
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

/// Where [`train_classifier`] keeps the weights after `epoch` (from 1), for a job with folder `dir`.
pub fn snapshot_path(dir: &Path, epoch: usize) -> PathBuf {
    dir.join(format!("snapshot-{epoch}.safetensors"))
}

/// Trains a classifier, or goes on with it, or reads it if it is done already.
///
/// Writes to `job.dir`: `metrics.csv` ([`record::ClassifierEpoch`]) after every epoch, `snapshot-N.safetensors`,
/// `checkpoint.safetensors` while at work, and `weights.safetensors` at the end: the network after `config.epochs`
/// epochs, which is also what is returned (with gradients off).
///
/// # Errors
/// [`TrainError::Interrupted`] when the observer says stop, [`TrainError::NotFinite`] when the loss leaves the
/// numbers, [`TrainError::BadJob`] for sets that do not fit one another, or a file that cannot be written or read.
pub fn train_classifier(
    job: &ClassifierJob,
    device: &Device,
    observer: &dyn Observer,
) -> Result<ResNet18, TrainError> {
    let classes = job.class_names.len();
    check(job)?;
    let one_hot = |label: &usize| (0..classes).map(|class| f32::from(class == *label)).collect();
    let fit = Fit {
        name: &job.stream,
        init_stream: &job.init_stream,
        seed: job.seed,
        config: &job.config,
        normalise: &job.normalise,
        size: job.train.size,
        tiles: &job.train.tiles,
        targets: job.train.labels.iter().map(one_hot).collect(),
        order: class_indices(&job.train.labels, classes),
        loss: loss::cross_entropy,
        augment: Augment::paper(),
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
