//! A network as a list of operations, each of which uses values before it: what ONNX and TorchScript are written from.
//!
//! | file | what it holds |
//! |---|---|
//! | `ops` | the operations and the list |
//! | `resnet`, `generator` | the two networks in them |
//! | `build` | the list of a [`Network`](crate::Network) |

mod build;
mod generator;
mod ops;
mod resnet;

pub(crate) use build::of;
pub(crate) use ops::{EPS, Graph, Op};
