//! The archives read back, and what WSInfer is told. That torch itself reads them `tools/check_interop.py` shows.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use safetensors::SafeTensors;
use zip::{CompressionMethod, ZipArchive};

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

#[test]
fn a_pth_holds_every_weight_to_the_bit_in_torchs_order() {
    for kind in kinds() {
        let network = network(&kind);
        let bytes = pth_bytes(&network).unwrap();
        assert_eq!(bytes, pth_bytes(&network).unwrap(), "the same bytes");
        let files = unpacked(&bytes);
        let pickle = &files["data.pkl"];
        assert_eq!((&pickle[..2], pickle.last()), ([0x80, 2].as_slice(), Some(&b'.')));
        let (mut storage, mut from) = (0, 0);
        for (name, _) in kind.layout() {
            let values: Vec<u8> =
                network.tensors()[&name].values.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert_eq!(files[&format!("data/{storage}")], values, "{name}");
            let key = [&[b'X'][..], &(name.len() as u32).to_le_bytes(), name.as_bytes()].concat();
            let found = pickle[from..].windows(key.len()).position(|window| window == key);
            from += found.expect("its name stands behind the one before") + key.len();
            storage += 1;
            if name.ends_with("running_var") {
                assert_eq!(files[&format!("data/{storage}")], [0; 8], "the counter of {name}");
                storage += 1;
            }
        }
        assert!(!files.contains_key(&format!("data/{storage}")));
    }
}

#[test]
fn torchscript_names_in_its_code_what_it_holds() {
    for kind in kinds() {
        let network = network(&kind);
        let bytes = torchscript_bytes(&network).unwrap();
        assert_eq!(bytes, torchscript_bytes(&network).unwrap(), "the same bytes");
        let files = unpacked(&bytes);
        let code = String::from_utf8(files["code/__torch__.py"].clone()).unwrap();
        for name in network.tensors().keys() {
            let attribute = name.replace('.', "_");
            assert!(code.contains(&format!("  {attribute} : Tensor\n")), "{attribute} is declared");
            assert!(code.contains(&format!("self.{attribute}")), "{attribute} is used");
        }
        assert_eq!(files.keys().filter(|name| name.starts_with("data/")).count(), network.tensors().len());
        let said: BTreeMap<String, String> = serde_json::from_slice(&files["extra/grayzone.json"]).unwrap();
        assert_eq!(said["source_sha256"], network.sha256());
        assert_eq!(files["constants.pkl"], [0x80, 2, b')', b'.']);
    }
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
