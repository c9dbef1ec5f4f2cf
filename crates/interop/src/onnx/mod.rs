//! ONNX, opset 17.
//!
//! | file | what it holds |
//! |---|---|
//! | `message` | the part of `onnx.proto` that is written |
//! | `nodes` | a list of operations as ONNX's nodes |
//! | `write` | the file |

mod message;
mod nodes;
#[cfg(test)]
mod run;
#[cfg(test)]
mod tests;
mod write;

pub use write::{OnnxOptions, onnx_bytes, write_onnx};
