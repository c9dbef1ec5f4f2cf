//! Easy tiles of a class translated and translated back.

use nets::Cost as _;
use record::Translated;
use train::{Sources, TrainedTranslator};

use crate::dial::{self, Ranked};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::pictures;
use crate::ranking::Selected;
use crate::study::Study;

/// Tiles translated between two looks at whether to stop.
const CHUNK: usize = 16;

/// Tiles of one set of translations, each list in the order of the sources.
pub struct Made {
    /// The easy tiles, as indices into the manifest, in order of their names.
    pub sources: Vec<usize>,
    /// Their translations.
    pub generated: Vec<Vec<u8>>,
    /// The translations translated back.
    pub reconstructed: Vec<Vec<u8>>,
}

impl Made {
    /// Translates the easy tiles. The observer is told of twice as many tiles as there are, since judging takes about as long again.
    ///
    /// # Errors
    /// If the selection or the translator cannot be read, or the observer asks to stop.
    pub fn new(study: &Study, of: &Translated, observer: &StepObserver) -> Result<Self, StudyError> {
        let data = &study.data;
        let sources = Selected::sources(study, of)?;
        let folder = study.run.step(&dial::translator_step(study, of));
        let translator = TrainedTranslator::load(&folder, &study.device)?;
        let setting = dial::setting(study, of);
        let ranks = match setting {
            Some(_) => Ranked::read(study, of.class)?.of(&sources),
            None => vec![1.0; sources.len()],
        };

        let size = data.tiles.size;
        let mut made = Self { sources, generated: Vec::new(), reconstructed: Vec::new() };
        for (chunk, ranks) in made.sources.chunks(CHUNK).zip(ranks.chunks(CHUNK)) {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let tiles = data.pixels(chunk);
            let these = Sources { tiles: &tiles, size, ranks };
            let generated = translator.translate(these, setting, &study.device, &|_| {});
            let views: Vec<&[u8]> = generated.iter().map(Vec::as_slice).collect();
            made.reconstructed.extend(translator.reconstruct(these, &views, &study.device, &|_| {}));
            made.generated.extend(generated);
            observer.progressed(made.generated.len() as u64, 2 * made.sources.len() as u64);
        }
        Ok(made)
    }

    /// Writes translations and reconstructions as pictures.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, study: &Study, of: &Translated) -> Result<(), StudyError> {
        let (run, size) = (&study.run, study.px());
        for (at, &i) in self.sources.iter().enumerate() {
            let name = files::png_name(&study.data.manifest.tiles[i].image);
            pictures::write(&run.reconstructed_as(of).join(&name), &self.reconstructed[at], size)?;
            pictures::write(&run.generated_as(of).join(&name), &self.generated[at], size)?;
        }
        Ok(())
    }

    /// GFLOP of translating the easy tiles of a class there and back.
    pub fn gflop(study: &Study, class: Option<usize>) -> f64 {
        let easy = study.data.train_of(class).len() / 2;
        2.0 * easy as f64 * study.config.translator.generator().gflop(study.px())
    }
}
