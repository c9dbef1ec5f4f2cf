//! The keys of a STUDY.toml and what each may be, as they follow from the structs of the settings and from the presets.

use std::sync::LazyLock;

use serde_reflection::{ContainerFormat, Format, Named, Registry, Tracer, TracerConfig};
use toml::de::DeTable;

use super::settings::{EXAMPLES, Preset, StudyConfig};

/// A key of a STUDY.toml.
pub(super) struct Key {
    pub name: String,
    pub kind: Kind,
    /// A value, as it would be written.
    pub example: String,
}

/// What a key's value is.
pub(super) enum Kind {
    /// A text in quotes; a path is one, too.
    Text,
    /// One of these texts.
    Choice(Vec<String>),
    /// A list of texts.
    Texts,
    /// A whole number from 0.
    Whole,
    /// A number.
    Number,
    /// A list of numbers.
    Numbers,
    /// `true` or `false`.
    Flag,
    /// A table of its own.
    Table(Vec<Key>),
}

/// The keys outside any table, in the struct's order: their kinds as serde reads them, their examples as the presets write them.
pub(super) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut tracer = Tracer::new(TracerConfig::default());
    // Whether settings can be traced depends on no file, and a test does it.
    tracer.trace_simple_type::<StudyConfig>().expect("settings are plain structs");
    let types = tracer.registry().expect("every choice of a setting is known");
    // As with the presets' tables.
    let parse = |text: &&'static str| (*text, DeTable::parse(text).expect("a preset is TOML").into_inner());
    let written: Vec<_> = Preset::Demo.texts().iter().map(parse).collect();
    keys_of_struct(&Source { types, written }, "StudyConfig", "")
});

/// Where keys come from.
struct Source {
    /// The structs and enums of the settings.
    types: Registry,
    /// Presets with every key but those that have one of [`EXAMPLES`]: their texts, what differs first.
    written: Vec<(&'static str, DeTable<'static>)>,
}

/// The keys of a struct of settings that lies under the key `table`, or at the top where that is blank.
fn keys_of_struct(source: &Source, name: &str, table: &str) -> Vec<Key> {
    let Some(ContainerFormat::Struct(fields)) = source.types.get(name) else { return Vec::new() };
    let key = |field: &Named<Format>| {
        let kind = kind_of(source, &field.value, &field.name);
        let example = match kind {
            Kind::Table(_) => format!("[{}]", field.name),
            _ => example_of(source, table, &field.name),
        };
        Key { name: field.name.clone(), kind, example }
    };
    fields.iter().map(key).collect()
}

fn kind_of(source: &Source, format: &Format, key: &str) -> Kind {
    match format {
        Format::Bool => Kind::Flag,
        Format::F32 | Format::F64 => Kind::Number,
        Format::Str | Format::Char => Kind::Text,
        Format::Option(inner) => kind_of(source, inner, key),
        Format::Seq(of) if matches!(**of, Format::Str) => Kind::Texts,
        Format::Seq(_) => Kind::Numbers,
        Format::TypeName(name) => match source.types.get(name) {
            Some(ContainerFormat::Enum(variants)) => {
                Kind::Choice(variants.values().map(|variant| variant.name.clone()).collect())
            }
            _ => Kind::Table(keys_of_struct(source, name, key)),
        },
        _ => Kind::Whole,
    }
}

/// A value as the presets write it, or of a key whose default is blank, one of [`EXAMPLES`].
fn example_of(source: &Source, table: &str, name: &str) -> String {
    if let Some((_, example)) = EXAMPLES.iter().find(|(key, _)| table.is_empty() && *key == name) {
        return (*example).to_owned();
    }
    let written = |(text, top): &(&'static str, DeTable<'static>)| {
        let here = if table.is_empty() { top } else { top.get(table)?.get_ref().as_table()? };
        Some(text[here.get(name)?.span()].to_owned())
    };
    source.written.iter().find_map(written).unwrap_or_default()
}

impl Key {
    /// The key of that name in a table, or at the top where `table` is blank.
    pub fn named(table: &str, name: &str) -> Option<&'static Key> {
        keys_of(table).iter().find(|key| key.name == name)
    }

    /// Whether its value is a text that may be any.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }
}

/// The keys of a table, or at the top where `table` is blank.
pub(super) fn keys_of(table: &str) -> &'static [Key] {
    match KEYS.iter().find(|key| key.name == table).map(|key| &key.kind) {
        Some(Kind::Table(keys)) => keys,
        _ => &KEYS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_kind_and_an_example_that_is_one() {
        let mut tables = 0;
        for key in KEYS.iter() {
            let inner = match &key.kind {
                Kind::Table(keys) => keys.as_slice(),
                _ => std::slice::from_ref(key),
            };
            tables += usize::from(matches!(key.kind, Kind::Table(_)));
            for key in inner {
                let line = format!("{} = {}", key.name, key.example);
                let top = DeTable::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
                let value = top.get_ref().get(key.name.as_str()).unwrap();
                assert!(key.fault(value, &line).is_none(), "{line}");
            }
        }
        assert_eq!(tables, 4, "[select], [scorer], [classifier] and [translator]");
        assert!(matches!(Key::named("", "phi").unwrap().kind, Kind::Numbers));
        assert!(matches!(Key::named("translator", "steps").unwrap().kind, Kind::Whole));
        let Kind::Choice(presets) = &Key::named("", "preset").unwrap().kind else { panic!("a choice") };
        assert_eq!(presets, &["demo", "laptop", "paper"]);
    }
}
