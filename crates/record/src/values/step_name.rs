//! The names of a study's steps, which are also their folders below `steps/`.

use super::{NotAValue, Phi, Target, TrainingSet, Translated, as_text};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A step's name: small letters, digits, dashes and points, such as `retrain-phi-25-seed-0`.
///
/// Whoever adds a step names it with [`StepName::new`]; the names that others look for have a function each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepName(Cow<'static, str>);

impl StepName {
    /// Trains the scorer on all train tiles.
    pub const SCORER: Self = Self::new("scorer");
    /// Confidences of all tiles.
    pub const SCORE: Self = Self::new("score");
    /// The mixed-example baseline.
    pub const NAIVE: Self = Self::new("naive");
    /// Trains the severity probe (synthetic tissue only).
    pub const PROBE: Self = Self::new("probe");
    /// Turns the dial and has every setting judged.
    pub const DIAL: Self = Self::new("dial");
    /// Confidences of the training tiles of other classes than X.
    pub const SCORE_CLASSES: Self = Self::new("score-classes");
    /// Gathers everything into `results.json`.
    pub const EVALUATE: Self = Self::new("evaluate");

    /// A step of which a study has one.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A step of which a study has one a selectivity: `translate-phi-25`.
    pub fn at(what: &str, phi: Phi) -> Self {
        Self(format!("{what}-phi-{phi}").into())
    }

    /// A step of which a study has one for a set of translations: `assess-phi-25`, `translate-dial-0.3-class-1`. Of class X at a selectivity
    /// it is that of [`StepName::at`].
    pub fn of(what: &str, translated: &Translated) -> Self {
        Self(format!("{what}-{translated}").into())
    }

    /// Trains the scorer that never saw the slides of fold `k` (from 0): `fold-0`.
    pub fn fold(k: usize) -> Self {
        Self(format!("fold-{k}").into())
    }

    /// Picks easy and hard tiles at a selectivity: `select-phi-25`.
    pub fn select(phi: Phi) -> Self {
        Self::at("select", phi)
    }

    /// The same of another class than X: `select-phi-25-class-1`.
    pub fn select_of(phi: Phi, class: Option<usize>) -> Self {
        Self::of("select", &Translated { target: Target::Phi(phi), class })
    }

    /// Trains the translator of a selectivity: `translator-phi-25`.
    pub fn translator(phi: Phi) -> Self {
        Self::at("translator", phi)
    }

    /// Trains the dial of a class, where the translator is one, in the place of [`StepName::translator`]: `translator-dial`, and of another
    /// class than X `translator-dial-class-1`.
    pub fn translator_dial(class: Option<usize>) -> Self {
        match class {
            None => Self::new("translator-dial"),
            Some(class) => Self(format!("translator-dial-class-{class}").into()),
        }
    }

    /// Translates the easy tiles and filters them: `translate-phi-25`.
    pub fn translate(phi: Phi) -> Self {
        Self::at("translate", phi)
    }

    /// Measures the translations of a selectivity: `quality-phi-25`.
    pub fn quality(phi: Phi) -> Self {
        Self::at("quality", phi)
    }

    /// Trains one classifier on a training set with one seed: `retrain-phi-25-seed-0`.
    pub fn retrain(set: TrainingSet, seed: u64) -> Self {
        Self(format!("{RETRAIN}{}{SEED}{seed}", dashed(set)).into())
    }

    /// Chooses amount and weight of a row on the validation tiles: `choose-both-soft`.
    pub fn choose(set: TrainingSet) -> Self {
        Self(format!("choose-{}", dashed(set)).into())
    }

    /// Disturbs the test tiles of the classifier that was trained so: `robustness-phi-25-seed-0`.
    pub fn robustness(set: TrainingSet, seed: u64) -> Self {
        Self(format!("robustness-{}{SEED}{seed}", set.to_string().replace('=', "-")).into())
    }

    /// What a step of [`StepName::retrain`] trains on, and its seed; `None` of any other step.
    pub fn retrained(&self) -> Option<(TrainingSet, u64)> {
        let (set, seed) = self.0.strip_prefix(RETRAIN)?.rsplit_once(SEED)?;
        // The one dash that stands for a sign of equality; no recipe's name begins like that.
        let set = set.strip_prefix("phi-").map_or(set.to_owned(), |phi| format!("phi={phi}"));
        Some((set.parse().ok()?, seed.parse().ok()?))
    }

    /// The selectivity of a step of [`StepName::translator`]; `None` of any other step.
    pub fn translator_phi(&self) -> Option<Phi> {
        self.0.strip_prefix("translator-phi-")?.parse().ok()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const RETRAIN: &str = "retrain-";
const SEED: &str = "-seed-";

/// A row as part of a folder's name.
fn dashed(set: TrainingSet) -> String {
    set.to_string().replace('=', "-")
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StepName {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        // It is a folder's name: no hidden one, nor the way out of `steps/`.
        if text.is_empty() || text.starts_with('.') || !text.chars().all(is_plain) {
            return Err(NotAValue::new(text, "step"));
        }
        Ok(Self(text.to_owned().into()))
    }
}

as_text!(StepName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        let phi = Phi::new;
        for (name, spelled) in [
            (StepName::SCORER, "scorer"),
            (StepName::fold(0), "fold-0"),
            (StepName::select(phi(25.0)), "select-phi-25"),
            (StepName::translator(phi(12.5)), "translator-phi-12.5"),
            (StepName::translate(phi(6.25)), "translate-phi-6.25"),
            (StepName::retrain(TrainingSet::Original, 0), "retrain-original-seed-0"),
            (StepName::retrain(TrainingSet::Phi(phi(25.0)), 3), "retrain-phi-25-seed-3"),
            (StepName::robustness(TrainingSet::Phi(phi(25.0)), 0), "robustness-phi-25-seed-0"),
        ] {
            assert_eq!(name.to_string(), spelled);
            assert_eq!(spelled.parse(), Ok(name));
        }
    }

    #[test]
    fn a_retrained_classifier_s_set_and_seed_are_told_from_its_name() {
        let recipe = TrainingSet::Recipe("phases-of-2-seed-x".parse().unwrap());
        for set in [TrainingSet::Original, TrainingSet::Naive, TrainingSet::Phi(Phi::new(12.5)), recipe] {
            assert_eq!(StepName::retrain(set, 7).retrained(), Some((set, 7)));
        }
        assert_eq!(StepName::robustness(recipe, 7).retrained(), None);
        assert_eq!(StepName::SCORER.retrained(), None);
        assert_eq!(StepName::fold(1).retrained(), None);
    }

    #[test]
    fn a_translator_s_selectivity_is_told_from_its_name() {
        assert_eq!(StepName::translator(Phi::new(12.5)).translator_phi(), Some(Phi::new(12.5)));
        assert_eq!(StepName::translate(Phi::new(12.5)).translator_phi(), None);
    }

    #[test]
    fn what_is_no_folder_s_name_is_no_step() {
        for bad in ["", "..", ".hidden", "a/b", "A", "a b"] {
            assert!(bad.parse::<StepName>().is_err(), "{bad}");
        }
    }
}
