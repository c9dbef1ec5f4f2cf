//! Whole studies of other tasks than two classes with three annotators: what is told of each.

mod sandbox;

use sandbox::{Sandbox, study};
use serde_json::Value;

/// Tiles of these classes in `data/`: on each of 18 train slides three of the class B and two of each other, on each of 8 test slides two
/// of each. `votes` of the k-th tile for its class and for another.
fn data(here: &Sandbox, classes: &[&str], votes: Option<fn(usize) -> [usize; 2]>) {
    let columns: Vec<String> = classes.iter().map(|class| format!(",votes_{class}")).collect();
    let columns = if votes.is_some() { columns.concat() } else { String::new() };
    let mut lines = vec![format!("image,class,partition,slide{columns}")];
    for slide in 0..26 {
        let partition = if slide < 18 { "train" } else { "test" };
        for (c, class) in classes.iter().enumerate() {
            for _ in 0..if partition == "train" && *class == "B" { 3 } else { 2 } {
                let k = lines.len();
                let name = format!("t{k:03}.png");
                here.tile(&format!("data/{name}"), 24, (k * 3 + c * 1000) as u32);
                let mut line = format!("{name},{class},{partition},s{slide:02}");
                if let Some([own, other]) = votes.map(|votes| votes(k)) {
                    for voted in 0..classes.len() {
                        let n = if voted == c {
                            own
                        } else if voted == (c + 1) % classes.len() {
                            other
                        } else {
                            0
                        };
                        line.push(',');
                        line.push_str(&n.to_string());
                    }
                }
                lines.push(line);
            }
        }
    }
    here.manifest(&lines);
}

fn run(here: &Sandbox, keys: &str) -> Value {
    let keys = format!(
        "name = \"small\"\npreset = \"demo\"\ndata = \"data\"\nsource_class = \"B\"\nphi = [50]\n{keys}"
    );
    here.write("STUDY.toml", study(&keys, 1, 2));
    here.ok(&["run", "STUDY.toml", "--out", "run", "--json", "--quiet"]).json()
}

fn rows<'a>(results: &'a Value, key: &str) -> Vec<&'a Value> {
    results[key].as_array().unwrap_or_else(|| panic!("{key}: {results}")).iter().collect()
}

fn texts(results: &Value) -> String {
    rows(results, "notes").iter().map(|note| note.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_classes_are_told_one_against_the_rest_and_the_scorer_by_all_of_them() {
    let here = Sandbox::new();
    data(&here, &["A", "B", "C"], Some(|k| if k % 4 == 0 { [2, 1] } else { [3, 0] }));
    let results = run(&here, "seeds = 2\n");
    // Three rows at two epochs on three strata: three classes and their mean.
    let of_classes = rows(&results, "class_auc");
    assert_eq!(of_classes.len(), 3 * 2 * 3 * 4);
    for four in of_classes.chunks(4) {
        let auc = |row: &Value| row["auc_mean"].as_f64().unwrap();
        let classes: Vec<Option<&str>> = four.iter().map(|row| row["class"].as_str()).collect();
        assert_eq!(classes, [Some("A"), Some("B"), Some("C"), None]);
        assert!((four[..3].iter().map(|row| auc(row)).sum::<f64>() / 3.0 - auc(four[3])).abs() < 1e-12);
        // Class X against the rest is what Table 3 tells.
        let same = |row: &&&Value| ["training_set", "stratum"].iter().all(|key| row[*key] == four[1][*key]);
        let table3 = rows(&results, "table3");
        let row = table3.iter().find(same).unwrap();
        let column = if four[1]["epoch"] == "last" { "auc_last" } else { "auc_val" };
        assert!((auc(four[1]) - row[column].as_f64().unwrap()).abs() < 1e-12, "{} {row}", four[1]);
    }
    for key in ["accuracy", "out_of_fold_auc", "auc_low"] {
        assert!(results["scorer"][key].as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)), "{results}");
    }
    let calibration = rows(&results, "calibration");
    let scorer: Vec<&&Value> = calibration.iter().filter(|row| row["training_set"].is_null()).collect();
    assert_eq!((scorer.len(), calibration.len()), (3, 3 + 3 * 2 * 3));
    assert!(scorer.iter().all(|row| row["brier"]["value"].as_f64().unwrap() < 1.0));
    // Two rows beside the original, three strata, three choices of epochs; slides are drawn but for five epochs.
    let comparisons = rows(&results, "comparisons");
    assert_eq!(comparisons.len(), 2 * 3 * 3);
    for row in comparisons {
        let drawn = row["epoch"] != "five-best";
        assert_eq!(row["over_seeds_and_slides"].is_object(), drawn, "{row}");
        assert_eq!(row["delong"].as_array().unwrap().len(), if drawn { 2 } else { 0 }, "{row}");
    }
    assert_eq!(rows(&results, "at_threshold").len(), 3 * 2 * 3 * 2);
    let curves = here.read("run/steps/evaluate/roc.csv");
    assert_eq!(curves.lines().count(), 1 + 3 * 2 * 3 * 101);
    assert!(here.path("run/steps/score/logits.csv").is_file());
}

#[test]
fn of_seven_annotators_agreement_may_count_as_high_from_a_share() {
    let here = Sandbox::new();
    // 7, 6, 5 and 4 of 7 in turn.
    data(&here, &["A", "B"], Some(|k| [7 - k % 4, k % 4]));
    let results = run(&here, "seeds = 1\nhigh_agreement = 0.8\n");
    let counts = rows(&results, "data");
    let count = |agreement: &str| -> i64 {
        let test = counts.iter().filter(|row| row["partition"] == "test" && row["agreement"] == agreement);
        test.map(|row| row["n"].as_i64().unwrap()).sum()
    };
    assert_eq!((count("high"), count("low")), (16, 16));
    let levels = rows(&results, "agreement_auc");
    assert_eq!(levels.len(), 3 * 2 * 4);
    assert!(levels.iter().all(|row| row["from"] == row["to"] && row["tiles"] == 8), "{levels:?}");
    let difficulty = rows(&results, "difficulty");
    let whose: Vec<&str> = difficulty.iter().map(|row| row["confidence"].as_str().unwrap()).collect();
    assert_eq!(whose, ["in-sample", "out-of-fold", "test"]);
    for row in difficulty {
        assert_eq!(row["annotators"], 7);
        assert!(row["spearman"]["value"].as_f64().is_some_and(|r| r.abs() <= 1.0), "{row}");
        assert!(row["ks_over_slides"]["low"].as_f64() <= row["ks_over_slides"]["high"].as_f64(), "{row}");
        assert!(row["auc_disagreement"]["value"].is_f64(), "{row}");
    }
    assert!(texts(&results).contains("at least 0.8 of a tile's annotators"), "{}", texts(&results));
    assert!(here.read("run/study.toml").contains("high_agreement = 0.8"));
    // One seed has no spread, and that is no error.
    assert!(rows(&results, "comparisons").iter().all(|row| row["p_t"].is_null() && row["seeds"] == 1));

    // Another share parts the test tiles otherwise: what was measured by agreement is measured again.
    let plan = |line: &str| {
        let text = here.read("STUDY.toml").replace("high_agreement = 0.8\n", line);
        here.write("OTHER.toml", text);
        here.ok(&["run", "OTHER.toml", "--out", "run", "--dry-run", "--json"]).json()
    };
    let open = |plan: &Value| -> Vec<String> {
        let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["finished"] == false);
        steps.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
    };
    assert!(open(&plan("high_agreement = 0.8\n")).is_empty());
    for line in ["", "high_agreement = 1.0\n", "high_agreement = 0.6\n"] {
        let open = open(&plan(line));
        assert!(open.contains(&"scorer".to_owned()) && open.contains(&"retrain-original-seed-0".to_owned()));
        assert!(!open.contains(&"fold-0".to_owned()), "{open:?}");
    }
    here.write("OTHER.toml", here.read("STUDY.toml").replace("= 0.8", "= 80"));
    here.refuses(&["run", "OTHER.toml"], &["high_agreement = 80 is out of range", "(line 7)", "such as 0.8"]);
}

#[test]
fn without_votes_strata_are_dropped_and_it_is_said() {
    let here = Sandbox::new();
    data(&here, &["A", "B"], None);
    let results = run(&here, "seeds = 2\nvalidation = 0\n");
    for key in ["table3", "comparisons", "at_threshold", "calibration"] {
        let rows = rows(&results, key);
        assert!(!rows.is_empty() && rows.iter().all(|row| row["stratum"] == "all"), "{key}: {rows:?}");
    }
    for key in ["difficulty", "agreement_auc", "class_auc"] {
        assert!(rows(&results, key).is_empty(), "{key}");
    }
    assert!(results["ks"].is_null());
    // Nor is there an epoch or a threshold chosen on validation tiles.
    assert!(rows(&results, "comparisons").iter().all(|row| row["epoch"] != "validation"));
    assert!(rows(&results, "at_threshold").iter().all(|row| row["threshold_from"] == "half"));
    assert!(texts(&results).contains("no votes: nothing is told by agreement"), "{}", texts(&results));
    let said = here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]).stdout;
    assert!(said.contains("naive: ") && said.contains("AUC on all test tiles (last epoch)"), "{said}");
    assert!(!said.contains("low-agreement"), "{said}");
}
