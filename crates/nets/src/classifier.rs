//! The classifier, whatever network it is: the one place that knows every [`Architecture`].

use std::fmt;
use std::str::FromStr;

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
};
use burn::tensor::{Device, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::cost::{Cost, Layer};
use crate::init::{Draw, Random};
use crate::layers::{BatchNorm, Linear};
use crate::named::TorchNames;
use crate::part::Part;
use crate::resnet::{self, Frozen, ResNet, Stages};

/// Which network a classifier is; in settings and files by its name, `resnet18`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Four stages of two blocks: the paper's.
    #[default]
    ResNet18,
    /// The same blocks, twice as many.
    ResNet34,
    /// As many blocks as that, each of three convolutions.
    ResNet50,
}

/// What there is to know of an architecture.
struct Row {
    name: &'static str,
    title: &'static str,
    stages: Stages,
}

impl Architecture {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::ResNet18, Self::ResNet34, Self::ResNet50];

    fn row(self) -> Row {
        let row = |name, title, stages| Row { name, title, stages };
        match self {
            Self::ResNet18 => {
                row("resnet18", "ResNet-18", Stages { blocks: [2, 2, 2, 2], bottleneck: false })
            }
            Self::ResNet34 => {
                row("resnet34", "ResNet-34", Stages { blocks: [3, 4, 6, 3], bottleneck: false })
            }
            Self::ResNet50 => row("resnet50", "ResNet-50", Stages { blocks: [3, 4, 6, 3], bottleneck: true }),
        }
    }

    /// Names of tensors by which a file is known to hold one, set by set.
    pub(crate) const SIGNS: &'static [&'static [&'static str]] = &[resnet::SIGNS];

    /// What a file's tensors look like that are of none of them, such as "a ResNet-101"; `shape` tells a tensor's.
    pub(crate) fn look_alike<'a>(shape: &dyn Fn(&str) -> Option<&'a [usize]>) -> Option<String> {
        resnet::look_alike(shape, &Self::ALL.map(|architecture| architecture.row().stages))
    }

    /// Its name in settings and files: `resnet18`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its name for people: "ResNet-18".
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Whether it is the one that files and settings mean when they name none.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if hands it over so")]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// All titles for a sentence: "ResNet-18, ResNet-34 or ResNet-50".
    pub fn any() -> String {
        let titles = Self::ALL.map(Self::title);
        // There is a default, so the list is not empty.
        let (last, first) = titles.split_last().expect("an architecture");
        if first.is_empty() { (*last).to_owned() } else { format!("{} or {last}", first.join(", ")) }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no [`Architecture`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no architecture {name:?}; there are {}", Architecture::ALL.map(Architecture::name).join(", "))]
pub struct UnknownArchitecture {
    /// The name.
    pub name: String,
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|architecture| architecture.name() == name)
            .ok_or_else(|| UnknownArchitecture { name: name.to_owned() })
    }
}

/// The size of a [`Classifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassifierConfig {
    /// Which network.
    pub architecture: Architecture,
    /// Outputs.
    pub classes: usize,
    /// Channels of the first stage; 64 is the published size.
    pub width: usize,
}

impl ClassifierConfig {
    /// A network with torchvision's initialisation, drawn in the order of its definition (see [`ResNet`]).
    pub fn init(&self, rng: &mut impl Rng, device: &Device) -> Classifier {
        self.build(&mut Random(rng), device)
    }

    pub(crate) fn build(&self, draw: &mut impl Draw, device: &Device) -> Classifier {
        let stages = self.architecture.row().stages;
        Classifier {
            architecture: self.architecture,
            frozen: Frozen::default(),
            network: ResNet::build(&stages, self.width, self.classes, draw, device),
        }
    }
}

impl Cost for ClassifierConfig {
    fn layers(&self, px: usize) -> Vec<Layer> {
        self.architecture.row().stages.layers(self.width, self.classes, px)
    }
}

/// A network that gives a tile one logit a class.
///
/// For Burn it is its network: a tensor's path has no part for the wrapping, so that checkpoints name tensors by the network alone.
#[derive(Debug, Clone)]
pub struct Classifier {
    architecture: Architecture,
    frozen: Frozen,
    /// The network itself.
    pub network: ResNet,
}

impl Classifier {
    /// Logits by the running statistics: `[n, 3, s, s]`, normalised → `[n, classes]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        self.network.forward(x)
    }

    /// Logits by the batch's statistics, updating the running ones: `[n, 3, s, s]`, normalised → `[n, classes]`. Frozen parts go by the
    /// running ones and leave them.
    pub fn forward_train(&self, x: Tensor<4>) -> Tensor<2> {
        self.network.forward_train(x, self.frozen)
    }

    /// The network whose `parts` keep what they are: they get no gradients, and their running statistics stay.
    #[must_use]
    pub fn freeze(self, parts: &[Part]) -> Self {
        let mut frozen = self.frozen;
        for part in parts {
            frozen[part.place()] = true;
        }
        Self { frozen, network: self.network.without_gradients_of(frozen), ..self }
    }

    /// The network with a new last layer of so many outputs, drawn as [`ClassifierConfig::init`] does.
    #[must_use]
    pub fn with_outputs(mut self, classes: usize, rng: &mut impl Rng, device: &Device) -> Self {
        let features = self.network.fc.weight.lazy_shape()[1];
        self.network.fc = Linear::init(&mut Random(rng), features, classes, device);
        self
    }

    /// Channel by channel where the last stage, which the linear layer sees the means of, finds what: by the running statistics,
    /// `[n, 3, s, s]`, normalised → `[n, channels, h, w]`.
    pub fn last_stage(&self, x: Tensor<4>) -> Tensor<4> {
        self.network.last_stage(x)
    }

    /// The features before the linear layer: `[n, 3, s, s]`, normalised → `[n, channels]`.
    pub fn features(&self, x: Tensor<4>) -> Tensor<2> {
        ops::global_avg_pool(self.last_stage(x))
    }

    /// Which network it is.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Channels of the first stage.
    pub fn width(&self) -> usize {
        self.network.conv1.weight.lazy_shape()[0]
    }

    /// Outputs.
    pub fn classes(&self) -> usize {
        self.network.fc.bias.lazy_shape()[0]
    }

    /// Its batch norms, from the input on.
    pub(crate) fn norms(&self) -> Vec<&BatchNorm> {
        self.network.norms()
    }

    /// The same, to be changed.
    pub(crate) fn norms_mut(&mut self) -> Vec<&mut BatchNorm> {
        self.network.norms_mut()
    }

    fn map_network(self, f: impl FnOnce(ResNet) -> ResNet) -> Self {
        Self { network: f(self.network), ..self }
    }
}

impl Module for Classifier {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.network.visit(visitor);
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        self.map_network(|network| network.map(mapper))
    }

    fn to_device(self, device: &Device) -> Self {
        self.map_network(|network| network.to_device(device))
    }

    fn fork(self, device: &Device) -> Self {
        self.map_network(|network| network.fork(device))
    }

    fn collect_devices(&self, devices: Devices) -> Devices {
        self.network.collect_devices(devices)
    }

    fn materialize(self) -> Self {
        self.map_network(Module::materialize)
    }

    fn valid(&self) -> Self {
        Self { network: self.network.valid(), ..*self }
    }

    fn train(self) -> Self {
        self.map_network(Module::train)
    }
}

impl TorchNames for Classifier {
    fn torch_name(&self, path: &[String]) -> String {
        self.network.torch_name(path)
    }
}

impl ModuleDisplay for Classifier {}

impl ModuleDisplayDefault for Classifier {
    fn content(&self, content: Content) -> Option<Content> {
        self.network.content(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for architecture in Architecture::ALL {
            let name = architecture.to_string();
            assert_eq!(name.parse(), Ok(architecture));
            assert_eq!(serde_json::to_string(&architecture).unwrap(), format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<Architecture>(&format!("\"{name}\"")).unwrap(), architecture);
        }
        assert!(
            Architecture::any().starts_with("ResNet-18, ResNet-34") && Architecture::any().contains(" or ")
        );
        let error = "resnet19".parse::<Architecture>().unwrap_err().to_string();
        assert!(
            error.starts_with("there is no architecture \"resnet19\"; there are resnet18, resnet34"),
            "{error}"
        );
    }
}
