//! What can be told of a tile, or of a tile and its translation, from the pixels alone. Tiles are HWC RGB8.

mod hash;
mod luminance;
mod padding;
mod periodicity;
mod ssim;

pub use hash::{NEAR_COPY_BITS, PerceptualHash, bits_apart};
pub use luminance::{luminance, luminance_correlation};
pub use padding::{REPAINTED_LEVELS, padding, repainted};
pub use periodicity::periodicity;
pub use ssim::ssim;
