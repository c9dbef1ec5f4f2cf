//! The tuned kernels for the processor: plain slices of `f32`, channels last (`[n, h, w, c]`), no tape.
//!
//! Every result is the same to the bit for any number of threads: work is cut by shapes alone and sums are taken in a fixed order.

#![allow(unsafe_code)] // uninitialised outputs, blocks that write side by side, and the matrix product of the gemm crate

pub mod adam;
pub mod conv;
pub mod dims;
pub mod elementwise;
pub mod layout;
pub mod norm;
pub mod pool;

mod algorithm;
mod border;
pub mod finish;
mod gather;
mod matmul;
mod narrow;
mod pack;
mod patches;
mod positions;
mod product;
mod transpose;
mod winograd;
mod work;
