//! Disturbed test tiles: asked for after a study has ended, they train nothing anew; what was measured before a stop is not measured again.

mod sandbox;

use sandbox::{Sandbox, study};
use serde_json::{Value, json};

const KEYS: &str = r#"
name = "small"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [50]
naive = false
seeds = 1
"#;

/// Steps that a run would do.
fn open_steps(here: &Sandbox) -> Vec<String> {
    let plan = here.ok(&["run", "STUDY.toml", "--out", "run", "--dry-run", "--json"]).json();
    let steps = plan["steps"].as_array().unwrap();
    let open = steps.iter().filter(|step| step["finished"] == false);
    assert!(open.clone().all(|step| step["seconds"].as_f64().unwrap() > 0.0), "each has its price");
    open.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

fn results(here: &Sandbox) -> Value {
    serde_json::from_str(&here.read("run/results.json")).unwrap()
}

/// A table's lines as JSON, numbers where there are any.
fn rows(table: &str) -> Vec<Value> {
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let value = |text: &str| match text {
        "" => Value::Null,
        text => text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number)),
    };
    let row = |line: &str| {
        columns.iter().copied().zip(line.split(',').map(value)).map(|(k, v)| (k.to_owned(), v)).collect()
    };
    lines.map(row).collect()
}

#[test]
fn robustness_is_measured_on_finished_trainings_and_goes_on_where_it_was_stopped() {
    let here = Sandbox::new();
    here.tissue(320);
    here.write("STUDY.toml", study(KEYS, 2, 24));
    here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]);
    assert_eq!(results(&here)["robustness"], json!([]));
    assert!(here.read("run/report.html").contains("the study did not ask for it"));
    let trained = here.read("run/steps/retrain-original-seed-0/done.json");

    here.write("STUDY.toml", study(&format!("{KEYS}robustness = true\n"), 2, 24));
    let measured = ["robustness-original-seed-0", "robustness-phi-50-seed-0"];
    assert_eq!(open_steps(&here), [&measured[..], &["evaluate"]].concat());
    here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]);
    assert_eq!(here.read("run/steps/retrain-original-seed-0/done.json"), trained, "nothing is trained anew");
    assert!(here.read("run/study.toml").contains("robustness = true"));
    let found = results(&here);
    let all = found["robustness"].as_array().unwrap();
    assert_eq!(all.len(), 2 * 12);
    let auc = |set: &str, disturbance: &str, strength: f64| {
        let row = all.iter().find(|row| {
            row["training_set"] == set && row["disturbance"] == disturbance && row["strength"] == strength
        });
        row.unwrap()["auc"]["value"].as_f64().unwrap()
    };
    let table3 = found["table3"].as_array().unwrap();
    for set in ["original", "phi=50"] {
        // So small a network is misled by the slightest step; a long one may go too far, which descent does not.
        for epsilon in [1.0, 2.0, 4.0] {
            assert!(auc(set, "pgd", epsilon) <= auc(set, "fgsm", epsilon), "{set} {epsilon}");
        }
        let undisturbed = all.iter().find(|row| row["training_set"] == set).unwrap()["undisturbed"].as_f64();
        assert!(auc(set, "fgsm", 1.0) < undisturbed.unwrap() - 0.1, "{set}");
        // All test tiles are few enough to be attacked, and undisturbed they are ranked as after training.
        let told = table3.iter().find(|row| row["training_set"] == set && row["stratum"] == "all").unwrap();
        for row in all.iter().filter(|row| row["training_set"] == set) {
            let difference = row["undisturbed"].as_f64().unwrap() - told["auc_last"].as_f64().unwrap();
            assert!(difference.abs() < 1e-12, "{row}");
        }
    }
    let (page, figure) = (here.read("run/report.html"), here.read("run/figures/robustness-pgd.csv"));
    assert!(page.contains("Projected gradient descent") && figure.lines().count() == 1 + 2 * 3);

    // As if it had been stopped after the first tiles, of which it noted what no network says.
    let step = "run/steps/robustness-phi-50-seed-0";
    let table = here.read(&format!("{step}/tiles.csv"));
    let done: Value = serde_json::from_str(&here.read("run/steps/retrain-phi-50-seed-0/done.json")).unwrap();
    let weights = done["outputs"]["steps/retrain-phi-50-seed-0/weights.safetensors"].as_str().unwrap();
    let stopped = |weights: &str| {
        let mut begun = rows(&table);
        begun.truncate(64);
        begun[0]["undisturbed"] = json!(42.5);
        std::fs::remove_file(here.path(&format!("{step}/done.json"))).unwrap();
        std::fs::remove_file(here.path(&format!("{step}/tiles.csv"))).unwrap();
        here.write(&format!("{step}/begun.json"), json!({"weights": weights, "rows": begun}).to_string());
        here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]);
        assert!(!here.path(&format!("{step}/begun.json")).exists());
        rows(&here.read(&format!("{step}/tiles.csv")))
    };
    let mut expected = rows(&table);
    assert_eq!(stopped("of other weights"), expected, "what other weights said does not count");
    assert_eq!(results(&here), found);
    expected[0]["undisturbed"] = json!(42.5);
    assert_eq!(stopped(weights), expected, "what was measured is not measured again");
}
