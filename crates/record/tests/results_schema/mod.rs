//! `docs/results.schema.json`, `docs/results-schema.md` and the types of `results.json` say the same.

use super::json_schema::Schema;
use super::results;
use record::{Results, RunFolder, SCHEMA};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Results in which every list has an entry.
fn filled() -> Value {
    let mut filled = results();
    // What a study writes, where the round trip has numbers that are hard to write.
    filled.table3[0].auc_mean = Some(0.9);
    filled.difficulty[0].spearman = Some(filled.difficulty[0].auc_disagreement.clone());
    serde_json::to_value(filled).unwrap()
}

fn faults(value: &Value) -> Vec<String> {
    Schema::of_results().faults(value)
}

#[test]
fn the_schema_takes_what_the_types_write_and_says_which_version_it_is_of() {
    let mut schema = Schema::of_results();
    assert_eq!(schema.faults(&filled()), [""; 0]);
    let defined: Vec<String> = schema.root()["$defs"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(schema.met.iter().cloned().collect::<Vec<_>>(), defined, "every definition is met");
    assert_eq!(schema.root()["properties"]["schema"]["const"], SCHEMA);
    assert!(schema.root()["title"].as_str().unwrap().ends_with(&format!("version {SCHEMA}")));
    let mut empty = Results { schema: SCHEMA, preset: "demo".into(), ..Results::default() };
    assert_eq!(faults(&serde_json::to_value(&empty).unwrap()), [""; 0]);
    empty.schema = SCHEMA + 1;
    assert_eq!(faults(&serde_json::to_value(&empty).unwrap()).len(), 1);
    let small = serde_json::from_str(include_str!("../results.json")).unwrap();
    assert_eq!(faults(&small), [""; 0]);
}

#[test]
fn every_object_requires_all_its_keys_and_has_no_others() {
    let schema = Schema::of_results();
    let root = schema.root();
    let objects = root["$defs"].as_object().unwrap().values().chain([root]);
    for object in objects.filter(|object| object["type"] == "object") {
        let keys: Vec<&String> = object["properties"].as_object().unwrap().keys().collect();
        let mut required: Vec<&str> =
            object["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        required.sort_unstable();
        assert_eq!(keys, required, "{}", object["description"]);
        assert_eq!(object["additionalProperties"], false);
        for (key, inner) in object["properties"].as_object().unwrap() {
            assert!(inner["description"].as_str().is_some_and(|text| text.ends_with('.')), "{key}");
        }
    }
}

/// The ways to every value in it.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, inner)| places(inner, &format!("{at}/{key}"), all));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, inner)| places(inner, &format!("{at}/{i}"), all));
        }
        _ => {}
    }
}

#[test]
fn schema_and_types_take_and_refuse_the_same_kinds_of_values_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    let (filled, mut schema) = (filled(), Schema::of_results());
    let mut all = Vec::new();
    places(&filled, "", &mut all);
    assert!(all.len() > 200, "{}", all.len());
    for at in all.iter().filter(|at| !at.is_empty() && *at != "/schema") {
        for other in [json!(null), json!(true), json!(0.25), json!("phi=5000"), json!([]), json!({"no": 1})] {
            let mut changed = filled.clone();
            *changed.pointer_mut(at).unwrap() = other.clone();
            std::fs::write(run.results_json(), changed.to_string()).unwrap();
            let is_taken = run.read_results().is_ok();
            let faults = schema.faults(&changed);
            // Which words a text may be, the schema knows better than a type that is any text.
            if is_taken && other.is_string() && !faults.is_empty() {
                assert!(faults[0].contains("none of") || faults[0].contains("not as"), "{faults:?}");
                continue;
            }
            assert_eq!(is_taken, faults.is_empty(), "{at} = {other}: {faults:?}");
        }
    }
}

#[test]
fn a_missing_key_a_wrong_type_and_an_unknown_key_are_refused_by_name() {
    let refused = |edit: &dyn Fn(&mut Value), words: &str| {
        let mut changed = filled();
        edit(&mut changed);
        let faults = faults(&changed);
        assert!(faults.len() == 1 && faults[0].contains(words), "{words}: {faults:?}");
    };
    refused(&|v| drop(v.as_object_mut().unwrap().remove("table3")), "table3 is missing");
    refused(
        &|v| drop(v["table3"][0].as_object_mut().unwrap().remove("auc_se")),
        "table3[0].auc_se is missing",
    );
    refused(
        &|v| drop(v["comparisons"][0]["over_slides"].as_object_mut().unwrap().remove("low")),
        "comparisons[0].over_slides.low is missing",
    );
    refused(&|v| v["seed"] = json!("3"), "seed is \"3\", not of type \"integer\"");
    refused(&|v| v["classes"] = json!("HP"), "classes is \"HP\", not of type \"array\"");
    refused(&|v| v["comparisons"][0]["p_t"] = json!(1.5), "comparisons[0].p_t is 1.5, beyond the maximum");
    refused(&|v| v["table3"][0]["training_set"] = json!("phi=x"), "table3[0].training_set");
    refused(&|v| v["table3"][0]["stratum"] = json!("none"), "table3[0].stratum");
    refused(&|v| v["more"] = json!(1), "there is no such key as more");
    refused(&|v| v["scorer"]["kappa"] = json!(0.5), "there is no such key as scorer.kappa");
}

/// The tables of `docs/results-schema.md`, as the schema says.
fn tables(schema: &Value) -> String {
    let mut text = String::new();
    let mut table = |name: &str, object: &Value| {
        let _ = write!(text, "\n### {name}\n\n{}\n", object["description"].as_str().unwrap());
        if object["type"] != "object" {
            return;
        }
        text.push_str("\n| key | type | meaning |\n|---|---|---|\n");
        for key in object["required"].as_array().unwrap() {
            let inner = &object["properties"][key.as_str().unwrap()];
            let meaning = inner["description"].as_str().unwrap();
            let _ = writeln!(text, "| `{}` | {} | {meaning} |", key.as_str().unwrap(), kind(inner));
        }
    };
    table("results.json", schema);
    for (name, object) in schema["$defs"].as_object().unwrap() {
        table(name, object);
    }
    text
}

/// A type in words.
fn kind(schema: &Value) -> String {
    let link = |target: &Value| {
        let name = target.as_str().unwrap().rsplit('/').next().unwrap();
        format!("[{name}](#{})", name.to_lowercase())
    };
    if let Some(target) = schema.get("$ref") {
        return link(target);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().map(|kind| kind.as_str().unwrap()).collect::<Vec<_>>().join(" or ")
        }
        Value::String(kind) if kind == "array" => format!("list of {}", self::kind(&schema["items"])),
        kind => kind.as_str().unwrap().to_owned(),
    }
}

/// With GRAYZONE_WRITE_DOCS set, writes them first.
#[test]
fn the_page_has_the_schema_s_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results-schema.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- keys: made from results.schema.json -->\n", "<!-- end of keys -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    let wanted = format!("{}\n", tables(Schema::of_results().root()));
    if std::env::var_os("GRAYZONE_WRITE_DOCS").is_some() && found != wanted {
        std::fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(found, wanted, "run this test with GRAYZONE_WRITE_DOCS=1 to write the tables anew");
}
