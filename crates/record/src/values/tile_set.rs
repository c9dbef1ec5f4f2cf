//! Tiles of which something was measured together.

use super::{NotAValue, Phi, as_text};
use std::fmt;
use std::str::FromStr;

/// A set of tiles that judges or measures were put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSet {
    /// The easy tiles, the same at every selectivity: `source`.
    Source,
    /// Their translations: `phi=25`.
    Generated(Phi),
    /// The translations translated back: `phi=25 reconstructed`.
    Reconstructed(Phi),
    /// The real hard tiles: `phi=25 hard`.
    Hard(Phi),
    /// Real tiles of the other classes: `other`.
    Other,
}

impl fmt::Display for TileSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source => f.write_str("source"),
            Self::Generated(phi) => write!(f, "phi={phi}"),
            Self::Reconstructed(phi) => write!(f, "phi={phi} reconstructed"),
            Self::Hard(phi) => write!(f, "phi={phi} hard"),
            Self::Other => f.write_str("other"),
        }
    }
}

impl FromStr for TileSet {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let fault = || NotAValue::new(text, "set of tiles");
        if text == "source" {
            return Ok(Self::Source);
        }
        if text == "other" {
            return Ok(Self::Other);
        }
        let rest = text.strip_prefix("phi=").ok_or_else(fault)?;
        let (phi, of): (&str, fn(Phi) -> Self) = match rest.split_once(' ') {
            None => (rest, Self::Generated),
            Some((phi, "reconstructed")) => (phi, Self::Reconstructed),
            Some((phi, "hard")) => (phi, Self::Hard),
            Some(_) => return Err(fault()),
        };
        phi.parse().map(of).map_err(|_| fault())
    }
}

as_text!(TileSet);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_back_as_it_is_spelled() {
        let phi = Phi::new(12.5);
        for (set, name) in [
            (TileSet::Source, "source"),
            (TileSet::Generated(phi), "phi=12.5"),
            (TileSet::Reconstructed(phi), "phi=12.5 reconstructed"),
            (TileSet::Hard(phi), "phi=12.5 hard"),
            (TileSet::Other, "other"),
        ] {
            assert_eq!(set.to_string(), name);
            assert_eq!(name.parse(), Ok(set));
        }
        for bad in ["phi=25 soft", "phi=x hard", "hard", ""] {
            assert!(bad.parse::<TileSet>().is_err(), "{bad}");
        }
    }
}
