//! In which keys of study.toml runs differ.

use crate::load::Run;
use record::DifferingSetting;
use std::collections::BTreeMap;

/// Names and places, which change no number; and what is shown of every run anyhow.
const NO_RECIPE: [&str; 4] = ["name", "data", "version", "data_hash"];

/// The keys that not every run has with the same value, sorted; those of tables as `classifier.epochs`.
pub fn differing(runs: &[Run]) -> Vec<DifferingSetting> {
    let flat: Vec<BTreeMap<String, String>> = runs.iter().map(|run| flattened(&run.study)).collect();
    let keys: std::collections::BTreeSet<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    let setting = |key: &String| {
        let values: Vec<Option<String>> = flat.iter().map(|keys| keys.get(key).cloned()).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        differs.then(|| DifferingSetting { key: key.clone(), values })
    };
    keys.into_iter().filter(|key| !NO_RECIPE.contains(&key.as_str())).filter_map(setting).collect()
}

fn flattened(study: &toml::Table) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    lay_out(study, "", &mut flat);
    flat
}

fn lay_out(table: &toml::Table, before: &str, flat: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{before}{key}");
        match value {
            toml::Value::Table(inner) => lay_out(inner, &format!("{key}."), flat),
            toml::Value::String(text) => drop(flat.insert(key, text.clone())),
            other => drop(flat.insert(key, other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_tables_are_named_with_their_table() {
        let study: toml::Table =
            toml::from_str("seeds = 3\nphi = [25.0]\n[classifier]\nepochs = 5\nbalance = \"off\"\n").unwrap();
        let flat = flattened(&study);
        let shown: Vec<String> = flat.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(shown, ["classifier.balance=off", "classifier.epochs=5", "phi=[25.0]", "seeds=3"]);
    }
}
