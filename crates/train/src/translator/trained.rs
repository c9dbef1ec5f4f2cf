//! A trained translator at work on tiles.

use std::path::Path;

use burn::tensor::Device;
use nets::Generator;

use super::dial_job::DIAL_WEIGHTS;
use super::framing::Framing;
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
    framing: Framing,
}

#[derive(Debug, Clone)]
enum Generators {
    CycleGan { there: Box<Generator>, back: Box<Generator> },
    Dial(Box<Generator>),
}

impl TrainedTranslator {
    /// Reads what [`crate::train_translator`] or [`crate::train_dial`] left in `dir`.
    ///
    /// # Errors
    /// If a file is missing or is not a generator's.
    pub fn load(dir: &Path, device: &Device) -> Result<Self, TrainError> {
        let dial = dir.join(DIAL_WEIGHTS);
        let there = if dial.exists() { dial.clone() } else { dir.join("g_ab.safetensors") };
        let (network, meta) = nets::load_generator(&there, device)?;
        let framing = Framing::from_told(meta.framing.as_deref()).map_err(|because| TrainError::BadJob {
            job: there.display().to_string(),
            because: format!("how its tiles are framed is not understood: {because}"),
        })?;
        if dial.exists() {
            return Ok(Self { generators: Generators::Dial(Box::new(network)), framing });
        }
        let (back, _) = nets::load_generator(&dir.join("g_ba.safetensors"), device)?;
        Ok(Self {
            generators: Generators::CycleGan { there: Box::new(network), back: Box::new(back) },
            framing,
        })
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
            Generators::CycleGan { there, .. } => {
                predict::translate_framed(there, &self.framing, (tiles, None), size, device, progress)
            }
            Generators::Dial(generator) => {
                let ranks = vec![rank.expect("a setting of the dial"); tiles.len()];
                predict::translate_framed(
                    generator,
                    &self.framing,
                    (tiles, Some(&ranks)),
                    size,
                    device,
                    progress,
                )
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
        let (generator, ranks) = match &self.generators {
            Generators::CycleGan { back, .. } => (back, None),
            Generators::Dial(generator) => (generator, Some(ranks)),
        };
        predict::translate_framed(generator, &self.framing, (generated, ranks), size, device, progress)
    }
}
