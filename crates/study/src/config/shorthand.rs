//! What may be written shorter than it is read: an entry of a list of tables as a text alone, and a list of one table as the table.

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::keys::{Key, keys_of};
use super::kinds::Kind;

/// A table where a list of tables belongs.
pub(super) struct Single {
    /// The byte where it stands.
    pub at: usize,
    /// The list.
    pub key: &'static Key,
}

/// The file as if everything in it were written out, with the places of what was; and where a single table stood for a list of one.
pub(super) fn written_out(top: DeTable) -> (DeTable, Vec<Single>) {
    let mut singles = Vec::new();
    (table(top, "", &mut singles), singles)
}

fn table<'a>(here: DeTable<'a>, path: &str, singles: &mut Vec<Single>) -> DeTable<'a> {
    let mut full = DeTable::new();
    for (name, value) in here {
        // Those of other lists are told where kinds are looked at.
        let list = keys_of(path).iter().find(|key| key.name == name.get_ref().as_ref());
        let value = match list {
            Some(key) if matches!(key.kind, Kind::Tables(_)) => {
                list_of_tables(value, name.span().start, key, singles)
            }
            _ => value,
        };
        full.insert(name, value);
    }
    full
}

fn list_of_tables<'a>(
    value: Spanned<DeValue<'a>>,
    at: usize,
    key: &'static Key,
    singles: &mut Vec<Single>,
) -> Spanned<DeValue<'a>> {
    let span = value.span();
    let items: Vec<Spanned<DeValue>> = match value.into_inner() {
        DeValue::Array(mut items) => items
            .iter_mut()
            .map(|item| std::mem::replace(item, Spanned::new(0..0, DeValue::Boolean(false))))
            .collect(),
        single @ DeValue::Table(_) => {
            singles.push(Single { at, key });
            vec![Spanned::new(span.clone(), single)]
        }
        other => return Spanned::new(span, other),
    };
    let mut full = DeArray::new();
    for item in items {
        let span = item.span();
        let item = match (item.into_inner(), key.essential()) {
            (DeValue::Table(inner), _) => DeValue::Table(table(inner, &key.path, singles)),
            (text @ DeValue::String(_), Some(essential)) => {
                DeValue::Table(of_text(Spanned::new(span.clone(), text), essential))
            }
            (other, _) => other,
        };
        full.push(Spanned::new(span, item));
    }
    Spanned::new(span, DeValue::Array(full))
}

/// An entry that says nothing but its essential key; key and value have the text's place.
fn of_text<'a>(text: Spanned<DeValue<'a>>, essential: &'static Key) -> DeTable<'a> {
    let name = Spanned::new(text.span(), DeString::Borrowed(essential.name));
    let mut entry = DeTable::new();
    entry.insert(name, text);
    entry
}
