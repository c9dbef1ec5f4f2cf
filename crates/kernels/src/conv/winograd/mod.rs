//! Convolution by Winograd's minimal filtering (Lavin & Gray 2016, arXiv:1509.09308), in all three passes: kernels of 3×3 with
//! stride 1 and of 4×4 with stride 1 and 2.
//!
//! A tile of 6×6 input pixels is transformed to 36 points, which are multiplied, a matrix product over the channels each, with the
//! transformed weights; the products are transformed back to output pixels. 3×3 weights make 4×4 outputs of a tile by 36 multiplications
//! a pair of channels where the plain sum takes 144, F(4×4, 3×3); 4×4 weights make 3×3 outputs, F(3×3, 4×4), also of a fourth.
//! Where a map ends within a tile, its rows or columns take four or five of the same points instead of six: 14 pixels are 4 + 4 + 4 + 2.
//!
//! With stride 2 the input falls apart into four phases, pixels of even and odd rows and columns, which are convolved with the taps of
//! their own by stride 1: a kernel of 2×2 over four times the channels, F(5×5, 2×2), with a third of 4×4's multiplications. (3×3 with
//! stride 2 has phases of one tap; by tiles it was hardly faster than by patches, and moved more memory.)
//!
//! The input gradient is the same convolution of the output gradient by turned weights, its output in phases. The weight gradient multiplies the
//! transformed input tiles with the transformed tiles of the output gradient, sums over tiles, and transforms back to the taps.

mod convolve;
mod gradient;
mod passes;
mod plan;
mod points;
mod sizes;
mod tiles;
mod weights;

pub use passes::{
    backward_multiplications, forward, input_gradient, multiplications, suits, weight_gradient,
};
