//! Networks that are told a number with each picture: how hard a translation is to be, or is said to be.

use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;

use crate::cost::{Cost, Layer, Norm};
use crate::discriminator::{Discriminator, DiscriminatorConfig};
use crate::generator::{Generator, GeneratorConfig};
use crate::init::{Draw, Random};
use crate::layers::COLOURS;

/// A network with one further input plane, which holds the number everywhere ([`with_plane`]). Its first convolution has 4 inputs, which is
/// how it is known in files; all else is that of the plain network, but for one thing: the generator has no instance norm after its first
/// convolution, since that takes away whatever is the same at every pixel, and with it all that the plane says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditional<C>(pub C);

impl Conditional<GeneratorConfig> {
    /// A network with weights N(0, 0.02) and zero biases, drawn from input to output.
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> Generator {
        self.build(&mut Random(rng), device)
    }

    pub(crate) fn build(&self, draw: &mut impl Draw, device: &Device) -> Generator {
        self.0.build_of(COLOURS + 1, draw, device)
    }
}

impl Conditional<DiscriminatorConfig> {
    /// A network with weights N(0, 0.02) and zero biases, drawn from input to output.
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> Discriminator {
        self.0.build_of(COLOURS + 1, &mut Random(rng), device)
    }
}

impl Cost for Conditional<GeneratorConfig> {
    fn layers(&self, px: usize) -> Vec<Layer> {
        let mut layers = with_input(self.0.layers(px));
        layers[0].norm = Norm::None;
        layers
    }
}

impl Cost for Conditional<DiscriminatorConfig> {
    fn layers(&self, px: usize) -> Vec<Layer> {
        with_input(self.0.layers(px))
    }
}

/// The layers with one more input of the first.
fn with_input(mut layers: Vec<Layer>) -> Vec<Layer> {
    layers[0].weight[1] = COLOURS + 1;
    layers
}

/// Pictures `[n, 3, h, w]` with a fourth plane each that holds `2 s − 1` everywhere, `s` being its number of `shares`, 0 to 1: in the range
/// of the pixels, `[n, 4, h, w]`.
///
/// # Panics
/// If there is not one number a picture.
pub fn with_plane(x: Tensor<4>, shares: &[f64]) -> Tensor<4> {
    let [n, _, h, w] = x.dims();
    assert_eq!(shares.len(), n, "a number a picture");
    let planes =
        shares.iter().flat_map(|share| std::iter::repeat_n((2.0 * share - 1.0) as f32, h * w)).collect();
    let planes = Tensor::from_data(TensorData::new(planes, [n, 1, h, w]), &x.device());
    Tensor::cat(vec![x, planes], 1)
}
