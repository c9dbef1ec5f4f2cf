//! The same study gives the same `results.json` to the bit: twice, on one thread, and killed and resumed.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const STUDY: &str = r#"
name = "small"
preset = "demo"
data = "tissue"
source_class = "HP"
tile_size = 32
phi = [50]
seeds = 2
[scorer]
epochs = 2
width = 4
[classifier]
epochs = 2
width = 4
[translator]
steps = 24
width = 4
blocks = 1
"#;

fn grayzone(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_grayzone"))
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn succeed(folder: &Path, arguments: &[&str]) {
    let output = grayzone(folder, arguments).wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn results(folder: &Path, out: &str) -> String {
    std::fs::read_to_string(folder.join(out).join("results.json")).expect("results.json is there")
}

#[test]
fn a_study_gives_the_same_bits_again_on_one_thread_and_after_being_killed() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = temporary.path();
    succeed(
        folder,
        &["data", "synthesize", "--tiles", "320", "--size", "32", "--seed", "3", "--out", "tissue"],
    );
    std::fs::write(folder.join("STUDY.toml"), STUDY).expect("the study is written");

    succeed(folder, &["run", "STUDY.toml", "--out", "first", "--threads", "2", "--quiet"]);
    let first = results(folder, "first");
    succeed(folder, &["run", "STUDY.toml", "--out", "again", "--threads", "2", "--quiet"]);
    assert_eq!(first, results(folder, "again"), "a second run differs");
    succeed(folder, &["run", "STUDY.toml", "--out", "one-thread", "--threads", "1", "--quiet"]);
    assert_eq!(first, results(folder, "one-thread"), "one thread differs");

    let mut kills = 0;
    for attempt in 0.. {
        let mut run =
            grayzone(folder, &["run", "STUDY.toml", "--out", "killed", "--threads", "2", "--quiet"]);
        // Random moments: what matters is that none of them does harm. They are printed if the test fails.
        let millis = 150 + RandomState::new().hash_one(attempt) % 1_500;
        std::thread::sleep(Duration::from_millis(millis));
        if attempt < 6 && run.try_wait().expect("the program can be asked").is_none() {
            println!("killed after {millis} ms");
            run.kill().expect("the program can be killed");
            run.wait().expect("the program ends");
            kills += 1;
            continue;
        }
        let output = run.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        break;
    }
    assert!(kills > 0, "the study was too quick to be killed");
    assert_eq!(first, results(folder, "killed"), "a killed and resumed run differs");
}
