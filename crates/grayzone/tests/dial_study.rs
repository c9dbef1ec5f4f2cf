//! A study whose translator is a dial, end to end: one training serves every selectivity and every recipe, resumes to the bit, and is told of
//! in results and report.

mod sandbox;

use sandbox::{Sandbox, study};

const KEYS: &str = r#"
name = "turned"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [50, 25]
naive = false
seeds = 1
"#;

const RECIPES: &str = r#"kind = "dial"

[[training_set]]
name = "phi=25"

[[training_set]]
name = "by-dial"
add = [{ tiles = "generated", dial = 0.3, classes = "all", filter = "none" }]
"#;

#[test]
fn one_dial_serves_all_selectivities_and_recipes() {
    let here = Sandbox::new();
    here.tissue(240);
    here.write("STUDY.toml", study(KEYS, 2, 20) + RECIPES);

    let plan = here.ok(&["run", "STUDY.toml", "--out", "run", "--dry-run", "--json", "--quiet"]).json();
    let steps: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    for step in [
        "translator-dial",
        "dial",
        "translate-phi-50",
        "translate-phi-25",
        "translator-dial-class-1",
        "translate-dial-0.3",
        "translate-dial-0.3-class-1",
    ] {
        assert_eq!(steps.iter().filter(|name| **name == step).count(), 1, "{step} among {steps:?}");
    }
    assert!(!steps.iter().any(|name| name.starts_with("translator-phi")), "{steps:?}");

    here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]);
    let results: serde_json::Value = serde_json::from_str(&here.read("run/results.json")).unwrap();
    let dial = &results["dial"];
    assert_eq!((dial["steps"].as_u64(), dial["settings"].as_array().map(Vec::len)), (Some(20), Some(7)));
    let rows = here.read("run/steps/dial/tiles.csv");
    let (n, shown) = (rows.lines().count() - 1, rows.lines().filter(|row| row.contains(",true,")).count());
    assert_eq!(dial["n"].as_u64(), Some(n as u64));
    assert!(shown == 12 && n > shown && n <= 99, "{shown} of {n}");
    for folder in ["source", "setting-0", "setting-6"] {
        let pictures = walk(&here.path("run/steps/dial").join(folder));
        assert_eq!(pictures, shown, "pictures in {folder}");
    }
    assert!(here.read("run/report.html").contains("Does the dial do what it says?"));
    assert!(here.path("run/figures/dial-tiles.svg").exists());

    // Nothing is left to do, and the weights translate by themselves.
    let plan = here.ok(&["run", "STUDY.toml", "--out", "run", "--dry-run", "--json", "--quiet"]).json();
    assert!(plan["steps"].as_array().unwrap().iter().all(|step| step["finished"] == true), "{plan}");
    let weights = "run/steps/translator-dial/dial.safetensors";
    here.ok(&[
        "translate",
        "--weights",
        weights,
        "--dial",
        "0.125",
        "--input",
        "run/steps/dial/source",
        "--out",
        "harder",
    ]);
    assert_eq!(walk(&here.path("harder")), shown);
}

/// How many pictures lie below a folder.
fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let count = |path: std::path::PathBuf| if path.is_dir() { walk(&path) } else { 1 };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}
