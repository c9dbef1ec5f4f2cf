//! The dial (after progressive exaggeration: Singla, Pollack, Chen, Batmanghelich 2020): one generator that is told how hard its result is to
//! be, its discriminator, and one step of their training.
//!
//! How hard a tile is, is its rank `r`: its place among the tiles of its class by confidence, 0 the hardest and 1 the easiest. A translation
//! is meant to have the rank `t`. Of a tile `x`, `G(x, t)` is its translation, `G(G(x, t), r)` that translated back, and `G(x, r)` the tile at
//! its own rank, which is to stay as it is. The discriminator is told a rank with each tile, too, and says whether the two belong together.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use nets::{Classifier, Discriminator, Generator, NamedTensors, Tensors, with_plane};
use rand::Rng;
use serde::{Deserialize, Serialize};
use tissue::augment::Normalise;

use super::config::TranslatorConfig;
use super::image::Image;
use super::image_pool::ImagePool;
use crate::adam::Adam;
use crate::checkpoint::{put_under, under};
use crate::error::TrainError;
use crate::loss::{huber, l1, least_squares_gan, value};
use crate::pixels;

/// Images kept in the pool, each with the rank that it was meant to have.
const POOL: usize = 50;
/// Adam's β1, as of the `CycleGAN`.
const BETA1: f64 = 0.5;
/// Weight of the cycle loss, as of the `CycleGAN`.
const CYCLE: f64 = 10.0;
/// Weight of the identity loss.
const IDENTITY: f64 = 5.0;
/// Weight of the judge loss.
const JUDGE: f64 = 1.0;
/// What the discriminator's patches are to say of its three images: the tile with its own rank, a fake with the one it was meant to have,
/// and the tile with a wrong one.
const TARGETS: [f32; 3] = [1.0, 0.0, 0.0];
/// How much each of them weighs in the discriminator's loss.
const SHARES: [f32; 3] = [0.5, 0.25, 0.25];

/// The settings at which the dial is looked at: 0, 1/6, … 1.
pub const SETTINGS: [f64; 7] = [0.0, 1.0 / 6.0, 2.0 / 6.0, 0.5, 4.0 / 6.0, 5.0 / 6.0, 1.0];

/// A scorer that the generator is to convince, with what it says of the tiles of each rank.
#[derive(Debug)]
pub struct FrozenScorer {
    /// The network, on the tape but without gradients of its own.
    pub network: Classifier,
    /// How pixels are normalised for it.
    pub normalise: Normalise,
    /// Which of its outputs is the class.
    pub class: usize,
    /// What it says of the class.
    pub scale: Scale,
}

/// Logits of confidence ([`nets::margin`]) by rank.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Those of the class's tiles, ascending.
    sorted: Vec<f64>,
    /// Their standard deviation: what a difference is measured in.
    spread: f64,
}

impl Scale {
    /// Of the tiles of a class, in any order.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(mut logits: Vec<f64>) -> Self {
        assert!(!logits.is_empty(), "logits of a class");
        logits.sort_by(f64::total_cmp);
        // Tiles that are all alike leave nothing to measure in.
        let spread = stats::sd(&logits).filter(|sd| *sd > 1e-6).unwrap_or(1.0);
        Self { sorted: logits, spread }
    }

    /// The logit at a rank from 0 to 1, on a straight line between the two tiles next to it.
    pub fn at(&self, rank: f64) -> f64 {
        let last = self.sorted.len() - 1;
        let place = rank.clamp(0.0, 1.0) * last as f64;
        let below = (place as usize).min(last);
        let above = (below + 1).min(last);
        self.sorted[below] + (place - below as f64) * (self.sorted[above] - self.sorted[below])
    }
}

/// What a step sees: a tile, its rank, and two that are drawn.
#[derive(Debug, Clone)]
pub struct Shown {
    /// `[1, 3, size, size]` in [−1, 1].
    pub real: Image,
    /// The tile's own rank.
    pub rank: f64,
    /// The rank that its translation is to have.
    pub target: f64,
    /// A rank that is not the tile's.
    pub wrong: f64,
}

/// Losses before their weights: of a step, or summed over the steps of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DialLosses {
    /// How little the discriminator takes the translation for a tile of the rank that it is to have.
    pub g: f64,
    /// How far the translation translated back is from the tile, mean absolute difference.
    pub cycle: f64,
    /// The same of the tile at its own rank.
    pub identity: f64,
    /// How far the scorers' logits of the translation are from those of the tiles of its rank, in standard deviations (Huber).
    pub judge: f64,
    /// The discriminator's.
    pub d: f64,
}

impl DialLosses {
    /// Adds the losses of another step.
    pub fn add(&mut self, other: &Self) {
        self.g += other.g;
        self.cycle += other.cycle;
        self.identity += other.identity;
        self.judge += other.judge;
        self.d += other.d;
    }

    /// The first that is NaN or infinite, with what people call it.
    pub fn first_not_finite(&self) -> Option<(&'static str, f64)> {
        [
            ("generator's loss", self.g),
            ("cycle loss", self.cycle),
            ("identity loss", self.identity),
            ("judge loss", self.judge),
            ("discriminator loss", self.d),
        ]
        .into_iter()
        .find(|(_, value)| !value.is_finite())
    }
}

/// Both networks, their optimisers and the image pool.
pub struct Dial {
    /// The generator.
    pub g: Generator,
    d: Discriminator,
    adam_g: Adam,
    adam_d: Adam,
    pool: ImagePool,
}

impl Dial {
    /// Networks with fresh weights, drawn in the order `g`, `d`; an empty pool.
    pub fn init(rng: &mut impl Rng, config: &TranslatorConfig, device: &Device) -> Self {
        Self {
            g: config.dial_generator().init(rng, device),
            d: config.dial_discriminator().init(rng, device),
            adam_g: Adam::new(BETA1, 0.0),
            adam_d: Adam::new(BETA1, 0.0),
            pool: ImagePool::new(POOL, Vec::new()),
        }
    }

    /// One step on one tile: the generator's, then the discriminator's. Gives the losses before their weights.
    pub fn step(
        self,
        shown: &Shown,
        scorers: &[FrozenScorer],
        lr: f64,
        pool_rng: &mut impl Rng,
        device: &Device,
    ) -> (Self, DialLosses) {
        // By value: an update in place needs parameters that nobody else holds.
        let Self { g, d, mut adam_g, mut adam_d, mut pool } = self;
        let (fake, grads, mut losses) = backward_g(&g, &d, shown, scorers);
        let g = adam_g.step_by_sum(g, vec![grads], lr);

        let size = shown.real.pixels.dims()[3];
        let mut kept = pixels::from_tensor(fake);
        kept.push(shown.target as f32);
        let mut queried = pool.query(kept, pool_rng);
        // What went in has a rank behind its pixels.
        let meant = f64::from(queried.pop().unwrap_or_default());
        let fake = pixels::to_tensor(queried, 1, size, device);
        let (d, loss_d) = backward_d(d, &mut adam_d, shown, (fake, meant), lr);
        losses.d = loss_d;
        (Self { g, d, adam_g, adam_d, pool }, losses)
    }

    /// Everything but the optimisers' step count (the number of steps taken), by name.
    pub fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::new();
        put_under(&mut tensors, "g", self.g.tensors());
        put_under(&mut tensors, "d", self.d.tensors());
        put_under(&mut tensors, "adam_g", self.adam_g.tensors());
        put_under(&mut tensors, "adam_d", self.adam_d.tensors());
        let images = self.pool.images();
        let values = images.first().map_or(0, Vec::len);
        tensors.insert("pool".into(), (vec![images.len(), values], images.concat()));
        tensors
    }

    /// Takes over what [`Self::tensors`] gave after `steps` steps.
    ///
    /// # Errors
    /// If a network's tensor is missing or has another shape.
    pub fn load(self, steps: u64, tensors: &Tensors) -> Result<Self, TrainError> {
        let images = match tensors.get("pool") {
            Some((shape, values)) if !values.is_empty() => {
                values.chunks(shape[1]).map(<[f32]>::to_vec).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self {
            g: self.g.load_tensors(&under(tensors, "g"))?,
            d: self.d.load_tensors(&under(tensors, "d"))?,
            adam_g: self.adam_g.restore(steps, &under(tensors, "adam_g")),
            adam_d: self.adam_d.restore(steps, &under(tensors, "adam_d")),
            pool: ImagePool::new(POOL, images),
        })
    }
}

/// The translation (without gradients), the generator's gradients of the weighed sum of its losses, and the losses.
fn backward_g(
    g: &Generator,
    d: &Discriminator,
    shown: &Shown,
    scorers: &[FrozenScorer],
) -> (Tensor<4>, GradientsParams, DialLosses) {
    let Shown { real: image, rank, target, .. } = shown;
    let real = &image.pixels;
    let (rank, target) = (*rank, *target);
    // The discriminator only judges here; without gradients of its own, half of its backward pass is saved.
    let d = d.clone().no_grad();

    let [_, c, h, w] = real.dims();
    // One pass for both: instance norm keeps them apart.
    let twice = Tensor::cat(vec![real.clone(), real.clone()], 0);
    let both = g.forward(with_plane(twice, &[target, rank]));
    let fake = image.only_where_shown(both.clone().slice([0..1, 0..c, 0..h, 0..w]));
    let idt = image.only_where_shown(both.slice([1..2, 0..c, 0..h, 0..w]));
    let rec = image.only_where_shown(g.forward(with_plane(fake.clone(), &[rank])));

    let all_real = Tensor::from_data(TensorData::new(vec![1f32], [1, 1, 1, 1]), &real.device());
    let loss_g = least_squares_gan(d.forward(with_plane(fake.clone(), &[target])), all_real);
    let loss_cycle = l1(rec, real.clone());
    let loss_identity = l1(idt, real.clone());
    let mut losses = DialLosses {
        g: value(&loss_g),
        cycle: value(&loss_cycle),
        identity: value(&loss_identity),
        ..DialLosses::default()
    };
    let mut loss = loss_g + loss_cycle.mul_scalar(CYCLE) + loss_identity.mul_scalar(IDENTITY);
    if let Some(loss_judge) = judged(&fake, target, scorers) {
        losses.judge = value(&loss_judge);
        loss = loss + loss_judge.mul_scalar(JUDGE);
    }
    let mut grads = loss.backward();
    (fake.inner(), GradientsParams::from_module(&mut grads, g), losses)
}

/// The mean over the scorers of how far their logits of `fake` are from those of the tiles with rank `target`, in standard deviations.
fn judged(fake: &Tensor<4>, target: f64, scorers: &[FrozenScorer]) -> Option<Tensor<1>> {
    let each = scorers.iter().map(|scorer| {
        let logits = scorer.network.forward(normalised(fake.clone(), &scorer.normalise));
        let away = margin(&logits, scorer.class).sub_scalar(scorer.scale.at(target));
        huber(away.div_scalar(scorer.scale.spread))
    });
    Some(each.reduce(|sum, loss| sum + loss)?.div_scalar(scorers.len() as f64))
}

/// Pixels in [−1, 1] as a classifier takes them, `[n, 3, h, w]`.
fn normalised(x: Tensor<4>, normalise: &Normalise) -> Tensor<4> {
    let device = x.device();
    let channels =
        |values: [f32; 3]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), &device);
    // ((x + 1) / 2 − mean) / std, in one product and one sum.
    let scale: [f32; 3] = std::array::from_fn(|c| 0.5 / normalise.std[c]);
    let shift: [f32; 3] = std::array::from_fn(|c| (0.5 - normalise.mean[c]) / normalise.std[c]);
    x * channels(scale) + channels(shift)
}

/// [`nets::margin`] of `logits` `[n, classes]`, on the tape: `[n, 1]`.
fn margin(logits: &Tensor<2>, class: usize) -> Tensor<2> {
    let [n, classes] = logits.dims();
    let own = logits.clone().slice([0..n, class..class + 1]);
    let others: Vec<Tensor<2>> = (0..classes)
        .filter(|other| *other != class)
        .map(|other| logits.clone().slice([0..n, other..other + 1]))
        .collect();
    let others = Tensor::cat(others, 1);
    let highest = others.clone().detach().max_dim(1);
    let sum = (others - highest.clone()).exp().sum_dim(1).log() + highest;
    own - sum
}

/// The discriminator's step: on the tile with its own rank, on a fake (without gradients) with the one it was meant to have, and on the tile
/// with a wrong one; and its loss. All three go through it as one batch: instance norm keeps them apart.
fn backward_d(
    d: Discriminator,
    adam: &mut Adam,
    shown: &Shown,
    (fake, meant): (Tensor<4>, f64),
    lr: f64,
) -> (Discriminator, f64) {
    let real = shown.real.pixels.clone().detach();
    let device = real.device();
    let images = Tensor::cat(vec![real.clone(), fake, real], 0);
    let told = with_plane(images, &[shown.rank, meant, shown.wrong]);
    let column =
        |values: [f32; 3]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [3, 1, 1, 1]), &device);
    let patches = d.forward(told);
    let [_, _, h, w] = patches.dims();
    let squares = (patches - column(TARGETS)).square();
    let loss_d = (squares * column(SHARES)).sum().div_scalar((h * w) as f64);
    let loss_value = value(&loss_d);
    (adam.step(d, loss_d.backward(), lr), loss_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_between_two_ranks_lie_on_a_line() {
        let scale = Scale::new(vec![4.0, -2.0, 0.0]);
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|rank| scale.at(rank)), [-2.0, -1.0, 0.0, 2.0, 4.0]);
        assert_eq!((scale.at(-1.0), scale.at(2.0)), (-2.0, 4.0));
        // One tile, or tiles that are all alike, have no spread.
        assert_eq!(Scale::new(vec![3.0]).at(0.7), 3.0);
        assert_eq!(Scale::new(vec![3.0; 4]).spread, 1.0);
    }

    #[test]
    fn the_margin_on_the_tape_is_the_margin() {
        let rows = [[1.0f64, -2.0, 0.5], [90.0, 88.0, -90.0]];
        let values = rows.iter().flatten().map(|v| *v as f32).collect();
        let logits = Tensor::<2>::from_data(TensorData::new(values, [2, 3]), &Device::flex());
        for class in 0..3 {
            let found = pixels::values(margin(&logits, class));
            for (row, found) in rows.iter().zip(found) {
                let expected = nets::margin(row, class);
                assert!((f64::from(found) - expected).abs() < 1e-4, "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn a_scorer_sees_what_it_was_trained_on() {
        let normalise = Normalise { mean: [0.7, 0.6, 0.5], std: [0.15, 0.2, 0.25] };
        let tile: Vec<u8> = (0..4 * 4 * 3).map(|v| (v * 5) as u8).collect();
        let (mut signed, mut wanted) = (Vec::new(), Vec::new());
        pixels::push_signed(&tile, &mut signed);
        pixels::push_normalised(&tile, &normalise, &mut wanted);
        let seen = normalised(pixels::to_tensor(signed, 1, 4, &Device::flex()), &normalise);
        for (seen, wanted) in pixels::from_tensor(seen).iter().zip(wanted) {
            assert!((seen - wanted).abs() < 1e-5, "{seen} is not {wanted}");
        }
    }
}
