//! What a weights file holds, for people.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::read::{self, FileTensor, WeightsFile};
use crate::error::NetsError;

/// The network that a file's names and shapes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "network", rename_all = "kebab-case")]
pub enum WeightsKind {
    /// ResNet-18 with torchvision's names.
    #[serde(rename = "resnet18")]
    ResNet18 {
        /// Channels of the first stage.
        width: usize,
        /// Outputs.
        classes: usize,
    },
    /// The canonical `CycleGAN` generator.
    Generator {
        /// Channels after the first convolution.
        width: usize,
        /// Residual blocks.
        blocks: usize,
    },
    /// The 70×70 `PatchGAN`.
    Discriminator {
        /// Channels after the first convolution.
        width: usize,
    },
    /// Anything else.
    Unknown,
}

impl fmt::Display for WeightsKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::ResNet18 { width, classes } => {
                write!(f, "a ResNet-18 of width {width} with {classes} outputs")
            }
            Self::Generator { width, blocks } => {
                write!(f, "a CycleGAN generator of width {width} with {blocks} blocks")
            }
            Self::Discriminator { width } => write!(f, "a PatchGAN discriminator of width {width}"),
            Self::Unknown => f.write_str("a network that is not known here"),
        }
    }
}

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorInfo {
    /// Its name, without a leading `module.`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its element type, as safetensors names it: "F32", "I64", ….
    pub dtype: String,
    /// The least finite value, if there is one.
    pub min: Option<f64>,
    /// The greatest finite value, if there is one.
    pub max: Option<f64>,
    /// The mean of the finite values, if there is one.
    pub mean: Option<f64>,
    /// How many values are NaN or infinite.
    pub not_finite: usize,
}

/// What a weights file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightsInfo {
    /// The network.
    pub kind: WeightsKind,
    /// Its tensors, sorted by name.
    pub tensors: Vec<TensorInfo>,
    /// The texts in a `.safetensors` header.
    pub metadata: BTreeMap<String, String>,
    /// How many trainable numbers there are (running statistics and counters aside).
    pub parameters: usize,
}

/// Lists what a `.safetensors` or `.pth` file holds, usable or not.
///
/// # Errors
/// [`NetsError::Read`], or [`NetsError::NotWeights`] for a damaged or foreign file.
pub fn inspect_weights(path: &Path) -> Result<WeightsInfo, NetsError> {
    let file = read::read(path)?;
    let kind = kind_of(&file);
    let parameters = file
        .tensors
        .iter()
        .filter(|(name, tensor)| {
            tensor.is_float() && !name.ends_with("running_mean") && !name.ends_with("running_var")
        })
        .map(|(_, tensor)| tensor.values.len())
        .sum();
    let tensors = file.tensors.iter().map(|(name, tensor)| summary(name, tensor)).collect();
    Ok(WeightsInfo { kind, tensors, metadata: file.metadata, parameters })
}

fn summary(name: &str, tensor: &FileTensor) -> TensorInfo {
    let finite: Vec<f64> = tensor.values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)).collect();
    TensorInfo {
        name: name.to_owned(),
        shape: tensor.shape.clone(),
        dtype: tensor.dtype.clone(),
        min: finite.iter().copied().reduce(f64::min),
        max: finite.iter().copied().reduce(f64::max),
        mean: (!finite.is_empty()).then(|| finite.iter().sum::<f64>() / finite.len() as f64),
        not_finite: tensor.values.len() - finite.len(),
    }
}

/// The network that the names belong to; whether all of it fits is for loading to find out.
pub(super) fn kind_of(file: &WeightsFile) -> WeightsKind {
    let first = |name: &str| file.tensors.get(name).and_then(|t| t.shape.first().copied());
    let has = |name: &str| file.tensors.contains_key(name);
    if let (Some(width), Some(classes)) = (first("conv1.weight"), first("fc.weight")) {
        if has("layer4.1.conv2.weight") && !has("layer1.0.conv3.weight") && !has("layer1.2.conv1.weight") {
            return WeightsKind::ResNet18 { width, classes };
        }
    } else if let (Some(width), Some(_)) = (first("model.1.weight"), first("model.7.weight")) {
        let blocks = (10..10_000).take_while(|i| has(&format!("model.{i}.conv_block.1.weight"))).count();
        return WeightsKind::Generator { width, blocks };
    } else if let (Some(width), Some(1)) = (first("model.0.weight"), first("model.11.weight")) {
        return WeightsKind::Discriminator { width };
    }
    WeightsKind::Unknown
}
