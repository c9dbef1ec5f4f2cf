//! Random colour, and the recipe of a training set.

use super::{
    Degradation, adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, hflip, quarter_turns,
    vflip,
};
use crate::random::Stream;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// torchvision's `ColorJitter`: the four colour operations, each by its own random factor, in a random order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ColorJitter {
    /// Brightness factor uniform in 1 ± this, never below 0.
    pub brightness: f64,
    /// Contrast factor uniform in 1 ± this, never below 0.
    pub contrast: f64,
    /// Saturation factor uniform in 1 ± this, never below 0.
    pub saturation: f64,
    /// Hue turn uniform in ± this share of the circle, at most 0.5.
    pub hue: f64,
}

impl ColorJitter {
    /// The paper's: 0.5, 0.5, 0.5 and 0.2.
    pub fn paper() -> Self {
        Self { brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 }
    }

    /// Changes the colours of one 8-bit RGB tile in place. Always draws the same number of values.
    pub fn apply(&self, tile: &mut [u8], rng: &mut Stream) {
        // Fisher and Yates, so that each of the 24 orders is equally likely.
        let mut order = [0, 1, 2, 3];
        for last in (1..4).rev() {
            order.swap(last, rng.random_range(0..=last));
        }
        let mut around = |centre: f64, spread: f64| centre + spread * (2.0 * rng.random::<f64>() - 1.0);
        let brightness = around(1.0, self.brightness).max(0.0);
        let contrast = around(1.0, self.contrast).max(0.0);
        let saturation = around(1.0, self.saturation).max(0.0);
        let hue = around(0.0, self.hue).clamp(-0.5, 0.5);
        for operation in order {
            match operation {
                0 => adjust_brightness(tile, brightness),
                1 => adjust_contrast(tile, contrast),
                2 => adjust_saturation(tile, saturation),
                _ => adjust_hue(tile, hue),
            }
        }
    }
}

/// What training does to a tile before the classifier sees it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// Random colours.
    pub jitter: Option<ColorJitter>,
    /// Left-right and top-bottom flips, each with probability one half.
    pub flips: bool,
    /// A turn by 0, 90, 180 or 270 degrees, equally likely.
    pub quarter_turns: bool,
    /// Random blur, noise and compression, after all others. Left out of what is written where there is none, as before there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degradation: Option<Degradation>,
}

impl Augment {
    /// The paper's jitter with the flips and turns of its authors' code.
    pub fn paper() -> Self {
        Self { jitter: Some(ColorJitter::paper()), flips: true, quarter_turns: true, degradation: None }
    }

    /// The paper's, and [`Degradation::usual`] after it.
    pub fn degraded() -> Self {
        Self { degradation: Some(Degradation::usual()), ..Self::paper() }
    }

    /// Leaves tiles as they are.
    pub fn none() -> Self {
        Self { jitter: None, flips: false, quarter_turns: false, degradation: None }
    }

    /// Augments one tile of `size` × `size` 8-bit RGB pixels in place.
    pub fn apply(&self, tile: &mut [u8], size: usize, rng: &mut Stream) {
        if let Some(jitter) = &self.jitter {
            jitter.apply(tile, rng);
        }
        if self.flips {
            if rng.random::<bool>() {
                hflip(tile, size);
            }
            if rng.random::<bool>() {
                vflip(tile, size);
            }
        }
        if self.quarter_turns {
            quarter_turns(tile, size, rng.random_range(0..4_u32));
        }
        if let Some(degradation) = &self.degradation {
            degradation.apply(tile, size, rng);
        }
    }
}
