//! What is wrong in the keys and values of a STUDY.toml that is TOML.

use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, keys_of};
use super::kinds::Kind;
use super::values::without_escapes;

/// What is wrong at a place of the file.
pub(super) struct Slip {
    /// The byte.
    pub at: usize,
    /// The key, if one is: `phi`, `scorer.epochs`.
    pub key: String,
    pub what: String,
    pub why: String,
    pub hint: String,
}

/// Written by a run into its `study.toml`; read back and ignored.
pub(super) const OF_A_RUN: [&str; 2] = ["version", "data_hash"];

/// The slips in the keys and values of a file that is TOML, in no order.
pub(super) fn slips_in(top: &DeTable, text: &str) -> Vec<Slip> {
    let mut slips = Vec::new();
    gather(top, "", text, &mut slips);
    slips
}

fn gather(here: &DeTable, table: &str, text: &str, slips: &mut Vec<Slip>) {
    for (name, value) in here {
        let key_at = name.span().start;
        let name: &str = name.get_ref();
        if table.is_empty() && OF_A_RUN.contains(&name) {
            continue;
        }
        let path = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        let Some(key) = Key::named(table, name) else {
            slips.push(Slip {
                at: key_at,
                key: path,
                what: format!("unknown key `{}`", files::cut(name)),
                why: "no such setting exists there".into(),
                hint: did_you_mean(name, table),
            });
            continue;
        };
        if let (Kind::Table(_), DeValue::Table(inner)) = (&key.kind, value.get_ref()) {
            gather(inner, name, text, slips);
        } else if let Some((at, why)) = key.fault(value, text) {
            let raw = &text[value.span()];
            let hint = match without_escapes(raw) {
                Some(literal) if raw.contains('\\') && matches!(key.kind, Kind::Text) => {
                    format!(
                        "write {name} = {literal}: in single quotes a backslash is nothing but a backslash"
                    )
                }
                _ => key.advice(raw),
            };
            slips.push(Slip { at, key: path, what: format!("`{name}` cannot be used"), why, hint });
        }
    }
}

/// A hint for an unknown key: the nearest known one, and what else could stand there.
fn did_you_mean(key: &str, table: &str) -> String {
    let names = |keys: &'static [Key]| keys.iter().map(|key| key.name);
    let tables = || KEYS.iter().filter(|key| key.is_table());
    let below = |key: &str| {
        let owners = tables().filter(|t| Key::named(t.name, key).is_some());
        owners.map(|t| format!("[{}]", t.name)).collect::<Vec<_>>().join(", ")
    };
    // The very name in another place is likelier meant than a similar one here.
    if !table.is_empty() && Key::named("", key).is_some() {
        return format!("`{key}` belongs at the top of the file, above the first [table]");
    }
    if !below(key).is_empty() {
        return format!("`{key}` belongs below {}", below(key));
    }
    if let Some(name) = files::closest(key, names(keys_of(table))) {
        return format!("did you mean `{name}`?");
    }
    if let Some(name) = files::closest(key, names(&KEYS)) {
        return format!("did you mean `{name}`, at the top of the file?");
    }
    if let Some(name) = files::closest(key, tables().flat_map(|t| names(keys_of(t.name)))) {
        return format!("did you mean `{name}`, below {}?", below(name));
    }
    format!("the keys known there are: {}", names(keys_of(table)).collect::<Vec<_>>().join(", "))
}
