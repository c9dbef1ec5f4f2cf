//! Which network it is, with its size.

use std::collections::{BTreeMap, BTreeSet};

use super::generator::GeneratorSize;
use super::resnet::ResNetSize;
use super::tensors::Held;

/// Which network, with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// A classifier with torchvision's names.
    Classifier(ResNetSize),
    /// A generator with the names of `CycleGAN`'s code.
    Generator(GeneratorSize),
}

impl NetworkKind {
    /// For people: "a ResNet-18 of width 64 with 2 outputs".
    pub fn title(&self) -> String {
        match self {
            Self::Classifier(size) => {
                format!("a {} of width {} with {} outputs", size.depth.title(), size.width, size.classes)
            }
            Self::Generator(size) => format!(
                "a CycleGAN generator{} of width {} with {} blocks",
                if size.is_told { " with a dial" } else { "" },
                size.width,
                size.blocks
            ),
        }
    }

    /// As one word, for metadata: `resnet18`, `cyclegan-generator`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Classifier(size) => size.depth.name(),
            Self::Generator(_) => "cyclegan-generator",
        }
    }

    /// Names and shapes of its tensors, in torch's order.
    pub(crate) fn layout(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::Classifier(size) => size.layout(),
            Self::Generator(size) => size.layout(),
        }
    }

    /// The network that names and shapes tell, every one of them checked; the error is the reason.
    pub(super) fn of(tensors: &BTreeMap<String, Held>) -> Result<Self, String> {
        let shape = |name: &str| tensors.get(name).map(|held| held.shape.clone());
        let kind = if tensors.contains_key("conv1.weight") {
            Self::Classifier(ResNetSize::of(&shape)?)
        } else if tensors.contains_key("model.1.weight") {
            Self::Generator(GeneratorSize::of(&shape)?)
        } else {
            return Err("it holds neither \"conv1.weight\" of a ResNet nor \"model.1.weight\" of a CycleGAN generator".to_owned());
        };
        let layout = kind.layout();
        for (name, wanted) in &layout {
            match tensors.get(name) {
                None => return Err(format!("tensor {} of {} is missing", files::quoted(name), kind.title())),
                Some(held) if held.shape != *wanted => {
                    return Err(format!(
                        "tensor {} is of shape {:?}, and {} has {wanted:?} there",
                        files::quoted(name),
                        held.shape,
                        kind.title()
                    ));
                }
                Some(_) => {}
            }
        }
        let known: BTreeSet<&str> = layout.iter().map(|(name, _)| name.as_str()).collect();
        let surplus = tensors.keys().find(|name| !known.contains(name.as_str()) && !kind.may_have(name));
        match surplus {
            Some(name) => Err(format!("tensor {} has no place in {}", files::quoted(name), kind.title())),
            None => Ok(kind),
        }
    }

    /// Tensors that nothing is computed with: counters of batches, and the statistics of instance norm that old generators carry.
    fn may_have(&self, name: &str) -> bool {
        let unused: &[&str] = match self {
            Self::Classifier(_) => &[".num_batches_tracked"],
            Self::Generator(_) => &[".num_batches_tracked", ".running_mean", ".running_var"],
        };
        unused.iter().any(|ending| name.ends_with(ending))
    }
}
