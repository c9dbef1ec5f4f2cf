//! Tiles changed as little as can be seen and as much as a classifier can be misled: the fast gradient sign method (Goodfellow, Shlens,
//! Szegedy 2015, *ICLR*) and projected gradient descent (Madry, Makelov, Schmidt, Tsipras, Vladu 2018, *ICLR*), both within ±ε of every value.
//!
//! What is changed are the raw pixels, 0 to 1, before they are normalised. They stay in that range, and are not rounded to 8 bits.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nets::Classifier;
use rand::{Rng, RngExt};
use tissue::augment::Normalise;

use crate::{loss, pixels};

/// Steps of projected gradient descent.
pub const PGD_STEPS: usize = 10;
/// Its steps together, in ε: far enough to get from one end of the range to the other and to turn on the way (Madry et al. 2018).
const PGD_WAY: f32 = 2.5;

/// A tile's values from 0 to 1: rows from above, each pixel's red, green, blue.
pub fn unit_pixels(tile: &[u8]) -> Vec<f32> {
    tile.iter().map(|v| f32::from(*v) / 255.0).collect()
}

/// Where projected gradient descent starts on a tile, in ε: so many numbers, even in [−1, 1).
pub fn random_start(values: usize, rng: &mut impl Rng) -> Vec<f32> {
    (0..values).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// A trained classifier that tiles are made for to mislead. It judges by its running statistics, so that no tile sees another.
///
/// Tiles come some at a time, one after the other: `n · size² · 3` values as of [`unit_pixels`], and their n classes. More at once than
/// [`Attacked::batch`] take much memory.
pub struct Attacked<'a> {
    /// With gradients, but not of its weights.
    network: Classifier,
    /// Without any.
    plain: Classifier,
    size: usize,
    normalise: &'a Normalise,
    device: Device,
}

impl<'a> Attacked<'a> {
    /// A network for tiles of `size` × `size` pixels, normalised so.
    pub fn new(network: &Classifier, size: usize, normalise: &'a Normalise, device: &Device) -> Self {
        let plain = network.valid();
        let network = plain.clone().train().no_grad();
        Self { network, plain, size, normalise, device: device.clone().without_autodiff() }
    }

    /// How many tiles are best attacked at once.
    pub fn batch(&self) -> usize {
        pixels::batch_for(self.size)
    }

    /// One logit a class of each tile: of tiles as they are on disk the same bits as [`crate::logits`] gives.
    pub fn logits(&self, tiles: &[f32]) -> Vec<Vec<f64>> {
        let n = tiles.len() / self.values();
        let input = pixels::to_tensor(self.normalised(tiles), n, self.size, &self.device);
        let output = self.plain.forward(input);
        let classes = output.dims()[1];
        let rows = pixels::values(output);
        rows.chunks(classes).map(|row| row.iter().copied().map(f64::from).collect()).collect()
    }

    /// The gradient of each tile's cross-entropy in its own class by its values, in their order.
    ///
    /// # Panics
    /// If there are not as many classes as tiles, or a class is none of the network's.
    pub fn gradient(&self, tiles: &[f32], classes: &[usize]) -> Vec<f32> {
        let (n, outputs) = (classes.len(), self.plain.classes());
        assert_eq!(tiles.len(), n * self.values(), "a class a tile");
        assert!(classes.iter().all(|class| *class < outputs), "one of {outputs} classes");
        let device = self.device.clone().autodiff();
        let input = pixels::to_tensor(self.normalised(tiles), n, self.size, &device).require_grad();
        let one_hot = classes.iter().flat_map(|class| (0..outputs).map(|c| f32::from(c == *class)));
        let targets = TensorData::new(one_hot.collect::<Vec<f32>>(), [n, outputs]);
        let loss =
            loss::cross_entropy(self.network.forward(input.clone()), Tensor::from_data(targets, &device));
        // The loss is made from the input, whatever the network.
        let gradient = input.grad(&loss.backward()).expect("the input has a gradient");
        let mut gradient = pixels::from_tensor(gradient);
        // The loss is a mean over the tiles, and of normalised values.
        let scale = self.normalise.std.map(|std| n as f32 / std);
        for pixel in gradient.as_chunks_mut::<3>().0 {
            for (value, scale) in pixel.iter_mut().zip(scale) {
                *value *= scale;
            }
        }
        gradient
    }

    /// The fast gradient sign method: every value moved by `epsilon` the way that `gradient`, as [`Attacked::gradient`] gives it, points. Where it
    /// is 0 nothing moves.
    pub fn fgsm(tiles: &[f32], gradient: &[f32], epsilon: f32) -> Vec<f32> {
        tiles.iter().zip(gradient).map(|(v, g)| (v + epsilon * sign(*g)).clamp(0.0, 1.0)).collect()
    }

    /// Projected gradient descent: [`PGD_STEPS`] steps of 2.5 ε / 10 from `start` (in ε, see [`random_start`]), each the way that the gradient
    /// there points and back into the range of ±`epsilon`.
    pub fn pgd(&self, tiles: &[f32], classes: &[usize], start: &[f32], epsilon: f32) -> Vec<f32> {
        let step = PGD_WAY * epsilon / PGD_STEPS as f32;
        let mut moved: Vec<f32> =
            tiles.iter().zip(start).map(|(v, start)| (v + epsilon * start).clamp(0.0, 1.0)).collect();
        for _ in 0..PGD_STEPS {
            let gradient = self.gradient(&moved, classes);
            for ((moved, v), g) in moved.iter_mut().zip(tiles).zip(gradient) {
                *moved = (*moved + step * sign(g)).clamp(v - epsilon, v + epsilon).clamp(0.0, 1.0);
            }
        }
        moved
    }

    /// Values of a tile.
    fn values(&self) -> usize {
        self.size * self.size * 3
    }

    fn normalised(&self, tiles: &[f32]) -> Vec<f32> {
        let Normalise { mean, std } = self.normalise;
        tiles.as_chunks::<3>().0.iter().flat_map(|p| [0, 1, 2].map(|c| (p[c] - mean[c]) / std[c])).collect()
    }
}

/// −1, 0 or 1.
fn sign(gradient: f32) -> f32 {
    f32::from(i8::from(gradient > 0.0) - i8::from(gradient < 0.0))
}
