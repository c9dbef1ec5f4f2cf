//! What a step costs: sums of what the networks say of themselves. Rough, and no result depends on it.

use train::ClassifierConfig;

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

/// GFLOP of `epochs` epochs in which a classifier learns from so many tiles of `px` × `px` pixels and judges so many. A backward pass
/// costs two forward ones.
pub fn training(config: &ClassifierConfig, px: usize, epochs: usize, learnt: usize, judged: usize) -> f64 {
    epochs as f64 * (3 * learnt + judged) as f64 * config.gflop(px)
}
