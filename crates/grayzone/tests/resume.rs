//! The same study gives the same `results.json` to the bit: twice, on one thread, and killed and resumed.

mod sandbox;

use std::hash::{BuildHasher, RandomState};
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
seeds = 2
robustness = true
"#;

#[test]
fn a_study_gives_the_same_bits_again_on_one_thread_and_after_being_killed() {
    let here = Sandbox::new();
    here.ok(&["data", "synthesize", "--tiles", "320", "--size", "32", "--seed", "3", "--out", "tissue"]);
    here.write("STUDY.toml", study(KEYS, 2, 24));
    let results = |out: &str| here.read(&format!("{out}/results.json"));

    here.ok(&["run", "STUDY.toml", "--out", "first", "--threads", "2", "--quiet"]);
    let first = results("first");
    here.ok(&["run", "STUDY.toml", "--out", "again", "--threads", "2", "--quiet"]);
    assert_eq!(first, results("again"), "a second run differs");
    here.ok(&["run", "STUDY.toml", "--out", "one-thread", "--threads", "1", "--quiet"]);
    assert_eq!(first, results("one-thread"), "one thread differs");

    let mut kills = 0;
    for attempt in 0.. {
        let mut run = here
            .command(&["run", "STUDY.toml", "--out", "killed", "--threads", "2", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
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
    assert_eq!(first, results("killed"), "a killed and resumed run differs");
}
