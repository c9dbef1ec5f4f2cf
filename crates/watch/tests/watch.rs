//! A run folder written by hand, as it looks while a study goes on.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use record::{ClassifierEpoch, Done, PlanRow, RunFolder, StepName};
use watch::{State, WatchError, text};

/// Of all files, unless a test says otherwise.
fn begun() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn after(seconds: u64) -> SystemTime {
    begun() + Duration::from_secs(seconds)
}

fn written_at(path: &Path, when: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(when).unwrap();
}

struct Written {
    run: RunFolder,
    plan: Vec<PlanRow>,
}

impl Written {
    fn new(root: &Path, settings: &str) -> Self {
        let run = RunFolder::new(root);
        files::write_atomic(&run.study_toml(), format!("name = \"polyps\"\n{settings}").as_bytes()).unwrap();
        written_at(&run.study_toml(), begun());
        Self { run, plan: Vec::new() }
    }

    /// A step of the plan, of ten GFLOP.
    fn planned(mut self, step: &str, rounds: Option<u64>) -> Self {
        self.plan.push(PlanRow { step: step.parse().unwrap(), gflop: 10.0, rounds });
        files::write_rows(&self.run.plan_csv(), &self.plan).unwrap();
        written_at(&self.run.plan_csv(), begun());
        self
    }

    fn epochs(&self, step: &str, aucs: &[f64], when: SystemTime) {
        let step: StepName = step.parse().unwrap();
        let epoch = |(i, auc): (usize, &f64)| ClassifierEpoch {
            epoch: i + 1,
            lr: 0.001,
            train_loss: 0.5,
            auc_all: Some(0.11),
            auc_high: None,
            auc_low: None,
            auc_val: Some(*auc),
        };
        let rows: Vec<_> = aucs.iter().enumerate().map(epoch).collect();
        files::write_rows(&self.run.metrics_csv(&step), &rows).unwrap();
        written_at(&self.run.metrics_csv(&step), when);
        self.settle(&step, when);
    }

    fn done(&self, step: &str, when: SystemTime) {
        let step: StepName = step.parse().unwrap();
        let done = Done {
            step: step.clone(),
            hash: "0".repeat(64),
            after: [].into(),
            made_from: [].into(),
            tool: "grayzone 0.1.0".into(),
            computed_on: None,
            seed: 0,
            data_hash: "1".repeat(64),
            seconds: 65.0,
            outputs: [].into(),
            sizes: [].into(),
        };
        self.run.write_done(&done).unwrap();
        written_at(&self.run.done_json(&step), when);
        self.settle(&step, when);
    }

    /// Folders take the time of what is written into them.
    fn settle(&self, step: &StepName, when: SystemTime) {
        for folder in [self.run.step(step), self.run.root.join("steps"), self.run.root.clone()] {
            File::open(folder).unwrap().set_modified(when).unwrap();
        }
    }
}

fn small(root: &Path) -> Written {
    let written = Written::new(root, "")
        .planned("scorer", Some(4))
        .planned("score", None)
        .planned("retrain-original-seed-0", Some(4))
        .planned("retrain-original-seed-1", Some(4))
        .planned("evaluate", None);
    written.done("scorer", after(10));
    written.done("score", after(20));
    written
}

#[test]
fn a_run_tells_what_is_done_what_is_at_work_and_how_long_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let run = small(folder.path());
    run.epochs("retrain-original-seed-0", &[0.6, 0.7, 0.8, 0.9], after(30));
    run.done("retrain-original-seed-0", after(30));
    run.epochs("retrain-original-seed-1", &[0.65, 0.75], after(34));

    let state = State::read(folder.path(), after(35)).unwrap();
    assert_eq!((state.name.as_str(), state.steps, state.ended, state.is_finished), ("polyps", 5, 3, false));
    assert_eq!(state.share, 35.0 / 50.0);
    // Two steps and a half in 25 seconds: ten GFLOP take ten seconds, and 15 are left.
    assert!((state.left_seconds.unwrap() - 15.0).abs() < 1e-9, "{state:?}");
    assert_eq!(state.quiet_seconds, Some(1.0));
    let [at_work] = state.at_work.as_slice() else { panic!("{state:?}") };
    assert_eq!(at_work.share, Some(0.5));
    assert_eq!(at_work.rounds.as_deref(), Some("epoch 2 of 4"));
    assert_eq!(at_work.says.as_deref(), Some("loss 0.500, validation AUC 0.750"));
    assert_eq!(at_work.curve, [0.65, 0.75]);
    let [row] = state.rows.as_slice() else { panic!("{state:?}") };
    assert_eq!((row.training_set.as_str(), row.trainings, row.ended), ("original", 2, 1));
    assert_eq!(row.auc_validation, Some(0.9));
    let last: Vec<_> = state.last.iter().map(|ended| (ended.step.as_str(), ended.ago)).collect();
    assert_eq!(last, [("retrain-original-seed-0", 5.0), ("score", 15.0), ("scorer", 25.0)]);

    let shown = text(&state);
    for words in [
        "polyps  last sign of life 1s ago",
        "70 %: 3 of 5 steps, about 15s left",
        "retrain-original-seed-1  epoch 2 of 4",
        "validation AUC 0.750",
        "■□ 1 of 2",
        "90.0",
        "took 1m 5s",
        "15s ago",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    assert!(!shown.contains("0.11") && !shown.contains("11.0"), "test tiles are for the end:\n{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}

#[test]
fn silence_is_told_and_the_end_is_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let run = small(folder.path());
    run.epochs("retrain-original-seed-0", &[0.6], after(30));
    let state = State::read(folder.path(), after(30 + 7200)).unwrap();
    let shown = text(&state);
    assert!(
        shown.contains("silent for 2h: probably stopped; running it again goes on from there"),
        "{shown}"
    );
    assert_eq!(state.left_seconds, None, "two ended steps tell no pace");
    assert!(shown.contains("the time left is not known yet"), "{shown}");

    for step in ["retrain-original-seed-0", "retrain-original-seed-1", "evaluate"] {
        run.done(step, after(40));
    }
    assert!(!State::read(folder.path(), after(50)).unwrap().is_finished, "there are no results yet");
    files::write_atomic(&run.run.results_json(), b"{}").unwrap();
    let state = State::read(folder.path(), after(50_000)).unwrap();
    assert!(state.is_finished && state.share == 1.0 && state.left_seconds == Some(0.0), "{state:?}");
    let shown = text(&state);
    assert!(shown.contains("polyps  finished") && shown.contains("100 %: 5 of 5 steps"), "{shown}");
    assert!(!shown.contains("left") && !shown.contains("silent"), "{shown}");
}

#[test]
fn folds_that_have_not_begun_count_as_the_others() {
    let folder = tempfile::tempdir().unwrap();
    Written::new(folder.path(), "test_folds = 3\n");
    let missing = State::read(folder.path(), after(1)).unwrap_err();
    assert!(matches!(missing, WatchError::NoPlan { .. }), "{missing}");
    let first = small(&folder.path().join("fold-1"));
    for step in ["retrain-original-seed-0", "retrain-original-seed-1", "evaluate"] {
        first.done(step, after(40));
    }
    small(&folder.path().join("fold-2"));
    let state = State::read(folder.path(), after(40)).unwrap();
    assert_eq!((state.steps, state.ended), (10, 7));
    assert!((state.share - 70.0 / 150.0).abs() < 1e-12, "{state:?}");
    let shares: Vec<f64> = state.folds.iter().map(|fold| fold.share).collect();
    assert_eq!(shares, [1.0, 0.4, 0.0]);
    assert_eq!((state.rows[0].trainings, state.rows[0].ended), (4, 2));
    let shown = text(&state);
    assert!(shown.contains("fold 1 done   fold 2 40 %   fold 3 –"), "{shown}");
    assert!(shown.contains("7 of 10 steps of the folds begun"), "{shown}");
}

#[test]
fn metrics_of_any_training_are_read_and_broken_ones_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        Written::new(folder.path(), "").planned("translator-phi-25", Some(2000)).planned("scorer", Some(3));
    let metrics = run.run.metrics_csv(&"translator-phi-25".parse().unwrap());
    let header = "epoch,step,lr,loss_g,loss_cycle_a,judge_source,judge_generated\n";
    files::write_atomic(
        &metrics,
        format!("{header}1,100,0.0002,0.6,0.15,0.96,0.9\n2,500,0.0002,0.6,0.12,0.96,0.7\n").as_bytes(),
    )
    .unwrap();
    files::write_atomic(&run.run.metrics_csv(&StepName::SCORER), b"\xff\xfe broken").unwrap();
    let state = State::read(folder.path(), SystemTime::now()).unwrap();
    let [translator, scorer] = state.at_work.as_slice() else { panic!("{state:?}") };
    assert_eq!((translator.share, translator.rounds.as_deref()), (Some(0.25), Some("step 500 of 2000")));
    assert_eq!(
        translator.says.as_deref(),
        Some("cycle 0.120, confidence of easy tiles 0.960, translated 0.700")
    );
    assert_eq!((translator.curve.as_slice(), scorer.says.as_deref()), ([0.9, 0.7].as_slice(), None));
    assert_eq!(scorer.rounds.as_deref(), Some("epoch 0 of 3"));
}

#[test]
fn what_is_no_run_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let told = |what: &str| {
        let error = State::read(folder.path(), begun()).unwrap_err();
        let (message, hint) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(!hint.is_empty() && !error.is_machine_fault() && message.contains(what), "{message}; {hint}");
    };
    told("has no study.toml");
    files::write_atomic(&folder.path().join("study.toml"), b"name = \"old\"\n").unwrap();
    told("has no plan.csv");
    files::write_atomic(&folder.path().join("plan.csv"), b"step,gflop,rounds\nscorer,much,3\n").unwrap();
    told("plan.csv");
    files::write_atomic(&folder.path().join("study.toml"), b"name = \n").unwrap();
    told("study.toml");
}
