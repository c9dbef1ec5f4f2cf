//! Recipes: what a row of Table 3 adds to the original tiles, and how it teaches them. `[[training_set]]` in STUDY.toml.

use std::fmt;

pub use record::{Added, Augmentation, BatchNorm, Classes, Curriculum, Filter, Labels};
use record::{Dial, Phi, RecipeName, Target};
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A recipe. Left out keys are as in the row `original`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the row is called, by the rules of [`RecipeName`]; or one of the paper's rows (`naive`, `phi=25`) as the paper has it, with
    /// nothing more said of it.
    pub name: String,
    /// What is added to the original tiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Part>,
    /// What is learnt of a tile.
    #[serde(default, skip_serializing_if = "Labels::is_default")]
    pub labels: Labels,
    /// How much an added tile counts where an original one counts 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Chosen>,
    /// Whose batch statistics added tiles that a program made are normalised by.
    #[serde(default, skip_serializing_if = "BatchNorm::is_default")]
    pub batch_norm: BatchNorm,
    /// Which original tiles come first.
    #[serde(default, skip_serializing_if = "Curriculum::is_default")]
    pub curriculum: Curriculum,
    /// What happens to every tile, original and added, before it is learnt from.
    #[serde(default, skip_serializing_if = "Augmentation::is_default")]
    pub augmentation: Augmentation,
}

/// Tiles that a recipe adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which.
    pub tiles: Added,
    /// The selectivity of translations, of hard tiles and of naive mixes; a study's reference where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phi: Option<Phi>,
    /// The setting of the dial, in the place of `phi`: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial: Option<f64>,
    /// Of which classes.
    #[serde(default, skip_serializing_if = "Classes::is_default")]
    pub classes: Classes,
    /// Which translations are kept.
    #[serde(default, skip_serializing_if = "Filter::is_default")]
    pub filter: Filter,
    /// How many at most, as a share of the original tiles of the class; all there are (of copies: each tile once) where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Chosen>,
}

impl Part {
    /// What its translations are meant to be, where `reference` is the study's selectivity for those who name none. A dial out of range is
    /// refused before.
    pub fn target(&self, reference: Phi) -> Target {
        match self.dial.and_then(Dial::new) {
            Some(dial) => Target::Dial(dial),
            None => Target::Phi(self.phi.unwrap_or(reference)),
        }
    }
}

/// A number that is written, or one that is chosen on the validation tiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chosen {
    /// This one.
    Fixed(f64),
    /// `"validation"`: of several the one whose networks do best on the validation tiles.
    Validation,
}

/// How a number is written that is chosen on the validation tiles.
pub(super) const VALIDATION: &str = "validation";

impl Serialize for Chosen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(number) => serializer.serialize_f64(*number),
            Self::Validation => serializer.serialize_str(VALIDATION),
        }
    }
}

impl<'de> Deserialize<'de> for Chosen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Chosen;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "a number or \"{VALIDATION}\"")
            }
            fn visit_f64<E>(self, number: f64) -> Result<Chosen, E> {
                Ok(Chosen::Fixed(number))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Chosen, E> {
                Ok(Chosen::Fixed(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Chosen, E> {
                Ok(Chosen::Fixed(number as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Chosen, E> {
                let is_validation = text == VALIDATION;
                is_validation
                    .then_some(Chosen::Validation)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Recipe {
    /// A recipe that says nothing but its name: a row of the paper, or the original tiles under another name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            add: Vec::new(),
            labels: Labels::default(),
            weight: None,
            batch_norm: BatchNorm::default(),
            curriculum: Curriculum::default(),
            augmentation: Augmentation::default(),
        }
    }

    /// Its name, unless it is one of the paper's rows; those that are neither are refused before.
    pub fn recipe_name(&self) -> Option<RecipeName> {
        self.name.parse().ok()
    }
}

/// How entry `at` (from 0) of a list is called to people, inside of `outer` if that is not blank: `[[training_set]] "both-soft"`,
/// `[[training_set]] 2`, and below one `[[training_set]] "both-soft", add 1`.
pub(super) fn told_of(outer: &str, list: &str, at: usize, name: Option<&str>) -> String {
    match name {
        _ if !outer.is_empty() => format!("{outer}, {list} {}", at + 1),
        Some(name) => format!("[[{list}]] {}", files::quoted(name)),
        None => format!("[[{list}]] {}", at + 1),
    }
}
