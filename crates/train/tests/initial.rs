//! Trainings that begin with weights of a file.

mod scene;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use nets::{NamedTensors, Part, Tensors};
use scene::{Watcher, files, in_pieces, tiles, views};
use tissue::augment::{Augment, Normalise};
use train::{ClassifierConfig, ClassifierJob, LabelledTiles, TrainError};

const SIZE: usize = 16;

fn config() -> ClassifierConfig {
    ClassifierConfig { epochs: 1, width: 4, batch: 4, ..ClassifierConfig::default() }
}

fn job<'a>(
    tiles: &'a [Vec<u8>],
    classes: &[&str],
    config: ClassifierConfig,
    dir: &Path,
) -> ClassifierJob<'a> {
    ClassifierJob {
        stream: "test".into(),
        init_stream: "test-init".into(),
        seed: 3,
        class_names: classes.iter().map(|class| (*class).to_owned()).collect(),
        epochs_total: config.epochs,
        config,
        normalise: Normalise::paper(),
        train: LabelledTiles {
            size: SIZE,
            tiles: views(tiles),
            labels: (0..tiles.len()).map(|i| i % classes.len()).collect(),
        },
        lessons: None,
        augment: Augment::paper(),
        evaluation: None,
        snapshots: Vec::new(),
        dir: dir.to_owned(),
    }
}

struct Scene {
    folder: tempfile::TempDir,
    tiles: Vec<Vec<u8>>,
    /// A finished training of the classes `dark` and `light`, and its network.
    file: PathBuf,
    learnt: Tensors,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tiles = tiles(12, SIZE, 60, "initial");
        let first = folder.path().join("first");
        let job = job(&tiles, &["dark", "light"], config(), &first);
        let learnt = train::train_classifier(&job, &Device::flex(), &Watcher::default()).unwrap().tensors();
        Self { file: first.join("weights.safetensors"), folder, tiles, learnt }
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, name: &str, classes: &[&str], config: ClassifierConfig) -> Result<Tensors, TrainError> {
        let job = job(&self.tiles, classes, config, &self.dir(name));
        Ok(train::train_classifier(&job, &Device::flex(), &Watcher::default())?.tensors())
    }

    fn tuned(&self) -> ClassifierConfig {
        ClassifierConfig { init: Some(self.file.clone()), ..config() }
    }
}

fn is_learnt(name: &str) -> bool {
    !name.contains("running")
}

/// Names of learnt tensors that differ.
fn differing<'a>(a: &'a Tensors, b: &Tensors) -> Vec<&'a str> {
    let names = a.iter().filter(|(name, tensor)| is_learnt(name) && b[*name] != **tensor);
    names.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn it_begins_where_the_file_ends_with_a_new_last_layer_for_other_classes() {
    let scene = Scene::new();
    let still = || ClassifierConfig { lr: 1e-30, weight_decay: 0.0, ..scene.tuned() };
    let same = scene.train("same", &["dark", "light"], still()).unwrap();
    assert_eq!(differing(&same, &scene.learnt), [""; 0]);
    // The order of the classes is that of the outputs.
    let turned = scene.train("turned", &["light", "dark"], still()).unwrap();
    assert_eq!(differing(&turned, &scene.learnt), ["fc.bias", "fc.weight"]);
    let three = scene.train("three", &["a", "b", "c"], still()).unwrap();
    assert_eq!(three["fc.bias"].0, [3]);
    assert!(differing(&turned, &scene.learnt).iter().all(|name| name.starts_with("fc.")));
    let random =
        scene.train("random", &["dark", "light"], ClassifierConfig { lr: 1e-30, ..config() }).unwrap();
    assert!(differing(&random, &scene.learnt).len() > 10, "without a file it begins anew");
}

#[test]
fn what_is_frozen_stays_and_the_rest_learns_and_pieces_give_the_same_bytes() {
    let scene = Scene::new();
    let frozen = ClassifierConfig { epochs: 5, freeze: vec![Part::Conv1, Part::Layer2], ..scene.tuned() };
    let learnt = scene.train("frozen", &["dark", "light"], frozen.clone()).unwrap();
    for (name, tensor) in &learnt {
        let is_frozen = ["conv1.", "bn1.", "layer2."].iter().any(|part| name.starts_with(part));
        assert_eq!(scene.learnt[name] == *tensor, is_frozen, "{name}");
    }
    let job = job(&scene.tiles, &["dark", "light"], frozen, &scene.dir("pieces"));
    in_pieces(|watcher| train::train_classifier(&job, &Device::flex(), watcher));
    assert!(files(&scene.dir("frozen")) == files(&scene.dir("pieces")), "a resumed run gives other files");
}

#[test]
fn a_file_is_known_by_its_content_and_another_is_refused() {
    let scene = Scene::new();
    let digest = train::digest(&scene.file).unwrap();
    let elsewhere = scene.dir("copy.safetensors");
    std::fs::copy(&scene.file, &elsewhere).unwrap();
    let here = ClassifierConfig { init_sha256: Some(digest.clone()), ..scene.tuned() };
    let there = ClassifierConfig { init: Some(elsewhere.clone()), ..here.clone() };
    assert_eq!(here.identity(), there.identity());
    assert_ne!(here.identity(), config().identity());
    // Wherever it lies, it is the same job.
    let first = scene.train("known", &["dark", "light"], here).unwrap();
    let again = scene.train("known", &["dark", "light"], there.clone()).unwrap();
    assert!(first == again && !scene.dir("aside").exists());

    std::fs::copy(scene.dir("known").join("weights.safetensors"), &elsewhere).unwrap();
    let told = |config: ClassifierConfig| {
        let error = train::check_initial(&config).unwrap_err();
        assert!(error.hint().is_some() && !error.is_machine_fault());
        error.to_string()
    };
    let changed = told(there);
    assert!(changed.contains(&digest) && changed.contains("copy.safetensors"), "{changed}");
    let wide = told(ClassifierConfig { width: 8, ..scene.tuned() });
    assert!(
        wide.contains("holds a ResNet-18 of width 4, and a ResNet-18 of width 8 is to be trained"),
        "{wide}"
    );
    let deep = told(ClassifierConfig { architecture: nets::Architecture::ResNet34, ..scene.tuned() });
    assert!(deep.contains("and a ResNet-34 of width 4"), "{deep}");
    told(ClassifierConfig { init: Some(scene.dir("nowhere.pth")), ..config() });
    assert!(scene.train("never", &["a", "b"], ClassifierConfig { width: 8, ..scene.tuned() }).is_err());
    assert!(train::check_initial(&config()).is_ok());
    let faults = ClassifierConfig { freeze: vec![Part::Layer1], ..config() }.faults();
    assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>(), ["freeze"]);
}
