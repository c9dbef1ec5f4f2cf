//! Studies whose rows are recipes of their own, end to end: what they add, that they resume to the bit, that a new one re-runs nothing else.

mod sandbox;

use std::process::Stdio;
use std::time::Duration;

use sandbox::{Sandbox, study};
use serde_json::Value;

const KEYS: &str = r#"
name = "small"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [50]
seeds = 2
"#;

/// Every kind of part, of label, of curriculum, of norm.
const RECIPES: &str = r#"
[[training_set]]
name = "phi=50"

[[training_set]]
name = "both-soft"
add = [{ tiles = "generated", classes = "all", filter = "none", amount = 0.25 }]
labels = "judge"
weight = 0.5
batch_norm = "auxiliary"

[[training_set]]
name = "controls"
add = [
    { tiles = "reconstructed", filter = "held-out+features" },
    { tiles = "copies-easy", classes = "all", amount = 0.1 },
    { tiles = "copies-hard", classes = "all" },
    { tiles = "copies-disputed", classes = "all" },
    { tiles = "naive", classes = "all", amount = 0.2 },
]
labels = "votes"
curriculum = "agreement"

[[training_set]]
name = "open"
add = [{ tiles = "generated", filter = "held-out", amount = "validation" }]
curriculum = "confidence"
augmentation = "degraded"
"#;

const NEW: &str = r#"
[[training_set]]
name = "new"
add = [{ tiles = "generated", classes = "all", filter = "none" }]
"#;

fn sandbox() -> Sandbox {
    let here = Sandbox::new();
    here.tissue(320);
    here.write("STUDY.toml", study(KEYS, 3, 24) + RECIPES);
    here
}

/// The steps that are not finished.
fn open_steps(here: &Sandbox, out: &str) -> Vec<String> {
    let plan = here.ok(&["run", "STUDY.toml", "--out", out, "--dry-run", "--json", "--quiet"]).json();
    let steps = plan["steps"].as_array().unwrap_or_else(|| panic!("{plan}"));
    let open = steps.iter().filter(|step| step["finished"] == false);
    open.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

/// A table of the run, each row by its columns.
fn table(here: &Sandbox, path: &str) -> Vec<Vec<(String, String)>> {
    let text = here.read(path);
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap_or_else(|| panic!("{path} is empty"));
    lines.map(|line| head.iter().cloned().zip(line).collect()).collect()
}

fn number(row: &[(String, String)], column: &str) -> f64 {
    let (_, cell) =
        row.iter().find(|(name, _)| name == column).unwrap_or_else(|| panic!("{column}: {row:?}"));
    cell.parse().unwrap_or_else(|_| panic!("{column}: {cell}"))
}

#[test]
fn recipes_add_what_they_say_and_resume_to_the_bit_and_a_new_one_runs_alone() {
    let here = sandbox();
    assert!(open_steps(&here, "first").iter().any(|step| step == "retrain-both-soft-seed-1"));
    here.ok(&["run", "STUDY.toml", "--out", "first", "--threads", "2", "--quiet"]);
    let first = here.read("first/results.json");
    let results: Value = serde_json::from_str(&first).unwrap();
    let mut sets: Vec<&str> = Vec::new();
    for row in results["table3"].as_array().unwrap() {
        let set = row["training_set"].as_str().unwrap();
        if sets.last() != Some(&set) {
            sets.push(set);
        }
    }
    assert_eq!(sets, ["original", "phi=50", "both-soft", "controls", "open"]);

    // Equal shares of both classes: a quarter of each, unless fewer than that are there.
    let soft = table(&here, "first/steps/retrain-both-soft-seed-0/added.csv");
    assert_eq!(soft.len(), 2);
    for row in &soft {
        assert_eq!(number(row, "available"), number(row, "kept"), "there is no filter");
        assert!(number(row, "added") > 0.0 && number(row, "added") <= number(row, "kept"), "{row:?}");
        assert_eq!(number(row, "weight"), 0.5);
    }
    // Half of a class is easy, so that a quarter of it is half of what there is.
    let share = |row: &[(String, String)]| number(row, "added") / (2.0 * number(row, "available"));
    assert!((share(&soft[0]) - share(&soft[1])).abs() < 0.03, "{soft:?}");
    let controls = table(&here, "first/steps/retrain-controls-seed-0/added.csv");
    let parts: Vec<f64> = controls.iter().map(|row| number(row, "part")).collect();
    assert_eq!(parts, [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0]);
    let chosen: Value = serde_json::from_str(&here.read("first/steps/choose-open/chosen.json")).unwrap();
    let tried: Vec<f64> =
        chosen["candidates"].as_array().unwrap().iter().map(|c| c["amount"].as_f64().unwrap()).collect();
    assert_eq!(tried, [0.1, 0.25, 0.5]);
    assert!(tried.contains(&chosen["amount"].as_f64().unwrap()));

    // Seeds are paired: whatever the row, the same seed starts from the same weights, and another row's tiles change nothing of this one's.
    assert_eq!(open_steps(&here, "first"), [] as [&str; 0]);
    here.write("STUDY.toml", study(KEYS, 3, 24) + RECIPES + NEW);
    assert_eq!(open_steps(&here, "first"), ["retrain-new-seed-0", "retrain-new-seed-1", "evaluate"]);
    here.write("STUDY.toml", study(KEYS, 3, 24) + RECIPES);

    let mut run = here
        .command(&["run", "STUDY.toml", "--out", "killed", "--threads", "2", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    for millis in [2_500, 1_800, 3_100, 1_300, 2_200] {
        std::thread::sleep(Duration::from_millis(millis));
        if run.try_wait().expect("the program can be asked").is_some() {
            break;
        }
        run.kill().expect("the program can be killed");
        run.wait().expect("the program ends");
        run = here
            .command(&["run", "STUDY.toml", "--out", "killed", "--threads", "1", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
    }
    assert!(run.wait().expect("the program ends").success());
    assert!(here.read("killed/results.json") == first, "a killed and resumed run differs");
}

#[test]
fn a_recipe_that_cannot_be_is_refused_before_any_training() {
    let here = Sandbox::new();
    here.tissue(320);
    let refused = |recipe: &str, words: &[&str]| {
        here.write("STUDY.toml", study(KEYS, 1, 2) + recipe);
        here.refuses(&["run", "STUDY.toml", "--out", "run", "--quiet"], words);
        assert!(!here.path("run/steps").exists(), "{recipe} began to train");
    };
    refused("[[training_set]]\nname = \"Both soft\"\n", &["Both soft"]);
    refused("[[training_set]]\nname = \"a\"\n[[training_set]]\nname = \"a\"\n", &["a"]);
    refused("[[training_set]]\nname = \"a\"\nadd = [{ tiles = \"generated\", phi = 25 }]\n", &["25"]);
    refused("[[training_set]]\nname = \"a\"\nadd = [{ tiles = \"generated\", dial = 0.2 }]\n", &["dial"]);
    refused("[[training_set]]\nname = \"a\"\nadd = [{ tiles = \"generate\" }]\n", &["generate"]);
    refused("[[training_set]]\nname = \"a\"\nlabels = \"vote\"\n", &["vote"]);
}
