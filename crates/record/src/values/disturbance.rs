//! How test tiles are disturbed, to see what a classifier then still tells.

use super::{NotAValue, as_text};
use std::fmt;
use std::str::FromStr;

/// A kind of disturbance; its strength is a number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disturbance {
    /// The fast gradient sign method, `fgsm`: every value moves by ε the way in which the loss grows. Strength: ε in 255ths.
    Fgsm,
    /// Projected gradient descent, `pgd`: ten such steps within ±ε. Strength: ε in 255ths.
    Pgd,
    /// More or less of the first stain of a tile, `hematoxylin`. Strength: the factor on its concentration.
    Hematoxylin,
    /// More or less of the second, `eosin`. Strength: the factor on its concentration.
    Eosin,
    /// Whichever of these changes of a stain misleads a network most, `worst-stain`. No strength.
    WorstStain,
    /// Compression, `jpeg`. Strength: its quality, 1 to 100.
    Jpeg,
}

impl Disturbance {
    /// All of them, in the order of `results.json`.
    pub const ALL: [Self; 6] =
        [Self::Fgsm, Self::Pgd, Self::Hematoxylin, Self::Eosin, Self::WorstStain, Self::Jpeg];

    /// Whether it is made against the network that it misleads.
    pub fn is_attack(self) -> bool {
        matches!(self, Self::Fgsm | Self::Pgd)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fgsm => "fgsm",
            Self::Pgd => "pgd",
            Self::Hematoxylin => "hematoxylin",
            Self::Eosin => "eosin",
            Self::WorstStain => "worst-stain",
            Self::Jpeg => "jpeg",
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Disturbance {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let named = Self::ALL.into_iter().find(|disturbance| disturbance.name() == text);
        named.ok_or_else(|| NotAValue::new(text, "disturbance"))
    }
}

as_text!(Disturbance);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disturbance_is_read_back_as_it_is_spelled() {
        for disturbance in Disturbance::ALL {
            assert_eq!(disturbance.to_string().parse(), Ok(disturbance));
            assert_eq!(serde_json::to_string(&disturbance).unwrap(), format!("\"{disturbance}\""));
        }
        assert!("noise".parse::<Disturbance>().is_err());
    }
}
