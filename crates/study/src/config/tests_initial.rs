//! STUDY.toml with weights to begin with.

use burn::tensor::Device;
use nets::{Architecture, ClassifierConfig, ClassifierMeta, Part};
use tissue::random::stream;

use super::StudyConfig;
use crate::error::StudyError;

fn weights(path: &std::path::Path, seed: u64) {
    let config = ClassifierConfig { architecture: Architecture::ResNet18, classes: 2, width: 4 };
    let network = config.init(&mut stream(seed, "test"), &Device::flex());
    let classes = vec!["HP".to_owned(), "SSA".to_owned()];
    let meta = ClassifierMeta { classes, mean: [0.5; 3], std: [0.2; 3], tile_size: 32, width: 4 };
    nets::save_classifier(path, &network, &meta).unwrap();
}

#[test]
fn weights_are_found_beside_the_study_known_by_content_and_checked_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("STUDY.toml");
    weights(&folder.path().join("w.safetensors"), 1);
    let load = |text: &str| {
        std::fs::write(&path, format!("data = \"tiles\"\n{text}")).unwrap();
        StudyConfig::load(&path)
    };
    let keys = "[classifier]\nwidth = 4\ninit = \"w.safetensors\"\nfreeze = [\"conv1\", \"layer1\"]\n";
    let config = load(keys).unwrap().config;
    assert_eq!(config.classifier.init, Some(folder.path().join("w.safetensors")));
    assert_eq!(config.classifier.freeze, [Part::Conv1, Part::Layer1]);
    assert!(
        config.scorer.init.is_none() && config.classifier.init_sha256.as_ref().is_some_and(|d| d.len() == 64)
    );
    // What is written out is read again; the same weights elsewhere are the same settings.
    let written = load(&toml::to_string(&config).unwrap().replace("data = ", "# ")).unwrap().config;
    assert_eq!(written.classifier, config.classifier);
    let plain = load("[classifier]\nwidth = 4\n").unwrap().config;
    assert_ne!(plain.classifier.identity(), config.classifier.identity());

    let refused = |text: &str, line: usize, words: &[&str]| {
        let Err(StudyError::Settings { faults, .. }) = load(text) else { panic!("{text} is read") };
        let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
        let told = format!("{} | {} | {}", fault.what, fault.why, fault.hint);
        assert_eq!(fault.line, Some(line), "{told}");
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    };
    refused(
        "[classifier]\nwidth = 8\ninit = \"w.safetensors\"\n",
        4,
        &["`init` cannot be used", "width 4", "width to 4"],
    );
    refused("[scorer]\nwidth = 4\ninit = \"no.pth\"\n", 4, &["no.pth"]);
    refused("[classifier]\nfreeze = [\"layer1\"]\n", 3, &["freeze = layer1", "give the weights with init"]);
    refused(
        "[classifier]\nwidth = 4\ninit = \"w.safetensors\"\nfreeze = [\"fc\"]\n",
        5,
        &["not understood", "layer4"],
    );
    let digest = config.classifier.init_sha256.unwrap();
    weights(&folder.path().join("w.safetensors"), 2);
    refused(&format!("{keys}init_sha256 = \"{digest}\"\n"), 4, &["SHA-256", "bring the weights back"]);
}
