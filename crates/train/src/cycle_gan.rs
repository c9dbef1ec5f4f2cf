//! `CycleGAN` (Zhu, Park, Isola, Efros 2017): its networks, its losses and one step of its training.
//!
//! `g_ab` translates domain A to B and `g_ba` back; `d_a` tells real A from `g_ba`'s fakes, `d_b` real B from `g_ab`'s.

use crate::TrainError;
use crate::adam::{Adam, NamedValues};
use crate::checkpoint::{put_under, under};
use crate::image_pool::ImagePool;
use crate::loss::{l1, least_squares_gan, value};
use crate::pixels;
use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use nets::{Discriminator, DiscriminatorConfig, Generator, GeneratorConfig, NamedTensors};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Weight of the cycle loss.
const LAMBDA: f64 = 10.0;
/// Images kept in each pool.
const POOL: usize = 50;
/// Adam's β1.
const BETA1: f64 = 0.5;

/// The four networks, their optimisers and the image pools.
pub struct CycleGan {
    /// From A to B.
    pub g_ab: Generator,
    /// From B to A.
    pub g_ba: Generator,
    d_a: Discriminator,
    d_b: Discriminator,
    adam: Optimisers,
    pool_a: ImagePool,
    pool_b: ImagePool,
}

struct Optimisers {
    g_ab: Adam,
    g_ba: Adam,
    d_a: Adam,
    d_b: Adam,
}

/// The losses of a step, before λ; or their sums.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Losses {
    /// What keeps the generators from fooling the discriminators, both directions together.
    pub g: f64,
    /// Of the discriminator of A.
    pub d_a: f64,
    /// Of the discriminator of B.
    pub d_b: f64,
    /// `|g_ba(g_ab(a)) − a|`.
    pub cycle_a: f64,
    /// `|g_ab(g_ba(b)) − b|`.
    pub cycle_b: f64,
    /// Both directions together; 0 where it is off.
    pub identity: f64,
}

impl Losses {
    /// Adds the losses of another step.
    pub fn add(&mut self, other: Self) {
        self.g += other.g;
        self.d_a += other.d_a;
        self.d_b += other.d_b;
        self.cycle_a += other.cycle_a;
        self.cycle_b += other.cycle_b;
        self.identity += other.identity;
    }

    /// Each with its name.
    pub fn named(self) -> [(&'static str, f64); 6] {
        [
            ("generators' loss", self.g),
            ("discriminator loss of A", self.d_a),
            ("discriminator loss of B", self.d_b),
            ("cycle loss of A", self.cycle_a),
            ("cycle loss of B", self.cycle_b),
            ("identity loss", self.identity),
        ]
    }
}

impl CycleGan {
    /// Networks with fresh weights, drawn in the order `g_ab`, `g_ba`, `d_a`, `d_b`; empty pools.
    pub fn init(rng: &mut impl Rng, width: usize, blocks: usize, device: &Device) -> Self {
        let (generator, discriminator) = (GeneratorConfig { width, blocks }, DiscriminatorConfig { width });
        let adam = || Adam::new(BETA1, 0.0);
        Self {
            g_ab: generator.init(rng, device),
            g_ba: generator.init(rng, device),
            d_a: discriminator.init(rng, device),
            d_b: discriminator.init(rng, device),
            adam: Optimisers { g_ab: adam(), g_ba: adam(), d_a: adam(), d_b: adam() },
            pool_a: ImagePool::new(POOL, Vec::new()),
            pool_b: ImagePool::new(POOL, Vec::new()),
        }
    }

    /// One step on one image of each domain, `[1, 3, size, size]` in [−1, 1]: the generators', then the
    /// discriminators'.
    pub fn step(
        self,
        real_a: &Tensor<4>,
        real_b: &Tensor<4>,
        identity: f64,
        lr: f64,
        pool_rng: &mut impl Rng,
        device: &Device,
    ) -> (Self, Losses) {
        let mut losses = Losses::default();
        let Self { mut g_ab, mut g_ba, mut d_a, mut d_b, mut adam, mut pool_a, mut pool_b } = self;

        let (fake_a, fake_b, mut grads) =
            backward_g((&g_ab, &g_ba), (&d_a, &d_b), real_a, real_b, identity, &mut losses);
        g_ab = adam.g_ab.step(g_ab, &mut grads, lr, device);
        g_ba = adam.g_ba.step(g_ba, &mut grads, lr, device);

        let size = real_a.dims()[3];
        let fake_a = pixels::to_tensor(pool_a.query(pixels::from_tensor(fake_a), pool_rng), 1, size, device);
        let fake_b = pixels::to_tensor(pool_b.query(pixels::from_tensor(fake_b), pool_rng), 1, size, device);
        let mut grads = backward_d(&d_a, real_a, fake_a, &mut losses.d_a);
        d_a = adam.d_a.step(d_a, &mut grads, lr, device);
        let mut grads = backward_d(&d_b, real_b, fake_b, &mut losses.d_b);
        d_b = adam.d_b.step(d_b, &mut grads, lr, device);

        (Self { g_ab, g_ba, d_a, d_b, adam, pool_a, pool_b }, losses)
    }
}

/// The generators' losses and gradients, and the fakes (without gradients) for the discriminators.
fn backward_g(
    (g_ab, g_ba): (&Generator, &Generator),
    (d_a, d_b): (&Discriminator, &Discriminator),
    real_a: &Tensor<4>,
    real_b: &Tensor<4>,
    identity: f64,
    losses: &mut Losses,
) -> (Tensor<4>, Tensor<4>, Gradients) {
    // The discriminators only judge here; without gradients of their own, half of their backward pass is saved.
    let (d_a, d_b) = (d_a.clone().no_grad(), d_b.clone().no_grad());
    let fake_b = g_ab.forward(real_a.clone());
    let rec_a = g_ba.forward(fake_b.clone());
    let fake_a = g_ba.forward(real_b.clone());
    let rec_b = g_ab.forward(fake_a.clone());

    let real = || Tensor::from_data(TensorData::new(vec![1f32], [1, 1, 1, 1]), &real_a.device());
    let loss_gan = least_squares_gan(d_b.forward(fake_b.clone()), real())
        + least_squares_gan(d_a.forward(fake_a.clone()), real());
    let loss_cycle_a = l1(rec_a, real_a.clone());
    let loss_cycle_b = l1(rec_b, real_b.clone());
    losses.g = value(&loss_gan);
    losses.cycle_a = value(&loss_cycle_a);
    losses.cycle_b = value(&loss_cycle_b);

    let mut loss_g = loss_gan + (loss_cycle_a + loss_cycle_b).mul_scalar(LAMBDA);
    if identity > 0.0 {
        let loss_identity = l1(g_ab.forward(real_b.clone()), real_b.clone())
            + l1(g_ba.forward(real_a.clone()), real_a.clone());
        losses.identity = value(&loss_identity);
        loss_g = loss_g + loss_identity.mul_scalar(LAMBDA * identity);
    }
    let grads = loss_g.backward();
    (fake_a.inner(), fake_b.inner(), grads)
}

/// A discriminator's gradients from a real image and a fake one (without gradients). Both go through it as one batch:
/// the mean over the batch is (real + fake) / 2, and instance norm keeps them apart.
fn backward_d(d: &Discriminator, real: &Tensor<4>, fake: Tensor<4>, loss: &mut f64) -> Gradients {
    let targets = Tensor::from_data(TensorData::new(vec![1f32, 0.0], [2, 1, 1, 1]), &real.device());
    let loss_d = least_squares_gan(d.forward(Tensor::cat(vec![real.clone(), fake], 0)), targets);
    *loss = value(&loss_d);
    loss_d.backward()
}

impl CycleGan {
    /// Everything but the optimisers' step count (the number of steps taken), by name.
    pub fn tensors(&self) -> NamedValues {
        let mut tensors = NamedValues::new();
        put_under(&mut tensors, "g_ab", self.g_ab.tensors());
        put_under(&mut tensors, "g_ba", self.g_ba.tensors());
        put_under(&mut tensors, "d_a", self.d_a.tensors());
        put_under(&mut tensors, "d_b", self.d_b.tensors());
        put_under(&mut tensors, "adam_g_ab", self.adam.g_ab.tensors());
        put_under(&mut tensors, "adam_g_ba", self.adam.g_ba.tensors());
        put_under(&mut tensors, "adam_d_a", self.adam.d_a.tensors());
        put_under(&mut tensors, "adam_d_b", self.adam.d_b.tensors());
        for (name, pool) in [("pool_a", &self.pool_a), ("pool_b", &self.pool_b)] {
            let images = pool.images();
            let pixels = images.first().map_or(0, Vec::len);
            tensors.insert(name.into(), (vec![images.len(), pixels], images.concat()));
        }
        tensors
    }

    /// The networks' values given anew from the names that [`Self::tensors`] tells, and shapes.
    #[must_use]
    pub fn with_values(mut self, mut values: impl FnMut(&str, &[usize]) -> Vec<f32>) -> Self {
        self.g_ab = self.g_ab.with_values(&mut |name, shape| values(&format!("g_ab.{name}"), shape));
        self.g_ba = self.g_ba.with_values(&mut |name, shape| values(&format!("g_ba.{name}"), shape));
        self.d_a = self.d_a.with_values(&mut |name, shape| values(&format!("d_a.{name}"), shape));
        self.d_b = self.d_b.with_values(&mut |name, shape| values(&format!("d_b.{name}"), shape));
        self
    }

    /// Takes over what [`Self::tensors`] gave after `steps` steps.
    ///
    /// # Errors
    /// If a network's tensor is missing or has another shape.
    pub fn load(self, steps: u64, tensors: &NamedValues) -> Result<Self, TrainError> {
        let adam = |adam: Adam, name| adam.restore(steps, &under(tensors, name));
        let pool = |name| {
            let images = match tensors.get(name) {
                Some((shape, pixels)) if !pixels.is_empty() => {
                    pixels.chunks(shape[1]).map(<[f32]>::to_vec).collect()
                }
                _ => Vec::new(),
            };
            ImagePool::new(POOL, images)
        };
        Ok(Self {
            g_ab: self.g_ab.load_tensors(&under(tensors, "g_ab"))?,
            g_ba: self.g_ba.load_tensors(&under(tensors, "g_ba"))?,
            d_a: self.d_a.load_tensors(&under(tensors, "d_a"))?,
            d_b: self.d_b.load_tensors(&under(tensors, "d_b"))?,
            adam: Optimisers {
                g_ab: adam(self.adam.g_ab, "adam_g_ab"),
                g_ba: adam(self.adam.g_ba, "adam_g_ba"),
                d_a: adam(self.adam.d_a, "adam_d_a"),
                d_b: adam(self.adam.d_b, "adam_d_b"),
            },
            pool_a: pool("pool_a"),
            pool_b: pool("pool_b"),
        })
    }
}
