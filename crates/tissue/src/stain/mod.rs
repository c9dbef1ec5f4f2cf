//! The stain of tiles: measured in three numbers, told as mean and covariance of optical density and put in place of another, and taken
//! apart into its dyes, of one of which there is more or less then.
//!
//! | file | what it holds |
//! |---|---|
//! | [`density`] | levels and optical density, and which pixels are tissue |
//! | [`measure`] | three numbers that people read: optical density, hue, saturation |
//! | [`symmetric`] | symmetric 3 × 3 matrices |
//! | [`spread`] | mean and covariance of optical density over tissue, and the map from one tile's to another's |
//! | [`dyes`] | the two dyes of a stain, and how much of each a density has (Macenko et al. 2009) |
//! | [`shift`] | more or less of one of a stain's two dyes |
//! | [`lab`] | CIE L\*a\*b\*, for Reinhard et al. 2001 |
//! | [`normalise`] | every slide's stain brought to one that was fitted on train tiles |

mod density;
mod dyes;
mod lab;
mod measure;
mod normalise;
mod shift;
mod spread;
mod symmetric;

pub use density::{is_tissue, levels_of, optical_density};
pub use measure::{StainMeasure, stain_of};
pub use normalise::{Normalised, SlideStain, StainMethod, StainTarget};
pub use shift::stain_shifted;
pub use spread::{Restaining, StainSpread};
