//! The keys of a STUDY.toml and what each may be, as they follow from the structs of the settings and from the presets.

use std::sync::LazyLock;

use toml::de::DeTable;

use super::kinds::{Kind, keys_of_struct};
use super::settings::{EXAMPLES, Preset, StudyConfig};

/// A key of a STUDY.toml.
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// The names that lead to it: `phi`, `scorer.epochs`, `training_set.add.filter`.
    pub path: String,
    /// What its value is.
    pub kind: Kind,
    /// A value, as it would be written.
    pub example: String,
    /// The keys below it, if it is a table or a list of them.
    below: Vec<Key>,
}

/// What each entry of a list of tables must say, and by itself, as a text, may be.
pub(super) const ESSENTIAL: [(&str, &str); 2] = [("training_set", "name"), ("training_set.add", "tiles")];

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

/// Keys of those kinds that lie in the table `table`, or at the top where that is blank.
fn keys(kinds: &[(&'static str, Kind)], table: &str, presets: &[Written]) -> Vec<Key> {
    let key = |(name, kind): &(&'static str, Kind)| {
        let path = if table.is_empty() { (*name).to_owned() } else { format!("{table}.{name}") };
        let below = match kind {
            Kind::Table(inner) | Kind::Tables(inner) => keys(inner, &path, presets),
            _ => Vec::new(),
        };
        Key { name, example: example_of(table, name, &path, kind, presets), kind: kind.clone(), path, below }
    };
    kinds.iter().map(key).collect()
}

/// A value as [`EXAMPLES`] has it, or as the presets write it, or else any of its kind.
fn example_of(table: &str, name: &str, path: &str, kind: &Kind, presets: &[Written]) -> String {
    if let Some((_, example)) = EXAMPLES.iter().find(|(key, _)| *key == path) {
        return (*example).to_owned();
    }
    let written = |(text, top): &Written| {
        let here = if table.is_empty() { top } else { top.get(table)?.get_ref().as_table()? };
        Some(text[here.get(name)?.span()].to_owned())
    };
    match kind {
        Kind::Table(_) => format!("[{path}]"),
        Kind::Tables(_) => format!("[[{path}]]"),
        _ => presets.iter().find_map(written).unwrap_or_else(|| kind.any()),
    }
}

impl Kind {
    /// Some value of the kind.
    fn any(&self) -> String {
        match self {
            // The first choice is what holds without the key.
            Self::Choice(choices) => format!("{:?}", choices.last().copied().unwrap_or_default()),
            Self::Text => "\"text\"".into(),
            Self::Texts => "[\"text\"]".into(),
            Self::Numbers => "[1]".into(),
            Self::Flag => "true".into(),
            Self::Whole | Self::Number | Self::Chosen => "1".into(),
            Self::Table(_) | Self::Tables(_) => String::new(),
        }
    }
}

impl Key {
    /// The key of that name in a table, or at the top where `table` is blank.
    pub fn named(table: &str, name: &str) -> Option<&'static Key> {
        keys_of(table).iter().find(|key| key.name == name)
    }

    /// Whether it is a table, or a list of them.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_) | Kind::Tables(_))
    }

    /// Whether its value is a text that may be any.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }

    /// Where its keys stand, for people: `[scorer]`, `[[training_set]]`, a part of it.
    pub fn heading(&self) -> String {
        match (&self.kind, self.path.split_once('.')) {
            (Kind::Tables(_), Some((outer, _))) => format!("a table of `{}` of [[{outer}]]", self.name),
            (Kind::Tables(_), None) => format!("[[{}]]", self.name),
            _ => format!("[{}]", self.path),
        }
    }

    /// Of a list of tables, the key that makes an entry by itself.
    pub fn essential(&self) -> Option<&'static Key> {
        let (_, name) = ESSENTIAL.iter().find(|(list, _)| *list == self.path)?;
        Self::named(&self.path, name)
    }
}

/// The keys of a table, which may lie in another, or at the top where `table` is blank or none.
pub(super) fn keys_of(table: &str) -> &'static [Key] {
    match tables().into_iter().find(|key| key.path == table) {
        Some(table) => &table.below,
        None => &KEYS,
    }
}

/// Every table and list of tables, each before those that lie in it.
pub(super) fn tables() -> Vec<&'static Key> {
    fn gather(keys: &'static [Key], found: &mut Vec<&'static Key>) {
        for key in keys.iter().filter(|key| key.is_table()) {
            found.push(key);
            gather(&key.below, found);
        }
    }
    let mut found = Vec::new();
    gather(&KEYS, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_kind_and_an_example_that_is_one() {
        let paths: Vec<&str> = tables().iter().map(|key| key.path.as_str()).collect();
        assert_eq!(
            paths,
            ["select", "scorer", "classifier", "translator", "training_set", "training_set.add"]
        );
        for key in KEYS.iter().chain(tables().iter().flat_map(|key| &key.below)).filter(|key| !key.is_table())
        {
            let line = format!("{} = {}", key.name, key.example);
            let top = DeTable::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
            let value = top.get_ref().get(key.name).unwrap();
            assert!(key.fault(value, &line).is_none(), "{line}");
        }
        assert!(matches!(Key::named("", "phi").unwrap().kind, Kind::Numbers));
        assert!(matches!(Key::named("translator", "steps").unwrap().kind, Kind::Whole));
        assert_eq!(Key::named("", "preset").unwrap().kind, Kind::Choice(&["demo", "laptop", "paper"]));
        assert_eq!(Key::named("training_set.add", "amount").unwrap().kind, Kind::Chosen);
        assert_eq!(Key::named("training_set.add", "phi").unwrap().kind, Kind::Number);
    }

    #[test]
    fn an_entry_needs_nothing_but_what_makes_it_one() {
        assert_eq!(
            ESSENTIAL.len(),
            tables().iter().filter(|key| matches!(key.kind, Kind::Tables(_))).count()
        );
        let recipe = "name = \"a\"\n[[add]]\ntiles = \"generated\"\n";
        let read: super::super::recipe::Recipe = toml::from_str(recipe).unwrap();
        assert_eq!(
            toml::to_string(&read).unwrap(),
            format!("name = \"a\"\n\n[[add]]\ntiles = \"generated\"\n")
        );
    }
}
