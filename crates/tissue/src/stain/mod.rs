//! The stain of tiles: measured in three numbers, told as mean and covariance of optical density and put in place of another, and taken
//! apart into its dyes, of one of which there is more or less then.
//!
//! | file | what it holds |
//! |---|---|
//! | [`density`] | levels and optical density, and which pixels are tissue |
//! | [`measure`] | three numbers that people read: optical density, hue, saturation |
//! | [`symmetric`] | symmetric 3 × 3 matrices |
//! | [`spread`] | mean and covariance of optical density over tissue, and the map from one tile's to another's |
//! | [`shift`] | more or less of one of a stain's two dyes (Macenko et al. 2009) |

mod density;
mod measure;
mod shift;
mod spread;
mod symmetric;

pub use density::{is_tissue, levels_of, optical_density};
pub use measure::{StainMeasure, stain_of};
pub use shift::stain_shifted;
pub use spread::{Restaining, StainSpread};
