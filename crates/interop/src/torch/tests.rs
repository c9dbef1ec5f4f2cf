//! The archives read back, and what WSInfer is told. That torch itself reads them `tools/check_interop.py` shows.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use safetensors::SafeTensors;
use zip::{CompressionMethod, ZipArchive};

use super::unpickle::{Item, unpickled};
use super::{WsinferConfig, pth_bytes, safetensors_bytes, torchscript_bytes, write_wsinfer};
use crate::error::InteropError;
use crate::formula::{classifier, generator, network};
use crate::network::{Description, Network, NetworkKind, ResNetDepth, Upsampling};

fn kinds() -> [NetworkKind; 4] {
    [
        classifier(ResNetDepth::ResNet18, 2, 2),
        classifier(ResNetDepth::ResNet50, 1, 3),
        generator(1, Upsampling::Transposed, true),
        generator(2, Upsampling::Resize, false),
    ]
}

/// Files of an archive by name; every one is stored, and begins at a multiple of 64.
fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for k in 0..zip.len() {
        let mut file = zip.by_index(k).unwrap();
        assert_eq!(file.compression(), CompressionMethod::Stored);
        let name = file.name().unwrap().strip_prefix("archive/").unwrap().to_owned();
        assert_eq!(file.data_start().unwrap() % 64, 0, "{name}");
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(name, content);
    }
    files
}

/// A tensor as torch makes it again: row by row, of the storage of that number.
fn tensor(storage: usize, class: &str, shape: &[usize]) -> Item {
    let count = shape.iter().product::<usize>() as u64;
    let integers =
        |sides: &[usize]| Item::Tuple(sides.iter().map(|&side| Item::Integer(side as u64)).collect());
    let strides: Vec<usize> = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect();
    let id = vec![
        Item::Text("storage".into()),
        Item::Global(format!("torch.{class}")),
        Item::Text(storage.to_string()),
        Item::Text("cpu".into()),
        Item::Integer(count),
    ];
    let given = vec![
        Item::Persistent(Box::new(Item::Tuple(id))),
        Item::Integer(0),
        integers(shape),
        integers(&strides),
        Item::False,
        Item::Made("collections.OrderedDict".into(), vec![]),
    ];
    Item::Made("torch._utils._rebuild_tensor_v2".into(), given)
}

#[test]
fn a_pth_holds_every_weight_to_the_bit_in_torchs_order() {
    for kind in kinds() {
        let network = network(&kind);
        let bytes = pth_bytes(&network).unwrap();
        assert_eq!(bytes, pth_bytes(&network).unwrap(), "the same bytes");
        let files = unpacked(&bytes);
        let mut wanted = Vec::new();
        for (name, shape) in kind.layout() {
            let values: Vec<u8> =
                network.tensors()[&name].values.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert_eq!(files[&format!("data/{}", wanted.len())], values, "{name}");
            wanted.push((Item::Text(name.clone()), tensor(wanted.len(), "FloatStorage", &shape)));
            if let Some(norm) = name.strip_suffix("running_var") {
                assert_eq!(files[&format!("data/{}", wanted.len())], [0; 8], "the counter of {norm}");
                let counter = Item::Text(format!("{norm}num_batches_tracked"));
                wanted.push((counter, tensor(wanted.len(), "LongStorage", &[])));
            }
        }
        assert!(!files.contains_key(&format!("data/{}", wanted.len())));
        assert_eq!(unpickled(&files["data.pkl"]), Item::Dict(wanted));
        assert_eq!((&files["byteorder"][..], &files["version"][..]), (&b"little"[..], &b"3\n"[..]));
    }
}

#[test]
fn torchscript_holds_what_its_code_names() {
    for kind in kinds() {
        let network = network(&kind);
        let bytes = torchscript_bytes(&network).unwrap();
        assert_eq!(bytes, torchscript_bytes(&network).unwrap(), "the same bytes");
        let files = unpacked(&bytes);
        let mut wanted = vec![(Item::Text("training".into()), Item::False)];
        let code = String::from_utf8(files["code/__torch__.py"].clone()).unwrap();
        for (k, (name, shape)) in kind.layout().into_iter().enumerate() {
            let attribute = name.replace('.', "_");
            assert!(code.contains(&format!("  {attribute} : Tensor\n")), "{attribute} is declared");
            assert_eq!(
                code.matches(&format!("self.{attribute},")).count()
                    + code.matches(&format!("self.{attribute})")).count(),
                1
            );
            wanted.push((Item::Text(attribute), tensor(k, "FloatStorage", &shape)));
        }
        let made = Item::Made("__torch__.Network".into(), vec![]);
        assert_eq!(unpickled(&files["data.pkl"]), Item::Built(Box::new(made), Box::new(Item::Dict(wanted))));
        assert_eq!(unpickled(&files["constants.pkl"]), Item::Tuple(vec![]));
        let said: BTreeMap<String, String> = serde_json::from_slice(&files["extra/grayzone.json"]).unwrap();
        assert_eq!(said["source_sha256"], network.sha256());
    }
}

/// Lines of the code with which `tools/check_interop.py` has seen torch compute what it should.
#[test]
fn the_code_calls_torch_as_it_was_seen_to_agree() {
    let code = |kind: &NetworkKind| {
        let files = unpacked(&torchscript_bytes(&network(kind)).unwrap());
        String::from_utf8(files["code/__torch__.py"].clone()).unwrap()
    };
    let resnet = code(&classifier(ResNetDepth::ResNet50, 1, 2));
    for line in [
        "v1 = torch.conv2d(v0, self.conv1_weight, None, [2, 2], [3, 3])",
        "v2 = torch.batch_norm(v1, self.bn1_weight, self.bn1_bias, self.bn1_running_mean, self.bn1_running_var, False, 0.10000000000000001, 1e-5, True)",
        "v3 = torch.relu(v2)",
        "v4 = torch.max_pool2d(v3, [3, 3], [2, 2], [1, 1])",
        "v5 = torch.conv2d(v4, self.layer1_0_conv1_weight, None, [1, 1], [0, 0])",
        "v8 = torch.conv2d(v7, self.layer1_0_conv2_weight, None, [1, 1], [1, 1])",
        "v13 = torch.conv2d(v4, self.layer1_0_downsample_0_weight, None, [1, 1], [0, 0])",
        "v15 = torch.add(v12, v14)",
        "self.layer2_0_conv2_weight, None, [2, 2], [1, 1])",
        "self.layer2_0_downsample_0_weight, None, [2, 2], [0, 0])",
        "v173 = torch.flatten(torch.adaptive_avg_pool2d(v172, [1, 1]), 1)",
        "v174 = torch.linear(v173, self.fc_weight, self.fc_bias)\n    return v174\n",
    ] {
        assert!(resnet.contains(line), "{line}\n{resnet}");
    }
    let transposed = code(&generator(0, Upsampling::Transposed, false));
    for line in [
        "v1 = torch.reflection_pad2d(v0, [3, 3, 3, 3])",
        "v2 = torch.conv2d(v1, self.model_1_weight, self.model_1_bias, [1, 1], [0, 0])",
        "v3 = torch.instance_norm(v2, None, None, None, None, True, 0.10000000000000001, 1e-5, True)",
        "v5 = torch.conv2d(v4, self.model_4_weight, self.model_4_bias, [2, 2], [1, 1])",
        "v11 = torch.conv_transpose2d(v10, self.model_10_weight, self.model_10_bias, [2, 2], [1, 1], [1, 1])",
        "v19 = torch.tanh(v18)",
    ] {
        assert!(transposed.contains(line), "{line}\n{transposed}");
    }
    let resize = code(&generator(1, Upsampling::Resize, false));
    assert!(resize.contains("torch.upsample_nearest2d(v18, None, [2.0, 2.0])"), "{resize}");
}

#[test]
fn safetensors_are_read_back_as_they_were_and_say_so() {
    for kind in kinds() {
        let network = network(&kind);
        let bytes = safetensors_bytes(&network);
        assert_eq!(bytes, safetensors_bytes(&network), "the same bytes");
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let counters = file.names().iter().filter(|name| name.ends_with("num_batches_tracked")).count();
        let norms = network.tensors().keys().filter(|name| name.ends_with("running_var")).count();
        assert_eq!(counters, norms);
        let again = Network::from_bytes(network.path(), &bytes).unwrap();
        assert_eq!(again.kind(), network.kind());
        assert_eq!(again.tensors(), network.tensors());
        assert_eq!(again.description(), network.description());
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert!(header.metadata().as_ref().unwrap().contains_key("grayzone"), "grayzone knows it again");
        let partly = Description { tile_size: Some(64), ..Description::default() };
        let partly = network.described(partly).unwrap();
        let again = Network::from_bytes(partly.path(), &safetensors_bytes(&partly)).unwrap();
        assert_eq!(again.description(), partly.description());
    }
}

#[test]
fn wsinfer_is_told_what_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&classifier(ResNetDepth::ResNet34, 1, 2));
    write_wsinfer(&folder.path().join("model"), &network, 0.25).unwrap();
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("model/config.json")).unwrap())
            .unwrap();
    assert_eq!((&config["spec_version"], &config["architecture"]), (&"1.0".into(), &"resnet34".into()));
    assert_eq!((&config["num_classes"], &config["patch_size_pixels"]), (&2.into(), &224.into()));
    assert_eq!(config["spacing_um_px"], 0.25);
    assert_eq!(config["class_names"][1], "ü\"\n'|1");
    assert_eq!(config["transform"][0]["arguments"]["size"], 224);
    assert_eq!(config["transform"][2]["arguments"]["mean"], serde_json::json!([0.7, 0.5, 0.65]));
    let script = std::fs::read(folder.path().join("model/torchscript_model.pt")).unwrap();
    assert_eq!(script, torchscript_bytes(&network).unwrap());
}

#[test]
fn wsinfer_is_not_told_what_nobody_knows() {
    let known = network(&classifier(ResNetDepth::ResNet18, 1, 2));
    for um_px in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(WsinferConfig::of(&known, um_px), Err(InteropError::Form { .. })), "{um_px}");
    }
    let error = WsinferConfig::of(&network(&generator(0, Upsampling::Resize, false)), 0.5).unwrap_err();
    assert!(error.to_string().ends_with("because WSInfer takes classifiers alone"), "{error}");
    let nothing = known.clone().described(Description::default()).unwrap();
    assert!(matches!(
        WsinferConfig::of(&nothing, 0.5),
        Err(InteropError::Description { key: "classes", .. })
    ));
}
