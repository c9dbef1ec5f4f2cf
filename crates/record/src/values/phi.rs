//! Selectivity.

use super::NotAValue;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A selectivity φ in percent: the hard tiles are the lowest φ percent of class X (METHOD.md, step 4).
///
/// Spelled in its shortest form wherever it is text: `25`, `12.5`. In JSON, TOML and tables it is a number. A study takes values above 0
/// and up to 50; the type does not, so that a setting out of that range can be told with its line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phi(f64);

impl Phi {
    /// So many percent.
    pub const fn new(percent: f64) -> Self {
        Self(percent)
    }

    /// In percent.
    pub const fn percent(self) -> f64 {
        self.0
    }

    /// The selectivity that stands for a study where one must do (the naive baseline's number of tiles, the severity probe, a figure):
    /// the paper's 25, else the first. `None` of no selectivities.
    pub fn reference(of: &[Self]) -> Option<Self> {
        of.iter().copied().find(|phi| phi.0 == 25.0).or_else(|| of.first().copied())
    }

    /// Of `n` tiles of class X, how many are easy (the top half) and how many hard (the lowest φ percent), both rounded down
    /// (METHOD.md, "easy / hard").
    pub fn easy_and_hard(self, n: usize) -> (usize, usize) {
        // The small addition keeps 12.5 % of 1,600 from becoming 199 by rounding error.
        (n / 2, (n as f64 * self.0 / 100.0 + 1e-9).floor() as usize)
    }
}

impl PartialEq for Phi {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Phi {}

impl PartialOrd for Phi {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Phi {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Phi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Phi {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        match text.parse::<f64>() {
            Ok(percent) if percent.is_finite() => Ok(Self(percent)),
            _ => Err(NotAValue::new(text, "selectivity")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spelled_shortest_and_read_back() {
        for (phi, name) in [(50.0, "50"), (25.0, "25"), (12.5, "12.5"), (6.25, "6.25"), (0.1, "0.1")] {
            assert_eq!(Phi::new(phi).to_string(), name);
            assert_eq!(name.parse(), Ok(Phi::new(phi)));
        }
        for bad in ["", "x", "12,5", "NaN", "inf"] {
            assert!(bad.parse::<Phi>().is_err(), "{bad}");
        }
    }

    #[test]
    fn in_json_it_is_the_number() {
        assert_eq!(serde_json::to_string(&[Phi::new(25.0), Phi::new(12.5)]).unwrap(), "[25.0,12.5]");
        assert_eq!(serde_json::from_str::<Phi>("25").unwrap(), Phi::new(25.0));
    }

    #[test]
    fn the_paper_s_selectivity_stands_for_a_study_else_the_first() {
        let reference = |phis: &[f64]| Phi::reference(&phis.iter().map(|p| Phi::new(*p)).collect::<Vec<_>>());
        assert_eq!(reference(&[50.0, 25.0, 12.5]), Some(Phi::new(25.0)));
        assert_eq!(reference(&[12.5, 50.0]), Some(Phi::new(12.5)));
        assert_eq!(reference(&[]), None);
    }

    #[test]
    fn half_is_easy_and_phi_percent_hard_both_rounded_down() {
        assert_eq!(Phi::new(12.5).easy_and_hard(1600), (800, 200));
        assert_eq!(Phi::new(50.0).easy_and_hard(7), (3, 3));
        assert_eq!(Phi::new(25.0).easy_and_hard(1999), (999, 499));
        assert_eq!(Phi::new(25.0).easy_and_hard(0), (0, 0));
    }
}
