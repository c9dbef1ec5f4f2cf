//! Weight files: `.safetensors` in and out, torch's `.pth` in.

mod classifier;
mod generator;
mod inspect;
mod read;
mod write;

pub use classifier::{ClassifierMeta, load_classifier, save_classifier};
pub use generator::{GeneratorMeta, load_generator, save_generator};
pub use inspect::{TensorInfo, WeightsInfo, WeightsKind, inspect_weights};
pub use write::{read_tensors, write_tensors};

/// The metadata key by which our own files are known; its value is "classifier" or "generator".
const OURS: &str = "grayzone";
