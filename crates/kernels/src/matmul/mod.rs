//! The one matrix product everything rests on: the `gemm` crate's, or without the feature `gemm` a plain one.

mod matrix;
mod pieces;
#[cfg_attr(not(feature = "gemm"), path = "plain.rs")]
mod product;

pub use matrix::Matrix;
pub use pieces::matmul_as_it_lies;
pub use product::matmul_into;
