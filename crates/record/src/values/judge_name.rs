//! Who judges tiles.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::NotAValue;

/// A judge of Figure 6: snapshots of the scorer, and scorers that never saw a tile's slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgeName {
    /// The scorer after its last regular epoch (the paper's initial classifier).
    Initial,
    /// The same scorer after fewer epochs, pooled.
    Earlier,
    /// The same scorer after more epochs, pooled.
    Later,
    /// The scorer that never saw the tile's slide.
    HeldOut,
}

impl JudgeName {
    /// All of them, in the order of `results.json`.
    pub const ALL: [Self; 4] = [Self::Initial, Self::Earlier, Self::Later, Self::HeldOut];

    fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::HeldOut => "held-out",
        }
    }
}

impl fmt::Display for JudgeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for JudgeName {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let named = Self::ALL.into_iter().find(|judge| judge.name() == text);
        named.ok_or_else(|| NotAValue::new(text, "judge"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_judge_is_read_back_as_it_is_spelled_and_serde_spells_it_so() {
        for judge in JudgeName::ALL {
            assert_eq!(judge.to_string().parse(), Ok(judge));
            assert_eq!(serde_json::to_string(&judge).unwrap(), format!("\"{judge}\""));
        }
        assert!("held out".parse::<JudgeName>().is_err());
    }
}
