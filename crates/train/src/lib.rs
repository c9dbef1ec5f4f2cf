//! The two training loops of a study, each readable from top to bottom: the classifier ([`train_classifier`]: the
//! scorer, its folds and every retrained network) and the translator ([`train_translator`]: one `CycleGAN`).
//!
//! - [`classifier`]: ResNet-18 with Adam, augmentation, an evaluation after every epoch and snapshots;
//!   [`regressor`] fits the same network to a number per tile (the severity probe)
//! - [`translator`]: two generators, two discriminators, image pools, cycle loss, a sample grid of translations
//! - [`predict`]: trained networks over tiles: logits, values, translations; no gradients
//! - [`cycle_gan`]: the translator's networks, losses and one step of its training
//! - [`adam`], [`loss`], [`image_pool`], [`read_ahead`], [`grid`]: what the loops are made of
//! - [`checkpoint`]: everything needed to go on, in one file; stopping and resuming changes no bit of a result
//!
//! No state of a random generator is ever kept: every draw comes from a stream named after the job, the epoch and
//! the item, so nothing depends on what happened before, nor on threads.

pub mod adam;
pub mod checkpoint;
pub mod classifier;
pub mod cycle_gan;
mod error;
mod fit;
pub mod grid;
pub mod image_pool;
mod limits;
pub mod loss;
mod observer;
mod pixels;
pub mod predict;
pub mod read_ahead;
pub mod regressor;
pub mod translator;

pub use checkpoint::{ASIDE, CHECKPOINT, CHECKPOINT_SECONDS, computed_on, free_name, trained_on};
pub use classifier::{
    Balance, ClassifierConfig, ClassifierJob, Evaluation, TileSet, snapshot_path, train_classifier,
};
pub use error::TrainError;
pub use limits::{MOST_SEED, OutOfRange};
pub use observer::{Observer, Silent};
pub use predict::{logits, predict_values, score, translate};
pub use regressor::{RegressorJob, train_regressor};
pub use translator::{Judge, Translator, TranslatorConfig, TranslatorJob, train_translator};
