//! JSON Schema (draft 2020-12), as much of it as `docs/results.schema.json` uses; a keyword that is not known here is a fault of the
//! schema. `tools/check_results.py` checks the same with another implementation. (The crates that know all of it change features of crates
//! that the networks are built with.)
#![allow(dead_code, reason = "each test file uses its own part")]

use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A schema, and which of its definitions were met.
pub struct Schema {
    root: Rc<Value>,
    patterns: BTreeMap<String, Regex>,
    pub met: BTreeSet<String>,
}

impl Schema {
    /// The schema of `results.json`.
    pub fn of_results() -> Self {
        let text = include_str!("../../../../docs/results.schema.json");
        let root = Rc::new(serde_json::from_str(text).unwrap());
        Self { root, patterns: BTreeMap::new(), met: BTreeSet::new() }
    }

    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Everything that is wrong with a value, each with its place: `table3[0].auc_se`.
    pub fn faults(&mut self, value: &Value) -> Vec<String> {
        let root = Rc::clone(&self.root);
        let mut faults = Vec::new();
        self.check(&root, value, "", &mut faults);
        faults
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let shown = if at.is_empty() { "the whole" } else { at };
        let keywords = schema.as_object().expect("a schema is an object");
        for (keyword, wanted) in keywords {
            match keyword.as_str() {
                "$schema" | "$id" | "title" | "description" | "$defs" | "properties" => {}
                "$ref" => {
                    let name =
                        wanted.as_str().unwrap().strip_prefix("#/$defs/").expect("a definition of ours");
                    let root = Rc::clone(&self.root);
                    assert!(root["$defs"][name].is_object(), "there is no definition {name}");
                    self.met.insert(name.to_owned());
                    self.check(&root["$defs"][name], value, at, faults);
                }
                "type" => {
                    let one = std::slice::from_ref(wanted);
                    let kinds = wanted.as_array().map_or(one, Vec::as_slice);
                    if !kinds.iter().any(|kind| is_of(kind.as_str().unwrap(), value)) {
                        faults.push(format!("{shown} is {value}, not of type {wanted}"));
                    }
                }
                "const" => {
                    if value != wanted {
                        faults.push(format!("{shown} is {value}, not {wanted}"));
                    }
                }
                "enum" => {
                    if !wanted.as_array().unwrap().contains(value) {
                        faults.push(format!("{shown} is {value}, none of {wanted}"));
                    }
                }
                "anyOf" => {
                    let fits = |schema: &Value| {
                        let mut faults = Vec::new();
                        self.check(schema, value, at, &mut faults);
                        faults
                    };
                    let each: Vec<Vec<String>> = wanted.as_array().unwrap().iter().map(fits).collect();
                    if each.iter().all(|faults| !faults.is_empty()) {
                        // Those of what is meant: null is the last choice.
                        faults.extend(each.into_iter().next().unwrap_or_default());
                    }
                }
                "pattern" => {
                    let pattern = wanted.as_str().unwrap();
                    let compiled = self
                        .patterns
                        .entry(pattern.to_owned())
                        .or_insert_with(|| Regex::new(pattern).unwrap());
                    if let Some(text) = value.as_str().filter(|text| !compiled.is_match(text)) {
                        faults.push(format!("{shown} is {text:?}, not as {wanted} says"));
                    }
                }
                "minimum" | "maximum" | "exclusiveMinimum" => {
                    let (limit, found) = (wanted.as_f64().unwrap(), value.as_f64());
                    let is_outside = found.is_some_and(|found| match keyword.as_str() {
                        "minimum" => found < limit,
                        "maximum" => found > limit,
                        _ => found <= limit,
                    });
                    if is_outside {
                        faults.push(format!("{shown} is {value}, beyond the {keyword} {wanted}"));
                    }
                }
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{i}]"), faults);
                    }
                }
                "required" => {
                    let keys = wanted.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                    for key in keys.filter(|key| value.is_object() && value.get(*key).is_none()) {
                        faults.push(format!("{} is missing", place(at, key)));
                    }
                }
                "additionalProperties" => {
                    assert_eq!(wanted, &Value::Bool(false));
                    for key in value.as_object().into_iter().flat_map(|object| object.keys()) {
                        if schema["properties"].get(key).is_none() {
                            faults.push(format!("there is no such key as {}", place(at, key)));
                        }
                    }
                }
                other => panic!("the keyword {other:?} is not known here"),
            }
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(key) {
                self.check(inner, value, &place(at, key), faults);
            }
        }
    }
}

fn place(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other:?}"),
    }
}
