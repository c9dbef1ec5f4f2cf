//! Which epoch of a training stands for it.

use super::{NotAValue, as_text};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The epoch, or epochs, whose AUC is a training's: the three columns of Table 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EpochChoice {
    /// The five with the highest AUC on the test tiles, averaged: `five-best`. The paper's; it is chosen on what it is measured on.
    FiveBest,
    /// The last: `last`.
    Last,
    /// The one with the highest AUC on the validation tiles: `validation`.
    Validation,
}

impl EpochChoice {
    /// All of them, in the order of Table 3's columns.
    pub const ALL: [Self; 3] = [Self::FiveBest, Self::Last, Self::Validation];

    fn name(self) -> &'static str {
        match self {
            Self::FiveBest => "five-best",
            Self::Last => "last",
            Self::Validation => "validation",
        }
    }

    /// `scores-last.csv` in the folder of a training: [`crate::ScoreRow`] of each tile at that epoch. There is none of five epochs.
    pub fn scores_csv(self, training: &Path) -> PathBuf {
        training.join(format!("scores-{self}.csv"))
    }
}

impl fmt::Display for EpochChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EpochChoice {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let named = Self::ALL.into_iter().find(|choice| choice.name() == text);
        named.ok_or_else(|| NotAValue::new(text, "choice of epochs"))
    }
}

as_text!(EpochChoice);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_back_as_it_is_spelled() {
        for choice in EpochChoice::ALL {
            assert_eq!(choice.to_string().parse(), Ok(choice));
            assert_eq!(serde_json::to_string(&choice).unwrap(), format!("\"{choice}\""));
        }
        assert!("best".parse::<EpochChoice>().is_err());
        assert!(EpochChoice::Last.scores_csv(Path::new("a")).ends_with("scores-last.csv"));
    }
}
