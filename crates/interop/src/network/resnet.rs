//! The ResNets of torchvision (He, Zhang, Ren, Sun: "Deep Residual Learning for Image Recognition", 2016): their sizes and tensors.

/// How many layers a ResNet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResNetDepth {
    /// Four stages of two blocks.
    ResNet18,
    /// 3, 4, 6, 3 blocks.
    ResNet34,
    /// The same numbers of bottlenecks.
    ResNet50,
    /// 3, 4, 23, 3 bottlenecks.
    ResNet101,
}

impl ResNetDepth {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ResNet18, Self::ResNet34, Self::ResNet50, Self::ResNet101];

    /// As torchvision and grayzone call it: `resnet18`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResNet18 => "resnet18",
            Self::ResNet34 => "resnet34",
            Self::ResNet50 => "resnet50",
            Self::ResNet101 => "resnet101",
        }
    }

    /// For people: "ResNet-18".
    pub fn title(self) -> &'static str {
        match self {
            Self::ResNet18 => "ResNet-18",
            Self::ResNet34 => "ResNet-34",
            Self::ResNet50 => "ResNet-50",
            Self::ResNet101 => "ResNet-101",
        }
    }

    /// Blocks of each stage.
    pub(crate) fn blocks(self) -> [usize; 4] {
        match self {
            Self::ResNet18 => [2, 2, 2, 2],
            Self::ResNet34 | Self::ResNet50 => [3, 4, 6, 3],
            Self::ResNet101 => [3, 4, 23, 3],
        }
    }

    /// Whether a block is 1×1, 3×3, 1×1 with four times the channels at its end, and not 3×3, 3×3.
    pub(crate) fn is_bottleneck(self) -> bool {
        matches!(self, Self::ResNet50 | Self::ResNet101)
    }
}

/// The size of a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResNetSize {
    /// How many layers.
    pub depth: ResNetDepth,
    /// Channels of the first stage; torchvision's is 64.
    pub width: usize,
    /// Outputs.
    pub classes: usize,
}

/// One block's place.
pub(crate) struct Place {
    /// `layer1.0`.
    pub name: String,
    /// Channels that come in, are inside, go out.
    pub inputs: usize,
    pub inner: usize,
    pub outputs: usize,
    pub stride: usize,
}

impl Place {
    /// Whether the shortcut has a convolution of its own.
    pub fn has_projection(&self) -> bool {
        self.stride != 1 || self.inputs != self.outputs
    }
}

impl ResNetSize {
    /// The blocks from the input on.
    pub(crate) fn places(&self) -> Vec<Place> {
        let (mut places, mut inputs) = (Vec::new(), self.width);
        for (stage, blocks) in self.depth.blocks().into_iter().enumerate() {
            let inner = self.width.saturating_mul(1 << stage);
            let outputs = inner.saturating_mul(if self.depth.is_bottleneck() { 4 } else { 1 });
            for block in 0..blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let name = format!("layer{}.{block}", stage + 1);
                places.push(Place { name, inputs, inner, outputs, stride });
                inputs = outputs;
            }
        }
        places
    }

    /// Names and shapes in the order of torchvision's `state_dict`, without the counters of batches.
    pub(crate) fn layout(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = Vec::new();
        let conv = |all: &mut Vec<_>, name: String, shape: [usize; 4]| {
            all.push((format!("{name}.weight"), shape.to_vec()));
        };
        let norm = |all: &mut Vec<_>, name: String, channels: usize| {
            for tensor in ["weight", "bias", "running_mean", "running_var"] {
                all.push((format!("{name}.{tensor}"), vec![channels]));
            }
        };
        conv(&mut all, "conv1".to_owned(), [self.width, 3, 7, 7]);
        norm(&mut all, "bn1".to_owned(), self.width);
        let mut last = self.width;
        for Place { name, inputs, inner, outputs, stride } in self.places() {
            let place = Place { name: name.clone(), inputs, inner, outputs, stride };
            let convs = if self.depth.is_bottleneck() {
                vec![[inner, inputs, 1, 1], [inner, inner, 3, 3], [outputs, inner, 1, 1]]
            } else {
                vec![[inner, inputs, 3, 3], [outputs, inner, 3, 3]]
            };
            for (i, shape) in convs.into_iter().enumerate() {
                conv(&mut all, format!("{name}.conv{}", i + 1), shape);
                norm(&mut all, format!("{name}.bn{}", i + 1), shape[0]);
            }
            if place.has_projection() {
                conv(&mut all, format!("{name}.downsample.0"), [outputs, inputs, 1, 1]);
                norm(&mut all, format!("{name}.downsample.1"), outputs);
            }
            last = outputs;
        }
        all.push(("fc.weight".to_owned(), vec![self.classes, last]));
        all.push(("fc.bias".to_owned(), vec![self.classes]));
        all
    }

    /// The size that names and shapes tell; the error is the reason.
    pub(crate) fn of(shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Result<Self, String> {
        let stem = shape("conv1.weight").unwrap_or_default();
        let &[width, inputs, ..] = stem.as_slice() else {
            return Err("tensor \"conv1.weight\" is no convolution".to_owned());
        };
        if inputs != 3 {
            return Err(format!("its first convolution takes {inputs} channels, and 3 are needed"));
        }
        let is_bottleneck = shape("layer1.0.conv3.weight").is_some();
        let mut blocks = [0; 4];
        for (stage, count) in blocks.iter_mut().enumerate() {
            while shape(&format!("layer{}.{count}.conv1.weight", stage + 1)).is_some() {
                *count += 1;
            }
        }
        let fits = |depth: &ResNetDepth| depth.blocks() == blocks && depth.is_bottleneck() == is_bottleneck;
        let Some(depth) = ResNetDepth::ALL.into_iter().find(fits) else {
            return Err(format!(
                "a ResNet with {blocks:?} {} is none of ResNet-18, 34, 50, 101",
                if is_bottleneck { "bottlenecks" } else { "blocks" }
            ));
        };
        let classes = shape("fc.weight").and_then(|shape| shape.first().copied()).unwrap_or_default();
        if width == 0 || classes == 0 {
            return Err("it has no channels or no outputs".to_owned());
        }
        Ok(Self { depth, width, classes })
    }
}
