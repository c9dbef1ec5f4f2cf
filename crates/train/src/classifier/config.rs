//! How a classifier is trained, what is out of range, and what it costs.

use std::path::PathBuf;

use nets::{Architecture, Cost as _, Part};
use serde::{Deserialize, Serialize};

use crate::limits::{Faults, OutOfRange};

/// The costs are those of two classes: the last layer is a small part of them.
const TWO_CLASSES: usize = 2;

/// How unequal classes are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Not at all (the paper).
    #[default]
    Off,
    /// Tiles of the smaller classes are shown more than once an epoch, until all classes are equally frequent.
    Oversample,
}

/// How a classifier is trained. [`Default`] is the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierConfig {
    /// Epochs after which the network is done.
    pub epochs: usize,
    /// Which network. Left out of what is written where it is the default, so that settings from before there was a choice are the same.
    #[serde(default, skip_serializing_if = "Architecture::is_default")]
    pub architecture: Architecture,
    /// Channels of the first stage; 64 is torchvision's.
    pub width: usize,
    /// Tiles a step.
    pub batch: usize,
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Factor on the learning rate from one epoch to the next.
    pub lr_decay: f64,
    /// L2 penalty, coupled: added to the gradient.
    pub weight_decay: f64,
    /// How unequal classes are dealt with.
    pub balance: Balance,
    /// Weights to begin with, ours or torchvision's, in the place of random ones. The last layer is new unless the file has these classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// SHA-256 of that file, once it is known: the file is refused if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// Parts that keep what the weights say; they get no gradients, and their norms' statistics stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Part>,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        Self {
            epochs: 50,
            architecture: Architecture::default(),
            width: 64,
            batch: 16,
            lr: 1e-3,
            lr_decay: 0.91,
            weight_decay: 1e-4,
            balance: Balance::Off,
            init: None,
            init_sha256: None,
            freeze: Vec::new(),
        }
    }
}

impl ClassifierConfig {
    /// What of it shapes a network: the weights to begin with are known by their SHA-256, wherever they lie.
    #[must_use]
    pub fn identity(&self) -> Self {
        Self { init: None, ..self.clone() }
    }

    /// The network with that many outputs.
    pub fn network(&self, classes: usize) -> nets::ClassifierConfig {
        nets::ClassifierConfig { architecture: self.architecture, classes, width: self.width }
    }

    /// GFLOP of the network's forward pass on one tile of `px` × `px` pixels. A training step takes three times as many for each of its
    /// tiles, a prediction as many.
    pub fn gflop(&self, px: usize) -> f64 {
        self.network(TWO_CLASSES).gflop(px)
    }

    /// Bytes that training takes at its peak, about: the network with its gradients and moments, and what a batch leaves for the backward
    /// pass.
    pub fn training_bytes(&self, px: usize) -> u64 {
        let network = self.network(TWO_CLASSES);
        network.parameter_bytes() + self.batch as u64 * network.tape_bytes(px)
    }

    /// Everything in it that is out of range.
    pub fn faults(&self) -> Vec<OutOfRange> {
        let mut faults = Faults::default();
        faults.need(
            (1..=10_000).contains(&self.epochs),
            "epochs",
            &self.epochs,
            "at least one pass is needed, and time has an end",
            "choose 1 to 10000; the paper has 25 and 50",
        );
        faults.need(
            (1..=512).contains(&self.width),
            "width",
            &self.width,
            "it is the number of channels of the first stage",
            "choose 1 to 512; 64 is torchvision's ResNet-18",
        );
        faults.need(
            (2..=4096).contains(&self.batch),
            "batch",
            &self.batch,
            "batch statistics need at least two tiles, and memory has an end",
            "choose 2 to 4096; the authors used 16",
        );
        faults.need(
            self.lr > 0.0 && self.lr.is_finite(),
            "lr",
            &self.lr,
            "a learning rate is positive",
            "the paper uses 1e-3",
        );
        faults.need(
            self.lr_decay > 0.0 && self.lr_decay <= 1.0,
            "lr_decay",
            &self.lr_decay,
            "it multiplies the learning rate each epoch, and is above 0 and at most 1",
            "the paper uses 0.91",
        );
        faults.need(
            self.weight_decay >= 0.0 && self.weight_decay.is_finite(),
            "weight_decay",
            &self.weight_decay,
            "it is an L2 penalty, 0 or more",
            "the paper uses 1e-4",
        );
        faults.need(
            self.freeze.is_empty() || self.init.is_some() || self.init_sha256.is_some(),
            "freeze",
            &self.freeze.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            "without weights to begin with, what is frozen stays random",
            "give the weights with init, or leave freeze out",
        );
        faults.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_settings_are_in_range_and_each_fault_names_its_setting() {
        assert_eq!(ClassifierConfig::default().faults(), []);
        let bad = ClassifierConfig {
            epochs: 0,
            width: 513,
            batch: 1,
            lr: f64::NAN,
            lr_decay: 1.5,
            weight_decay: -1.0,
            ..ClassifierConfig::default()
        };
        let keys: Vec<&str> = bad.faults().iter().map(|f| f.key).collect();
        assert_eq!(keys, ["epochs", "width", "batch", "lr", "lr_decay", "weight_decay"]);
    }

    #[test]
    fn training_takes_about_as_much_as_was_measured() {
        // docs/performance.md: the peaks of resnet18-train-224-b16 and resnet18-train-64-b16, in MiB.
        for (px, measured) in [(224, 496.0), (64, 234.0)] {
            let told = ClassifierConfig::default().training_bytes(px) as f64 / f64::from(1 << 20);
            assert!((0.8..1.2).contains(&(told / measured)), "{px}: {told}");
        }
        let deeper = ClassifierConfig { architecture: Architecture::ResNet50, ..ClassifierConfig::default() };
        assert!(deeper.training_bytes(224) > 2 * ClassifierConfig::default().training_bytes(224));
        assert!((ClassifierConfig::default().gflop(224) - 3.63).abs() < 0.01);
    }

    #[test]
    fn settings_of_resnet18_are_written_as_they_were_before_there_was_a_choice() {
        let json = r#"{"epochs":50,"width":64,"batch":16,"lr":0.001,"lr_decay":0.91,"weight_decay":0.0001,"balance":"off"}"#;
        let config = ClassifierConfig::default();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
        assert_eq!(serde_json::from_str::<ClassifierConfig>(json).unwrap(), config);
        let other = ClassifierConfig { architecture: Architecture::ResNet50, ..config };
        let text = serde_json::to_string(&other).unwrap();
        assert!(text.contains(r#""architecture":"resnet50""#), "{text}");
        assert_eq!(serde_json::from_str::<ClassifierConfig>(&text).unwrap(), other);
    }
}
