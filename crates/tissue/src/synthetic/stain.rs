//! The colour of a slide: how strongly it was stained, with what hue, and how the scanner saw it.

use super::draw::{normal, uniform};
use crate::random::Stream;

/// Optical density (natural logarithm) per unit of stain in red, green and blue: haematoxylin and eosin after
/// Ruifrok and Johnston (2001), red cells by eye.
const HAEMATOXYLIN: [f32; 3] = [0.72, 0.68, 0.26];
const EOSIN: [f32; 3] = [0.10, 0.95, 0.28];
const RED_CELL: [f32; 3] = [0.06, 0.90, 0.72];

/// How one slide was stained and scanned. The same for all tiles of a slide; never related to severity.
#[derive(Debug, Clone, PartialEq)]
pub struct SlideStain {
    /// Optical density of one unit of haematoxylin, eosin and red blood cells in red, green and blue.
    pub density: [[f32; 3]; 3],
    /// Light through empty glass, in [0, 1], in red, green and blue.
    pub white: [f32; 3],
    /// Standard deviation of the blur, as a share of the tile's width.
    pub blur: f32,
    /// Standard deviation of the camera's noise, in [0, 1].
    pub noise: f32,
}

impl SlideStain {
    /// Draws the stain of one slide.
    pub fn draw(rng: &mut Stream) -> Self {
        let amount = [(0.16 * normal(rng)).exp(), (0.20 * normal(rng)).exp(), (0.10 * normal(rng)).exp()];
        let mut density = [HAEMATOXYLIN, EOSIN, RED_CELL];
        for (stain, amount) in density.iter_mut().zip(amount) {
            for value in stain.iter_mut() {
                *value = (*value + 0.035 * normal(rng)).max(0.02) * amount;
            }
        }
        let brightness = uniform(rng, 0.90, 0.98);
        let white = [0, 1, 2].map(|_| (brightness + 0.02 * normal(rng)).clamp(0.8, 1.0));
        Self { density, white, blur: uniform(rng, 0.002, 0.006), noise: uniform(rng, 0.004, 0.014) }
    }

    /// Beer–Lambert absorption: the light in [0, 1] that passes `amount` units of haematoxylin, eosin and red cells.
    pub fn transmit(&self, amount: [f32; 3]) -> [f32; 3] {
        let [h, e, r] = self.density;
        [0, 1, 2].map(|c| self.white[c] * (-(amount[0] * h[c] + amount[1] * e[c] + amount[2] * r[c])).exp())
    }
}
