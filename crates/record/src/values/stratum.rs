//! Test tiles by the agreement of their annotators.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::NotAValue;

/// The test tiles that an AUC of Table 3 is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stratum {
    /// Every test tile: `all`.
    All,
    /// Those on which the annotators were of one mind: `high`.
    High,
    /// The others: `low`.
    Low,
}

impl Stratum {
    /// All of them, in the order of `results.json`.
    pub const ALL: [Self; 3] = [Self::All, Self::High, Self::Low];

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Stratum {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let named = Self::ALL.into_iter().find(|stratum| stratum.name() == text);
        named.ok_or_else(|| NotAValue::new(text, "stratum"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_is_read_back_as_it_is_spelled_and_serde_spells_it_so() {
        for stratum in Stratum::ALL {
            assert_eq!(stratum.to_string().parse(), Ok(stratum));
            assert_eq!(serde_json::to_string(&stratum).unwrap(), format!("\"{stratum}\""));
        }
        assert!("none".parse::<Stratum>().is_err());
    }
}
