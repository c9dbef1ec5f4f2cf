//! A run counts as finished only while it is whole and of one piece.

use record::{Done, Look, RecordError, RunFolder, StepName};
use std::collections::BTreeMap;
use std::path::Path;

/// A step with one output, `steps/<step>/out.csv`, that holds `text`.
fn end(
    run: &RunFolder,
    step: &StepName,
    hash: &str,
    after: &[(&StepName, &str)],
    path: &Path,
    text: &str,
) -> Done {
    files::write_atomic(path, text.as_bytes()).unwrap();
    let name = run.relative(path);
    let done = Done {
        step: step.clone(),
        hash: hash.into(),
        after: after.iter().map(|(s, h)| ((*s).clone(), (*h).to_owned())).collect(),
        made_from: BTreeMap::new(),
        tool: "grayzone".into(),
        computed_on: None,
        seed: 0,
        data_hash: "d".into(),
        seconds: 1.0,
        outputs: BTreeMap::from([(name.clone(), files::sha256_of_file(path).unwrap())]),
        sizes: BTreeMap::from([(name, text.len() as u64)]),
    };
    run.write_done(&done).unwrap();
    done
}

fn finished_run(folder: &Path) -> RunFolder {
    let run = RunFolder::new(folder);
    files::write_atomic(&run.study_toml(), b"").unwrap();
    end(&run, &StepName::SCORE, "s1", &[], &run.step(&StepName::SCORE).join("out.csv"), "a,b\n1,2\n");
    let results = include_str!("results.json");
    end(&run, &StepName::EVALUATE, "e1", &[(&StepName::SCORE, "s1")], &run.results_json(), results);
    run
}

#[test]
fn a_finished_run_is_told_from_one_that_was_half_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished_run(folder.path());
    assert_eq!(run.finished().unwrap().name, "small");

    // Other settings have been run up to the score.
    end(&run, &StepName::SCORE, "s2", &[], &run.step(&StepName::SCORE).join("out.csv"), "a,b\n1,3\n");
    assert!(matches!(run.finished(), Err(RecordError::Unfinished { .. })));
    std::fs::remove_file(run.done_json(&StepName::SCORE)).unwrap();
    assert!(matches!(run.finished(), Err(RecordError::Unfinished { .. })));
    std::fs::remove_file(run.results_json()).unwrap();
    assert!(matches!(run.finished(), Err(RecordError::Unfinished { .. })));
}

#[test]
fn results_that_were_edited_are_not_those_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished_run(folder.path());
    let edited = include_str!("results.json").replace("small", "large");
    std::fs::write(run.results_json(), edited).unwrap();
    let error = run.finished().unwrap_err();
    assert!(matches!(error, RecordError::Damaged { .. }) && error.hint().is_some(), "{error}");
}

#[test]
fn an_output_that_is_gone_cut_or_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    let path = run.step(&StepName::SCORE).join("out.csv");
    let done = end(&run, &StepName::SCORE, "s1", &[], &path, "a,b\n1,2\n");
    let look = |how: Look| run.damage(&done, &|_| how).unwrap().into_iter().next().map(|d| d.why);
    assert_eq!(look(Look::Bytes), None);
    std::fs::write(&path, "a,b\n1,3\n").unwrap();
    assert_eq!(look(Look::Size), None, "one digit does not change the size");
    assert!(look(Look::Bytes).unwrap().contains("SHA-256"));
    assert!(matches!(run.sound(&StepName::SCORE), Err(RecordError::Damaged { .. })));
    std::fs::write(&path, "a,b\n").unwrap();
    assert!(look(Look::Size).unwrap().contains("size"));
    std::fs::remove_file(&path).unwrap();
    assert!(look(Look::Size).unwrap().contains("gone"));
}
