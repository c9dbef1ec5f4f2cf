//! What training does to a tile before the network sees it: colour jitter, flips and turns, degradation, crops, normalisation.
//!
//! Tiles are square, 8-bit RGB, row by row, pixel by pixel (HWC). The arithmetic is that of torchvision v2 on uint8
//! *tensors* (`torchvision.transforms.v2.functional`), to at most one grey level. Everything that draws takes the
//! task's own [`Stream`](crate::random::Stream) and draws the same number of values whatever the tile holds.
//!
//! | module | what it holds |
//! |---|---|
//! | `colour` | brightness, contrast, saturation and hue by a given factor |
//! | `jitter` | [`ColorJitter`], the four in random order by random factors; [`Augment`], a training set's recipe |
//! | `degradation` | [`Degradation`], blur, noise and JPEG of random strength |
//! | `geometry` | flips, quarter turns, padding and crops |
//! | `normalise` | [`Normalise`], bytes to the network's floats |

mod colour;
mod degradation;
mod geometry;
mod jitter;
mod normalise;

pub use colour::{adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation};
pub use degradation::{Degradation, blur, jpeg, noise};
pub use geometry::{crop, hflip, quarter_turns, random_crop, reflect_pad, vflip};
pub use jitter::{Augment, ColorJitter};
pub use normalise::Normalise;
