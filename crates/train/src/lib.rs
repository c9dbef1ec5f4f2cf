//! The two training loops of a study, each readable from top to bottom: the classifier ([`train_classifier`]: the
//! scorer, its folds and every retrained network) and the translator ([`train_translator`]: one `CycleGAN`; [`train_dial`]: one dial).
//!
//! - [`classifier`]: a [`nets::Classifier`] with Adam, augmentation, an evaluation after every epoch and snapshots;
//!   [`train_regressor`] fits the same network to a number per tile (the severity probe)
//! - [`translator`]: two generators, two discriminators, image pools, losses, a sample grid of translations
//! - [`attack`]: tiles changed so as to mislead a trained classifier, by its loss's gradient
//! - [`predict`]: trained networks over tiles: logits, values, translations; no gradients
//! - [`adam`], [`loss`], [`read_ahead`]: what the loops are made of
//! - [`checkpoint`]: everything needed to go on, in one file; stopping and resuming changes no bit of a result
//!
//! A classifier that tells dark tiles from light ones:
//!
//! ```
//! use burn::tensor::Device;
//! use tissue::augment::{Augment, Normalise};
//! use train::{ClassifierConfig, ClassifierJob, Silent, LabelledTiles, train_classifier};
//!
//! let (dark, light) = ([40; 8 * 8 * 3], [200; 8 * 8 * 3]);
//! let tiles: Vec<&[u8]> = vec![&dark, &light, &dark, &light];
//! let folder = tempfile::tempdir()?;
//! let job = ClassifierJob {
//!     stream: "example".into(),
//!     init_stream: "example".into(),
//!     seed: 1,
//!     class_names: vec!["dark".into(), "light".into()],
//!     config: ClassifierConfig { epochs: 2, width: 2, batch: 4, ..ClassifierConfig::default() },
//!     normalise: Normalise::paper(),
//!     train: LabelledTiles { size: 8, tiles: tiles.clone(), labels: vec![0, 1, 0, 1] },
//!     lessons: None,
//!     augment: Augment::paper(),
//!     evaluation: None,
//!     snapshots: Vec::new(),
//!     dir: folder.path().into(),
//!     epochs_total: 2,
//! };
//! let model = train_classifier(&job, &Device::flex(), &Silent)?;
//! let logits = train::logits(&model, &tiles, 8, &job.normalise, &Device::flex());
//! assert_eq!((logits.len(), logits[0].len()), (4, 2));
//! assert!(folder.path().join("weights.safetensors").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No state of a random generator is ever kept: every draw comes from a stream named after the job, the epoch and
//! the item, so nothing depends on what happened before, nor on threads.

pub mod adam;
pub mod attack;
pub mod checkpoint;
pub mod classifier;
mod error;
mod limits;
pub mod loss;
mod observer;
mod pixels;
pub mod predict;
pub mod read_ahead;
pub mod translator;

pub use checkpoint::{ASIDE, CHECKPOINT, computed_on, trained_on};
pub use classifier::config::{Balance, ClassifierConfig};
pub use classifier::evaluation::{Evaluation, LabelledTiles, TileNames};
pub use classifier::initial::{check_initial, digest};
pub use classifier::job::{ClassifierJob, train_classifier};
pub use classifier::lesson::{self, Lesson};
pub use classifier::regressor::{RegressorJob, train_regressor};
pub use classifier::snapshot_path;
pub use error::TrainError;
pub use limits::{MOST_SEED, OutOfRange};
pub use nets::Upsampling;
pub use observer::{CHECKPOINT_SECONDS, Observer, Silent};
pub use predict::{logits, predict_values, see, translate, translate_framed};
pub use translator::config::{Detail, StainMode, TranslatorConfig, TranslatorKind};
pub use translator::dial::SETTINGS;
pub use translator::dial_job::{DIAL_WEIGHTS, DialJob, DialScorer, train_dial};
pub use translator::framing::Framing;
pub use translator::job::{Judge, Translator, TranslatorJob, train_translator};
pub use translator::trained::{Sources, TrainedTranslator};
