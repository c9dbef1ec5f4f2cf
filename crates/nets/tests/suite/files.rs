//! Weight files: ours, torchvision's, `CycleGAN`'s, and what is no such thing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::Device;
use nets::{
    ClassifierMeta, Conditional, GeneratorConfig, GeneratorMeta, NamedTensors, NetsError, WeightsKind,
    inspect_weights, load_classifier, load_generator, read_tensors, save_classifier, save_generator,
    write_tensors,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, weight};

fn assert_filled(network: &impl NamedTensors) {
    for (name, (shape, values)) in network.tensors() {
        assert_eq!(values, weight(&name, &shape), "{name}");
    }
}

fn meta() -> ClassifierMeta {
    ClassifierMeta {
        classes: vec!["SSA".to_owned(), "HP, \"x\"".to_owned()],
        mean: [0.7, 0.6, 0.7],
        std: [0.15, 0.15, 0.149_999_99],
        tile_size: 48,
        width: 2,
    }
}

#[test]
fn foreign_classifiers_load() {
    let device = Device::flex();
    for (file, width, classes) in
        [("torchvision.pth", 2, 3), ("torchvision.safetensors", 2, 3), ("legacy.pth", 1, 2)]
    {
        let (network, meta) = load_classifier(&fixture::path(file), &device).unwrap();
        assert_eq!((network.width(), network.classes(), meta), (width, classes, None), "{file}");
        assert_filled(&network);
    }
}

#[test]
fn foreign_generators_load() {
    for file in ["latest_net_G_A.pth", "old_net_G.pth"] {
        let (network, meta) = load_generator(&fixture::path(file), &Device::flex()).unwrap();
        assert_eq!(meta, GeneratorMeta { width: 2, blocks: 3, tile_size: None, framing: None }, "{file}");
        assert_filled(&network);
    }
}

#[test]
fn own_files_come_back_and_are_equal_bytes() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let network = fixture::resnet18(2, 2).init(&mut ChaCha8Rng::seed_from_u64(3), &device);
    let [first, second] = ["a.safetensors", "b.safetensors"].map(|name| dir.path().join(name));
    save_classifier(&first, &network, &meta()).unwrap();
    save_classifier(&second, &network, &meta()).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    let texts = read_tensors(&first).unwrap().1;
    assert_eq!((texts["mean"].as_str(), texts["tile_size"].as_str()), ("[0.7, 0.6, 0.7]", "48"));
    let (loaded, described) = load_classifier(&first, &device.autodiff()).unwrap();
    assert_eq!((loaded.tensors(), described), (network.tensors(), Some(meta())));
    assert!(loaded.network.fc.weight.val().is_require_grad());

    let network = GeneratorConfig { width: 2, blocks: 0, upsampling: nets::Upsampling::Transposed }
        .init(&mut ChaCha8Rng::seed_from_u64(3), &Device::flex());
    for tile_size in [None, Some(64)] {
        let meta = GeneratorMeta { width: 2, blocks: 0, tile_size, framing: None };
        save_generator(&first, &network, &meta).unwrap();
        let (loaded, described) = load_generator(&first, &Device::flex()).unwrap();
        assert_eq!((loaded.tensors(), described), (network.tensors(), meta));
    }
}

#[test]
fn a_generator_that_resizes_is_told_by_its_tensors_and_must_be_as_its_file_says() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let path = dir.path().join("resize.safetensors");
    let config = GeneratorConfig { width: 2, blocks: 1, upsampling: nets::Upsampling::Resize };
    let network = config.init(&mut ChaCha8Rng::seed_from_u64(3), &device);
    let meta = GeneratorMeta { width: 2, blocks: 1, tile_size: Some(64), framing: None };
    save_generator(&path, &network, &meta).unwrap();
    let loaded = nets::read_generator(&path, &device).unwrap();
    assert_eq!(loaded.network.upsampling(), nets::Upsampling::Resize);
    assert_eq!((loaded.network.tensors(), loaded.meta, loaded.note), (network.tensors(), meta, None));
    let info = inspect_weights(&path).unwrap();
    assert_eq!((info.metadata["upsampling"].as_str(), info.note), ("resize", None));

    let (tensors, mut metadata) = read_tensors(&path).unwrap();
    metadata.insert("upsampling".into(), "transposed".into());
    write_tensors(&path, &tensors, &metadata).unwrap();
    let error = load_generator(&path, &device).unwrap_err();
    assert!(matches!(&error, NetsError::Metadata { key: "upsampling", .. }), "{error}");

    // Others' say nothing of how they enlarge.
    let foreign = nets::read_generator(&fixture::path("resize_net_G.pth"), &device).unwrap();
    assert_eq!((foreign.meta.width, foreign.meta.blocks), (1, 1));
    assert_filled(&foreign.network);
    assert!(foreign.note.unwrap().contains("by nearest neighbours"));
}

#[test]
fn a_generator_with_a_dial_comes_back_with_it_and_a_foreign_fourth_plane_is_refused() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let path = dir.path().join("dial.safetensors");
    let config =
        Conditional(GeneratorConfig { width: 2, blocks: 1, upsampling: nets::Upsampling::Transposed });
    let network = config.init(&mut ChaCha8Rng::seed_from_u64(3), &device);
    let meta = GeneratorMeta { width: 2, blocks: 1, tile_size: Some(64), framing: None };
    save_generator(&path, &network, &meta).unwrap();
    let (loaded, described) = load_generator(&path, &device).unwrap();
    assert!(loaded.is_told());
    assert_eq!((loaded.tensors(), described), (network.tensors(), meta));
    let info = inspect_weights(&path).unwrap();
    assert_eq!((info.kind, info.note), (WeightsKind::Dial { width: 2, blocks: 1 }, None));
    assert_eq!(info.parameters as u64, nets::Cost::parameters(&config));

    // Whatever another program put into a fourth plane, it is no rank of confidence.
    let (tensors, mut metadata) = read_tensors(&path).unwrap();
    metadata.remove("dial");
    write_tensors(&path, &tensors, &metadata).unwrap();
    let error = load_generator(&path, &device).unwrap_err();
    assert!(matches!(&error, NetsError::Shape { found, .. } if *found == [2, 4, 7, 7]), "{error}");
    assert!(inspect_weights(&path).unwrap().note.unwrap().starts_with("it cannot be loaded: "));
}

#[test]
fn a_description_of_another_network_is_refused() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let path = dir.path().join("w.safetensors");
    let network = fixture::resnet18(3, 2).init(&mut ChaCha8Rng::seed_from_u64(3), &device);
    let error = save_classifier(&path, &network, &meta()).unwrap_err();
    assert!(matches!(error, NetsError::Metadata { key: "classes", .. }) && !path.exists());

    let network = fixture::resnet18(2, 2).init(&mut ChaCha8Rng::seed_from_u64(3), &device);
    save_classifier(&path, &network, &meta()).unwrap();
    let (tensors, metadata) = read_tensors(&path).unwrap();
    for (key, text) in
        [("std", "[0.1,0.1]"), ("std", "[0.1,0.1,0.0]"), ("width", "3"), ("classes", "[\"a\"]")]
    {
        let mut metadata = metadata.clone();
        metadata.insert(key.to_owned(), text.to_owned());
        write_tensors(&path, &tensors, &metadata).unwrap();
        let error = load_classifier(&path, &device).unwrap_err();
        assert!(matches!(error, NetsError::Metadata { key: k, .. } if k == key), "{error}");
    }
}

/// Writes the fixture's classifier after a change, and gives the error of loading it.
fn error_after(dir: &Path, change: impl FnOnce(&mut fixture::Tensors)) -> NetsError {
    let mut tensors = fixture::tensors("torchvision.safetensors");
    tensors.retain(|name, _| !name.ends_with("num_batches_tracked"));
    change(&mut tensors);
    let path = dir.join("changed.safetensors");
    write_tensors(&path, &tensors, &BTreeMap::new()).unwrap();
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(error.to_string().contains("changed.safetensors") && error.hint().is_some(), "{error}");
    assert!(!error.is_machine_fault());
    error
}

#[test]
fn a_tensor_that_does_not_fit_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bias = "layer3.1.bn2.bias";
    let error = error_after(dir, |tensors| {
        tensors.remove(bias);
    });
    assert!(matches!(&error, NetsError::Missing { tensor, .. } if tensor == bias), "{error}");
    let error = error_after(dir, |tensors| {
        tensors.insert(bias.to_owned(), (vec![3], vec![0.0; 3]));
    });
    assert!(error.to_string().contains(bias) && error.to_string().contains("[3] and [8]"), "{error}");
    for (value, index) in [(f32::NAN, 1), (f32::INFINITY, 0)] {
        let error = error_after(dir, |tensors| tensors.get_mut(bias).unwrap().1[index] = value);
        assert!(
            matches!(&error, NetsError::NotFinite { tensor, count: 1, total: 8, .. } if tensor == bias),
            "{error}"
        );
    }
    let error = error_after(dir, |tensors| {
        tensors.insert("fc2.bias".to_owned(), (vec![3], vec![0.0; 3]));
    });
    assert!(matches!(&error, NetsError::Unknown { tensor, .. } if tensor == "fc2.bias"), "{error}");
    let error = error_after(dir, |tensors| tensors.get_mut("bn1.running_var").unwrap().1[1] = -0.5);
    assert!(error.to_string().contains("bn1.running_var holds a negative variance"), "{error}");
    let error = error_after(dir, |tensors| {
        tensors.remove("fc.weight");
    });
    assert!(
        matches!(&error, NetsError::OtherNetwork { reason, .. } if reason.contains("fc.weight")),
        "{error}"
    );
    // A stem of twenty thousand channels must not make the program allocate the rest.
    let error = error_after(dir, |tensors| {
        tensors.insert("conv1.weight".to_owned(), (vec![20_000, 3, 7, 7], vec![0.0; 2_940_000]));
    });
    assert!(matches!(error, NetsError::Shape { .. }), "{error}");
}

#[test]
fn the_other_networks_file_is_told() {
    let device = Device::flex();
    let error = load_classifier(&fixture::path("latest_net_G_A.pth"), &device).unwrap_err();
    assert!(error.to_string().contains("a CycleGAN generator of width 2 with 3 blocks"), "{error}");
    let error = load_generator(&fixture::path("torchvision.pth"), &device).unwrap_err();
    assert!(error.to_string().contains("a ResNet-18 of width 2 with 3 outputs"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("weights inspect")));
}

#[test]
fn what_is_no_weights_file_is_refused_without_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w");
    for name in ["torchvision.pth", "legacy.pth", "torchvision.safetensors"] {
        let whole = fs::read(fixture::path(name)).unwrap();
        for share in [0, 1, 3, 20, 60, 97, 255] {
            fs::write(&path, &whole[..whole.len() * share / 256]).unwrap();
            let error = load_classifier(&path, &Device::flex()).unwrap_err();
            assert!(matches!(error, NetsError::NotWeights { .. }), "{name} {share}: {error}");
            assert!(error.hint().is_some() && inspect_weights(&path).is_err());
        }
    }
    for text in ["hello, this is a text file\n", "12345678{\"a\": 1}", "PK\u{3}\u{4} and nothing"] {
        fs::write(&path, text).unwrap();
        let error = load_generator(&path, &Device::flex()).unwrap_err();
        assert!(matches!(error, NetsError::NotWeights { .. }), "{error}");
    }
    let error = load_generator(&dir.path().join("none"), &Device::flex()).unwrap_err();
    assert!(matches!(error, NetsError::Read { .. }) && !error.is_machine_fault(), "{error}");
    assert!(load_generator(dir.path(), &Device::flex()).is_err());
}

#[test]
fn pickled_code_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let (path, proof) = (dir.path().join("evil.pth"), dir.path().join("proof"));
    // What pickle.dumps makes of an object whose __reduce__ is (os.system, ("touch proof",)).
    let command = format!("touch {}", proof.display());
    let mut pickle = b"\x80\x02cposix\nsystem\nX".to_vec();
    pickle.extend((command.len() as u32).to_le_bytes());
    pickle.extend(command.bytes());
    pickle.extend(b"\x85R.");
    fs::write(&path, pickle).unwrap();
    assert!(load_classifier(&path, &Device::flex()).is_err() && inspect_weights(&path).is_err());
    assert!(!proof.exists());
}

#[test]
fn inspection_lists_what_is_there_even_if_unusable() {
    let info = inspect_weights(&fixture::path("torchvision.pth")).unwrap();
    assert_eq!(info.kind, fixture::kind_of_resnet18(2, 3));
    assert_eq!(info.tensors.len(), 20 * 6 + 2);
    let network = load_classifier(&fixture::path("torchvision.pth"), &Device::flex()).unwrap().0;
    let trainable: usize =
        network.tensors().iter().filter(|(name, _)| !name.contains("running")).map(|(_, t)| t.1.len()).sum();
    assert_eq!(info.parameters, trainable);
    let counter = info.tensors.iter().find(|t| t.name == "bn1.num_batches_tracked").unwrap();
    assert_eq!((counter.dtype.as_str(), counter.shape.len(), counter.max), ("I64", 0, Some(0.0)));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let tensors = BTreeMap::from([
        ("a".to_owned(), (vec![3], vec![1.0, f32::NAN, 3.0])),
        ("b".to_owned(), (vec![0], vec![])),
    ]);
    write_tensors(&path, &tensors, &BTreeMap::from([("k".to_owned(), "v".to_owned())])).unwrap();
    let info = inspect_weights(&path).unwrap();
    assert_eq!((info.kind, info.metadata["k"].as_str()), (WeightsKind::Unknown, "v"));
    assert_eq!((info.tensors[0].mean, info.tensors[0].not_finite, info.tensors[1].min), (Some(2.0), 1, None));
}
