//! JSON of exactly the keys that a type has: what lacks one, or has one more, is refused with its place.

use super::{OwnFileError, read_utf8};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// Reads a JSON file that must have every key of the type, `null` or not, and no other. (Left to itself, serde takes a key that is not
/// there for `null`, and overlooks one that it does not know.)
///
/// # Errors
/// [`OwnFileError::Read`] or [`OwnFileError::Parse`], which names the key and the line at which what it belongs to begins.
pub fn read_json_of_keys<T: DeserializeOwned + Serialize>(path: &Path) -> Result<T, OwnFileError> {
    let text = read_utf8(path)?;
    let fail = |line, reason| OwnFileError::Parse {
        path: path.to_owned(),
        format: "JSON",
        line: Some(line),
        reason,
    };
    let unread = |e: serde_json::Error| {
        let said = e.to_string();
        fail(e.line() as u64, said.split(" at line ").next().unwrap_or_default().to_owned())
    };
    let value: T = serde_json::from_str(&text).map_err(unread)?;
    let found: Value = serde_json::from_str(&text).map_err(unread)?;
    let known = serde_json::to_value(&value).map_err(unread)?;
    match first_difference(&found, &known, &mut Vec::new()) {
        None => Ok(value),
        Some(difference) => Err(fail(difference.line(&text), difference.to_string())),
    }
}

/// A part of the way to a value.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Key(String),
    Index(usize),
}

/// A key too few or too many.
#[derive(Debug, PartialEq)]
struct Difference {
    /// The object that it should be in, or is.
    object: Vec<Part>,
    key: String,
    is_missing: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_missing { "the key `" } else { "there is no such key as `" })?;
        let mut dot = "";
        for part in &self.object {
            match part {
                Part::Key(key) => write!(f, "{dot}{key}")?,
                Part::Index(i) => write!(f, "[{i}]")?,
            }
            dot = ".";
        }
        write!(f, "{dot}{}`{}", self.key, if self.is_missing { " is missing" } else { "" })
    }
}

impl Difference {
    /// The line at which the object begins, or of the key that is too many.
    fn line(&self, text: &str) -> u64 {
        let mut way = self.object.clone();
        if !self.is_missing {
            way.push(Part::Key(self.key.clone()));
        }
        let at = Scan { text, at: 0 }.find(&way).unwrap_or(text.len());
        super::formats::line_of(text.as_bytes(), at)
    }
}

fn first_difference(found: &Value, known: &Value, way: &mut Vec<Part>) -> Option<Difference> {
    match (found, known) {
        (Value::Object(found), Value::Object(known)) => {
            let of =
                |key: &String, is_missing| Difference { object: way.clone(), key: key.clone(), is_missing };
            if let Some(key) = known.keys().find(|key| !found.contains_key(*key)) {
                return Some(of(key, true));
            }
            if let Some(key) = found.keys().find(|key| !known.contains_key(*key)) {
                return Some(of(key, false));
            }
            found.iter().find_map(|(key, value)| {
                way.push(Part::Key(key.clone()));
                let difference = first_difference(value, &known[key], way);
                way.pop();
                difference
            })
        }
        (Value::Array(found), Value::Array(known)) => {
            found.iter().zip(known).enumerate().find_map(|(i, (found, known))| {
                way.push(Part::Index(i));
                let difference = first_difference(found, known, way);
                way.pop();
                difference
            })
        }
        _ => None,
    }
}

/// Looks for a value in a text that is known to be JSON.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    /// Where the value begins that this way leads to, from the value ahead.
    fn find(&mut self, way: &[Part]) -> Option<usize> {
        self.skip_blanks();
        let Some((part, rest)) = way.split_first() else { return Some(self.at) };
        self.at += 1;
        let mut index = 0;
        loop {
            self.skip_blanks();
            let is_it = match part {
                Part::Index(wanted) => *wanted == index,
                Part::Key(wanted) => {
                    let from = self.at;
                    self.skip_value();
                    let key: String = serde_json::from_str(self.text.get(from..self.at)?).ok()?;
                    self.skip_blanks();
                    self.at += 1;
                    key == *wanted
                }
            };
            if is_it {
                return self.find(rest);
            }
            self.skip_value();
            self.skip_blanks();
            if self.byte()? != b',' {
                return None;
            }
            self.at += 1;
            index += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.byte().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes behind the value ahead.
    fn skip_value(&mut self) {
        self.skip_blanks();
        let mut depth = 0;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
            let has_ended = depth == 0 && matches!(byte, b'"' | b'}' | b']');
            if has_ended {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'"' => return,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Outer {
        name: String,
        rows: Vec<Inner>,
        last: Option<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Inner {
        value: Option<f64>,
        count: usize,
    }

    fn read(text: &str) -> Result<Outer, OwnFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        read_json_of_keys(&path)
    }

    const WHOLE: &str = r#"{
  "name": "a \" { [ \\",
  "rows": [
    { "value": null, "count": 1 },
    {
      "value": 0.5,
      "count": 2
    }
  ],
  "last": null
}"#;

    #[test]
    fn a_file_of_the_type_s_keys_is_read() {
        let outer = read(WHOLE).unwrap();
        assert_eq!((outer.rows[1].value, outer.last), (Some(0.5), None));
    }

    #[test]
    fn a_key_that_is_missing_or_too_many_is_named_with_its_place() {
        for (old, new, line, words) in [
            ("\"value\": 0.5,", "", 5, "the key `rows[1].value` is missing"),
            (",\n  \"last\": null", "", 1, "the key `last` is missing"),
            ("\"last\"", "\"more\": [],\n\"last\"", 10, "no such key as `more`"),
            ("\"count\": 1 }", "\"count\": 1, \"n\": 2 }", 4, "no such key as `rows[0].n`"),
            ("null\n}", "{\n\"count\": 1 }\n}", 10, "the key `last.value` is missing"),
            // What has no value at all is serde's to say.
            ("\"count\": 2", "\"counts\": 2", 8, "missing field `count`"),
            ("\"count\": 2", "\"count\": true", 7, "invalid type: boolean"),
        ] {
            let text = WHOLE.replacen(old, new, 1);
            assert_ne!(text, WHOLE, "{old}");
            match read(&text).unwrap_err() {
                OwnFileError::Parse { line: Some(found), reason, .. } => {
                    assert!(reason.contains(words), "{reason}");
                    assert_eq!(found, line, "{reason}");
                }
                other => panic!("{other}"),
            }
        }
    }
}
