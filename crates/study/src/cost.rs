//! What a study costs: sums of what the networks say of themselves. Rough, and no result depends on it.

use nets::{Cost as _, DiscriminatorConfig, GeneratorConfig};
use train::{ClassifierConfig, TranslatorConfig};

/// The work of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// GFLOP.
    pub gflop: f64,
    /// The training that comes nearest, by whose speed the work is turned into time.
    pub like: Training,
}

/// The trainings of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    /// The scorer's.
    Scorer,
    /// The retrained classifiers'.
    Classifier,
    /// A translator's.
    Translator,
}

impl Cost {
    /// Of a step that reads and writes some tables.
    pub const SMALL: Self = Self { gflop: 0.01, like: Training::Translator };
}

/// Memory is an estimate that must not be exceeded: so many times what is counted.
const HEADROOM: f64 = 2.0;

/// Work and memory of the networks of a study, for tiles of `px` × `px` pixels and so many classes.
#[derive(Clone, Copy, Debug)]
pub struct Networks {
    /// Side of the tiles.
    pub px: usize,
    /// Outputs of a classifier.
    pub classes: usize,
}

impl Networks {
    /// GFLOP of judging one tile.
    pub fn judging(self, config: &ClassifierConfig) -> f64 {
        config.network(self.classes).gflop(self.px)
    }

    /// GFLOP of `epochs` epochs in which so many tiles are learnt from and so many judged. A backward pass costs two forward ones.
    pub fn training(self, config: &ClassifierConfig, epochs: usize, learnt: usize, judged: usize) -> f64 {
        epochs as f64 * (3 * learnt + judged) as f64 * self.judging(config)
    }

    /// GFLOP of translating one tile.
    pub fn translating(self, config: &TranslatorConfig) -> f64 {
        generator(config).gflop(self.px)
    }

    /// GFLOP of one step of a translator's training: four translations and, where there is an identity loss, two more, forwards and
    /// backwards; each discriminator judges a fake (backwards to the image alone) and learns from two images.
    pub fn translator_step(self, config: &TranslatorConfig) -> f64 {
        let translations = if config.identity > 0.0 { 6.0 } else { 4.0 };
        3.0 * translations * self.translating(config)
            + 2.0 * (2.0 + 6.0) * discriminator(config).gflop(self.px)
    }

    /// Bytes that training a classifier takes.
    pub fn training_bytes(self, config: &ClassifierConfig) -> f64 {
        let network = config.network(self.classes);
        HEADROOM * (network.parameter_bytes() + config.batch as u64 * network.tape_bytes(self.px)) as f64
    }

    /// Bytes that training a translator takes: both generators with two translations each, both discriminators with two images each.
    pub fn translator_bytes(self, config: &TranslatorConfig) -> f64 {
        let (generator, discriminator) = (generator(config), discriminator(config));
        let parameters = generator.parameter_bytes() + discriminator.parameter_bytes();
        let tapes = generator.tape_bytes(self.px) + discriminator.tape_bytes(self.px);
        HEADROOM * 2.0 * (parameters + 2 * tapes) as f64
    }
}

fn generator(config: &TranslatorConfig) -> GeneratorConfig {
    GeneratorConfig { width: config.width, blocks: config.blocks }
}

fn discriminator(config: &TranslatorConfig) -> DiscriminatorConfig {
    DiscriminatorConfig { width: config.width }
}
