//! Weight files: `.safetensors` in and out, torch's `.pth` in.

mod classifier;
mod find;
mod generator;
mod held;
mod inspect;
mod open;
mod read;
mod torch;
mod write;

pub use classifier::{ClassifierMeta, load_classifier, read_classifier, save_classifier};
pub use find::WeightsKind;
pub use generator::{GeneratorMeta, load_generator, read_generator, save_generator};
pub use inspect::{TensorInfo, WeightsInfo, inspect_weights};
pub use read::Loaded;
pub use write::{read_tensors, write_tensors};
