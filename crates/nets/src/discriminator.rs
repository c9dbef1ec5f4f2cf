//! The `PatchGAN` discriminator with a receptive field of 70×70 (Isola, Zhu, Zhou, Efros 2017), as `CycleGAN` uses it.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use ops::{Activation, Padding};
use rand::Rng;

use crate::cost::{Cost, Layer, Norm};
use crate::error::NetsError;
use crate::init::{Draw, Random};
use crate::layers::{COLOURS, Conv2d, EPS};
use crate::named::TorchNames;

/// Stride of each of the five convolutions.
const STRIDES: [usize; 5] = [2, 2, 2, 1, 1];

/// The size of a [`Discriminator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscriminatorConfig {
    /// Channels after the first convolution; then 2w, 4w, 8w and 1. The paper's is 64.
    pub width: usize,
}

impl DiscriminatorConfig {
    /// A network with weights N(0, 0.02) and zero biases, drawn from input to output.
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> Discriminator {
        self.build(&mut Random(rng), device)
    }

    pub(crate) fn build(self, draw: &mut impl Draw, device: &Device) -> Discriminator {
        self.build_of(COLOURS, draw, device)
    }

    /// With so many input planes.
    pub(crate) fn build_of(self, inputs: usize, draw: &mut impl Draw, device: &Device) -> Discriminator {
        let mut channels = self.channels();
        channels[0] = inputs;
        let convs = channels.windows(2).map(|c| Conv2d::gan(draw, [c[1], c[0], 4, 4], device)).collect();
        Discriminator { convs }
    }
}

impl DiscriminatorConfig {
    /// Channels before the first convolution and after each.
    fn channels(self) -> [usize; 6] {
        let w = |times: usize| self.width.saturating_mul(times);
        [COLOURS, w(1), w(2), w(4), w(8), 1]
    }
}

impl Cost for DiscriminatorConfig {
    /// With the names that `CycleGAN` gives: one sequence in which norm and activation take numbers, too.
    fn layers(&self, px: usize) -> Vec<Layer> {
        let mut side = px;
        let layer = |(i, c): (usize, &[usize])| {
            side = (side + 2).saturating_sub(4) / STRIDES[i] + 1;
            let at = if i == 0 { 0 } else { 3 * i - 1 };
            let norm = if (1..4).contains(&i) { Norm::Instance } else { Norm::None };
            Layer { norm, ..Layer::conv(format!("model.{at}"), [c[1], c[0], 4, 4], side) }
        };
        self.channels().windows(2).enumerate().map(layer).collect()
    }
}

/// Tells real tiles from translated ones, patch by patch: five 4×4 convolutions, leaky `ReLU` 0.2 between them, instance norm
/// after the middle three.
#[derive(Module, Debug)]
pub struct Discriminator {
    /// 3 → w → 2w → 4w → 8w → 1; of one that is told how hard a tile is said to be, 4 → w.
    pub convs: Vec<Conv2d>,
}

impl Discriminator {
    /// The smallest side that leaves a patch: three halvings, then twice one pixel less.
    pub const MIN_TILE: usize = 24;

    /// Whether tiles of this side can be judged.
    ///
    /// # Errors
    /// [`NetsError::TileTooSmall`] below [`MIN_TILE`](Discriminator::MIN_TILE).
    pub fn check_size(px: usize) -> Result<(), NetsError> {
        if px < Self::MIN_TILE {
            return Err(NetsError::TileTooSmall { network: "discriminator", px, least: Self::MIN_TILE });
        }
        Ok(())
    }

    /// `[n, 3, h, w]` in [−1, 1] (of one that is told, `[n, 4, h, w]`: [`with_plane`](crate::with_plane)) → patch map `[n, 1, h/8 − 2, w/8 − 2]`, high for real.
    ///
    /// # Panics
    /// If a side is below [`MIN_TILE`](Discriminator::MIN_TILE).
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let last = self.convs.len() - 1;
        self.convs.iter().enumerate().fold(x, |x, (i, conv)| {
            let y = conv.forward(x, STRIDES[i], Padding::Zero(1));
            match i {
                0 => ops::activate(y, Activation::LeakyRelu),
                i if i == last => y,
                _ => ops::instance_norm(y, EPS, None, Activation::LeakyRelu),
            }
        })
    }

    /// Channels after the first convolution.
    pub fn width(&self) -> usize {
        self.convs[0].weight.lazy_shape()[0]
    }
}

impl TorchNames for Discriminator {
    fn torch_name(&self, path: &[String]) -> String {
        match path {
            [_, i, tensor] if i == "0" => format!("model.0.{tensor}"),
            [_, i, tensor] => format!("model.{}.{tensor}", 3 * i.parse::<usize>().unwrap_or_default() - 1),
            other => other.join("."),
        }
    }
}
