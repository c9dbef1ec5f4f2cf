//! What a classifier is retrained on.

use super::{NotAValue, Phi, RecipeName, as_text};
use std::fmt;
use std::str::FromStr;

/// A training set of Table 3: the original tiles, alone or with additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingSet {
    /// The training tiles as they are: `original`.
    Original,
    /// With mixed examples, left half easy, right half hard: `naive`.
    Naive,
    /// With the kept translations at this selectivity: `phi=25`.
    Phi(Phi),
    /// By a recipe of the study's own, under its name: `both-soft`.
    Recipe(RecipeName),
}

impl TrainingSet {
    /// Its selectivity, if it has one.
    pub fn phi(self) -> Option<Phi> {
        match self {
            Self::Phi(phi) => Some(phi),
            Self::Original | Self::Naive | Self::Recipe(_) => None,
        }
    }
}

impl fmt::Display for TrainingSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original => f.write_str("original"),
            Self::Naive => f.write_str("naive"),
            Self::Phi(phi) => write!(f, "phi={phi}"),
            Self::Recipe(name) => name.fmt(f),
        }
    }
}

impl FromStr for TrainingSet {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        match text {
            "original" => Ok(Self::Original),
            "naive" => Ok(Self::Naive),
            _ => {
                let phi = text.strip_prefix("phi=").and_then(|phi| phi.parse().ok()).map(Self::Phi);
                let set = phi.or_else(|| text.parse().ok().map(Self::Recipe));
                set.ok_or_else(|| NotAValue::new(text, "training set"))
            }
        }
    }
}

as_text!(TrainingSet);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_back_as_it_is_spelled() {
        let phi = TrainingSet::Phi(Phi::new(12.5));
        let recipe = TrainingSet::Recipe("both-soft".parse().unwrap());
        for (set, name) in [
            (TrainingSet::Original, "original"),
            (TrainingSet::Naive, "naive"),
            (phi, "phi=12.5"),
            (recipe, "both-soft"),
        ] {
            assert_eq!(set.to_string(), name);
            assert_eq!(name.parse(), Ok(set));
            assert_eq!(serde_json::to_string(&set).unwrap(), format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<TrainingSet>(&format!("\"{name}\"")).unwrap(), set);
        }
        assert!("phi=".parse::<TrainingSet>().is_err());
        assert!("Original".parse::<TrainingSet>().is_err());
    }
}
