//! Files of PyTorch, written by hand.
//!
//! | file | what it holds |
//! |---|---|
//! | `pickle` | the few opcodes of Python's pickle that they need |
//! | `archive` | the zip around them, and tensors in it |
//! | `state_dict` | weights alone: `.pth`, and `.safetensors` with the same names |
//! | `script` | TorchScript: code and weights |
//! | `wsinfer` | TorchScript beside the `config.json` of WSInfer |

mod archive;
mod pickle;
mod script;
mod state_dict;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unpickle;
mod wsinfer;

pub use script::{torchscript_bytes, write_torchscript};
pub use state_dict::{pth_bytes, safetensors_bytes, write_pth, write_safetensors};
pub use wsinfer::{WsinferConfig, write_wsinfer};
