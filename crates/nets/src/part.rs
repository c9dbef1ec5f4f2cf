//! The parts of a classifier, by their names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of a classifier before its last layer, by torchvision's name; a network that is fine-tuned may keep some as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The stem: `conv1` and `bn1`.
    Conv1,
    /// The first stage of blocks.
    Layer1,
    /// The second.
    Layer2,
    /// The third.
    Layer3,
    /// The fourth.
    Layer4,
}

impl Part {
    /// All of them, from the input on.
    pub const ALL: [Self; 5] = [Self::Conv1, Self::Layer1, Self::Layer2, Self::Layer3, Self::Layer4];

    /// Its name in settings: `layer1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conv1 => "conv1",
            Self::Layer1 => "layer1",
            Self::Layer2 => "layer2",
            Self::Layer3 => "layer3",
            Self::Layer4 => "layer4",
        }
    }

    /// Its place from the input on, from 0.
    pub(crate) fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no [`Part`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a classifier has no part {name:?}; there are {}", Part::ALL.map(Part::name).join(", "))]
pub struct UnknownPart {
    /// The name.
    pub name: String,
}

impl FromStr for Part {
    type Err = UnknownPart;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|part| part.name() == name)
            .ok_or_else(|| UnknownPart { name: name.to_owned() })
    }
}
