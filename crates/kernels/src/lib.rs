//! The processor's operations that training and translating spend their time in, on plain slices of `f32`: convolution in all its
//! passes, normalisation with residual and activation, the two poolings, and the update of Adam. Images lie channels last, `[n, h, w, c]`,
//! and their sizes are [`Dims`].
//!
//! ```
//! use kernels::Dims;
//! use kernels::conv::{self, ConvShape, Finish};
//!
//! // One image of 3×3 pixels and one channel, and a kernel of 3×3 that sums, with a border of zeros.
//! let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
//! let shape = ConvShape::new(Dims { n: 1, h: 3, w: 3, c: 1 }, [1, 1, 3, 3], 1, 1, false);
//! let y = conv::forward(&shape, &x, &[1.0; 9], &Finish::bias(Some(&[0.5])));
//! assert_eq!(y[4], 45.5);
//! assert_eq!(y[0], 1.0 + 2.0 + 4.0 + 5.0 + 0.5);
//! // Of ones at the output, each pixel's gradient is the number of kernels that it lies under.
//! assert_eq!(conv::input_gradient(&shape, &[1.0; 9], &[1.0; 9], None)[..3], [4.0, 6.0, 4.0]);
//! ```
//!
//! Results are the same to the bit for any number of rayon threads: work is cut by shapes alone, and sums are taken in a fixed order.
//! Which vector instructions are used is [`simd`]'s to say; [`memory`] is an allocator for programs that train.
//!
//! All `unsafe` code of the project is in this crate, behind functions that check the lengths of their slices.

// Uninitialised outputs, blocks that write side by side, vector instructions, the matrix product of the gemm crate, an allocator.
#![allow(unsafe_code)]

pub mod adam;
pub mod conv;
pub mod elementwise;
pub mod layout;
pub mod memory;
pub mod norm;
pub mod pool;
pub mod simd;

mod activation;
mod dims;
mod groups;
mod matmul;
mod sums;
mod transpose;
mod work;

pub use dims::Dims;
