//! The ResNets as torchvision defines them (He, Zhang, Ren, Sun: "Deep Residual Learning for Image Recognition", 2016; the stride of a
//! bottleneck stands on its 3×3 convolution, "v1.5").

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use ops::{Activation, Padding};

use crate::cost::Layer;
use crate::init::Draw;
use crate::layers::{BatchNorm, Conv2d, Linear};
use crate::named::TorchNames;

/// How much wider the blocks of three convolutions end than they are inside.
const EXPANSION: usize = 4;

/// What tells one ResNet from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stages {
    /// Blocks of each stage.
    pub blocks: [usize; 4],
    /// Whether a block is 1×1, 3×3, 1×1 with four times the channels at its end, and not 3×3, 3×3.
    pub bottleneck: bool,
}

/// A block's place: what it is called, what goes in, its channels inside and at its end, its stride.
struct Place {
    name: String,
    inputs: usize,
    inner: usize,
    outputs: usize,
    stride: usize,
}

impl Stages {
    /// The places of the blocks of a network of that width, stage by stage.
    fn places(&self, width: usize) -> [Vec<Place>; 4] {
        let mut inputs = width;
        std::array::from_fn(|stage| {
            let inner = width.saturating_mul(1 << stage);
            let outputs = inner.saturating_mul(if self.bottleneck { EXPANSION } else { 1 });
            let place = |block| {
                let name = format!("layer{}.{block}", stage + 1);
                let from = std::mem::replace(&mut inputs, outputs);
                Place { name, inputs: from, inner, outputs, stride: stride(stage, block) }
            };
            (0..self.blocks[stage]).map(place).collect()
        })
    }

    /// Channels of the last stage.
    fn features(&self, width: usize) -> usize {
        width.saturating_mul(8 * if self.bottleneck { EXPANSION } else { 1 })
    }

    /// The layers from input to output with torchvision's names, for tiles of `px` pixels a side.
    pub fn layers(&self, width: usize, classes: usize, px: usize) -> Vec<Layer> {
        let half = |side: usize| side.div_ceil(2);
        let mut side = half(px);
        let mut layers =
            vec![Layer::conv_batch_norm("conv1".to_owned(), "bn1".to_owned(), [width, 3, 7, 7], side)];
        side = half(side);
        for place in self.places(width).iter().flatten() {
            let name = |part: &str| format!("{}.{part}", place.name);
            let before = side;
            side = if place.stride == 2 { half(side) } else { side };
            let mut conv = |number: usize, [outputs, inputs, k]: [usize; 3], side: usize| {
                let (conv, norm) = (name(&format!("conv{number}")), name(&format!("bn{number}")));
                layers.push(Layer::conv_batch_norm(conv, norm, [outputs, inputs, k, k], side));
            };
            if self.bottleneck {
                conv(1, [place.inner, place.inputs, 1], before);
                conv(2, [place.inner, place.inner, 3], side);
                conv(3, [place.outputs, place.inner, 1], side);
            } else {
                conv(1, [place.inner, place.inputs, 3], side);
                conv(2, [place.outputs, place.inner, 3], side);
            }
            if place.has_projection() {
                let shape = [place.outputs, place.inputs, 1, 1];
                let (conv, norm) = (name("downsample.0"), name("downsample.1"));
                layers.push(Layer::conv_batch_norm(conv, norm, shape, side));
            }
        }
        layers.push(Layer::linear("fc".to_owned(), [classes, self.features(width)]));
        layers
    }
}

/// More blocks are not counted in a stage.
const MOST_BLOCKS: usize = 1000;

/// Names that every ResNet's file has.
pub(crate) const SIGNS: &[&str] = &[
    "conv1.weight",
    "bn1.running_mean",
    "layer1.0.conv1.weight",
    "layer2.0.conv1.weight",
    "layer4.1.conv2.weight",
];

/// A ResNet that is none of `known`, by its tensors' shapes: one with more blocks, with groups, or with wider blocks. `None` of what
/// may be one of them with something missing.
pub(crate) fn look_alike<'a>(
    shape: &dyn Fn(&str) -> Option<&'a [usize]>,
    known: &[Stages],
) -> Option<String> {
    let bottleneck = shape("layer1.0.conv3.weight").is_some();
    let blocks = std::array::from_fn(|stage| {
        let is_there = |i: &usize| shape(&format!("layer{}.{i}.conv1.weight", stage + 1)).is_some();
        (0..MOST_BLOCKS).take_while(is_there).count()
    });
    let covers = |known: &Stages| {
        known.bottleneck == bottleneck && known.blocks.iter().zip(&blocks).all(|(known, held)| held <= known)
    };
    let inner = shape("layer1.0.conv2.weight").filter(|_| bottleneck);
    let width = shape("conv1.weight").and_then(|shape| shape.first());
    Some(match (Stages { blocks, bottleneck }, inner) {
        (_, Some(&[outputs, inputs, ..])) if inputs < outputs => {
            "a ResNeXt (its convolutions have groups)".to_owned()
        }
        (_, Some([outputs, ..])) if width.is_some_and(|width| outputs > width) => {
            "a wide ResNet (its blocks are wider inside than its stem)".to_owned()
        }
        _ if known.iter().any(covers) => return None,
        (Stages { blocks: [3, 4, 23, 3], bottleneck: true }, _) => "a ResNet-101".to_owned(),
        (Stages { blocks: [3, 8, 36, 3], bottleneck: true }, _) => "a ResNet-152".to_owned(),
        (Stages { blocks: [a, b, c, d], .. }, _) => format!("a ResNet of {a}, {b}, {c} and {d} blocks"),
    })
}

/// The first block of every stage but the first halves the side.
fn stride(stage: usize, block: usize) -> usize {
    if stage > 0 && block == 0 { 2 } else { 1 }
}

impl Place {
    /// Whether the shortcut needs a convolution of its own: it changes channels or side.
    fn has_projection(&self) -> bool {
        self.stride != 1 || self.inputs != self.outputs
    }
}

/// A ResNet: a 7×7 stem, four stages of blocks, average pooling and a linear layer. Fields are named as in torchvision.
///
/// A tile of any side works; one side s leaves the last stage about s/32.
#[derive(Module, Debug)]
pub struct ResNet {
    /// The stem's convolution, 7×7 stride 2.
    pub conv1: Conv2d,
    /// The stem's norm.
    pub bn1: BatchNorm,
    /// w channels, four times as many behind bottlenecks; the same for the next.
    pub layer1: Vec<Block>,
    /// 2w channels, half the side.
    pub layer2: Vec<Block>,
    /// 4w channels, a quarter of the side.
    pub layer3: Vec<Block>,
    /// 8w channels, an eighth of the side.
    pub layer4: Vec<Block>,
    /// 8w (32w behind bottlenecks) → classes.
    pub fc: Linear,
}

impl ResNet {
    /// A network with torchvision's initialisation: convolutions Kaiming normal (fan out, `ReLU`), batch norm 1 and 0, the last
    /// layer uniform in ±1/√inputs. Drawn in the order of the definition: stem, blocks (`conv1`, `conv2`, `conv3`, `downsample`), `fc`.
    pub(crate) fn build(
        stages: &Stages,
        width: usize,
        classes: usize,
        draw: &mut impl Draw,
        device: &Device,
    ) -> Self {
        let conv1 = Conv2d::kaiming(draw, [width, 3, 7, 7], device);
        let [layer1, layer2, layer3, layer4] = stages.places(width).map(|places| {
            places.iter().map(|place| Block::build(place, stages.bottleneck, draw, device)).collect()
        });
        let fc = Linear::init(draw, stages.features(width), classes, device);
        Self { conv1, bn1: BatchNorm::init(width, device), layer1, layer2, layer3, layer4, fc }
    }

    /// Logits by the running statistics: `[n, 3, s, s]`, normalised → `[n, classes]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        self.run(x, [BatchNorm::forward; 5])
    }

    /// Logits by the batch's statistics, updating the running ones, of the parts that learn, and by the running ones of those that are
    /// `frozen`: `[n, 3, s, s]`, normalised → `[n, classes]`.
    pub(crate) fn forward_train(&self, x: Tensor<4>, frozen: Frozen) -> Tensor<2> {
        self.run(x, frozen.map(|frozen| if frozen { BatchNorm::forward } else { BatchNorm::forward_train }))
    }

    /// Without gradients of the `frozen` parts.
    pub(crate) fn without_gradients_of(mut self, frozen: Frozen) -> Self {
        let [stem, stages @ ..] = frozen;
        if stem {
            self.conv1 = self.conv1.no_grad();
            self.bn1 = self.bn1.no_grad();
        }
        let layers = [&mut self.layer1, &mut self.layer2, &mut self.layer3, &mut self.layer4];
        for (layer, _) in layers.into_iter().zip(stages).filter(|(_, frozen)| *frozen) {
            *layer = std::mem::take(layer).into_iter().map(Module::no_grad).collect();
        }
        self
    }

    /// The last stage by the running statistics: `[n, 3, s, s]`, normalised → `[n, 8w, s/32, s/32]` (32w behind bottlenecks).
    pub fn last_stage(&self, x: Tensor<4>) -> Tensor<4> {
        self.stages(x, [BatchNorm::forward; 5])
    }

    /// The norms from the input on; a block's shortcut comes last.
    pub(crate) fn norms(&self) -> Vec<&BatchNorm> {
        let blocks = [&self.layer1, &self.layer2, &self.layer3, &self.layer4].into_iter().flatten();
        std::iter::once(&self.bn1).chain(blocks.flat_map(Block::norms)).collect()
    }

    /// The same, to be changed.
    pub(crate) fn norms_mut(&mut self) -> Vec<&mut BatchNorm> {
        let stages = [&mut self.layer1, &mut self.layer2, &mut self.layer3, &mut self.layer4];
        let blocks = stages.into_iter().flatten();
        std::iter::once(&mut self.bn1).chain(blocks.flat_map(Block::norms_mut)).collect()
    }

    fn run(&self, x: Tensor<4>, norms: [Norm; 5]) -> Tensor<2> {
        self.fc.forward(ops::global_avg_pool(self.stages(x, norms)))
    }

    fn stages(&self, x: Tensor<4>, norms: [Norm; 5]) -> Tensor<4> {
        let [norm, of_stages @ ..] = norms;
        let x = norm(&self.bn1, &self.conv1, x, (2, Padding::Zero(3)), None, Activation::Relu);
        let mut x = ops::max_pool_3x3_s2_p1(x);
        for (stage, blocks) in
            [&self.layer1, &self.layer2, &self.layer3, &self.layer4].into_iter().enumerate()
        {
            for (i, block) in blocks.iter().enumerate() {
                x = block.run(x, stride(stage, i), of_stages[stage]);
            }
        }
        x
    }
}

impl TorchNames for ResNet {
    fn torch_name(&self, path: &[String]) -> String {
        let in_shortcut = |i: usize| i > 0 && path[i - 1] == "downsample";
        let names = path.iter().enumerate().map(|(i, part)| match part.as_str() {
            "conv" if in_shortcut(i) => "0",
            "bn" if in_shortcut(i) => "1",
            part => part,
        });
        names.collect::<Vec<_>>().join(".")
    }
}

/// Which parts do not learn, from the input on ([`crate::Part::ALL`]).
pub(crate) type Frozen = [bool; 5];

/// One of the two forward passes of [`BatchNorm`] behind its convolution.
type Norm = fn(&BatchNorm, &Conv2d, Tensor<4>, (usize, Padding), Option<Tensor<4>>, Activation) -> Tensor<4>;

/// Two 3×3 convolutions, or a bottleneck of 1×1, 3×3 and 1×1, and a shortcut around them.
#[derive(Module, Debug)]
pub struct Block {
    /// 3×3 with the block's stride; of a bottleneck 1×1.
    pub conv1: Conv2d,
    /// Norm after `conv1`.
    pub bn1: BatchNorm,
    /// 3×3; of a bottleneck with the block's stride.
    pub conv2: Conv2d,
    /// Norm after `conv2`.
    pub bn2: BatchNorm,
    /// A bottleneck's end, 1×1.
    pub conv3: Option<Conv2d>,
    /// Norm after `conv3`.
    pub bn3: Option<BatchNorm>,
    /// The shortcut's projection, where channels or side change.
    pub downsample: Option<Downsample>,
}

/// A 1×1 convolution and its norm; torchvision's names are `downsample.0` and `downsample.1`.
#[derive(Module, Debug)]
pub struct Downsample {
    /// 1×1 with the block's stride.
    pub conv: Conv2d,
    /// Norm after it.
    pub bn: BatchNorm,
}

impl Block {
    fn build(place: &Place, bottleneck: bool, draw: &mut impl Draw, device: &Device) -> Self {
        let &Place { inputs, inner, outputs, .. } = place;
        let k = if bottleneck { 1 } else { 3 };
        Self {
            conv1: Conv2d::kaiming(draw, [inner, inputs, k, k], device),
            bn1: BatchNorm::init(inner, device),
            conv2: Conv2d::kaiming(draw, [inner, inner, 3, 3], device),
            bn2: BatchNorm::init(inner, device),
            conv3: bottleneck.then(|| Conv2d::kaiming(draw, [outputs, inner, 1, 1], device)),
            bn3: bottleneck.then(|| BatchNorm::init(outputs, device)),
            downsample: place.has_projection().then(|| Downsample {
                conv: Conv2d::kaiming(draw, [outputs, inputs, 1, 1], device),
                bn: BatchNorm::init(outputs, device),
            }),
        }
    }

    fn norms(&self) -> impl Iterator<Item = &BatchNorm> {
        let shortcut = self.downsample.as_ref().map(|d| &d.bn);
        [Some(&self.bn1), Some(&self.bn2), self.bn3.as_ref(), shortcut].into_iter().flatten()
    }

    fn norms_mut(&mut self) -> impl Iterator<Item = &mut BatchNorm> {
        let shortcut = self.downsample.as_mut().map(|d| &mut d.bn);
        [Some(&mut self.bn1), Some(&mut self.bn2), self.bn3.as_mut(), shortcut].into_iter().flatten()
    }

    fn run(&self, x: Tensor<4>, stride: usize, norm: Norm) -> Tensor<4> {
        let (same, none) = (Padding::Zero(1), Padding::Zero(0));
        let (x, side) = ops::fork(x);
        let shortcut = |side| match &self.downsample {
            Some(d) => norm(&d.bn, &d.conv, side, (stride, none), None, Activation::None),
            None => side,
        };
        let relu = Activation::Relu;
        match self.conv3.as_ref().zip(self.bn3.as_ref()) {
            None => {
                let y = norm(&self.bn1, &self.conv1, x, (stride, same), None, relu);
                let shortcut = shortcut(side);
                norm(&self.bn2, &self.conv2, y, (1, same), Some(shortcut), relu)
            }
            Some((conv3, bn3)) => {
                let y = norm(&self.bn1, &self.conv1, x, (1, none), None, relu);
                let y = norm(&self.bn2, &self.conv2, y, (stride, same), None, relu);
                let shortcut = shortcut(side);
                norm(bn3, conv3, y, (1, none), Some(shortcut), relu)
            }
        }
    }
}
