//! `CycleGAN` (Zhu, Park, Isola, Efros 2017): its networks, its losses and one step of its training.
//!
//! `g_ab` translates domain A to B and `g_ba` back; `d_a` tells real A from `g_ba`'s fakes, `d_b` real B from `g_ab`'s.

use super::image_pool::ImagePool;
use crate::adam::Adam;
use crate::checkpoint::{put_under, under};
use crate::error::TrainError;
use crate::loss::{l1, least_squares_gan, value};
use crate::pixels;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use nets::{Discriminator, DiscriminatorConfig, Generator, GeneratorConfig, NamedTensors, Tensors};
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
        let Self { g_ab, g_ba, d_a, d_b, adam, mut pool_a, mut pool_b } = self;
        let Optimisers { g_ab: mut adam_g_ab, g_ba: mut adam_g_ba, d_a: mut adam_d_a, d_b: mut adam_d_b } =
            adam;

        // The two cycles share nothing but the generators' values, so they can run at the same time.
        let a = Cycle::new((&g_ab, &g_ba), &d_b, real_a, real_b, identity);
        let b = Cycle::new((&g_ba, &g_ab), &d_a, real_b, real_a, identity);
        let (a, b) = rayon::join(|| a.run(), || b.run());
        let (g_ab, g_ba) = rayon::join(
            || adam_g_ab.step_by_sum(g_ab, vec![a.there, b.back], lr),
            || adam_g_ba.step_by_sum(g_ba, vec![a.back, b.there], lr),
        );

        let size = real_a.dims()[3];
        let fake_a = pixels::to_tensor(pool_a.query(pixels::from_tensor(b.fake), pool_rng), 1, size, device);
        let fake_b = pixels::to_tensor(pool_b.query(pixels::from_tensor(a.fake), pool_rng), 1, size, device);
        let (real_a, real_b) = (real_a.clone(), real_b.clone());
        let ((d_a, loss_d_a), (d_b, loss_d_b)) = rayon::join(
            || step_d(d_a, &mut adam_d_a, real_a, fake_a, lr),
            || step_d(d_b, &mut adam_d_b, real_b, fake_b, lr),
        );

        let losses = Losses {
            g: a.gan + b.gan,
            d_a: loss_d_a,
            d_b: loss_d_b,
            cycle_a: a.cycle,
            cycle_b: b.cycle,
            identity: a.identity + b.identity,
        };
        let adam = Optimisers { g_ab: adam_g_ab, g_ba: adam_g_ba, d_a: adam_d_a, d_b: adam_d_b };
        (Self { g_ab, g_ba, d_a, d_b, adam, pool_a, pool_b }, losses)
    }
}

/// What a cycle needs, of its own: a tape is locked while it is played back, and tensors that have a node in common are on one tape.
struct Cycle {
    there: Generator,
    back: Generator,
    judge: Discriminator,
    real: Tensor<4>,
    other: Tensor<4>,
    identity: f64,
}

/// What a cycle gives: its losses, the fake (without gradients) for the discriminator, and the gradients of both generators.
struct CycleDone {
    fake: Tensor<4>,
    gan: f64,
    cycle: f64,
    identity: f64,
    there: GradientsParams,
    back: GradientsParams,
}

impl Cycle {
    /// The cycle that begins at `real`; `other` is an image of the other domain.
    fn new(
        (there, back): (&Generator, &Generator),
        judge: &Discriminator,
        real: &Tensor<4>,
        other: &Tensor<4>,
        identity: f64,
    ) -> Self {
        Self {
            there: there.clone().map(&mut Leaves),
            back: back.clone().map(&mut Leaves),
            // The discriminator only judges here; without gradients of its own, half of its backward pass is saved.
            judge: judge.clone().no_grad(),
            real: real.clone().detach(),
            other: other.clone().detach(),
            identity,
        }
    }

    fn run(self) -> CycleDone {
        let Self { there, back, judge, real, other, identity } = self;
        let fake = there.forward(real.clone());
        let target = Tensor::from_data(TensorData::new(vec![1f32], [1, 1, 1, 1]), &real.device());
        let loss_gan = least_squares_gan(judge.forward(fake.clone()), target);
        let loss_cycle = l1(back.forward(fake.clone()), real);
        let (gan, cycle) = (value(&loss_gan), value(&loss_cycle));
        let mut loss = loss_gan + loss_cycle.mul_scalar(LAMBDA);
        let mut identity_value = 0.0;
        if identity > 0.0 {
            let loss_identity = l1(there.forward(other.clone()), other);
            identity_value = value(&loss_identity);
            loss = loss + loss_identity.mul_scalar(LAMBDA * identity);
        }
        let mut grads = loss.backward();
        CycleDone {
            fake: fake.inner(),
            gan,
            cycle,
            identity: identity_value,
            there: GradientsParams::from_module(&mut grads, &there),
            back: GradientsParams::from_module(&mut grads, &back),
        }
    }
}

/// Makes parameters the beginnings of a tape of their own, with the same values in the same memory.
struct Leaves;

impl ModuleMapper for Leaves {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let learns = param.is_require_grad();
        let (id, value, mapper) = param.consume();
        let value = value.detach();
        Param::from_mapped_value(id, if learns { value.require_grad() } else { value }, mapper)
    }
}

/// A discriminator's step on a real image and a fake one (without gradients), and its loss. Both go through it as one batch:
/// the mean over the batch is (real + fake) / 2, and instance norm keeps them apart.
fn step_d(
    d: Discriminator,
    adam: &mut Adam,
    real: Tensor<4>,
    fake: Tensor<4>,
    lr: f64,
) -> (Discriminator, f64) {
    let targets = Tensor::from_data(TensorData::new(vec![1f32, 0.0], [2, 1, 1, 1]), &real.device());
    let loss = least_squares_gan(d.forward(Tensor::cat(vec![real.detach(), fake], 0)), targets);
    let loss_value = value(&loss);
    (adam.step(d, loss.backward(), lr), loss_value)
}

impl CycleGan {
    /// Everything but the optimisers' step count (the number of steps taken), by name.
    pub fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::new();
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
    pub fn load(self, steps: u64, tensors: &Tensors) -> Result<Self, TrainError> {
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
