//! Which settings a training can work with: told once, for whoever reads them from a file or from the command line.

use crate::{ClassifierConfig, TranslatorConfig};

/// The largest seed: a TOML file, in which a run keeps its settings, cannot hold a larger number.
pub const MOST_SEED: u64 = i64::MAX as u64;

/// A setting that no training can work with.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfRange {
    /// The setting's name, as in STUDY.toml; an option of the command line has dashes for its underscores.
    pub key: &'static str,
    /// The value that was given.
    pub value: String,
    /// Why it cannot be used, as it reads after "because".
    pub why: &'static str,
    /// What to choose instead.
    pub hint: &'static str,
}

/// Collects what is out of range.
#[derive(Default)]
struct Faults(Vec<OutOfRange>);

impl Faults {
    fn need(
        &mut self,
        ok: bool,
        key: &'static str,
        value: &dyn std::fmt::Display,
        why: &'static str,
        hint: &'static str,
    ) {
        if !ok {
            self.0.push(OutOfRange { key, value: value.to_string(), why, hint });
        }
    }
}

impl ClassifierConfig {
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
        faults.0
    }
}

impl TranslatorConfig {
    /// Everything in it that is out of range.
    pub fn faults(&self) -> Vec<OutOfRange> {
        let mut faults = Faults::default();
        faults.need(
            (1..=100_000).contains(&self.epochs),
            "epochs",
            &self.epochs,
            "at least one pass is needed, and time has an end",
            "choose 1 to 100000; the authors used 200",
        );
        let steps = self.steps.unwrap_or(1);
        faults.need(
            (1..=1_000_000_000).contains(&steps),
            "steps",
            &steps,
            "at least one step is needed, and time has an end",
            "choose 1 to 1000000000, or leave it out to train by epochs",
        );
        faults.need(
            (1..=512).contains(&self.width),
            "width",
            &self.width,
            "it is the number of channels of the first layer",
            "choose 1 to 512; the authors used 64",
        );
        faults.need(
            self.blocks <= 64,
            "blocks",
            &self.blocks,
            "it is the number of residual blocks",
            "choose 0 to 64; the authors used 9",
        );
        faults.need(
            self.lr > 0.0 && self.lr.is_finite(),
            "lr",
            &self.lr,
            "a learning rate is positive",
            "the authors used 2e-4",
        );
        faults.need(
            self.identity >= 0.0 && self.identity.is_finite(),
            "identity",
            &self.identity,
            "it weighs the identity loss",
            "0 leaves it out, as the authors did",
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
        assert_eq!(TranslatorConfig::default().faults(), []);
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
        let bad =
            TranslatorConfig { epochs: 0, steps: Some(0), width: 0, blocks: 65, lr: 0.0, identity: -1.0 };
        let keys: Vec<&str> = bad.faults().iter().map(|f| f.key).collect();
        assert_eq!(keys, ["epochs", "steps", "width", "blocks", "lr", "identity"]);
    }
}
