//! The presets, as TOML that is laid over one another and under what a user writes.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{Preset, StudyConfig};

const PAPER: &str = include_str!("presets/paper.toml");
const LAPTOP: &str = include_str!("presets/laptop.toml");
const DEMO: &str = include_str!("presets/demo.toml");

impl Preset {
    /// The preset's texts, what differs first.
    pub(super) fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Paper => &[PAPER],
            Self::Laptop => &[LAPTOP, PAPER],
            Self::Demo => &[DEMO, PAPER],
        }
    }

    /// The preset's settings as a table: the paper's, with its own laid over them.
    pub(super) fn table(self) -> DeTable<'static> {
        // The texts are part of the program, and a test reads each.
        let parse = |text: &&'static str| DeTable::parse(text).expect("a preset is TOML").into_inner();
        let tables = self.texts().iter().rev().map(parse);
        tables.reduce(laid_over).unwrap_or_default()
    }
}

/// `under` with the keys of `over` in place of its own, table by table.
pub(super) fn laid_over<'a>(mut under: DeTable<'a>, over: DeTable<'a>) -> DeTable<'a> {
    for (key, value) in over {
        let both_tables = match (under.remove(key.get_ref().as_ref()), value) {
            (Some(there), value) if there.get_ref().is_table() && value.get_ref().is_table() => {
                let span = value.span();
                match (there.into_inner(), value.into_inner()) {
                    (DeValue::Table(there), DeValue::Table(over)) => {
                        Spanned::new(span, DeValue::Table(laid_over(there, over)))
                    }
                    (_, over) => Spanned::new(span, over),
                }
            }
            (_, value) => value,
        };
        under.insert(key, both_tables);
    }
    under
}

/// The settings that a table with every key holds.
pub(super) fn settings_of(table: DeTable) -> Result<StudyConfig, toml::de::Error> {
    StudyConfig::deserialize(toml::de::Deserializer::from(Spanned::new(0..0, table)))
}

impl StudyConfig {
    /// The defaults of a preset, without data (METHOD.md, hyper-parameters).
    pub fn preset(preset: Preset) -> Self {
        // As with its text.
        settings_of(preset.table()).expect("a preset has every key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_read_and_passes_its_own_checks() {
        for preset in [Preset::Demo, Preset::Laptop, Preset::Paper] {
            let config = StudyConfig::preset(preset);
            assert_eq!(config.preset, preset);
            assert!(config.faults().is_empty(), "{preset:?}");
        }
    }

    #[test]
    fn the_paper_s_preset_has_the_defaults_of_the_trainings() {
        let paper = StudyConfig::preset(Preset::Paper);
        assert_eq!(paper.classifier, train::ClassifierConfig::default());
        assert_eq!(paper.scorer, train::ClassifierConfig { epochs: 25, ..paper.classifier });
        assert_eq!(paper.translator, train::TranslatorConfig::default());
    }

    #[test]
    fn what_lies_over_wins_key_by_key() {
        let table = |text: &'static str| DeTable::parse(text).unwrap().into_inner();
        let both = laid_over(table("a = 1\nb = 2\n[t]\nx = 1\ny = 2\n"), table("b = 3\n[t]\ny = 4\n"));
        let shown = toml::Table::deserialize(toml::de::Deserializer::from(Spanned::new(0..0, both))).unwrap();
        assert_eq!(shown, toml::from_str("a = 1\nb = 3\n[t]\nx = 1\ny = 4\n").unwrap());
    }
}
