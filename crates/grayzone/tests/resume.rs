//! The same study gives the same `results.json` to the bit: on two threads, and killed and resumed on one.

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
fn a_study_gives_the_same_bits_on_one_thread_and_killed_again_and_again() {
    let here = Sandbox::new();
    here.synthesize(320);
    here.write("STUDY.toml", study(KEYS, 2, 24));
    here.ok(&["run", "STUDY.toml", "--out", "whole", "--threads", "2", "--quiet"]);

    let mut kills = 0;
    for attempt in 0.. {
        let mut run = here
            .command(&["run", "STUDY.toml", "--out", "killed", "--threads", "1", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Random moments: what matters is that none of them does harm. They are printed if the test fails.
        let millis = 150 + RandomState::new().hash_one(attempt) % 3_000;
        std::thread::sleep(Duration::from_millis(millis));
        if attempt < 8 && run.try_wait().expect("the program can be asked").is_none() {
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
    let results = |out: &str| here.read(&format!("{out}/results.json"));
    assert_eq!(results("whole"), results("killed"), "killed, resumed and on one thread it differs");
}
