//! The regressor: the classifier's network and loop with one output, fitted to a number per tile. It is the probe
//! that reads severity from synthetic tissue.

use super::config::{Balance, ClassifierConfig};
use super::fit::Fit;
use super::timetable::Timetable;
use crate::error::TrainError;
use crate::loss;
use crate::observer::Observer;
use burn::tensor::Device;
use nets::Classifier;
use std::path::PathBuf;
use tissue::augment::{Augment, ColorJitter, Normalise};

/// Jitter of the regressor: a tenth of the classifier's reach, enough to make it blind to small stain shifts.
const MILD: f64 = 0.1;

/// One regressor to train.
#[derive(Debug, Clone)]
pub struct RegressorJob<'a> {
    /// The job's name: it names its random streams (weights, order, augmentation) and appears in messages.
    pub stream: String,
    /// The seed of those.
    pub seed: u64,
    /// What the number is called, such as `severity`.
    pub target: String,
    /// How to train; `balance` has no meaning here.
    pub config: ClassifierConfig,
    /// Normalisation of the pixels.
    pub normalise: Normalise,
    /// Side of the tiles in pixels.
    pub size: usize,
    /// RGB tiles, `size * size * 3` bytes each.
    pub tiles: Vec<&'a [u8]>,
    /// One number a tile, in [0, 1].
    pub targets: Vec<f64>,
    /// Where metrics, weights and the checkpoint go.
    pub dir: PathBuf,
}

/// Trains a classifier of one output by mean squared error, or goes on with it, or reads it if it is done already; read
/// its values with [`crate::predict_values`]. Writes the files that [`crate::train_classifier`] writes.
///
/// # Errors
/// As [`crate::train_classifier`].
pub fn train_regressor(
    job: &RegressorJob,
    device: &Device,
    observer: &dyn Observer,
) -> Result<Classifier, TrainError> {
    let bad = |because: &str| Err(TrainError::BadJob { job: job.stream.clone(), because: because.into() });
    if job.targets.len() != job.tiles.len() || job.tiles.len() < 2 || job.config.batch < 2 {
        return bad("it needs two tiles or more, each with its number, and two or more a step");
    }
    if job.tiles.iter().any(|tile| tile.len() != job.size * job.size * 3) {
        return bad("its tiles are not all of one size");
    }
    let jitter = ColorJitter { brightness: MILD, contrast: MILD, saturation: MILD, hue: MILD / 5.0 };
    let augment = Augment { jitter: Some(jitter), ..Augment::paper() };
    let fit = Fit {
        name: &job.stream,
        init_stream: &job.stream,
        seed: job.seed,
        config: &job.config,
        normalise: &job.normalise,
        size: job.size,
        tiles: &job.tiles,
        targets: job.targets.iter().map(|target| vec![*target as f32]).collect(),
        timetable: Timetable {
            name: &job.stream,
            seed: job.seed,
            batch: job.config.batch,
            balance: Balance::Off,
            groups: vec![(0..job.tiles.len()).collect()],
            from_epoch: None,
            auxiliary: None,
        },
        loss: loss::mean_squared_error,
        augment,
        usual_augment: augment,
        evaluation: None,
        outputs: std::slice::from_ref(&job.target),
        snapshots: &[],
        dir: &job.dir,
        epochs_total: job.config.epochs,
    };
    fit.run(device, observer)
}
