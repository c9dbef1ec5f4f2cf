//! The keys of a STUDY.toml and what each may be, as they follow from the structs of the settings and from the presets.

use std::sync::LazyLock;

use toml::de::DeTable;

use super::kinds::{Kind, keys_of_struct};
use super::settings::{EXAMPLES, Preset, StudyConfig};

/// A key of a STUDY.toml.
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// A value, as it would be written.
    pub example: String,
    /// The keys below it, if it is a table.
    below: Vec<Key>,
}

/// The keys outside any table, in the struct's order: their kinds as serde reads them, their examples as the preset of those
/// who name none writes them.
pub(super) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    // What the settings hold depends on no file, and a test asks for it.
    let kinds = keys_of_struct::<StudyConfig>().expect("settings hold what TOML can");
    let parse = |text: &&'static str| (*text, DeTable::parse(text).expect("a preset is TOML").into_inner());
    let presets: Vec<Written> = Preset::Laptop.texts().iter().map(parse).collect();
    keys(&kinds, "", &presets)
});

/// A preset's text and what it holds.
type Written = (&'static str, DeTable<'static>);

/// Keys of those kinds that lie under the key `table`, or at the top where that is blank.
fn keys(kinds: &[(&'static str, Kind)], table: &str, presets: &[Written]) -> Vec<Key> {
    let key = |(name, kind): &(&'static str, Kind)| match kind {
        Kind::Table(inner) => {
            Key { name, kind: kind.clone(), example: format!("[{name}]"), below: keys(inner, name, presets) }
        }
        _ => Key { name, kind: kind.clone(), example: example_of(table, name, presets), below: Vec::new() },
    };
    kinds.iter().map(key).collect()
}

/// A value as the presets write it, or one of [`EXAMPLES`].
fn example_of(table: &str, name: &str, presets: &[Written]) -> String {
    if let Some((_, example)) = EXAMPLES.iter().find(|(key, _)| table.is_empty() && *key == name) {
        return (*example).to_owned();
    }
    let written = |(text, top): &Written| {
        let here = if table.is_empty() { top } else { top.get(table)?.get_ref().as_table()? };
        Some(text[here.get(name)?.span()].to_owned())
    };
    presets.iter().find_map(written).unwrap_or_default()
}

impl Key {
    /// The key of that name in a table, or at the top where `table` is blank.
    pub fn named(table: &str, name: &str) -> Option<&'static Key> {
        keys_of(table).iter().find(|key| key.name == name)
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// Whether its value is a text that may be any.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }
}

/// The keys of a table, or at the top where `table` is blank or none.
pub(super) fn keys_of(table: &str) -> &'static [Key] {
    match KEYS.iter().find(|key| key.name == table && key.is_table()) {
        Some(table) => &table.below,
        None => &KEYS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_kind_and_an_example_that_is_one() {
        let tables: Vec<&Key> = KEYS.iter().filter(|key| key.is_table()).collect();
        let names: Vec<&str> = tables.iter().map(|key| key.name).collect();
        assert_eq!(names, ["select", "scorer", "classifier", "translator"]);
        for key in KEYS.iter().filter(|key| !key.is_table()).chain(tables.iter().flat_map(|key| &key.below)) {
            let line = format!("{} = {}", key.name, key.example);
            let top = DeTable::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
            let value = top.get_ref().get(key.name).unwrap();
            assert!(key.fault(value, &line).is_none(), "{line}");
        }
        assert!(matches!(Key::named("", "phi").unwrap().kind, Kind::Numbers));
        assert!(matches!(Key::named("translator", "steps").unwrap().kind, Kind::Whole));
        assert_eq!(Key::named("", "preset").unwrap().kind, Kind::Choice(&["demo", "laptop", "paper"]));
    }
}
