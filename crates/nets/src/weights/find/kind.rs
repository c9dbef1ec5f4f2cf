//! Which network it is, with its size.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::classifier::Architecture;

/// The network that a file's names and shapes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsKind {
    /// A classifier with torchvision's names.
    Classifier {
        /// Which.
        architecture: Architecture,
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
    /// The same with a further input plane, which tells it how hard its translations are to be.
    Dial {
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
            Self::Classifier { width, classes, .. } => {
                write!(f, "{} of width {width} with {classes} outputs", self.title())
            }
            Self::Generator { width, blocks } | Self::Dial { width, blocks } => {
                write!(f, "{} of width {width} with {blocks} blocks", self.title())
            }
            Self::Discriminator { width } => write!(f, "{} of width {width}", self.title()),
            Self::Unknown => f.write_str(&self.title()),
        }
    }
}

impl WeightsKind {
    /// The network without its size: "a ResNet-18".
    pub(crate) fn title(self) -> String {
        match self {
            Self::Classifier { architecture, .. } => format!("a {}", architecture.title()),
            Self::Generator { .. } => "a CycleGAN generator".to_owned(),
            Self::Dial { .. } => "a generator with a dial".to_owned(),
            Self::Discriminator { .. } => "a PatchGAN discriminator".to_owned(),
            Self::Unknown => "a network that is not known here".to_owned(),
        }
    }
}

/// As one table: `network`, and what there is of `width`, `classes` and `blocks`.
impl Serialize for WeightsKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Default, Serialize)]
        struct Told {
            network: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            width: Option<usize>,
            #[serde(skip_serializing_if = "Option::is_none")]
            classes: Option<usize>,
            #[serde(skip_serializing_if = "Option::is_none")]
            blocks: Option<usize>,
        }
        let told = |network, width| Told { network, width: Some(width), ..Told::default() };
        match *self {
            Self::Classifier { architecture, width, classes } => {
                Told { classes: Some(classes), ..told(architecture.name(), width) }
            }
            Self::Generator { width, blocks } => Told { blocks: Some(blocks), ..told("generator", width) },
            Self::Dial { width, blocks } => Told { blocks: Some(blocks), ..told("dial", width) },
            Self::Discriminator { width } => told("discriminator", width),
            Self::Unknown => Told { network: "unknown", ..Told::default() },
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_as_one_table() {
        let architecture = Architecture::ResNet50;
        for (kind, json) in [
            (
                WeightsKind::Classifier { architecture, width: 8, classes: 2 },
                r#"{"network":"resnet50","width":8,"classes":2}"#,
            ),
            (
                WeightsKind::Generator { width: 8, blocks: 3 },
                r#"{"network":"generator","width":8,"blocks":3}"#,
            ),
            (WeightsKind::Dial { width: 8, blocks: 3 }, r#"{"network":"dial","width":8,"blocks":3}"#),
            (WeightsKind::Discriminator { width: 8 }, r#"{"network":"discriminator","width":8}"#),
            (WeightsKind::Unknown, r#"{"network":"unknown"}"#),
        ] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), json);
        }
    }
}
