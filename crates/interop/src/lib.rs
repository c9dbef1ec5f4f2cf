//! Networks and metrics in the files of other tools.
//!
//! Weights are read as named tensors, without the framework that trained them, and written as what labs load: ONNX, TorchScript (with the
//! `config.json` of WSInfer, for QuPath), `.pth` and `.safetensors` under torch's names. A model card says in words what a run made. TensorBoard's
//! event files show a training while it runs.
//!
//! | module | what it holds |
//! |---|---|
//! | `network` | which network the tensors of a file are, every shape checked, and what is known of it |
//! | `graph` | its operations, from which ONNX and TorchScript are written |
//! | `onnx` | ONNX, opset 17 |
//! | `torch` | `.pth`, `.safetensors`, TorchScript, WSInfer |
//! | `card` | the model card |
//! | `events` | TensorBoard's event files |
//!
//! The same network gives the same bytes, whenever and wherever it is written.
//!
//! Metrics for TensorBoard:
//!
//! ```
//! # fn main() -> Result<(), interop::InteropError> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! let mut events = interop::EventFile::in_folder(&folder.path().join("tensorboard"), interop::Clock::Wall)?;
//! events.scalar("loss/train", 1, 0.69)?;
//! events.histogram("confidence/easy", 1, &[0.91, 0.87, 0.99])?;
//! # Ok(())
//! # }
//! ```
//!
//! A network for onnxruntime, and for QuPath by way of WSInfer:
//!
//! ```no_run
//! # fn main() -> Result<(), interop::InteropError> {
//! use std::path::Path;
//!
//! let network = interop::Network::from_safetensors(Path::new("weights.safetensors"))?;
//! let options = interop::OnnxOptions { softmax: true, normalise_inside: true };
//! interop::write_onnx(Path::new("network.onnx"), &network, options)?;
//! interop::write_wsinfer(Path::new("wsinfer"), &network, 0.5)?; // µm per pixel
//! # Ok(())
//! # }
//! ```

mod card;
mod error;
mod events;
#[cfg(test)]
mod formula;
mod graph;
mod network;
mod onnx;
mod tool;
mod torch;

pub use card::ModelCard;
pub use error::InteropError;
pub use events::{Clock, EventFile};
pub use network::{
    Description, GeneratorSize, Network, NetworkKind, ResNetDepth, ResNetSize, Upsampling, Weight,
};
pub use onnx::{OnnxOptions, onnx_bytes, write_onnx};
pub use torch::{
    WsinferConfig, pth_bytes, safetensors_bytes, torchscript_bytes, write_pth, write_safetensors,
    write_torchscript, write_wsinfer,
};
