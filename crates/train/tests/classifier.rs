//! The classifier's loop: it learns, and stopping, killing and resuming it or giving it more threads changes no byte.

mod scene;

use burn::tensor::Device;
use nets::NamedTensors;
use record::EpochChoice;
use scene::{Watcher, files, in_pieces, on_threads, tiles, views};
use std::path::Path;
use tissue::Agreement;
use tissue::augment::{Augment, Normalise};
use train::{
    Balance, ClassifierConfig, ClassifierJob, Evaluation, LabelledTiles, RegressorJob, TileNames, TrainError,
};

const SIZE: usize = 16;

struct Data {
    names: Vec<String>,
    tiles: Vec<Vec<u8>>,
    labels: Vec<usize>,
}

impl Data {
    fn new(name: &str, n: usize) -> Self {
        let mut all = tiles(n, SIZE, 40, name);
        all.extend(tiles(n / 2, SIZE, 150, &format!("{name}-light")));
        let labels = (0..all.len()).map(|i| usize::from(i >= n)).collect();
        let names = (0..all.len()).map(|i| format!("{name}/{i}.png")).collect();
        Self { names, tiles: all, labels }
    }

    fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn set(&self) -> LabelledTiles<'_> {
        LabelledTiles { size: SIZE, tiles: views(&self.tiles), labels: self.labels.clone() }
    }
}

fn job<'a>(train: &'a Data, test: &'a Data, dir: &Path) -> ClassifierJob<'a> {
    let strata = (0..test.tiles.len()).map(|i| match i % 3 {
        0 => None,
        1 => Some(Agreement::High),
        _ => Some(Agreement::Low),
    });
    let config = ClassifierConfig {
        epochs: 2,
        width: 4,
        batch: 4,
        balance: Balance::Oversample,
        ..Default::default()
    };
    ClassifierJob {
        stream: "test".into(),
        init_stream: "test-init".into(),
        seed: 3,
        class_names: vec!["dark".into(), "light".into()],
        config,
        normalise: Normalise::paper(),
        train: train.set(),
        lessons: None,
        augment: Augment::paper(),
        evaluation: Some(Evaluation {
            set: test.set(),
            strata: strata.collect(),
            validation: Some(train.set()),
            positive: 1,
            names: Some(TileNames { test: test.names(), validation: train.names() }),
        }),
        snapshots: vec![1, 3],
        dir: dir.to_owned(),
        epochs_total: 3,
    }
}

#[test]
fn stops_kills_and_threads_change_no_byte() {
    let (train, test) = (Data::new("train", 9), Data::new("test", 6));
    let folder = tempfile::tempdir().unwrap();
    let (straight, pieces, single) =
        (folder.path().join("straight"), folder.path().join("pieces"), folder.path().join("single"));
    let run = |dir: &Path, watcher: &Watcher| {
        train::train_classifier(&job(&train, &test, dir), &Device::flex(), watcher)
    };
    let watcher = Watcher::default();
    let model = on_threads(2, || run(&straight, &watcher)).unwrap();
    on_threads(1, || run(&single, &Watcher::default())).unwrap();
    on_threads(2, || in_pieces(|watcher| run(&pieces, watcher)));

    let expected = files(&straight);
    let names: Vec<&str> = expected.keys().map(String::as_str).collect();
    let wanted = [
        "job.json",
        "metrics.csv",
        "scores-last.csv",
        "scores-validation.csv",
        "snapshot-1.safetensors",
        "snapshot-2.safetensors",
        "snapshot-3.safetensors",
        "weights.safetensors",
    ];
    assert_eq!(names, wanted);
    assert!(files(&single) == expected, "one thread gives other files than two");
    assert!(files(&pieces) == expected, "a resumed run gives other files");
    assert_eq!(*watcher.epochs.lock().unwrap(), [1, 2, 3]);

    // The result is the network after `config.epochs`, and three epochs are all there is in the metrics.
    assert_eq!(expected["weights.safetensors"], expected["snapshot-2.safetensors"]);
    let (at_end, meta) =
        nets::load_classifier(&straight.join("snapshot-3.safetensors"), &Device::flex()).unwrap();
    assert_ne!(at_end.tensors(), model.tensors());
    assert_eq!(meta.unwrap().classes, ["dark", "light"]);
    let rows: Vec<record::ClassifierEpoch> = files::read_rows(&straight.join("metrics.csv")).unwrap();
    assert_eq!(rows.len(), 3);
    assert!((rows[2].lr - 1e-3 * 0.91 * 0.91).abs() < 1e-15);
    assert!(rows.iter().all(|row| row.auc_high.is_some() && row.auc_low.is_some() && row.auc_val.is_some()));

    // The scores that are kept are those of the last epoch of the result, and of the epoch that validation chose.
    let chosen = if rows[1].auc_val > rows[0].auc_val { &rows[1] } else { &rows[0] };
    for (choice, row) in [(EpochChoice::Last, &rows[1]), (EpochChoice::Validation, chosen)] {
        let scores: Vec<record::ScoreRow> = files::read_rows(&choice.scores_csv(&straight)).unwrap();
        let auc = |partition: &str, data: &Data| {
            let of: Vec<_> = scores.iter().filter(|s| s.partition == partition).collect();
            assert_eq!(of.iter().map(|s| s.image.as_str()).collect::<Vec<_>>(), data.names());
            let positive: Vec<bool> = data.labels.iter().map(|label| *label == 1).collect();
            let margins: Vec<f64> = of.iter().map(|s| s.margin).collect();
            assert_eq!(margins[0], of[0].logits[1] - of[0].logits[0]);
            stats::auc(&margins, &positive)
        };
        assert_eq!((auc("test", &test), auc("validation", &train)), (row.auc_all, row.auc_val), "{choice}");
    }

    // Called again, the job does not train, but gives the same network.
    let watcher = Watcher::default();
    let again = run(&straight, &watcher).unwrap();
    assert_eq!(again.tensors(), model.tensors());
    assert_eq!(watcher.steps.into_inner(), 0);

    // With another seed it is another job: it starts afresh and says so.
    let watcher = Watcher { stop_after: Some(1), ..Watcher::default() };
    let other = ClassifierJob { seed: 4, ..job(&train, &test, &straight) };
    let error = train::train_classifier(&other, &Device::flex(), &watcher).unwrap_err();
    assert!(matches!(error, TrainError::Interrupted));
    assert_eq!(watcher.notes.into_inner().unwrap().len(), 1);
    assert!(!straight.join("weights.safetensors").exists());
    let kept = files(&straight).into_iter().find(|(name, _)| name.ends_with("/weights.safetensors"));
    assert_eq!(
        kept.map(|(_, bytes)| bytes).as_ref(),
        expected.get("weights.safetensors"),
        "the work is kept"
    );
}

#[test]
fn dark_and_light_tiles_are_told_apart() {
    let (train, test) = (Data::new("train", 32), Data::new("test", 12));
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(&train, &test, folder.path());
    (job.config.epochs, job.epochs_total, job.config.lr) = (10, 10, 3e-3);
    let model = train::train_classifier(&job, &Device::flex(), &train::Silent).unwrap();
    let rows: Vec<record::ClassifierEpoch> = files::read_rows(&folder.path().join("metrics.csv")).unwrap();
    assert!(rows[9].auc_all.unwrap() > 0.95, "{:?}", rows[9]);

    // The metrics say what the returned network does.
    let logits = train::logits(&model, &views(&test.tiles), SIZE, &job.normalise, &Device::flex());
    let scores: Vec<f64> = logits.iter().map(|logits| nets::margin(logits, 1)).collect();
    let light: Vec<bool> = test.labels.iter().map(|label| *label == 1).collect();
    assert_eq!(stats::auc(&scores, &light), rows[9].auc_all);
}

#[test]
fn every_architecture_trains_goes_on_and_is_read_back() {
    let (train, test) = (Data::new("train", 5), Data::new("test", 3));
    for architecture in nets::Architecture::ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut job = job(&train, &test, folder.path());
        job.config = ClassifierConfig { architecture, width: 2, ..job.config };
        let stop = Watcher { stop_after: Some(2), ..Watcher::default() };
        train::train_classifier(&job, &Device::flex(), &stop).unwrap_err();
        let model = train::train_classifier(&job, &Device::flex(), &train::Silent).unwrap();
        assert_eq!((model.architecture(), model.width()), (architecture, 2));
    }
}

#[test]
fn a_loss_beyond_the_numbers_ends_with_a_hint() {
    let (train, test) = (Data::new("train", 6), Data::new("test", 3));
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(&train, &test, folder.path());
    job.config.lr = 1e30;
    let error = train::train_classifier(&job, &Device::flex(), &train::Silent).unwrap_err();
    assert!(matches!(error, TrainError::NotFinite { .. }), "{error}");
    assert!(error.to_string().contains("test") && error.to_string().contains("epoch 1"));
    assert!(error.hint().unwrap().contains("lr") && !error.is_machine_fault());
}

#[test]
fn jobs_that_cannot_be_trained_are_refused() {
    let (train, test) = (Data::new("train", 6), Data::new("test", 3));
    let folder = tempfile::tempdir().unwrap();
    let refused = |change: &dyn Fn(&mut ClassifierJob)| {
        let mut job = job(&train, &test, folder.path());
        change(&mut job);
        let error = train::train_classifier(&job, &Device::flex(), &train::Silent).unwrap_err();
        assert!(matches!(error, TrainError::BadJob { .. }), "{error}");
    };
    refused(&|job| job.train.labels[0] = 2);
    refused(&|job| job.train.labels.truncate(3));
    refused(&|job| job.train.tiles[2] = &[0; 3]);
    refused(&|job| job.config.batch = 1);
    refused(&|job| job.train = LabelledTiles { size: SIZE, tiles: vec![], labels: vec![] });
}

#[test]
fn a_regressor_reads_a_number_from_a_tile() {
    let levels: Vec<u8> = (0..40).map(|i| i * 4).collect();
    let all: Vec<Vec<u8>> =
        levels.iter().map(|level| tiles(1, SIZE, *level, &format!("level-{level}")).remove(0)).collect();
    let targets: Vec<f64> = levels.iter().map(|level| f64::from(*level) / 160.0).collect();
    let folder = tempfile::tempdir().unwrap();
    // Long enough that another order of additions does not decide whether it has learned.
    let config =
        ClassifierConfig { epochs: 40, width: 4, batch: 8, lr: 3e-3, lr_decay: 0.95, ..Default::default() };
    let job = RegressorJob {
        stream: "probe".into(),
        seed: 1,
        target: "level".into(),
        config,
        normalise: Normalise::paper(),
        size: SIZE,
        tiles: views(&all),
        targets: targets.clone(),
        dir: folder.path().to_owned(),
    };
    let model = train::train_regressor(&job, &Device::flex(), &train::Silent).unwrap();
    let read = train::predict_values(&model, &views(&all), SIZE, &job.normalise, &Device::flex());
    let r = stats::pearson(&read, &targets).unwrap();
    assert!(r > 0.9, "r = {r}");
}
