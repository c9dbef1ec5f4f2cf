//! `grayzone run --folds`: every tile is tested once by networks that never saw its patient, each fold is a run of its own, and what cannot
//! be folded is refused.

mod sandbox;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;

use sandbox::{Sandbox, study};
use serde_json::Value;

const KEYS: &str = r#"
name = "small"
preset = "demo"
data = "tissue/patients.csv"
source_class = "HP"
tile_size = 32
phi = [50]
naive = false
seeds = 2
"#;

/// Synthetic tissue whose slides are of patients, two of each, and a study of it.
fn tissue() -> Sandbox {
    let here = Sandbox::new();
    here.tissue(320);
    let lines = here.read("tissue/manifest.csv");
    let patients = lines.lines().enumerate().map(|(i, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        let slide: usize = cells[3].trim_start_matches('s').parse().unwrap_or(0);
        if i == 0 { format!("{line},patient\n") } else { format!("{line},p{:02}\n", slide / 2) }
    });
    here.write("tissue/patients.csv", patients.collect::<String>());
    here.write("STUDY.toml", study(KEYS, 1, 6));
    here
}

/// A finished cross-validation in `cv`, from which every test reads.
static FINISHED: LazyLock<(Sandbox, String)> = LazyLock::new(|| {
    let here = tissue();
    let ended = here.ok(&["run", "STUDY.toml", "--folds", "2", "--out", "cv"]);
    (here, ended.stderr)
});

fn table(here: &Sandbox, path: &str) -> Vec<BTreeMap<String, String>> {
    let text = here.read(path);
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

fn json(here: &Sandbox, path: &str) -> Value {
    serde_json::from_str(&here.read(path)).unwrap()
}

#[test]
fn every_tile_is_tested_once_by_networks_that_never_saw_its_patient() {
    let (here, told) = &*FINISHED;
    assert!(told.contains("split into train and test that the data bring is not used"), "{told}");
    assert!(told.contains("patients take the place of slides"), "{told}");
    let patient_of: BTreeMap<String, String> = table(here, "tissue/patients.csv")
        .into_iter()
        .map(|mut row| (row.remove("image").unwrap(), row.remove("patient").unwrap()))
        .collect();
    let mut fold_of_patient: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tested = BTreeSet::new();
    for fold in 1..=2 {
        let manifest = table(here, &format!("cv/fold-{fold}/manifest.csv"));
        assert_eq!(manifest.len(), patient_of.len());
        let side = |side: &str| -> BTreeSet<&str> {
            manifest.iter().filter(|row| row["partition"] == side).map(|row| row["image"].as_str()).collect()
        };
        let (train, test) = (side("train"), side("test"));
        let patients =
            |tiles: &BTreeSet<&str>| tiles.iter().map(|t| patient_of[*t].clone()).collect::<BTreeSet<_>>();
        assert!(patients(&train).is_disjoint(&patients(&test)), "a patient is trained on and tested");
        for image in &test {
            let patient = &patient_of[*image];
            assert_eq!(*fold_of_patient.entry(patient).or_insert(fold), fold, "{patient} is in two folds");
        }
        // What the classifiers say of test tiles is of these tiles.
        for seed in 0..2 {
            let scores =
                table(here, &format!("cv/fold-{fold}/steps/retrain-phi-50-seed-{seed}/scores-last.csv"));
            let scored: Vec<&str> =
                scores.iter().filter(|r| r["partition"] == "test").map(|r| r["image"].as_str()).collect();
            assert_eq!(scored.len(), test.len());
            assert_eq!(scored.into_iter().collect::<BTreeSet<_>>(), test);
        }
        for image in test {
            assert!(tested.insert(image.to_owned()), "{image} is tested twice");
        }
    }
    assert_eq!(tested.len(), patient_of.len(), "every tile is tested");
    let folds = table(here, "cv/folds.csv");
    for row in &folds {
        assert_eq!(row["unit"], patient_of[&row["image"]]);
        assert_eq!(row["fold"], fold_of_patient[row["unit"].as_str()].to_string());
    }
    assert_eq!(folds.len(), patient_of.len());
}

/// Of the tiles that a fold tests: (whether class X, margin).
fn margins(here: &Sandbox, fold: usize, seed: u64) -> Vec<(bool, f64)> {
    let class: BTreeMap<String, bool> = table(here, "cv/folds.csv")
        .into_iter()
        .map(|row| (row["image"].clone(), row["class"] == "HP"))
        .collect();
    table(here, &format!("cv/fold-{fold}/steps/retrain-original-seed-{seed}/scores-last.csv"))
        .iter()
        .filter(|row| row["partition"] == "test")
        .map(|row| (class[&row["image"]], row["margin"].parse().unwrap()))
        .collect()
}

#[test]
fn results_of_the_whole_count_pairs_of_tiles_of_one_fold() {
    let (here, _) = &*FINISHED;
    let results = json(here, "cv/results.json");
    let cv = &results["cross_validation"];
    assert_eq!(
        (cv["folds"].as_u64(), cv["by"].as_str(), cv["units"].as_u64()),
        (Some(2), Some("patient"), Some(16))
    );
    let tiles: u64 = cv["each"].as_array().unwrap().iter().map(|fold| fold["tiles"].as_u64().unwrap()).sum();
    assert_eq!(tiles, 320);
    let n: u64 = results["data"].as_array().unwrap().iter().map(|d| d["n"].as_u64().unwrap()).sum();
    assert_eq!(n, 320);
    // Each seed's area of the last epoch, pair by pair.
    let row = results["table3"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["training_set"] == "original" && row["stratum"] == "all")
        .unwrap();
    for seed in 0..2 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for fold in 1..=2 {
            let tiles = margins(here, fold, seed);
            for (_, x) in tiles.iter().filter(|t| t.0) {
                for (_, other) in tiles.iter().filter(|t| !t.0) {
                    pairs += 1.0;
                    won += if x > other { 1.0 } else { 0.5 * f64::from(u8::from(x == other)) };
                }
            }
        }
        let told = row["per_seed"][seed as usize]["last"].as_f64().unwrap();
        assert!((told - won / pairs).abs() < 1e-9, "seed {seed}: {told} {}", won / pairs);
    }
    let pooled = cv["pooled"].as_array().unwrap();
    assert!(pooled.len() >= 4, "{pooled:?}");
    for row in pooled.iter().filter(|row| row["stratum"] == "all") {
        let value = row["auc"]["value"].as_f64().unwrap();
        for range in [&row["auc"]["over_slides"], &row["over_seeds_and_slides"]] {
            let (low, high) = (range["low"].as_f64().unwrap(), range["high"].as_f64().unwrap());
            assert!(low <= value && value <= high && low >= 0.0 && high <= 1.0, "{row}");
        }
    }
    let compared = results["comparisons"].as_array().unwrap();
    assert!(compared.iter().any(|row| row["epoch"] == "last" && row["over_seeds_and_slides"].is_object()));
    assert!(compared.iter().all(|row| row["delong"].as_array().unwrap().is_empty()));

    // One page, with each fold's.
    let page = here.read("cv/report.html");
    for words in ["The test folds", "href=\"fold-1/report.html\"", "href=\"fold-2/report.html\"", "Table 3."]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Left out") && !page.contains("not ended"), "sections that folds have are theirs");
    assert!(here.read("cv/fold-1/report.html").contains("Table 3."));
    here.ok(&["report", "cv"]);
    assert_eq!(here.read("cv/report.html"), page);
    here.refuses(&["reader", "new", "cv", "--out", "readers"], &["cross-validation", "fold-1"]);
}

#[test]
fn a_fold_run_alone_gives_the_same_bits() {
    let (here, _) = &*FINISHED;
    here.ok(&["run", "cv/fold-2/study.toml", "--out", "alone", "--threads", "1", "--quiet"]);
    assert_eq!(here.read("alone/results.json"), here.read("cv/fold-2/results.json"));
    assert_eq!(here.read("alone/manifest.csv"), here.read("cv/fold-2/manifest.csv"));
    assert_eq!(here.read("alone/study.toml"), here.read("cv/fold-2/study.toml"));
}

#[test]
fn a_finished_cross_validation_is_found_finished_and_folds_of_others_are_left_alone() {
    let (here, _) = &*FINISHED;
    let before = here.read("cv/results.json");
    // From the settings that the run left, too.
    let plan = here.ok(&["run", "cv/study.toml", "--out", "cv", "--dry-run", "--verify", "--json"]).json();
    let folds = plan["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 2);
    for (k, fold) in folds.iter().enumerate() {
        assert_eq!(fold["fold"].as_u64(), Some(k as u64 + 1));
        assert!(fold["steps"].as_array().unwrap().iter().all(|step| step["finished"] == true), "{fold}");
    }
    assert_eq!(plan["total_seconds"].as_f64(), Some(0.0));
    let again = here.ok(&["run", "STUDY.toml", "--folds", "2", "--out", "cv", "--json"]);
    assert!(!again.stderr.contains(" …"), "{}", again.stderr);
    assert_eq!(again.json()["cross_validation"]["folds"].as_u64(), Some(2));
    assert_eq!(here.read("cv/results.json"), before);

    let refuses = |args: &[&str], words: &[&str]| {
        here.refuses(&[&["run", "STUDY.toml"], args].concat(), words);
        assert_eq!(here.read("cv/results.json"), before);
    };
    refuses(
        &["--folds", "3", "--out", "cv"],
        &["cv", "cross-validation of 2 test folds", "of 3", "--folds 2"],
    );
    refuses(&["--folds", "3", "--out", "cv", "--dry-run"], &["cross-validation of 2 test folds"]);
    refuses(&["--out", "cv"], &["cross-validation of 2 test folds", "one test part", "--folds 2"]);
    refuses(&["--folds", "2", "--out", "cv/fold-1"], &["fold-1", "test fold 1 of 2"]);
    refuses(&["--out", "cv/fold-1"], &["test fold 1 of 2"]);
    here.refuses(
        &["run", "cv/fold-2/study.toml", "--out", "cv/fold-1"],
        &["test fold 1 of 2", "test fold 2 of 2"],
    );
    here.refuses(
        &["run", "cv/fold-2/study.toml", "--folds", "2", "--out", "x"],
        &["--folds 2", "test_fold = 2"],
    );
    // An ordinary run is no place for folds.
    here.write("plain/study.toml", "name = \"small\"\n");
    refuses(&["--folds", "2", "--out", "plain"], &["plain", "one test part", "2 test folds"]);
    assert_eq!(std::fs::read_dir(here.path("plain")).unwrap().count(), 1);
}

#[test]
fn killed_and_resumed_it_gives_the_same_bits_on_any_number_of_threads() {
    let (here, _) = &*FINISHED;
    // As a setting, the number of folds is the same as in the arguments.
    here.write("KILLED.toml", study(&format!("{KEYS}test_folds = 2\n"), 1, 6));
    let args = ["run", "KILLED.toml", "--out", "killed", "--threads", "2", "--quiet"];
    for millis in [700, 4000, 9000] {
        let mut run = here
            .command(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(millis));
        run.kill().expect("the program can be killed");
        run.wait().expect("the program ends");
    }
    here.ok(&args);
    assert_eq!(here.read("killed/results.json"), here.read("cv/results.json"));
    for fold in 1..=2 {
        let path = |out: &str| format!("{out}/fold-{fold}/results.json");
        assert_eq!(here.read(&path("killed")), here.read(&path("cv")));
    }
}

/// Refuses a study of these settings and arguments, leaving nothing behind.
#[track_caller]
fn refuses(here: &Sandbox, keys: &str, args: &[&str], words: &[&str]) {
    here.write("OTHER.toml", study(keys, 1, 6));
    for more in [&[][..], &["--dry-run"]] {
        here.refuses(&[&["run", "OTHER.toml", "--out", "out"], args, more].concat(), words);
    }
    assert!(!Path::new(&here.path("out")).exists());
}

#[test]
fn what_cannot_be_folded_is_refused_with_what_would_do() {
    let here = tissue();
    refuses(&here, KEYS, &["--folds", "1"], &["--folds 1", "2 to 100"]);
    refuses(
        &here,
        &format!("{KEYS}test_folds = 1\n"),
        &[],
        &["test_folds = 1 is out of range", "OTHER.toml (line"],
    );
    refuses(&here, &format!("{KEYS}test_fold = 1\n"), &[], &["test_fold = 1 is out of range"]);
    refuses(
        &here,
        &format!("{KEYS}test_folds = 3\ntest_fold = 4\n"),
        &[],
        &["test_fold = 4", "3 test folds"],
    );
    refuses(&here, KEYS, &["--folds", "50"], &["50 test folds", "there are 16 patients", "--folds"]);
    let lines: Vec<String> = here.read("tissue/patients.csv").lines().map(str::to_owned).collect();
    let with = |change: &dyn Fn(usize, &str) -> String| {
        let changed: Vec<String> = lines.iter().enumerate().map(|(i, line)| change(i, line)).collect();
        here.write("tissue/patients.csv", changed.join("\n") + "\n");
    };
    // A slide of two patients.
    with(&|i, line| if i == 3 { line.replace(",p00", ",p07") } else { line.to_owned() });
    refuses(&here, KEYS, &["--folds", "2"], &["slide s000 belongs to two patients", "\"p07\""]);
    // One class on two patients alone.
    with(&|_, line| {
        if line.ends_with(",p00") || line.ends_with(",p01") {
            line.to_owned()
        } else {
            line.replace(",SSA,", ",HP,").replace(",1,2,", ",2,1,").replace(",0,3,", ",3,0,")
        }
    });
    refuses(&here, KEYS, &["--folds", "3"], &["class \"SSA\"", "2 patients"]);
    // Without the column, slides are what stays together.
    with(&|_, line| line.rsplit_once(',').unwrap().0.to_owned());
    refuses(&here, KEYS, &["--folds", "60"], &["60 test folds", "32 slides"]);
}
