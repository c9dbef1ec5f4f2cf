//! The canonical `CycleGAN` generator (Zhu, Park, Isola, Efros 2017): c7s1-w, d2w, d4w, R4w × blocks, u2w, uw, c7s1-3.

use burn::module::Module;
use burn::tensor::ops::PadMode;
use burn::tensor::{Device, Tensor};
use ops::{Activation, Padding};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::cost::{Cost, Layer, Norm};
use crate::error::NetsError;
use crate::init::{Draw, Random};
use crate::layers::{COLOURS, Conv2d, ConvTranspose2d, EPS};
use crate::named::TorchNames;

/// How a generator makes its picture larger again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Upsampling {
    /// By transposed convolutions (the canonical `CycleGAN`).
    #[default]
    Transposed,
    /// By nearest neighbours and a convolution, which leaves no checker (Odena, Dumoulin & Olah 2016, *Distill*).
    Resize,
}

impl Upsampling {
    /// As in settings and in the metadata of weights.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transposed => "transposed",
            Self::Resize => "resize",
        }
    }

    /// Places that one doubling takes in the sequence by which layers are named: the transposed convolution, norm, activation; or the
    /// enlarging and a padding before them.
    fn places(self) -> usize {
        match self {
            Self::Transposed => 3,
            Self::Resize => 5,
        }
    }

    /// Which of them holds weights.
    pub(crate) fn weighs_at(self) -> usize {
        match self {
            Self::Transposed => 0,
            Self::Resize => 2,
        }
    }
}

/// The size of a [`Generator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorConfig {
    /// Channels after the first convolution; the blocks have 4w. The paper's is 64.
    pub width: usize,
    /// Residual blocks. The paper's is 9.
    pub blocks: usize,
    /// How it makes its picture larger again; the paper's by transposed convolutions.
    pub upsampling: Upsampling,
}

impl GeneratorConfig {
    /// A network with weights N(0, 0.02) and zero biases, drawn from input to output.
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> Generator {
        self.build(&mut Random(rng), device)
    }

    pub(crate) fn build(&self, draw: &mut impl Draw, device: &Device) -> Generator {
        self.build_of(COLOURS, draw, device)
    }

    /// With so many input planes.
    pub(crate) fn build_of(&self, inputs: usize, draw: &mut impl Draw, device: &Device) -> Generator {
        let w = self.width;
        let stem = Conv2d::gan(draw, [w, inputs, 7, 7], device);
        let down = vec![
            Conv2d::gan(draw, [2 * w, w, 3, 3], device),
            Conv2d::gan(draw, [4 * w, 2 * w, 3, 3], device),
        ];
        let mut residual = || Conv2d::gan(draw, [4 * w, 4 * w, 3, 3], device);
        let blocks =
            (0..self.blocks).map(|_| ResidualBlock { conv1: residual(), conv2: residual() }).collect();
        let mut enlarging = |from: usize, to: usize| match self.upsampling {
            Upsampling::Transposed => Up::Transposed(ConvTranspose2d::gan(draw, [from, to, 3, 3], device)),
            Upsampling::Resize => Up::Resize(Conv2d::gan(draw, [to, from, 3, 3], device)),
        };
        let up = vec![enlarging(4 * w, 2 * w), enlarging(2 * w, w)];
        let head = Conv2d::gan(draw, [3, w, 7, 7], device);
        Generator { stem, down, blocks, up, head }
    }
}

impl Cost for GeneratorConfig {
    /// With the names that `CycleGAN` gives: one sequence in which padding, norm and activation take numbers, too.
    fn layers(&self, px: usize) -> Vec<Layer> {
        let w = |times: usize| self.width.saturating_mul(times);
        let px = px.next_multiple_of(4);
        let sides = [px, px / 2, px / 4];
        let conv =
            |at: usize, weight: [usize; 4], side: usize| Layer::conv(format!("model.{at}"), weight, side);
        let normed = |layer: Layer| Layer { norm: Norm::Instance, ..layer };
        let mut layers = vec![
            normed(conv(1, [w(1), 3, 7, 7], sides[0])),
            normed(conv(4, [w(2), w(1), 3, 3], sides[1])),
            normed(conv(7, [w(4), w(2), 3, 3], sides[2])),
        ];
        let up = 10 + self.blocks;
        for block in 10..up {
            for place in [1, 5] {
                let name = format!("model.{block}.conv_block.{place}");
                layers.push(normed(Layer::conv(name, [w(4), w(4), 3, 3], sides[2])));
            }
        }
        let (places, first) = (self.upsampling.places(), up + self.upsampling.weighs_at());
        let enlarging =
            |at: usize, inputs: usize, outputs: usize, from: usize, to: usize| match self.upsampling {
                Upsampling::Transposed => Layer {
                    outputs,
                    used_at: from.saturating_mul(from),
                    norm: Norm::Instance,
                    ..conv(at, [inputs, outputs, 3, 3], to)
                },
                Upsampling::Resize => normed(conv(at, [outputs, inputs, 3, 3], to)),
            };
        layers.push(enlarging(first, w(4), w(2), sides[2], sides[1]));
        layers.push(enlarging(first + places, w(2), w(1), sides[1], sides[0]));
        layers.push(conv(up + 2 * places + 1, [3, w(1), 7, 7], sides[0]));
        layers
    }
}

/// Translates tiles of one domain to another; instance norm without weights after every convolution but the last, and but the first of one
/// that is [told](Generator::is_told) how hard its translations are to be.
#[derive(Module, Debug)]
pub struct Generator {
    /// 3 → w, 7×7; 4 → w of one that is told.
    pub stem: Conv2d,
    /// w → 2w → 4w, 3×3 stride 2.
    pub down: Vec<Conv2d>,
    /// 4w → 4w.
    pub blocks: Vec<ResidualBlock>,
    /// 4w → 2w → w, 3×3, each to twice the side.
    pub up: Vec<Up>,
    /// w → 3, 7×7.
    pub head: Conv2d,
}

/// What doubles a side.
#[derive(Module, Debug)]
pub enum Up {
    /// A transposed 3×3 convolution of stride 2.
    Transposed(ConvTranspose2d),
    /// Every pixel four times, then a 3×3 convolution with reflected borders.
    Resize(Conv2d),
}

impl Up {
    /// `[n, in, h, w]` → `[n, out, 2h, 2w]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Transposed(conv) => conv.forward(x),
            Self::Resize(conv) => conv.forward(enlarged(x), 1, Padding::Reflect(1)),
        }
    }
}

/// Every pixel four times: `[n, c, h, w]` → `[n, c, 2h, 2w]`. Channels stay last in memory, as the kernels want them.
fn enlarged(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let rows: Tensor<5> = x.permute([0, 2, 3, 1]).reshape([n * h, 1, w, 1, c]);
    rows.expand([n * h, 2, w, 2, c]).reshape([n, 2 * h, 2 * w, c]).permute([0, 3, 1, 2])
}

/// Two 3×3 convolutions with reflected borders, added to their input.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    /// Followed by norm and `ReLU`.
    pub conv1: Conv2d,
    /// Followed by norm.
    pub conv2: Conv2d,
}

impl Generator {
    /// The smallest side that [`forward`](Generator::forward) takes: at a quarter of it, reflected borders still need two pixels.
    pub const MIN_TILE: usize = 5;

    /// Whether tiles of this side can be translated.
    ///
    /// # Errors
    /// [`NetsError::TileTooSmall`] below [`MIN_TILE`](Generator::MIN_TILE).
    pub fn check_size(px: usize) -> Result<(), NetsError> {
        if px < Self::MIN_TILE {
            return Err(NetsError::TileTooSmall { network: "generator", px, least: Self::MIN_TILE });
        }
        Ok(())
    }

    /// `[n, 3, h, w]` in [−1, 1] → the same; of one that is told, `[n, 4, h, w]` ([`with_plane`](crate::with_plane)) → `[n, 3, h, w]`. A side
    /// that is no multiple of 4 is mirrored at its end up to one, and cropped back.
    ///
    /// # Panics
    /// If a side is below [`MIN_TILE`](Generator::MIN_TILE).
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [n, _, h, w] = x.dims();
        let (right, bottom) = (w.next_multiple_of(4) - w, h.next_multiple_of(4) - h);
        if right == 0 && bottom == 0 {
            return self.run(x);
        }
        self.run(x.pad((0, right, 0, bottom), PadMode::Reflect)).slice([0..n, 0..COLOURS, 0..h, 0..w])
    }

    fn run(&self, x: Tensor<4>) -> Tensor<4> {
        let relu = |x| ops::instance_norm(x, EPS, None, Activation::Relu);
        let x = self.stem.forward(x, 1, Padding::Reflect(3));
        // A norm would take away what the plane adds, which is the same at every pixel.
        let x = if self.is_told() { ops::activate(x, Activation::Relu) } else { relu(x) };
        let x = self.down.iter().fold(x, |x, conv| relu(conv.forward(x, 2, Padding::Zero(1))));
        let x = self.blocks.iter().fold(x, |x, block| {
            let (x, shortcut) = ops::fork(x);
            let y = relu(block.conv1.forward(x, 1, Padding::Reflect(1)));
            let y = block.conv2.forward(y, 1, Padding::Reflect(1));
            ops::instance_norm(y, EPS, Some(shortcut), Activation::None)
        });
        let x = self.up.iter().fold(x, |x, conv| relu(conv.forward(x)));
        self.head.forward(x, 1, Padding::Reflect(3)).tanh()
    }

    /// Channels after the first convolution.
    pub fn width(&self) -> usize {
        self.stem.weight.lazy_shape()[0]
    }

    /// How it makes its picture larger again.
    pub fn upsampling(&self) -> Upsampling {
        match self.up.first() {
            Some(Up::Resize(_)) => Upsampling::Resize,
            _ => Upsampling::Transposed,
        }
    }

    /// Whether it takes a further plane that says how hard its translations are to be ([`Conditional`](crate::Conditional)).
    pub fn is_told(&self) -> bool {
        self.stem.weight.lazy_shape()[1] > COLOURS
    }
}

impl TorchNames for Generator {
    /// `CycleGAN`'s generator is one sequence in which padding, norm and activation take numbers, too: a convolution at each
    /// end behind a padding, two down, the blocks, two up. With [`Upsampling::Resize`] each of those is enlarging, padding, convolution.
    fn torch_name(&self, path: &[String]) -> String {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let (up, upsampling) = (10 + self.blocks.len(), self.upsampling());
        let at = |first: usize, step: usize, i: &str| first + step * i.parse::<usize>().unwrap_or_default();
        match path.as_slice() {
            ["stem", tensor] => format!("model.1.{tensor}"),
            ["down", i, tensor] => format!("model.{}.{tensor}", at(4, 3, i)),
            ["blocks", i, "conv1", tensor] => format!("model.{}.conv_block.1.{tensor}", at(10, 1, i)),
            ["blocks", i, "conv2", tensor] => format!("model.{}.conv_block.5.{tensor}", at(10, 1, i)),
            ["up", i, _, tensor] => {
                format!("model.{}.{tensor}", at(up + upsampling.weighs_at(), upsampling.places(), i))
            }
            ["head", tensor] => format!("model.{}.{tensor}", up + 2 * upsampling.places() + 1),
            other => other.join("."),
        }
    }
}
