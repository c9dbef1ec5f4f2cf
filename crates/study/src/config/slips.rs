//! What is wrong in the keys and values of a STUDY.toml that is TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, keys_of, tables};
use super::kinds::Kind;
use super::place::Place;
use super::recipe::told_of;
use super::values::{described, without_escapes};

/// What is wrong at a place of the file.
pub(super) struct Slip {
    /// The byte.
    pub at: usize,
    /// The key or the entry, if one is.
    pub place: Option<Place>,
    pub what: String,
    pub why: String,
    pub hint: String,
}

/// Written by a run into its `study.toml`; read back and ignored.
pub(super) const OF_A_RUN: [&str; 2] = ["version", "data_hash"];

/// The slips in the keys and values of a file that is TOML and written out, in no order.
pub(super) fn slips_in(top: &DeTable, text: &str) -> Vec<Slip> {
    let mut slips = Vec::new();
    gather(top, &Here { table: "", place: Place::default(), told: String::new() }, text, &mut slips);
    slips
}

/// A table of the file.
struct Here<'a> {
    /// The names that lead to it, as of [`Key::path`].
    table: &'a str,
    place: Place,
    /// What it is to people, where its heading does not say which one it is: `[[training_set]] "both-soft", add 1`.
    told: String,
}

impl Here<'_> {
    fn slip(&self, at: usize, place: Place, what: &str, why: String, hint: String) -> Slip {
        let what = if self.told.is_empty() { what.to_owned() } else { format!("{}: {what}", self.told) };
        Slip { at, place: Some(place), what, why, hint }
    }
}

fn gather(table: &DeTable, here: &Here, text: &str, slips: &mut Vec<Slip>) {
    for (name, value) in table {
        let key_at = name.span();
        let name: &str = name.get_ref();
        if here.table.is_empty() && OF_A_RUN.contains(&name) {
            continue;
        }
        let place = here.place.key(name);
        let Some(key) = Key::named(here.table, name) else {
            let what = format!("unknown key `{}`", files::cut(name));
            let why = "no such setting exists there".to_owned();
            slips.push(here.slip(key_at.start, place, &what, why, did_you_mean(name, here.table)));
            continue;
        };
        match (&key.kind, value.get_ref()) {
            (Kind::Table(_), DeValue::Table(inner)) => {
                gather(inner, &Here { table: &key.path, place, told: here.told.clone() }, text, slips);
            }
            (Kind::Tables(_), DeValue::Array(entries)) => {
                for (at, entry) in entries.iter().enumerate() {
                    gather_entry(
                        entry,
                        at,
                        key,
                        &Here { place: place.clone(), told: here.told.clone(), ..*here },
                        text,
                        slips,
                    );
                }
            }
            _ => {
                let Some((at, why)) = key.fault(value, text) else { continue };
                let raw = &text[value.span()];
                let hint = match without_escapes(raw) {
                    Some(literal) if raw.contains('\\') && key.is_text() => {
                        format!(
                            "write {name} = {literal}: in single quotes a backslash is nothing but a backslash"
                        )
                    }
                    _ => key.advice(raw),
                };
                // A text alone in the place of a table is not called by a key that is not there.
                let (what, hint) = if key_at == value.span() {
                    (format!("{} cannot be used", files::cut(raw)), hint.replace(&format!("{name} = "), ""))
                } else {
                    (format!("`{name}` cannot be used"), hint)
                };
                slips.push(here.slip(at, place, &what, why, hint));
            }
        }
    }
}

/// An entry of the list of tables `list`, which lies at `here`.
fn gather_entry(
    entry: &Spanned<DeValue>,
    at: usize,
    list: &'static Key,
    here: &Here,
    text: &str,
    slips: &mut Vec<Slip>,
) {
    let place = here.place.entry(at);
    let start = entry.span().start;
    let DeValue::Table(inner) = entry.get_ref() else {
        let what = format!("entry {} of `{}` cannot be used", at + 1, list.name);
        let why = format!("it is {} and not a table", described(entry, text));
        let hint = list.advice(&text[entry.span()]);
        slips.push(here.slip(start, place, &what, why, hint));
        return;
    };
    let essential = list.essential();
    let name =
        essential.filter(|_| here.told.is_empty()).and_then(|key| inner.get(key.name)?.get_ref().as_str());
    let told = told_of(&here.told, list.name, at, name);
    let below = Here { table: &list.path, place, told };
    gather(inner, &below, text, slips);
    if let Some(key) = essential.filter(|key| !inner.contains_key(key.name)) {
        let misspelled = inner.keys().any(|name| files::closest(name.get_ref(), [key.name]).is_some());
        if !misspelled {
            let what = format!("`{}` is missing", key.name);
            let why = format!("nothing else says what {} is", list.heading());
            slips.push(below.slip(start, below.place.key(key.name), &what, why, key.advice("")));
        }
    }
}

/// A hint for an unknown key: the nearest known one, and what else could stand there.
fn did_you_mean(key: &str, table: &str) -> String {
    let names = |keys: &'static [Key]| keys.iter().map(|key| key.name);
    let below = |key: &str| {
        let owners = tables().into_iter().filter(|t| Key::named(&t.path, key).is_some());
        owners.map(Key::heading).collect::<Vec<_>>().join(", ")
    };
    // What holds this table and what it holds are nearer than any other.
    let related = |t: &&&'static Key| {
        let lies_in =
            |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        lies_in(&t.path, table) || lies_in(table, &t.path)
    };
    let all = tables();
    if let Some(owner) =
        all.iter().filter(|_| !table.is_empty()).filter(related).find(|t| Key::named(&t.path, key).is_some())
    {
        return format!("`{key}` belongs in {}", owner.heading());
    }
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
    if let Some(name) = files::closest(key, all.iter().flat_map(|t| names(keys_of(&t.path)))) {
        return format!("did you mean `{name}`, below {}?", below(name));
    }
    format!("the keys known there are: {}", names(keys_of(table)).collect::<Vec<_>>().join(", "))
}
