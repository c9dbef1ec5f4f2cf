//! What the keys of a struct are, told by how serde reads it: a reader that hands out blanks and notes what it was asked for.

use serde::de::value::Error;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// What a key's value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A text in quotes; a path is one, too.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
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
    /// A number, or `"validation"`.
    Chosen,
    /// A table of its own.
    Table(Vec<(&'static str, Kind)>),
    /// A list of tables: `[[training_set]]`, or in the line of a key.
    Tables(Vec<(&'static str, Kind)>),
}

/// The keys of a struct of settings, in its order.
///
/// # Errors
/// If it holds what no TOML file of settings would, such as a map.
pub(super) fn keys_of_struct<T: for<'de> Deserialize<'de>>() -> Result<Vec<(&'static str, Kind)>, Error> {
    let mut kind = None;
    T::deserialize(Asked { kind: &mut kind })?;
    match kind {
        Some(Kind::Table(keys)) => Ok(keys),
        _ => Err(de::Error::custom("it is no struct")),
    }
}

/// Notes in `kind` what it was asked for.
struct Asked<'a> {
    kind: &'a mut Option<Kind>,
}

macro_rules! blank {
    ($($ask:ident: $kind:ident, $visit:ident($blank:expr);)+) => {
        $(fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            *self.kind = Some(Kind::$kind);
            visitor.$visit($blank)
        })+
    };
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    blank! {
        deserialize_bool: Flag, visit_bool(false);
        deserialize_u8: Whole, visit_u8(0);
        deserialize_u16: Whole, visit_u16(0);
        deserialize_u32: Whole, visit_u32(0);
        deserialize_u64: Whole, visit_u64(0);
        deserialize_f32: Number, visit_f32(0.0);
        deserialize_f64: Number, visit_f64(0.0);
        deserialize_str: Text, visit_str("");
        deserialize_string: Text, visit_str("");
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.kind = Some(Kind::Choice(variants));
        let first: &str = variants.first().ok_or_else(|| de::Error::custom("there is no choice"))?;
        visitor.visit_enum(first.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut of = None;
        let value = visitor.visit_seq(One { kind: &mut of, is_given: false })?;
        *self.kind = match of {
            Some(Kind::Text | Kind::Choice(_)) => Some(Kind::Texts),
            Some(Kind::Number) => Some(Kind::Numbers),
            Some(Kind::Table(keys)) => Some(Kind::Tables(keys)),
            _ => return Err(de::Error::custom("a list holds texts, numbers or tables")),
        };
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut keys = Vec::new();
        let value = visitor.visit_map(Fields { left: fields, keys: &mut keys })?;
        *self.kind = Some(Kind::Table(keys));
        Ok(value)
    }

    /// Asked for by the one setting that may be of two kinds.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.kind = Some(Kind::Chosen);
        visitor.visit_f64(0.0)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// A list of one blank.
struct One<'a> {
    kind: &'a mut Option<Kind>,
    is_given: bool,
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if std::mem::replace(&mut self.is_given, true) {
            return Ok(None);
        }
        seed.deserialize(Asked { kind: self.kind }).map(Some)
    }
}

/// A blank for each field of a struct.
struct Fields<'a> {
    left: &'static [&'static str],
    keys: &'a mut Vec<(&'static str, Kind)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.left.first() {
            Some(field) => seed.deserialize(field.into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let mut kind = None;
        let value = seed.deserialize(Asked { kind: &mut kind })?;
        if let Some(((field, left), kind)) = self.left.split_first().zip(kind) {
            self.keys.push((field, kind));
            self.left = left;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    #[allow(dead_code, reason = "only how it is read matters")]
    enum Colour {
        DarkRed,
        Blue,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only how it is read matters")]
    struct Inner {
        steps: Option<u64>,
        lr: f64,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only how it is read matters")]
    struct Outer {
        name: String,
        path: std::path::PathBuf,
        colour: Colour,
        classes: Vec<String>,
        phi: Vec<record::Phi>,
        naive: bool,
        inner: Inner,
    }

    #[test]
    fn every_field_tells_its_kind() {
        let inner = vec![("steps", Kind::Whole), ("lr", Kind::Number)];
        let expected = vec![
            ("name", Kind::Text),
            ("path", Kind::Text),
            ("colour", Kind::Choice(&["dark-red", "blue"])),
            ("classes", Kind::Texts),
            ("phi", Kind::Numbers),
            ("naive", Kind::Flag),
            ("inner", Kind::Table(inner)),
        ];
        assert_eq!(keys_of_struct::<Outer>().unwrap(), expected);
        assert!(keys_of_struct::<std::collections::BTreeMap<String, u8>>().is_err());
    }
}
