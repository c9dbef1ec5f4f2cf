//! Which translations: of which class, and how hard.

use super::{NotAValue, Phi, as_text};
use std::fmt;
use std::str::FromStr;

/// A setting of the dial: the rank of confidence within a class that translations are to have, 0 the hardest and 1 the easiest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dial(f64);

impl Dial {
    /// The rank `share`, from 0 to 1; `None` of anything else.
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// From 0 to 1.
    pub const fn share(self) -> f64 {
        self.0
    }

    /// The middle of the hardest `phi` percent.
    pub fn of_phi(phi: Phi) -> Self {
        Self(phi.percent() / 200.0)
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Dial {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| NotAValue::new(text, "setting of the dial"))
    }
}

/// How hard translations are meant to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// As the lowest φ percent: `phi-25`.
    Phi(Phi),
    /// By the dial: `dial-0.3`.
    Dial(Dial),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phi(phi) => write!(f, "phi-{phi}"),
            Self::Dial(dial) => write!(f, "dial-{dial}"),
        }
    }
}

impl FromStr for Target {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let phi = || Some(Self::Phi(text.strip_prefix("phi-")?.parse().ok()?));
        let dial = || Some(Self::Dial(text.strip_prefix("dial-")?.parse().ok()?));
        phi().or_else(dial).ok_or_else(|| NotAValue::new(text, "target of a translation"))
    }
}

/// Translations of the easy tiles of a class: `phi-25` of class X, `phi-25-class-1` of the class with index 1 among the study's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Translated {
    /// How hard they are meant to be.
    pub target: Target,
    /// Which class, if it is not class X.
    pub class: Option<usize>,
}

impl Translated {
    /// Those of class X at a selectivity, as in the paper.
    pub const fn of_x(phi: Phi) -> Self {
        Self { target: Target::Phi(phi), class: None }
    }
}

const CLASS: &str = "-class-";

impl fmt::Display for Translated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)?;
        self.class.map_or(Ok(()), |class| write!(f, "{CLASS}{class}"))
    }
}

impl FromStr for Translated {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let (target, class) = match text.split_once(CLASS) {
            None => (text, None),
            Some((target, class)) => {
                let class = class.parse().map_err(|_| NotAValue::new(text, "set of translations"))?;
                (target, Some(class))
            }
        };
        Ok(Self { target: target.parse()?, class })
    }
}

as_text!(Translated);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_translations_is_read_back_as_it_is_spelled() {
        let phi = Target::Phi(Phi::new(12.5));
        let dial = Target::Dial(Dial::new(0.3).unwrap());
        for (target, class, spelled) in [
            (phi, None, "phi-12.5"),
            (phi, Some(1), "phi-12.5-class-1"),
            (dial, None, "dial-0.3"),
            (dial, Some(0), "dial-0.3-class-0"),
        ] {
            let set = Translated { target, class };
            assert_eq!(set.to_string(), spelled);
            assert_eq!(spelled.parse(), Ok(set));
        }
        for bad in ["", "25", "phi-", "dial-1.5", "phi-25-class-", "phi-25-class-x"] {
            assert!(bad.parse::<Translated>().is_err(), "{bad}");
        }
        assert_eq!(Translated::of_x(Phi::new(25.0)).to_string(), "phi-25");
        assert_eq!(Dial::of_phi(Phi::new(25.0)).share(), 0.125);
    }
}
