//! What judges say of translations for recipes, end to end: beside what other steps say of the same tiles, and by hand from their tables.

mod sandbox;

use std::collections::BTreeMap;

use sandbox::{Sandbox, study};
use serde_json::Value;

const STUDY: &str = r#"
name = "small"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [50]
seeds = 1
"#;

const RECIPE: &str = r#"
[[training_set]]
name = "judged"
add = [{ tiles = "generated", classes = "all", filter = "held-out+features" }]
labels = "judge"
"#;

type Row = BTreeMap<String, String>;

/// A table of the run, each row by its columns.
fn table(here: &Sandbox, path: &str) -> Vec<Row> {
    let text = here.read(path);
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap_or_else(|| panic!("{path} is empty"));
    lines.map(|line| head.iter().cloned().zip(line).collect()).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[track_caller]
fn assert_close(found: f64, expected: f64, what: &str) {
    // Confidences of a network that runs on batches of other sizes.
    assert!((found - expected).abs() < 1e-5, "{what}: {found}, expected {expected}");
}

/// The quantile between order statistics.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    sorted[below] + (sorted[(below + 1).min(sorted.len() - 1)] - sorted[below]) * (at - below as f64)
}

/// The fold of each training tile of a class and its confidence by the scorer of the other folds.
fn real_tiles(here: &Sandbox, scores: &str) -> BTreeMap<String, (usize, f64)> {
    let rows = table(here, scores);
    let confidence = |row: &Row| 1.0 / (1.0 + (-number(row, "margin_out_of_fold")).exp());
    rows.iter().map(|row| (row["image"].clone(), (number(row, "fold") as usize, confidence(row)))).collect()
}

/// Rows of an `assessed.csv` against the real tiles of the class with index `class` of two.
fn check(here: &Sandbox, step: &str, scores: &str, class: usize) -> Vec<Row> {
    let rows = table(here, &format!("run/steps/{step}/assessed.csv"));
    let judge: Value = serde_json::from_str(&here.read(&format!("run/steps/{step}/judge.json"))).unwrap();
    let numbers = |key: &str| -> Vec<f64> {
        judge[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let real = real_tiles(here, scores);
    // The easy half, each translated and translated back.
    assert_eq!(rows.len(), real.len() / 2 * 2, "{step}");
    for pair in rows.chunks(2) {
        assert_eq!(pair[0]["image"], pair[1]["image"]);
        assert_eq!((pair[0]["reconstructed"].as_str(), pair[1]["reconstructed"].as_str()), ("false", "true"));
    }

    let of_fold =
        |k: usize| real.values().filter(|(fold, _)| *fold == k).map(|(_, c)| *c).collect::<Vec<_>>();
    let thresholds = numbers("thresholds");
    assert_eq!(thresholds.len(), 2, "two folds");
    for (k, threshold) in thresholds.iter().enumerate() {
        assert_eq!(numbers("tiles")[k] as usize, of_fold(k).len());
        assert!(of_fold(k).len() >= 20, "else both folds share a threshold");
        assert_close(*threshold, quantile(&of_fold(k), 0.1), &format!("{step}, threshold of fold {k}"));
        assert!(numbers("limits")[k] > 0.0);
    }
    let entropy = |key: &str| judge[key].as_f64().unwrap();
    assert!(entropy("cross_entropy_after") < entropy("cross_entropy_before"), "{judge}");
    for row in &rows {
        let (fold, _) = real[&row["image"]];
        let held_out = number(row, "held_out");
        assert_eq!(row["held_out_keeps"] == "true", held_out >= thresholds[fold], "{row:?}");
        assert!(number(row, "distance") > 0.0, "{row:?}");
        let p: Vec<f64> = row["probabilities"].split(' ').map(|p| p.parse().unwrap()).collect();
        assert_eq!(p.len(), 2);
        assert_close(p[0] + p[1], 1.0, "probabilities");
        if (1e-4..1.0 - 1e-4).contains(&held_out) {
            let bias = numbers("bias")[class] - numbers("bias")[1 - class];
            let margin = judge["scale"].as_f64().unwrap() * (held_out / (1.0 - held_out)).ln() + bias;
            assert_close(p[class], 1.0 / (1.0 + (-margin).exp()), "calibrated");
        }
    }
    rows
}

#[test]
fn judges_say_of_every_class_s_translations_what_other_tables_say() {
    let here = Sandbox::new();
    here.tissue(320);
    here.write("STUDY.toml", study(STUDY, 3, 24) + RECIPE);
    here.ok(&["run", "STUDY.toml", "--out", "run", "--threads", "2", "--quiet"]);
    let of_x = check(&here, "assess-phi-50", "run/steps/score-classes/scores-class-0.csv", 0);
    let of_other = check(&here, "assess-phi-50-class-1", "run/steps/score-classes/scores-class-1.csv", 1);
    assert_eq!(
        real_tiles(&here, "run/steps/score-classes/scores-class-0.csv"),
        real_tiles(&here, "run/steps/score/scores.csv"),
        "class X is scored as ever"
    );

    // The step that draws Figure 6 has the same translations judged, by code of its own.
    let told = table(&here, "run/steps/translate-phi-50/tiles.csv");
    assert_eq!(of_x.len(), 2 * told.len());
    for (pair, told) in of_x.chunks(2).zip(&told) {
        assert_eq!(pair[0]["image"], told["image"]);
        assert_eq!(pair[0]["scorer_keeps"], told["kept"]);
        for (row, what) in pair.iter().zip(["generated", "reconstructed"]) {
            assert_close(number(row, "scorer"), number(told, &format!("confidence_{what}")), what);
            assert_close(number(row, "held_out"), number(told, &format!("held_out_{what}")), what);
        }
    }

    // What the recipe keeps is what both filters keep.
    let added = table(&here, "run/steps/retrain-judged-seed-0/added.csv");
    for (row, assessed) in added.iter().zip([&of_x, &of_other]) {
        let kept = assessed.iter().filter(|row| {
            row["reconstructed"] == "false"
                && row["held_out_keeps"] == "true"
                && number(row, "distance") <= 1.0
        });
        assert_eq!(number(row, "kept") as usize, kept.count(), "{row:?}");
        assert_eq!(number(row, "available") as usize, assessed.len() / 2);
    }
    assert_eq!(added.len(), 2);
}

#[test]
fn a_class_too_small_to_be_translated_is_refused_before_any_training() {
    let here = Sandbox::new();
    here.tissue(320);
    let small = STUDY.replace("phi = [50]", "phi = [20]");
    here.write("STUDY.toml", study(&small, 3, 24) + RECIPE);
    here.refuses(
        &["run", "STUDY.toml", "--out", "run", "--quiet"],
        &["judged", "SSA", "at least 20", "choose a larger phi"],
    );
    assert!(!here.path("run/steps").exists());
}
