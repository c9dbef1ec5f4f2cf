//! How a translator is trained, what is out of range, and what it costs.

use nets::{Conditional, Cost as _, DiscriminatorConfig, GeneratorConfig, Upsampling};
use serde::{Deserialize, Serialize};

use crate::limits::{Faults, OutOfRange};

/// What a translator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TranslatorKind {
    /// Two generators between easy and hard tiles (the paper's).
    #[default]
    CycleGan,
    /// One generator that is told how hard its result is to be, trained on all tiles of a class (Singla et al. 2020).
    Dial,
}

/// Whether a translator may change the stain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StainMode {
    /// It may (the paper's).
    #[default]
    Free,
    /// Tiles are brought to one stain before they are translated, and to their own again after.
    Locked,
}

/// Where a translation has its finest detail from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// From the generator (the paper's).
    #[default]
    Generated,
    /// The source's own, put in its place: grain, JPEG residue.
    Source,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How a translator is trained. [`Default`] is the paper's. What came later is left out of what is written where it is as in the paper, so
/// that older runs stay valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslatorConfig {
    /// Epochs of min(#A, #B) steps each.
    pub epochs: usize,
    /// Steps in all, instead of `epochs`.
    pub steps: Option<u64>,
    /// Channels after the first convolution of generators and discriminators; 64 is the canonical width.
    pub width: usize,
    /// Residual blocks of a generator; 9 is the canonical number.
    pub blocks: usize,
    /// Learning rate of the first half; it then falls linearly to 0.
    pub lr: f64,
    /// Weight of a `CycleGAN`'s identity loss, relative to the cycle loss; 0: none. A dial always has one.
    pub identity: f64,
    /// What it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: TranslatorKind,
    /// Whether it may change the stain.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stain: StainMode,
    /// Whether black padding is kept out of what it sees, is judged by and makes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mask_padding: bool,
    /// How its generators make pictures larger.
    #[serde(default, skip_serializing_if = "is_default")]
    pub upsampling: Upsampling,
    /// Where translations have their finest detail from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub detail: Detail,
}

impl TranslatorConfig {
    /// Optimiser steps between domains of so many tiles: the fixed number if one is set, else epochs of the smaller domain.
    pub fn steps_for(&self, a: usize, b: usize) -> u64 {
        self.steps.unwrap_or((self.epochs * a.min(b)) as u64)
    }
}

impl Default for TranslatorConfig {
    fn default() -> Self {
        Self {
            epochs: 200,
            steps: None,
            width: 64,
            blocks: 9,
            lr: 2e-4,
            identity: 0.0,
            kind: TranslatorKind::default(),
            stain: StainMode::default(),
            mask_padding: false,
            upsampling: Upsampling::default(),
            detail: Detail::default(),
        }
    }
}

impl TranslatorConfig {
    /// The size of each of the two generators.
    pub fn generator(&self) -> GeneratorConfig {
        GeneratorConfig { width: self.width, blocks: self.blocks, upsampling: self.upsampling }
    }

    /// The size of each of the two discriminators.
    pub fn discriminator(&self) -> DiscriminatorConfig {
        DiscriminatorConfig { width: self.width }
    }

    /// The size of the one generator of a dial.
    pub fn dial_generator(&self) -> Conditional<GeneratorConfig> {
        Conditional(self.generator())
    }

    /// The size of the one discriminator of a dial.
    pub fn dial_discriminator(&self) -> Conditional<DiscriminatorConfig> {
        Conditional(self.discriminator())
    }

    /// Times that a step goes through a generator: there and back in both directions, and once more in each for the identity loss.
    fn generator_passes(&self) -> u32 {
        if self.identity > 0.0 { 6 } else { 4 }
    }

    /// GFLOP of one step on tiles of `px` × `px` pixels: every pass through a generator forward and, at twice that, backward; a fake
    /// through each discriminator and back without gradients of its weights; a real tile and a fake through each with them.
    ///
    /// With the dial: three passes through the generator and back, a fake through the discriminator without gradients of its weights, and three
    /// images through it with them. What its scorers take comes on top.
    pub fn step_gflop(&self, px: usize) -> f64 {
        if self.kind == TranslatorKind::Dial {
            return 9.0 * self.dial_generator().gflop(px)
                + (2.0 + 3.0 * 3.0) * self.dial_discriminator().gflop(px);
        }
        let generators = 3.0 * f64::from(self.generator_passes()) * self.generator().gflop(px);
        let discriminators = (2.0 * 2.0 + 4.0 * 3.0) * self.discriminator().gflop(px);
        generators + discriminators
    }

    /// Bytes that training takes at its peak, about: the four networks with their gradients and moments, and what the generators' passes
    /// and a fake in each discriminator leave for the backward pass.
    ///
    /// With the dial: the two networks, three passes and a fake in the discriminator.
    pub fn training_bytes(&self, px: usize) -> u64 {
        if self.kind == TranslatorKind::Dial {
            let (generator, discriminator) = (self.dial_generator(), self.dial_discriminator());
            return generator.parameter_bytes()
                + discriminator.parameter_bytes()
                + 3 * generator.tape_bytes(px)
                + discriminator.tape_bytes(px);
        }
        let (generator, discriminator) = (self.generator(), self.discriminator());
        2 * (generator.parameter_bytes() + discriminator.parameter_bytes())
            + u64::from(self.generator_passes()) * generator.tape_bytes(px)
            + 2 * discriminator.tape_bytes(px)
    }

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
        assert_eq!(TranslatorConfig::default().faults(), []);
        let bad = r#"{"epochs":0,"steps":0,"width":0,"blocks":65,"lr":0.0,"identity":-1.0}"#;
        let bad: TranslatorConfig = serde_json::from_str(bad).unwrap();
        let keys: Vec<&str> = bad.faults().iter().map(|f| f.key).collect();
        assert_eq!(keys, ["epochs", "steps", "width", "blocks", "lr", "identity"]);
    }

    #[test]
    fn training_takes_about_as_much_as_was_measured() {
        // docs/performance.md: the peak of cyclegan-train-224, in MiB.
        let config = TranslatorConfig::default();
        let told = config.training_bytes(224) as f64 / f64::from(1 << 20);
        assert!((0.8..1.2).contains(&(told / 1304.0)), "{told}");
        // Four passes through a generator and back, sixteen times a discriminator's forward pass.
        let step = 12.0 * config.generator().gflop(224) + 16.0 * config.discriminator().gflop(224);
        assert!((config.step_gflop(224) - step).abs() < 1e-9);
        let with_identity = TranslatorConfig { identity: 0.5, ..config.clone() };
        let dial = TranslatorConfig { kind: TranslatorKind::Dial, ..config.clone() };
        assert!(dial.step_gflop(224) < 0.8 * step && dial.training_bytes(224) < config.training_bytes(224));
        let more = with_identity.step_gflop(224) - step;
        assert!((more - 6.0 * with_identity.generator().gflop(224)).abs() < 1e-9);
    }
}
