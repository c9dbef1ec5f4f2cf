//! What is learnt of a tile, when, and by which norms: lessons change what they say they change, and nothing else.

mod scene;

use std::path::Path;
use std::sync::Mutex;

use burn::tensor::Device;
use nets::NamedTensors;
use scene::{Watcher, files, in_pieces, on_threads, tiles, views};
use tissue::augment::{Augment, Normalise};
use train::{
    Balance, ClassifierConfig, ClassifierJob, Evaluation, LabelledTiles, Lesson, Observer, Silent, TrainError,
};

const SIZE: usize = 16;
const REAL: usize = 14;

/// Nine dark tiles, five light ones, and generated ones that are far brighter than any.
struct Data {
    tiles: Vec<Vec<u8>>,
    labels: Vec<usize>,
}

fn data(generated: usize) -> Data {
    let mut all = tiles(9, SIZE, 40, "dark");
    all.extend(tiles(5, SIZE, 150, "light"));
    all.extend(tiles(generated, SIZE, 250, "generated"));
    Data { labels: (0..all.len()).map(|i| usize::from((9..REAL).contains(&i))).collect(), tiles: all }
}

impl Data {
    fn set(&self) -> LabelledTiles<'_> {
        LabelledTiles { size: SIZE, tiles: views(&self.tiles), labels: self.labels.clone() }
    }

    /// Every tile's label for certain, and which are auxiliary.
    fn lessons(&self, auxiliary: bool) -> Vec<Lesson> {
        let lesson = |(i, label): (usize, &usize)| Lesson {
            auxiliary: auxiliary && i >= REAL,
            ..Lesson::certain(*label, 2)
        };
        self.labels.iter().enumerate().map(lesson).collect()
    }

    /// Dark tiles from the second epoch on but for two, one light tile from the third.
    fn curriculum(&self) -> Vec<Lesson> {
        let mut lessons = self.lessons(true);
        lessons[2..9].iter_mut().for_each(|lesson| lesson.from_epoch = 1);
        lessons[REAL - 1].from_epoch = 2;
        lessons
    }
}

fn job<'a>(data: &'a Data, lessons: Option<Vec<Lesson>>, dir: &Path) -> ClassifierJob<'a> {
    ClassifierJob {
        stream: "test".into(),
        init_stream: "test-init".into(),
        seed: 3,
        class_names: vec!["dark".into(), "light".into()],
        config: ClassifierConfig { epochs: 4, width: 4, batch: 4, ..Default::default() },
        normalise: Normalise::paper(),
        train: data.set(),
        lessons,
        augment: Augment::paper(),
        evaluation: Some(Evaluation {
            set: data.set(),
            strata: vec![None; data.tiles.len()],
            validation: None,
            positive: 1,
            names: None,
        }),
        snapshots: vec![2],
        dir: dir.to_owned(),
        epochs_total: 4,
    }
}

fn train(job: &ClassifierJob, observer: &dyn Observer) -> Result<nets::Classifier, TrainError> {
    train::train_classifier(job, &Device::flex(), observer)
}

#[test]
fn lessons_that_say_what_the_labels_say_change_no_byte() {
    let (data, folder) = (data(0), tempfile::tempdir().unwrap());
    let (without, with) = (folder.path().join("without"), folder.path().join("with"));
    train(&job(&data, None, &without), &Silent).unwrap();
    train(&job(&data, Some(data.lessons(true)), &with), &Silent).unwrap();
    assert!(files(&without) == files(&with));
}

#[test]
fn targets_are_learnt_and_not_labels() {
    let (data, folder) = (data(0), tempfile::tempdir().unwrap());
    let turned =
        data.labels.iter().map(|label| Lesson::of_votes(&[*label as u32, 1 - *label as u32], *label, 2));
    let mut job = job(&data, Some(turned.collect()), folder.path());
    (job.config.epochs, job.epochs_total, job.config.lr) = (12, 12, 3e-3);
    train(&job, &Silent).unwrap();
    let rows: Vec<record::ClassifierEpoch> = files::read_rows(&folder.path().join("metrics.csv")).unwrap();
    assert!(rows[11].auc_all.unwrap() < 0.1, "{:?}", rows[11]);
}

#[test]
fn a_weight_is_a_factor_on_the_loss() {
    let (data, folder) = (data(0), tempfile::tempdir().unwrap());
    let first_loss = |weight: f32| {
        let lessons = data.lessons(false).into_iter().map(|lesson| Lesson { weight, ..lesson });
        let dir = folder.path().join(format!("{weight}"));
        let mut job = job(&data, Some(lessons.collect()), &dir);
        job.config.lr = 0.0;
        train(&job, &Silent).unwrap();
        files::read_rows::<record::ClassifierEpoch>(&dir.join("metrics.csv")).unwrap()[0].train_loss
    };
    let (one, quarter) = (first_loss(1.0), first_loss(0.25));
    assert!(one > 0.1 && (quarter / one - 0.25).abs() < 1e-6, "{one} {quarter}");
}

#[test]
fn auxiliary_tiles_leave_the_networks_own_norms_alone() {
    let (with, without) = (data(6), data(0));
    let folder = tempfile::tempdir().unwrap();
    // Nothing is learnt, so that what is left of a training is its running statistics.
    let run = |data: &Data, lessons: Option<Vec<Lesson>>, name: &str| {
        let dir = folder.path().join(name);
        let mut job = job(data, lessons, &dir);
        job.config.lr = 0.0;
        train(&job, &Silent).unwrap().tensors()
    };
    let original = run(&without, None, "original");
    assert_eq!(run(&with, Some(with.lessons(true)), "auxiliary"), original);
    let shared = run(&with, Some(with.lessons(false)), "shared");
    assert_ne!(shared["bn1.running_mean"], original["bn1.running_mean"]);

    // Convolutions and head learn from them.
    let dir = folder.path().join("learning");
    let learnt = train(&job(&with, Some(with.lessons(true)), &dir), &Silent).unwrap().tensors();
    let plain = train(&job(&without, None, &folder.path().join("plain")), &Silent).unwrap().tensors();
    assert!(learnt["conv1.weight"] != plain["conv1.weight"] && learnt["fc.bias"] != plain["fc.bias"]);
    let in_file = nets::read_tensors(&dir.join("weights.safetensors")).unwrap().0;
    assert!(in_file.keys().eq(plain.keys()), "the file holds the network and nothing else");
}

/// The last that was told: steps done, steps in all.
#[derive(Default)]
struct Told(Mutex<(u64, u64)>);

impl Observer for Told {
    fn step(&self, done: u64, total: u64) {
        let mut told = self.0.lock().unwrap();
        assert!(told.1 == 0 || (told.1 == total && done >= told.0), "{told:?}, then {done} of {total}");
        *told = (done, total);
    }
}

#[test]
fn stops_kills_and_threads_change_no_byte_of_a_curriculum_with_auxiliary_tiles() {
    let data = data(6);
    for balance in [Balance::Off, Balance::Oversample] {
        let folder = tempfile::tempdir().unwrap();
        let (straight, pieces, single) =
            (folder.path().join("straight"), folder.path().join("pieces"), folder.path().join("single"));
        let run = |dir: &Path, observer: &dyn Observer| {
            let mut job = job(&data, Some(data.curriculum()), dir);
            job.config.balance = balance;
            train(&job, observer)
        };
        let told = Told::default();
        on_threads(2, || run(&straight, &told)).unwrap();
        on_threads(1, || run(&single, &Silent)).unwrap();
        on_threads(2, || in_pieces(|watcher| run(&pieces, watcher)));
        let expected = files(&straight);
        assert!(files(&single) == expected, "one thread gives other files than two");
        assert!(files(&pieces) == expected, "a resumed run gives other files");
        // Two batches of generated tiles an epoch, and of real ones 6 tiles, then 13, then 14; or classes of equal size.
        let real = match balance {
            Balance::Off => [2, 3, 4, 4],
            Balance::Oversample => [2, 5, 5, 5],
        };
        let total = real.iter().sum::<u64>() + 4 * 2;
        assert_eq!(told.0.into_inner().unwrap(), (total, total));
    }
}

#[test]
fn other_lessons_are_another_job() {
    let data = data(6);
    let folder = tempfile::tempdir().unwrap();
    let plain = || data.lessons(false);
    let changed = |change: &dyn Fn(&mut Lesson)| {
        let mut lessons = plain();
        change(&mut lessons[3]);
        lessons
    };
    let others = [
        changed(&|lesson| lesson.from_epoch = 1),
        changed(&|lesson| lesson.auxiliary = true),
        changed(&|lesson| lesson.weight = 0.5),
        changed(&|lesson| lesson.target = vec![0.5, 0.5]),
    ];
    train(&job(&data, Some(plain()), folder.path()), &Silent).unwrap();
    for lessons in others {
        let watcher = Watcher { stop_after: Some(0), ..Watcher::default() };
        let error = train(&job(&data, Some(lessons), folder.path()), &watcher).unwrap_err();
        assert!(matches!(error, TrainError::Interrupted), "{error}");
        assert_eq!(watcher.notes.into_inner().unwrap().len(), 1, "what was there is put aside");
    }
}

#[test]
fn lessons_that_cannot_be_learnt_are_refused() {
    let (data, folder) = (data(6), tempfile::tempdir().unwrap());
    let refused = |change: &dyn Fn(&mut Vec<Lesson>), why: &str| {
        let mut lessons = data.lessons(true);
        change(&mut lessons);
        let error = train(&job(&data, Some(lessons), folder.path()), &Silent).unwrap_err();
        assert!(matches!(error, TrainError::BadJob { .. }) && error.to_string().contains(why), "{error}");
    };
    refused(&|lessons| lessons.truncate(3), "another number of lessons");
    refused(&|lessons| lessons[0].target.push(0.0), "probability");
    refused(&|lessons| lessons[0].target = vec![f32::NAN, 1.0], "probability");
    refused(&|lessons| lessons[0].target = vec![-0.5, 1.5], "probability");
    refused(&|lessons| lessons[0].weight = f32::INFINITY, "weight");
    refused(&|lessons| lessons[1..].iter_mut().for_each(|lesson| lesson.auxiliary = true), "fewer than two");
    refused(&|lessons| lessons[1..].iter_mut().for_each(|lesson| lesson.from_epoch = 1), "fewer than two");
    refused(&|lessons| lessons[5].from_epoch = 4, "after the last epoch");
}

#[test]
fn every_architecture_goes_on_with_auxiliary_norms() {
    let data = data(4);
    for architecture in nets::Architecture::ALL {
        let folder = tempfile::tempdir().unwrap();
        let run = |name: &str, watcher: &Watcher| {
            let mut job = job(&data, Some(data.lessons(true)), &folder.path().join(name));
            job.config = ClassifierConfig { architecture, width: 2, epochs: 1, ..job.config };
            job.epochs_total = 1;
            job.snapshots.clear();
            train(&job, watcher)
        };
        let straight = run("straight", &Watcher::default()).unwrap();
        run("pieces", &Watcher { stop_after: Some(3), ..Watcher::default() }).unwrap_err();
        let pieces = run("pieces", &Watcher::default()).unwrap();
        assert_eq!(straight.tensors(), pieces.tensors(), "{architecture}");
    }
}
