//! What a finished run left is looked at again: outputs that were changed, other devices, runs of an older program.

mod sandbox;

use sandbox::{Ended, Sandbox, study};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

const KEYS: &str = r#"
name = "demo"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [25]
seeds = 1
"#;

/// A finished run, from which every test takes a copy.
static FINISHED: LazyLock<Sandbox> = LazyLock::new(|| {
    let here = Sandbox::new();
    here.tissue(330);
    here.write("STUDY.toml", study(KEYS, 1, 6));
    // The name is a preset's, and a name all the same.
    here.ok(&["run", "STUDY.toml"]);
    assert!(here.path("runs/demo/results.json").is_file());
    here
});

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The finished run in a sandbox of its own.
fn finished() -> Sandbox {
    let here = Sandbox::new();
    copy(&FINISHED.path(""), &here.path(""));
    here
}

/// Runs again; the steps that were run.
fn run_again(here: &Sandbox, more: &[&str]) -> (Vec<String>, Ended) {
    let ended = here.ok(&[&["run", "STUDY.toml"], more].concat());
    let ran = ended.stderr.lines().filter_map(|line| line.strip_suffix(" …")).map(str::to_owned).collect();
    (ran, ended)
}

fn edit_done(here: &Sandbox, step: &str, change: impl Fn(&mut Value)) {
    let path = format!("runs/demo/steps/{step}/done.json");
    let mut done: Value = serde_json::from_str(&here.read(&path)).unwrap();
    change(&mut done);
    here.write(&path, serde_json::to_string(&done).unwrap());
}

fn steps(here: &Sandbox) -> Vec<String> {
    let folder = std::fs::read_dir(here.path("runs/demo/steps")).unwrap();
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_finished_run_is_found_finished() {
    let here = finished();
    let (ran, ended) = run_again(&here, &["--verify"]);
    assert!(ran.is_empty(), "{ran:?}");
    assert!(ended.stderr.contains("of them finished already"));
    assert!(!here.path("runs/demo/aside").exists());
    let done: Value = serde_json::from_str(&here.read("runs/demo/steps/translate-phi-25/done.json")).unwrap();
    assert_eq!(done["computed_on"]["device"], "cpu");
    assert!(done["computed_on"]["instructions"].is_string());
    assert!(done["after"]["translator-phi-25"].is_string(), "{done}");
}

#[test]
fn an_edited_table_is_found_kept_and_made_again_and_what_depends_on_it_stands() {
    let here = finished();
    let before = here.read("runs/demo/results.json");
    let scores = here.read("runs/demo/steps/score/scores.csv");
    let edited = scores.replacen(",0\n", ",1\n", 1);
    assert_eq!(edited.len(), scores.len());
    here.write("runs/demo/steps/score/scores.csv", &edited);
    here.refuses(
        &["run", "STUDY.toml", "--dry-run", "--verify"],
        &["scores.csv", "SHA-256", "the step is run again"],
    );
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran, ["score"], "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot be relied on") && ended.stderr.contains("aside"),
        "{}",
        ended.stderr
    );
    assert_eq!(here.read("runs/demo/aside/steps/score/scores.csv"), edited);
    assert_eq!(here.read("runs/demo/steps/score/scores.csv"), scores);
    assert_eq!(here.read("runs/demo/results.json"), before);
}

#[test]
fn rotten_weights_are_found_at_once_where_a_step_reads_them_else_by_verify() {
    let here = finished();
    let rot = |name: &str| {
        let path = here.path(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    };
    rot("runs/demo/steps/retrain-naive-seed-0/weights.safetensors");
    assert!(run_again(&here, &[]).0.is_empty(), "nothing reads them");
    assert_eq!(run_again(&here, &["--verify"]).0, ["retrain-naive-seed-0"]);
    rot("runs/demo/steps/retrain-original-seed-0/weights.safetensors");
    assert_eq!(
        run_again(&here, &[]).0,
        ["retrain-original-seed-0"],
        "the step that measures translations looks with them"
    );
    rot("runs/demo/steps/fold-0/weights.safetensors");
    assert_eq!(run_again(&here, &[]).0, ["fold-0"]);
    // A picture that was overwritten, and one that is gone.
    let tile =
        std::fs::read_dir(here.path("runs/demo/generated/phi-25/images")).unwrap().next().unwrap().unwrap();
    std::fs::copy(here.path("tissue/images/s001-t005.png"), tile.path()).unwrap();
    assert_eq!(run_again(&here, &[]).0, ["translate-phi-25"]);
    std::fs::remove_file(tile.path()).unwrap();
    assert_eq!(run_again(&here, &[]).0, ["translate-phi-25"]);
    assert!(tile.path().is_file());
}

#[test]
fn what_depends_on_a_step_is_run_again_when_other_files_come_of_it() {
    let instructions = |here: &Sandbox| {
        let done: Value = serde_json::from_str(&here.read("runs/demo/steps/scorer/done.json")).unwrap();
        done["computed_on"]["instructions"].as_str().unwrap().to_owned()
    };
    let here = finished();
    if instructions(&here) == "portable" {
        println!("skipped: this processor has one set of instructions only");
        return;
    }
    // The scorer is lost, as when its repetition is cut short, and is computed again with other instructions.
    std::fs::remove_dir_all(here.path("runs/demo/steps/scorer")).unwrap();
    let portable = |here: &Sandbox| {
        let output = here.command(&["run", "STUDY.toml"]).env("GRAYZONE_SIMD", "portable").output().unwrap();
        let ended = Ended::of(&output);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended
    };
    let ended = portable(&here);
    for step in ["scorer", "score", "translate-phi-25", "retrain-phi-25-seed-0", "evaluate"] {
        assert!(ended.stderr.contains(&format!("\n{step} …")), "{step}: {}", ended.stderr);
    }
    for step in ["fold-0", "retrain-original-seed-0"] {
        assert!(!ended.stderr.contains(&format!("\n{step} …")), "{step}: {}", ended.stderr);
    }
    assert_ne!(here.read("runs/demo/results.json"), FINISHED.read("runs/demo/results.json"));
    assert!(run_again(&here, &[]).0.is_empty());

    // Cut short after the scorer: the steps after it were made from the other one.
    let here = finished();
    edit_done(&here, "score", |done| done["made_from"]["scorer"] = json!("0".repeat(64)));
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran, ["score"], "{}", ended.stderr);
    here.refuses(&["reader", "new", "runs/nowhere", "--out", "readers"], &["runs/nowhere"]);
    edit_done(&here, "evaluate", |done| done["made_from"]["scorer"] = json!("0".repeat(64)));
    here.refuses(&["reader", "new", "runs/demo", "--out", "readers"], &["not finished"]);
}

#[test]
fn what_is_not_of_a_step_is_never_removed_with_it() {
    let here = finished();
    for name in ["steps/scorer/notes.txt", "generated/phi-25/study.sqlite", "steps/score/mine/letter.csv"] {
        here.write(&format!("runs/demo/{name}"), "mine");
    }
    for name in ["steps/scorer/metrics.csv", "steps/translate-phi-25/tiles.csv", "steps/score/scores.csv"] {
        here.write(&format!("runs/demo/{name}"), "rotten");
    }
    // A folder at the place of a file.
    std::fs::remove_file(here.path("runs/demo/confidences.csv")).unwrap();
    here.write("runs/demo/confidences.csv/notes.txt", "mine");
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran.len(), 3, "{ran:?}");
    assert!(ended.stderr.contains("what no step has written is kept as"), "{}", ended.stderr);
    for name in [
        "steps/scorer/notes.txt",
        "generated/phi-25/study.sqlite",
        "steps/score/mine/letter.csv",
        "confidences.csv/notes.txt",
    ] {
        assert_eq!(here.read(&format!("runs/demo/aside/{name}")), "mine", "{name}");
    }
    assert_eq!(here.read("runs/demo/results.json"), FINISHED.read("runs/demo/results.json"));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_an_output_is_moved_away_and_not_waited_for() {
    let here = finished();
    for name in ["runs/demo/confidences.csv", "runs/demo/steps/score/hash.txt"] {
        std::fs::remove_file(here.path(name)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(here.path(name)).status().unwrap().success());
    }
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran, ["score"], "{}", ended.stderr);
    assert!(here.path("runs/demo/confidences.csv").is_file());
}

#[test]
fn steps_of_another_device_are_not_taken_for_ours() {
    let here = finished();
    edit_done(&here, "scorer", |done| {
        done["computed_on"] = json!({"device": "Card 9000", "instructions": null});
    });
    let words = ["its step scorer was computed on Card 9000", "--out"];
    here.refuses(&["run", "STUDY.toml"], &words);
    here.refuses(&["run", "STUDY.toml", "--dry-run"], &words);
    // Other instructions of the processor are said where they meet ours.
    edit_done(&here, "scorer", |done| done["computed_on"] = json!({"device": "cpu", "instructions": "avx9"}));
    assert!(run_again(&here, &[]).0.is_empty());
    std::fs::remove_file(here.path("runs/demo/steps/naive/done.json")).unwrap();
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran, ["naive"]);
    assert!(ended.stderr.contains("computed with avx9 instructions"), "{}", ended.stderr);
}

#[test]
fn a_run_of_an_older_program_stands_but_for_its_ranking() {
    let here = finished();
    let before = here.read("runs/demo/results.json");
    for step in steps(&here) {
        edit_done(&here, &step, |done| {
            for key in ["after", "made_from", "computed_on", "sizes"] {
                done.as_object_mut().unwrap().remove(key);
            }
        });
    }
    let table = "runs/demo/steps/select-phi-25/ranking.csv";
    let whole = here.read(table);
    std::fs::remove_file(here.path(table)).unwrap();
    edit_done(&here, "select-phi-25", |done| {
        done["outputs"].as_object_mut().unwrap().remove("steps/select-phi-25/ranking.csv");
    });
    let (ran, ended) = run_again(&here, &[]);
    assert_eq!(ran, ["select-phi-25"], "{}", ended.stderr);
    assert_eq!(here.read(table), whole);
    assert_eq!(here.read("runs/demo/results.json"), before);
}

#[test]
fn an_unfinished_training_of_other_settings_is_kept_and_goes_on_with_them() {
    let here = finished();
    let longer = study(KEYS, 1, 100_000).replace("blocks = 1", "blocks = 2");
    here.write("STUDY.toml", &longer);
    // Stopped in the midst of its training, which writes a checkpoint.
    let mut run = here
        .command(&["run", "STUDY.toml", "--threads", "1"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = here.path("runs/demo/steps/translator-phi-25/checkpoint.safetensors");
    for _ in 0..1200 {
        if checkpoint.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(checkpoint.exists());
    let bytes = std::fs::read(&checkpoint).unwrap();

    here.write("STUDY.toml", study(KEYS, 1, 6));
    let (_, ended) = run_again(&here, &[]);
    assert!(
        ended.stderr.contains("an unfinished training with other settings is kept as"),
        "{}",
        ended.stderr
    );
    let aside = std::fs::read_dir(here.path("runs/demo/aside")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(aside.join("checkpoint.safetensors")).unwrap(), bytes);
    assert_eq!(here.read("runs/demo/results.json"), FINISHED.read("runs/demo/results.json"));
}

#[test]
fn a_study_and_the_command_line_have_the_same_limits() {
    let here = Sandbox::new();
    here.data_set();
    for (key, value) in [
        ("epochs", "0"),
        ("epochs", "10001"),
        ("width", "0"),
        ("width", "513"),
        ("batch", "1"),
        ("batch", "4097"),
        ("lr", "0.0"),
        ("lr_decay", "1.5"),
        ("weight_decay", "-1.0"),
    ] {
        here.write("STUDY.toml", format!("data = \"data\"\n[classifier]\n{key} = {value}\n"));
        let study = here.refuses(&["run", "STUDY.toml"], &[key, "is out of range"]);
        let option = format!("--{}", key.replace('_', "-"));
        let line = here.refuses(
            &["classify", "--input", "data", "--out", "net", &format!("{option}={value}")],
            &["is out of range", &option],
        );
        let why = |ended: &Ended| ended.stderr.split("because ").nth(1).map(str::to_owned);
        assert_eq!(why(&study), why(&line), "{key} = {value}");
    }
    let seed = "9223372036854775808";
    here.refuses(&["classify", "--input", "data", "--out", "net", "--seed", seed], &["--seed"]);
    here.refuses(&["run", "STUDY.toml", "--seed", seed], &["--seed"]);
}
