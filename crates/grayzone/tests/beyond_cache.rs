//! Studies of tiles that take more memory than they may, and how a run looks from outside.

mod sandbox;

use std::process::Stdio;
use std::time::Duration;

use sandbox::{Sandbox, study};

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

/// Bytes of the tiles once decoded: 320 of 32 px.
const DECODED: usize = 320 * 32 * 32 * 3;

#[test]
fn tiles_beyond_the_cache_give_the_same_study_also_when_it_is_killed() {
    let here = Sandbox::new();
    here.tissue(320);
    here.write("STUDY.toml", study(KEYS, 1, 12));
    let cache = (DECODED / 4).to_string();
    let plan = here.ok(&["run", "STUDY.toml", "--out", "priced", "--cache", &cache, "--dry-run", "--json"]);
    assert!(plan.json()["total_seconds"].as_f64().unwrap() > 0.0);
    assert!(!here.path("priced").exists(), "what is priced leaves nothing");

    here.ok(&["run", "STUDY.toml", "--out", "memory", "--quiet"]);
    let run = ["run", "STUDY.toml", "--out", "file", "--cache", &cache];
    let mut killed = here.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let ended = here.ok(&run);
    assert!(ended.stderr.contains("the tiles take more than the cache"), "{}", ended.stderr);
    let kept: Vec<_> = std::fs::read_dir(here.path("file/tiles"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "bin"))
        .collect();
    assert_eq!((kept.len(), kept[0].metadata().unwrap().len()), (1, DECODED as u64));
    assert_eq!(here.read("memory/results.json"), here.read("file/results.json"));
    assert!(!here.path("memory/tiles").exists());

    // Finished is finished, wherever the tiles were, and the file is the run's own.
    std::fs::remove_dir_all(here.path("file/tiles")).unwrap();
    let plan = here.ok(&["run", "STUDY.toml", "--out", "file", "--dry-run", "--json", "--quiet"]).json();
    assert!(plan["steps"].as_array().unwrap().iter().all(|step| step["finished"] == true), "{plan}");
    here.write("STUDY.toml", study(&format!("{KEYS}test_folds = 2\n"), 1, 12));
    here.ok(&["run", "STUDY.toml", "--out", "folds", "--cache", &cache, "--quiet"]);
    assert!(here.path("folds/tiles").is_dir() && here.path("folds/fold-2/results.json").is_file());
}

#[test]
fn a_run_is_watched_from_its_folder_alone() {
    let here = Sandbox::new();
    here.tissue(320);
    here.write("STUDY.toml", study(KEYS, 1, 12));
    here.refuses(&["watch", "nowhere", "--once"], &["nowhere", "no study.toml"]);
    here.ok(&["run", "STUDY.toml", "--out", "run", "--quiet"]);
    let state = here.ok(&["watch", "run", "--json"]).json();
    assert_eq!(
        (&state["is_finished"], &state["share"], &state["name"]),
        (&true.into(), &1.0.into(), &"small".into())
    );
    assert_eq!(state["steps"], state["ended"]);
    assert!(state["rows"].as_array().unwrap().iter().any(|row| row["training_set"] == "phi=50"), "{state}");
    // Without a terminal it is told once.
    let told = here.ok(&["watch", "run"]).stdout;
    assert!(told.contains("small  finished") && told.contains("100 %"), "{told}");

    // A network of the run, with what is to be known of it.
    here.ok(&[
        "weights",
        "card",
        "run",
        "--step",
        "retrain-original-seed-0",
        "--mpp",
        "0.5",
        "--out",
        "CARD.md",
    ]);
    let card = here.read("CARD.md");
    for words in ["HP", "SSA", "0.5", "AUC", "diagnos"] {
        assert!(card.contains(words), "{words} in {card}");
    }
    here.refuses(&["weights", "card", "run", "--step", "no step", "--out", "c.md"], &["no step"]);
    here.refuses(
        &["weights", "card", "run", "--step", "retrain-original-seed-9", "--out", "c.md"],
        &["seed-9"],
    );

    std::fs::remove_file(here.path("run/results.json")).unwrap();
    std::fs::remove_dir_all(here.path("run/steps/evaluate")).unwrap();
    let state = here.ok(&["watch", "run", "--json"]).json();
    assert_eq!((&state["is_finished"], state["at_work"].as_array().unwrap().len()), (&false.into(), 0));
    assert!(state["share"].as_f64().unwrap() < 1.0);
}
