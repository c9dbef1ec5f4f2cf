//! Networks as named tensors.
//!
//! | file | what it holds |
//! |---|---|
//! | `resnet`, `generator` | a size, the tensors that a network of that size has, and the size that tensors tell |
//! | `kind` | either of them |
//! | `description` | classes, normalisation, tile size: what a file says beside its weights |
//! | `tensors` | the bytes of a `.safetensors` file as tensors of f32 |
//! | `read` | all of it together |

mod description;
mod generator;
mod kind;
mod read;
mod resnet;
mod tensors;
#[cfg(test)]
mod tests;

pub use description::Description;
pub use generator::{GeneratorSize, Upsampling};
pub use kind::NetworkKind;
pub use read::Network;
pub use resnet::{ResNetDepth, ResNetSize};
pub use tensors::Weight;
