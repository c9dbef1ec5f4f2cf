//! `CycleGAN` (Zhu, Park, Isola, Efros 2017): its networks and one step of its training, in the names of the authors' code.
//!
//! `g_ab` translates domain A to B and `g_ba` back (there `G_A` and `G_B`). A discriminator is called after the domain that it
//! knows: `d_a` tells real A from `g_ba`'s fakes, `d_b` real B from `g_ab`'s (there `D_B` and `D_A`).

use super::config::TranslatorConfig;
use super::image::Image;
use super::image_pool::ImagePool;
use super::losses::{DISCRIMINATOR_LOSS, Direction, GENERATOR_LOSSES, GeneratorLoss, Losses};
use crate::adam::Adam;
use crate::checkpoint::{put_under, under};
use crate::error::TrainError;
use crate::loss::{least_squares_gan, value};
use crate::pixels;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use nets::{Discriminator, Generator, NamedTensors, Tensors};
use rand::Rng;

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

impl CycleGan {
    /// Networks with fresh weights, drawn in the order `g_ab`, `g_ba`, `d_a`, `d_b`; empty pools.
    pub fn init(rng: &mut impl Rng, config: &TranslatorConfig, device: &Device) -> Self {
        let (generator, discriminator) = (config.generator(), config.discriminator());
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

    /// One step on one image of each domain: the generators', then the discriminators'. Gives the losses before their weights.
    pub fn step(
        self,
        real_a: &Image,
        real_b: &Image,
        config: &TranslatorConfig,
        lr: f64,
        pool_rng: &mut impl Rng,
        device: &Device,
    ) -> (Self, Losses) {
        // By value: an update in place needs parameters that nobody else holds.
        let Self { g_ab, g_ba, d_a, d_b, mut adam, mut pool_a, mut pool_b } = self;
        let mut losses = Losses::default();

        // The two directions share nothing but the generators' values, so they can run at the same time.
        let a = Cycle::new((&g_ab, &g_ba), &d_b, real_a, real_b);
        let b = Cycle::new((&g_ba, &g_ab), &d_a, real_b, real_a);
        let (a, b) = rayon::join(|| a.backward_g(config), || b.backward_g(config));
        let (fake_b, fake_a) = (a.fake, b.fake);
        for ((loss, a), b) in computed(config).zip(a.losses).zip(b.losses) {
            losses.tell(loss.name, a, b);
        }
        let (g_ab, g_ba) = rayon::join(
            || adam.g_ab.step_by_sum(g_ab, vec![a.grads, b.grads_back], lr),
            || adam.g_ba.step_by_sum(g_ba, vec![a.grads_back, b.grads], lr),
        );

        let size = real_a.pixels.dims()[3];
        let mut pooled = |pool: &mut ImagePool, fake: Tensor<4>| {
            pixels::to_tensor(pool.query(pixels::from_tensor(fake), pool_rng), 1, size, device)
        };
        let fake_a = pooled(&mut pool_a, fake_a);
        let fake_b = pooled(&mut pool_b, fake_b);
        let ((d_a, loss_d_a), (d_b, loss_d_b)) = rayon::join(
            || backward_d_basic(d_a, &mut adam.d_a, &real_a.pixels, fake_a, lr),
            || backward_d_basic(d_b, &mut adam.d_b, &real_b.pixels, fake_b, lr),
        );
        losses.tell(DISCRIMINATOR_LOSS, loss_d_a, loss_d_b);
        (Self { g_ab, g_ba, d_a, d_b, adam, pool_a, pool_b }, losses)
    }
}

/// The losses of the generators that these settings give a weight.
fn computed(config: &TranslatorConfig) -> impl Iterator<Item = &'static GeneratorLoss> {
    GENERATOR_LOSSES.iter().filter(|loss| (loss.weight)(config) > 0.0)
}

/// What a direction needs, of its own: a tape is locked while it is played back, and tensors that have a node in common are on one tape.
struct Cycle {
    /// The generator from the domain of `real`.
    g: Generator,
    /// The one back.
    g_back: Generator,
    /// The discriminator of the other domain.
    d: Discriminator,
    real: Image,
    /// An image of the other domain.
    other: Image,
}

/// What a direction gives: its fake (without gradients) for the discriminator, what each loss came to, and the gradients of both
/// generators.
struct CycleDone {
    fake: Tensor<4>,
    losses: Vec<f64>,
    grads: GradientsParams,
    grads_back: GradientsParams,
}

impl Cycle {
    /// The cycle that begins at `real`; `other` is an image of the other domain.
    fn new((g, g_back): (&Generator, &Generator), d: &Discriminator, real: &Image, other: &Image) -> Self {
        Self {
            g: g.clone().map(&mut Leaves),
            g_back: g_back.clone().map(&mut Leaves),
            // The discriminator only judges here; without gradients of its own, half of its backward pass is saved.
            d: d.clone().no_grad(),
            real: real.detached(),
            other: other.detached(),
        }
    }

    fn forward(&self) -> Direction<'_> {
        let fake = self.real.only_where_shown(self.g.forward(self.real.pixels.clone()));
        let rec = self.real.only_where_shown(self.g_back.forward(fake.clone()));
        Direction { g: &self.g, d: &self.d, real: &self.real, other: &self.other, fake, rec }
    }

    /// The gradients of the weighed sum of the losses.
    fn backward_g(self, config: &TranslatorConfig) -> CycleDone {
        let (fake, each) = {
            let direction = self.forward();
            let each: Vec<(f64, Tensor<1>)> =
                computed(config).map(|loss| ((loss.weight)(config), (loss.value)(&direction))).collect();
            (direction.fake, each)
        };
        let losses = each.iter().map(|(_, loss)| value(loss)).collect();
        let weighed = each.into_iter().map(|(weight, loss)| loss.mul_scalar(weight));
        // The adversarial loss always has a weight.
        let loss_g = weighed.reduce(|sum, loss| sum + loss).expect("a loss");
        let mut grads = loss_g.backward();
        CycleDone {
            fake: fake.inner(),
            losses,
            grads: GradientsParams::from_module(&mut grads, &self.g),
            grads_back: GradientsParams::from_module(&mut grads, &self.g_back),
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
fn backward_d_basic(
    d: Discriminator,
    adam: &mut Adam,
    real: &Tensor<4>,
    fake: Tensor<4>,
    lr: f64,
) -> (Discriminator, f64) {
    let targets = Tensor::from_data(TensorData::new(vec![1f32, 0.0], [2, 1, 1, 1]), &real.device());
    let pair = Tensor::cat(vec![real.clone().detach(), fake], 0);
    let loss_d = least_squares_gan(d.forward(pair), targets);
    let loss_value = value(&loss_d);
    (adam.step(d, loss_d.backward(), lr), loss_value)
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
