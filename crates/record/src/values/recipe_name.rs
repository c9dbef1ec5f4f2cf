//! What a recipe is called.

use super::{NotAValue, as_text};
use arrayvec::ArrayString;
use std::fmt;
use std::str::FromStr;

/// The name that a study gives to a recipe, a row of Table 3 of its own: `both-soft`.
///
/// Small letters, digits and dashes, at most 40, a letter first. What names another row or would be read as one (`original`, `naive`,
/// `phi-25`) is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecipeName(ArrayString<40>);

impl RecipeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecipeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecipeName {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let refused = || NotAValue::new(text, "recipe");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_taken = matches!(text, "original" | "naive") || text.starts_with("phi-");
        if is_taken || !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(plain) {
            return Err(refused());
        }
        ArrayString::from(text).map(Self).map_err(|_| refused())
    }
}

as_text!(RecipeName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_short_and_no_other_row() {
        let longest = "a".repeat(40);
        for name in ["both-soft", "v2", &longest] {
            assert_eq!(name.parse::<RecipeName>().unwrap().to_string(), name);
        }
        for name in ["", "original", "naive", "phi-25", "phi=25", "Both", "2nd", "-a", "a b", &"a".repeat(41)]
        {
            assert!(name.parse::<RecipeName>().is_err(), "{name}");
        }
    }
}
