//! Networks in checkpoints: below prefixes, beside other things, with other heads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::Device;
use nets::{
    NamedTensors, NetsError, WeightsKind, inspect_weights, load_classifier, read_classifier, read_generator,
    write_tensors,
};

use crate::fixture::{self, Tensors, weight};
use crate::torch_writer::{Node, Part, dict, floats, save};

/// A ResNet-18 of width 1 with two outputs, as torchvision names it.
pub fn small() -> Tensors {
    let (network, _) = load_classifier(&fixture::path("legacy.pth"), &Device::flex()).unwrap();
    network.tensors()
}

/// The same for a torch file: every tensor a storage of its own.
pub fn parts() -> (Vec<(String, Node)>, Vec<Vec<u8>>) {
    let (mut nodes, mut storages) = (Vec::new(), Vec::new());
    for (name, (shape, values)) in small() {
        let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
        nodes.push((name, Node::Tensor(Part::whole(storages.len(), &shape))));
        storages.push(floats(&values));
    }
    (nodes, storages)
}

fn generator() -> Tensors {
    fixture::tensors("latest_net_G_A.pth")
}

/// Writes the tensors with other names.
fn renamed(path: &Path, all: &[(&Tensors, &str)], rename: impl Fn(&str) -> String) {
    let mut tensors = Tensors::new();
    for (network, prefix) in all {
        tensors.extend(
            network.iter().map(|(name, tensor)| (format!("{prefix}{}", rename(name)), tensor.clone())),
        );
    }
    // What training programs keep beside a network.
    tensors.insert("optimizer.state.0.exp_avg".to_owned(), (vec![2], vec![0.0, f32::NAN]));
    write_tensors(path, &tensors, &BTreeMap::new()).unwrap();
}

const PREFIXES: [&str; 16] = [
    "state_dict.",
    "model_state_dict.",
    "model.",
    "net.",
    "network.",
    "module.",
    "backbone.",
    "encoder.",
    "_orig_mod.",
    "state_dict.model.",
    "state_dict.model.resnet.",
    "state_dict.module.",
    "model_state.module.backbone.",
    "_orig_mod.module.",
    "ema.module.",
    "my own words.0.x.",
];

#[test]
fn a_classifier_is_found_below_any_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    for prefix in PREFIXES {
        renamed(&path, &[(&small(), prefix)], str::to_owned);
        let loaded = read_classifier(&path, &Device::flex()).unwrap_or_else(|e| panic!("{prefix}: {e}"));
        assert_eq!(loaded.network.tensors(), small(), "{prefix}");
        let note = loaded.note.unwrap();
        assert!(note.contains(&format!("under {prefix}")) && note.contains("w.safetensors"), "{note}");
        let info = inspect_weights(&path).unwrap();
        assert_eq!(info.kind, fixture::kind_of_resnet18(1, 2), "{prefix}");
        assert_eq!(info.note, Some(note));
    }
}

#[test]
fn a_generator_is_found_below_any_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    for prefix in PREFIXES.into_iter().chain(["netG.", "G_AB.", "state_dict.netG_A2B.module."]) {
        for inner in ["model.", "main.", ""] {
            renamed(&path, &[(&generator(), prefix)], |name| name.replacen("model.", inner, 1));
            let loaded = read_generator(&path, &Device::flex()).unwrap_or_else(|e| panic!("{prefix}: {e}"));
            assert_eq!(loaded.network.tensors(), generator(), "{prefix}");
            // Below "model." alone it is where it always is.
            assert_eq!(loaded.note.is_some(), (prefix, inner) != ("model.", ""), "{:?}", loaded.note);
            assert_eq!(inspect_weights(&path).unwrap().kind, WeightsKind::Generator { width: 2, blocks: 3 });
        }
    }
}

#[test]
fn of_several_networks_none_is_guessed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut other = small();
    other.get_mut("fc.bias").unwrap().1[0] += 1.0;
    renamed(&path, &[(&small(), "model."), (&other, "model_ema.")], str::to_owned);
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(matches!(error, NetsError::Several { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("under model., under model_ema.") && text.contains("w.safetensors"), "{text}");
    assert!(error.hint().is_some() && !error.is_machine_fault());
    let info = inspect_weights(&path).unwrap();
    assert_eq!(info.kind, WeightsKind::Unknown);
    assert!(info.note.unwrap().contains("with 2 outputs under model_ema."));

    renamed(&path, &[(&generator(), "netG_A."), (&generator(), "netG_B.")], str::to_owned);
    let error = read_generator(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("under netG_A.model., under netG_B.model."), "{error}");

    // One without a prefix beside another is one of several, too.
    renamed(&path, &[(&small(), ""), (&other, "ema.")], str::to_owned);
    let error = load_classifier(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("without a prefix, under ema."), "{error}");
}

#[test]
fn one_network_under_two_names_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let ((first, storages), (second, _)) = (parts(), parts());
    let node = dict([("model_state_dict", Node::Dict(first)), ("net", Node::Dict(second))]);
    fs::write(&path, save("w", &node, &storages)).unwrap();
    let loaded = read_classifier(&path, &Device::flex()).unwrap();
    assert_eq!(loaded.network.tensors(), small());
    assert!(loaded.note.unwrap().contains("under net."));
}

#[test]
fn a_head_of_one_layer_is_taken_and_others_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    for (prefix, layer) in [("", "fc.1."), ("", "fc.0."), ("model.", "fc.linear."), ("module.", "fc.head.1.")]
    {
        renamed(&path, &[(&small(), prefix)], |name| name.replace("fc.", layer));
        if prefix.is_empty() {
            // Without a prefix, all there is belongs to the network.
            let mut tensors = nets::read_tensors(&path).unwrap().0;
            tensors.remove("optimizer.state.0.exp_avg");
            write_tensors(&path, &tensors, &BTreeMap::new()).unwrap();
        }
        let loaded = read_classifier(&path, &Device::flex()).unwrap_or_else(|e| panic!("{layer}: {e}"));
        assert_eq!(loaded.network.tensors(), small(), "{layer}");
        assert!(loaded.note.unwrap().contains(layer.trim_end_matches('.')));
        assert_eq!(inspect_weights(&path).unwrap().kind, fixture::kind_of_resnet18(1, 2));
    }
    let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| {
        let mut tensors = small();
        change(&mut tensors);
        renamed(&path, &[(&tensors, "model.")], str::to_owned);
        let error = load_classifier(&path, &Device::flex()).unwrap_err();
        let text = error.to_string();
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(error.hint().is_some());
        let info = inspect_weights(&path).unwrap();
        assert_eq!(info.kind, WeightsKind::Unknown, "{text}");
        assert!(info.note.is_some());
    };
    let without_head = |tensors: &mut Tensors| tensors.retain(|name, _| !name.starts_with("fc."));
    let several = |tensors: &mut Tensors| {
        without_head(tensors);
        for layer in ["0", "3"] {
            tensors.insert(format!("fc.{layer}.weight"), (vec![8, 8], vec![0.1; 64]));
            tensors.insert(format!("fc.{layer}.bias"), (vec![8], vec![0.1; 8]));
        }
    };
    refused(&several, &["head has several layers", "fc.0, fc.3", "under model."]);
    refused(&without_head, &["its head model.fc.weight is missing", "its body is under model."]);
    let named_otherwise = |tensors: &mut Tensors| {
        without_head(tensors);
        tensors.insert("classifier.weight".to_owned(), (vec![2, 8], vec![0.1; 16]));
        tensors.insert("classifier.bias".to_owned(), (vec![2], vec![0.1; 2]));
    };
    refused(
        &named_otherwise,
        &["its head model.fc.weight is missing", "model.classifier.weight may be a head of another name"],
    );
}

#[test]
fn what_comes_closest_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut tensors = small();
    tensors.remove("layer3.0.downsample.1.running_var");
    renamed(&path, &[(&tensors, "state_dict.net.")], str::to_owned);
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(
        matches!(&error, NetsError::Missing { tensor, .. } if tensor == "state_dict.net.layer3.0.downsample.1.running_var"),
        "{error}"
    );
    // Something within the network that is not of it.
    let mut tensors = small();
    tensors.insert("layer3.0.se.fc1.weight".to_owned(), (vec![1, 4], vec![0.0; 4]));
    renamed(&path, &[(&tensors, "model.")], str::to_owned);
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(
        matches!(&error, NetsError::Unknown { tensor, .. } if tensor == "model.layer3.0.se.fc1.weight"),
        "{error}"
    );
    let note = inspect_weights(&path).unwrap().note.unwrap();
    assert!(note.contains("cannot be loaded") && note.contains("layer3.0.se.fc1.weight"), "{note}");
    // A name that has no end is cut.
    let mut tensors = small();
    tensors.insert("x".repeat(100_000), (vec![1], vec![0.0]));
    renamed(&path, &[(&tensors, "model.")], str::to_owned);
    let error = load_classifier(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.chars().count() < 400 && error.contains("xxx…xxx"), "{error}");
}

#[test]
fn layers_with_numbers_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let numbers = [
        ("conv1.", "0."),
        ("bn1.", "1."),
        ("layer1.", "4."),
        ("layer2.", "5."),
        ("layer3.", "6."),
        ("layer4.", "7."),
    ];
    renamed(&path, &[(&small(), "")], |name| {
        let number = numbers.iter().find_map(|(layer, number)| Some((number, name.strip_prefix(layer)?)));
        number.map_or_else(|| "head.".to_owned() + name, |(number, rest)| format!("features.{number}{rest}"))
    });
    let error = load_classifier(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("features.0.weight is conv1.weight"), "{error}");
    assert!(inspect_weights(&path).unwrap().note.unwrap().contains("features.0.weight"));
}

#[test]
fn a_generator_beside_discriminators_is_one_network() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let mut all = Tensors::new();
    for (name, shape) in [
        ("0", [4, 3, 4, 4]),
        ("2", [8, 4, 4, 4]),
        ("5", [16, 8, 4, 4]),
        ("8", [32, 16, 4, 4]),
        ("11", [1, 32, 4, 4]),
    ] {
        all.insert(format!("model.{name}.weight"), (shape.to_vec(), vec![0.0; shape.iter().product()]));
    }
    renamed(&path, &[(&generator(), "netG."), (&all, "netD.")], str::to_owned);
    assert_eq!(read_generator(&path, &Device::flex()).unwrap().network.tensors(), generator());
    assert_eq!(inspect_weights(&path).unwrap().kind, WeightsKind::Generator { width: 2, blocks: 3 });
    renamed(&path, &[(&all, "netD.")], str::to_owned);
    assert_eq!(inspect_weights(&path).unwrap().kind, WeightsKind::Discriminator { width: 4 });
}

#[test]
fn real_checkpoints_load() {
    let device = Device::flex();
    for (file, prefix, head) in
        [("lightning.ckpt", "state_dict.model.resnet.", ""), ("whole_network.pth", "net.", "net.fc.1")]
    {
        let loaded = read_classifier(&fixture::path(file), &device).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(loaded.network.tensors(), small(), "{file}");
        let note = loaded.note.unwrap();
        assert!(note.contains(&format!("under {prefix}, in")) && note.contains(head), "{note}");
        let info = inspect_weights(&fixture::path(file)).unwrap();
        assert_eq!(info.kind, fixture::kind_of_resnet18(1, 2));
        let trainable: usize =
            small().iter().filter(|(name, _)| !name.contains("running")).map(|(_, t)| t.1.len()).sum();
        assert_eq!(info.parameters, trainable, "{file}");
    }
}

#[test]
fn dropout_moves_names_and_changes_nothing() {
    let path = fixture::path("generator_dropout.pth");
    let loaded = read_generator(&path, &Device::flex()).unwrap();
    assert_eq!((loaded.meta.width, loaded.meta.blocks), (1, 2));
    for (name, (shape, values)) in loaded.network.tensors() {
        assert_eq!(values, weight(&name.replace("conv_block.5", "conv_block.6"), &shape), "{name}");
    }
    assert!(loaded.note.unwrap().contains("dropout is off"));
    assert_eq!(inspect_weights(&path).unwrap().kind, WeightsKind::Generator { width: 1, blocks: 2 });
}

#[test]
fn other_generators_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let with = |norm: &[&str]| {
        let mut tensors = generator();
        for part in norm {
            tensors.insert(format!("model.2.{part}"), (vec![2], vec![1.0; 2]));
        }
        tensors
    };
    let zeros =
        |name: &str| name.replace("conv_block.1.", "conv_block.0.").replace("conv_block.5.", "conv_block.3.");
    let norms = ["weight", "bias", "running_mean", "running_var"];
    for (tensors, rename, words) in [
        (with(&norms), None, "batch norm"),
        (with(&norms[..2]), None, "instance norm with weights"),
        (with(&[]), Some(&zeros), "pads its blocks with zeros"),
    ] {
        renamed(&path, &[(&tensors, "")], |name| {
            rename.map_or_else(|| name.to_owned(), |rename| rename(name))
        });
        let error = read_generator(&path, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
        let info = inspect_weights(&path).unwrap();
        assert!(
            info.kind == WeightsKind::Unknown && info.note.is_some_and(|note| note.contains(words)),
            "{words}"
        );
    }
    // Statistics alone are those of instance norm in old files.
    renamed(&path, &[(&with(&norms[2..]), "")], str::to_owned);
    assert_eq!(read_generator(&path, &Device::flex()).unwrap().network.tensors(), generator());
}
