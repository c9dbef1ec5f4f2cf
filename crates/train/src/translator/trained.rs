//! A trained translator at work on tiles.

use std::path::Path;

use burn::tensor::Device;
use nets::Generator;

use super::dial_job::{DIAL_WEIGHTS, read_dial};
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

/// A translator that [`crate::train_translator`] or [`crate::train_dial`] trained, with all that is done to a tile before and after its
/// generators.
#[derive(Debug, Clone)]
pub struct TrainedTranslator {
    generators: Generators,
}

#[derive(Debug, Clone)]
enum Generators {
    CycleGan { there: Generator, back: Generator },
    Dial(Generator),
}

impl TrainedTranslator {
    /// Reads what [`crate::train_translator`] or [`crate::train_dial`] left in `dir`.
    ///
    /// # Errors
    /// If a file is missing or is not a generator's.
    pub fn load(dir: &Path, device: &Device) -> Result<Self, TrainError> {
        if dir.join(DIAL_WEIGHTS).exists() {
            return Ok(Self { generators: Generators::Dial(read_dial(dir, device)?) });
        }
        let (there, _) = nets::load_generator(&dir.join("g_ab.safetensors"), device)?;
        let (back, _) = nets::load_generator(&dir.join("g_ba.safetensors"), device)?;
        Ok(Self { generators: Generators::CycleGan { there, back } })
    }

    /// The tiles made harder, rounded to 8 bits, in order: as the hard domain, or with the dial at `rank`. `progress` is told after every
    /// batch how many are done.
    ///
    /// # Panics
    /// If it has a dial and no rank is given.
    pub fn translate(
        &self,
        sources: Sources,
        rank: Option<f64>,
        device: &Device,
        progress: &dyn Fn(usize),
    ) -> Vec<Vec<u8>> {
        let Sources { tiles, size, .. } = sources;
        match &self.generators {
            Generators::CycleGan { there, .. } => predict::translate(there, tiles, size, device, progress),
            Generators::Dial(generator) => {
                let rank = rank.expect("a setting of the dial");
                predict::translate_at(generator, tiles, &vec![rank; tiles.len()], size, device, progress)
            }
        }
    }

    /// Translations of `sources` translated back: with the dial, to the sources' own ranks.
    ///
    /// # Panics
    /// If it has a dial and there is not a rank a source.
    pub fn reconstruct(
        &self,
        sources: Sources,
        generated: &[&[u8]],
        device: &Device,
        progress: &dyn Fn(usize),
    ) -> Vec<Vec<u8>> {
        let Sources { size, ranks, .. } = sources;
        match &self.generators {
            Generators::CycleGan { back, .. } => predict::translate(back, generated, size, device, progress),
            Generators::Dial(generator) => {
                predict::translate_at(generator, generated, ranks, size, device, progress)
            }
        }
    }
}
