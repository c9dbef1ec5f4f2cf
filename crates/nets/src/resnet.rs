//! ResNet-18 as torchvision defines it (He, Zhang, Ren, Sun: "Deep Residual Learning for Image Recognition", 2016).

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use ops::{Activation, Padding};
use rand::Rng;

use crate::init::{Draw, Random};
use crate::layers::{BatchNorm, Conv2d, Linear};

/// The size of a [`ResNet18`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResNet18Config {
    /// Outputs.
    pub classes: usize,
    /// Channels of the first stage; the four stages have w, 2w, 4w and 8w. 64 is torchvision's.
    pub width: usize,
}

impl ResNet18Config {
    /// A network with torchvision's initialisation: convolutions Kaiming normal (fan out, `ReLU`), batch norm 1 and 0, the last
    /// layer uniform in ±1/√inputs. Drawn in the order of the definition: stem, blocks (`conv1`, `conv2`, `downsample`), `fc`.
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> ResNet18 {
        self.build(&mut Random(rng), device)
    }

    pub(crate) fn build(&self, draw: &mut impl Draw, device: &Device) -> ResNet18 {
        let w = self.width;
        let conv1 = Conv2d::kaiming(draw, [w, 3, 7, 7], device);
        let mut stage = |inputs: usize, outputs: usize| {
            vec![
                BasicBlock::init(draw, inputs, outputs, device),
                BasicBlock::init(draw, outputs, outputs, device),
            ]
        };
        let (layer1, layer2) = (stage(w, w), stage(w, 2 * w));
        let (layer3, layer4) = (stage(2 * w, 4 * w), stage(4 * w, 8 * w));
        let fc = Linear::init(draw, 8 * w, self.classes, device);
        ResNet18 { conv1, bn1: BatchNorm::init(w, device), layer1, layer2, layer3, layer4, fc }
    }
}

/// ResNet-18: a 7×7 stem, four stages of two blocks, average pooling and a linear layer. Fields are named as in torchvision.
///
/// A tile of any side works; one side s leaves the last stage about s/32.
#[derive(Module, Debug)]
pub struct ResNet18 {
    /// The stem's convolution, 7×7 stride 2.
    pub conv1: Conv2d,
    /// The stem's norm.
    pub bn1: BatchNorm,
    /// w channels.
    pub layer1: Vec<BasicBlock>,
    /// 2w channels, half the side.
    pub layer2: Vec<BasicBlock>,
    /// 4w channels, a quarter of the side.
    pub layer3: Vec<BasicBlock>,
    /// 8w channels, an eighth of the side.
    pub layer4: Vec<BasicBlock>,
    /// 8w → classes.
    pub fc: Linear,
}

impl ResNet18 {
    /// Logits by the running statistics: `[n, 3, s, s]`, normalised → `[n, classes]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        self.run(x, BatchNorm::forward)
    }

    /// Logits by the batch's statistics, updating the running ones: `[n, 3, s, s]`, normalised → `[n, classes]`.
    pub fn forward_train(&self, x: Tensor<4>) -> Tensor<2> {
        self.run(x, BatchNorm::forward_train)
    }

    fn run(&self, x: Tensor<4>, norm: Norm) -> Tensor<2> {
        let x = norm(&self.bn1, &self.conv1, x, (2, Padding::Zero(3)), None, Activation::Relu);
        let x = ops::max_pool_3x3_s2_p1(x);
        let blocks = [&self.layer1, &self.layer2, &self.layer3, &self.layer4];
        let x = blocks.into_iter().flatten().fold(x, |x, block| block.run(x, norm));
        self.fc.forward(ops::global_avg_pool(x))
    }

    /// Channels of the first stage.
    pub fn width(&self) -> usize {
        self.conv1.weight.lazy_shape()[0]
    }

    /// Outputs.
    pub fn classes(&self) -> usize {
        self.fc.bias.lazy_shape()[0]
    }
}

/// One of the two forward passes of [`BatchNorm`] behind its convolution.
type Norm = fn(&BatchNorm, &Conv2d, Tensor<4>, (usize, Padding), Option<Tensor<4>>, Activation) -> Tensor<4>;

/// Two 3×3 convolutions and a shortcut around them.
#[derive(Module, Debug)]
pub struct BasicBlock {
    /// 3×3, stride 2 if the block has a `downsample`.
    pub conv1: Conv2d,
    /// Norm after `conv1`.
    pub bn1: BatchNorm,
    /// 3×3, stride 1.
    pub conv2: Conv2d,
    /// Norm after `conv2`.
    pub bn2: BatchNorm,
    /// The shortcut's projection, in the first block of stages 2 to 4.
    pub downsample: Option<Downsample>,
}

/// A 1×1 convolution of stride 2 and its norm; torchvision's names are `downsample.0` and `downsample.1`.
#[derive(Module, Debug)]
pub struct Downsample {
    /// 1×1, stride 2.
    pub conv: Conv2d,
    /// Norm after it.
    pub bn: BatchNorm,
}

impl BasicBlock {
    fn init(draw: &mut impl Draw, inputs: usize, outputs: usize, device: &Device) -> Self {
        Self {
            conv1: Conv2d::kaiming(draw, [outputs, inputs, 3, 3], device),
            bn1: BatchNorm::init(outputs, device),
            conv2: Conv2d::kaiming(draw, [outputs, outputs, 3, 3], device),
            bn2: BatchNorm::init(outputs, device),
            downsample: (inputs != outputs).then(|| Downsample {
                conv: Conv2d::kaiming(draw, [outputs, inputs, 1, 1], device),
                bn: BatchNorm::init(outputs, device),
            }),
        }
    }

    fn run(&self, x: Tensor<4>, norm: Norm) -> Tensor<4> {
        let stride = if self.downsample.is_some() { 2 } else { 1 };
        let (x, side) = ops::fork(x);
        let same = Padding::Zero(1);
        let y = norm(&self.bn1, &self.conv1, x, (stride, same), None, Activation::Relu);
        let shortcut = match &self.downsample {
            Some(d) => norm(&d.bn, &d.conv, side, (2, Padding::Zero(0)), None, Activation::None),
            None => side,
        };
        norm(&self.bn2, &self.conv2, y, (1, same), Some(shortcut), Activation::Relu)
    }
}
