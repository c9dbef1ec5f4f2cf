//! Which architecture a file holds is told by its tensors.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use nets::{
    Architecture, ClassifierConfig, ClassifierMeta, NamedTensors, NetsError, WeightsKind, inspect_weights,
    load_classifier, read_classifier, read_tensors, save_classifier, write_tensors,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, Tensors, weight};

/// The tensors of an architecture of width 2 with two outputs, by the formula.
fn tensors(architecture: Architecture) -> Tensors {
    let config = ClassifierConfig { architecture, classes: 2, width: 2 };
    fixture::fill(config.init(&mut ChaCha8Rng::seed_from_u64(1), &Device::flex())).tensors()
}

/// The error of loading these tensors.
fn refused(path: &Path, tensors: &Tensors) -> NetsError {
    write_tensors(path, tensors, &BTreeMap::new()).unwrap();
    load_classifier(path, &Device::flex()).map(drop).unwrap_err()
}

#[test]
fn state_dicts_of_torchvision_load_whatever_their_depth() {
    let device = Device::flex();
    for architecture in [Architecture::ResNet34, Architecture::ResNet50] {
        let path = fixture::path(&format!("{architecture}.pth"));
        let loaded = read_classifier(&path, &device).unwrap();
        assert_eq!((loaded.network.architecture(), loaded.meta, loaded.note), (architecture, None, None));
        for (name, (shape, values)) in loaded.network.tensors() {
            assert_eq!(values, weight(&name, &shape), "{name}");
        }
        let info = inspect_weights(&path).unwrap();
        assert_eq!(info.kind, WeightsKind::Classifier { architecture, width: 1, classes: 2 });
        assert_eq!(
            info.kind.to_string(),
            format!("a {} of width 1 with 2 outputs", architecture.title()),
            "as people read it"
        );
    }
}

#[test]
fn own_files_name_every_architecture_but_the_default() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let path = dir.path().join("w.safetensors");
    let meta = ClassifierMeta {
        classes: vec!["HP".to_owned(), "SSA".to_owned()],
        mean: [0.7, 0.6, 0.7],
        std: [0.15; 3],
        tile_size: 32,
        width: 2,
    };
    for architecture in Architecture::ALL {
        let config = ClassifierConfig { architecture, classes: 2, width: 2 };
        let network = config.init(&mut ChaCha8Rng::seed_from_u64(3), &device);
        save_classifier(&path, &network, &meta).unwrap();
        let named = read_tensors(&path).unwrap().1.get("architecture").cloned();
        assert_eq!(named, (!architecture.is_default()).then(|| architecture.to_string()));
        let (loaded, described) = load_classifier(&path, &device).unwrap();
        assert_eq!((loaded.architecture(), described), (architecture, Some(meta.clone())));
        assert_eq!(loaded.tensors(), network.tensors());
    }
    // Another name than that of its tensors is a fault, and so is none.
    let config = ClassifierConfig { architecture: Architecture::ResNet50, classes: 2, width: 2 };
    save_classifier(&path, &config.init(&mut ChaCha8Rng::seed_from_u64(3), &device), &meta).unwrap();
    let (tensors, mut metadata) = read_tensors(&path).unwrap();
    for said in [Some("resnet34"), None] {
        metadata.remove("architecture");
        metadata.extend(said.map(|said| ("architecture".to_owned(), said.to_owned())));
        write_tensors(&path, &tensors, &metadata).unwrap();
        let error = load_classifier(&path, &device).unwrap_err();
        assert!(matches!(error, NetsError::Metadata { key: "architecture", .. }), "{error}");
        assert!(error.to_string().contains("the network is resnet50"), "{error}");
    }
}

#[test]
fn what_is_missing_or_too_much_is_told_of_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    for (architecture, name) in
        [(Architecture::ResNet34, "layer3.5.bn2.running_mean"), (Architecture::ResNet50, "layer3.5.bn3.bias")]
    {
        let mut tensors = tensors(architecture);
        tensors.remove(name);
        let error = refused(&path, &tensors);
        assert!(matches!(&error, NetsError::Missing { tensor, .. } if tensor == name), "{error}");
    }
    let mut tensors = tensors(Architecture::ResNet50);
    tensors.insert("layer3.0.se.fc1.weight".to_owned(), (vec![1, 4], vec![0.0; 4]));
    let error = refused(&path, &tensors);
    assert!(
        matches!(&error, NetsError::Unknown { tensor, .. } if tensor == "layer3.0.se.fc1.weight"),
        "{error}"
    );
}

#[test]
fn of_several_architectures_each_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut both = Tensors::new();
    for (prefix, architecture) in [("first.", Architecture::ResNet18), ("second.", Architecture::ResNet34)] {
        both.extend(
            tensors(architecture).into_iter().map(|(name, tensor)| (prefix.to_owned() + &name, tensor)),
        );
    }
    let error = refused(&path, &both).to_string();
    assert!(error.contains("it holds a ResNet-18 under first., a ResNet-34 under second."), "{error}");
}

#[test]
fn other_resnets_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let deeper = |stages: [usize; 2]| {
        let mut all = tensors(Architecture::ResNet50);
        for (stage, (held, blocks)) in [(2, (4, stages[0])), (3, (6, stages[1]))] {
            let last = format!("layer{stage}.{}.", held - 1);
            let copied: Vec<_> = all
                .iter()
                .filter_map(|(name, tensor)| Some((name.strip_prefix(&last)?.to_owned(), tensor.clone())))
                .collect();
            for block in held..blocks {
                all.extend(
                    copied.iter().map(|(name, t)| (format!("layer{stage}.{block}.{name}"), t.clone())),
                );
            }
        }
        all
    };
    let inside = |shape: [usize; 4]| {
        let mut all = tensors(Architecture::ResNet50);
        let values = vec![0.1; shape.iter().product()];
        all.insert("layer1.0.conv2.weight".to_owned(), (shape.to_vec(), values));
        all
    };
    for (tensors, words) in [
        (deeper([4, 23]), "it holds a ResNet-101"),
        (deeper([8, 36]), "it holds a ResNet-152"),
        (deeper([9, 40]), "it holds a ResNet of 3, 9, 40 and 3 blocks"),
        (inside([4, 1, 3, 3]), "it holds a ResNeXt"),
        (inside([4, 4, 3, 3]), "it holds a wide ResNet"),
    ] {
        if Architecture::ALL.iter().any(|known| words.ends_with(known.title())) {
            continue;
        }
        let error = refused(&path, &tensors);
        assert!(matches!(error, NetsError::OtherNetwork { .. }), "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
        let wanted = format!("weights of a {}, in", Architecture::any());
        assert!(error.to_string().contains(&wanted), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("weights inspect")));
        let info = inspect_weights(&path).unwrap();
        assert!(info.kind == WeightsKind::Unknown && info.note.is_some_and(|note| note.contains(words)));
    }
}
