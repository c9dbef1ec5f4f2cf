//! The stain of tiles: measured in three numbers, told as mean and covariance of optical density and put in place of another, and taken
//! apart into its dyes.
//!
//! | file | what it holds |
//! |---|---|
//! | [`density`] | levels and optical density, and which pixels are tissue |
//! | [`measure`] | three numbers that people read: optical density, hue, saturation |
//! | [`symmetric`] | symmetric 3 × 3 matrices |
//! | [`spread`] | mean and covariance of optical density over tissue, and the map from one tile's to another's |
//! | [`dyes`] | the two dyes of a stain and how much of each lies in a pixel (Macenko et al. 2009) |

mod density;
mod dyes;
mod measure;
mod spread;
mod symmetric;

pub use density::{is_tissue, levels_of, optical_density};
pub use dyes::Dyes;
pub use measure::{StainMeasure, stain_of};
pub use spread::{Restaining, StainSpread};
