//! Trains a translator at a selectivity, and translates the easy tiles with it.

use record::Phi;
use train::TranslatorJob;

use super::select::Selected;
use super::translation_rows;
use crate::context::Context;
use crate::judge::Judge;
use crate::runner::StepObserver;
use crate::{StudyError, pictures};

/// Tiles translated between two looks at whether to stop.
const CHUNK: usize = 16;
/// Rows of the sample grid.
const SAMPLES: usize = 6;

/// Trains easy → hard (and back) at `phi`.
pub fn train(context: &Context, phi: Phi, observer: &StepObserver) -> Result<(), StudyError> {
    let selection = Selected::read(context, phi)?;
    let pixels =
        |indices: &[usize]| -> Vec<&[u8]> { indices.iter().map(|&i| context.tiles.tile(i)).collect() };
    let easy = pixels(&selection.easy);
    let judge = Judge::initial(context)?;
    let confidences = |tiles: &[&[u8]]| judge.confidences(context, tiles);
    // Evenly spread over the easy tiles, from the less to the most confident.
    let sample =
        (0..SAMPLES.min(easy.len())).map(|k| easy[k * easy.len() / SAMPLES.min(easy.len())]).collect();
    let job = TranslatorJob {
        stream: record::StepName::translator(phi).to_string(),
        seed: context.config.seed,
        config: context.config.translator.clone(),
        size: context.tiles.size,
        b: pixels(&selection.hard),
        a: easy,
        sample,
        judge: Some(train::Judge { fingerprint: judge.fingerprint(context)?, confidences: &confidences }),
        dir: context.run.step(&record::StepName::translator(phi)),
    };
    train::train_translator(&job, &context.device, observer)?;
    Ok(())
}

/// Tiles of one translation, each list in the order of the sources.
pub struct Translated {
    /// The easy tiles, as indices into the manifest.
    pub sources: Vec<usize>,
    /// `G_AB(x)`.
    pub generated: Vec<Vec<u8>>,
    /// `G_BA(G_AB(x))`.
    pub reconstructed: Vec<Vec<u8>>,
    /// The hard tiles of the same selectivity.
    pub hard: Vec<usize>,
}

/// Translates the easy tiles at `phi`, reconstructs them, has all of them judged and filtered, and writes pictures and tables.
pub fn translate(context: &Context, phi: Phi, observer: &StepObserver) -> Result<(), StudyError> {
    let selection = Selected::read(context, phi)?;
    let mut sources = selection.easy;
    sources.sort_by(|a, b| context.manifest.tiles[*a].image.cmp(&context.manifest.tiles[*b].image));
    let trained = context.run.step(&record::StepName::translator(phi));
    let (g_ab, _) = nets::load_generator(&trained.join("g_ab.safetensors"), &context.device)?;
    let (g_ba, _) = nets::load_generator(&trained.join("g_ba.safetensors"), &context.device)?;

    let size = context.tiles.size;
    let (mut generated, mut reconstructed) = (Vec::new(), Vec::new());
    for chunk in sources.chunks(CHUNK) {
        if observer.should_stop() {
            return Err(StudyError::Interrupted);
        }
        let pixels: Vec<&[u8]> = chunk.iter().map(|&i| context.tiles.tile(i)).collect();
        let made = train::translate(&g_ab, &pixels, size, &context.device, &|_| {});
        let views: Vec<&[u8]> = made.iter().map(Vec::as_slice).collect();
        reconstructed.extend(train::translate(&g_ba, &views, size, &context.device, &|_| {}));
        generated.extend(made);
        // Judging takes about as long as translating.
        observer.progressed(generated.len() as u64, 2 * sources.len() as u64);
    }
    let translated = Translated { sources, generated, reconstructed, hard: selection.hard };
    translation_rows::write(context, phi, &translated, observer)?;

    for (at, &i) in translated.sources.iter().enumerate() {
        let name = files::png_name(&context.manifest.tiles[i].image);
        pictures::write(&context.run.sources(phi).join(&name), context.tiles.tile(i), size)?;
        pictures::write(&context.run.reconstructed(phi).join(&name), &translated.reconstructed[at], size)?;
        pictures::write(&context.run.generated(phi).join(&name), &translated.generated[at], size)?;
    }
    Ok(())
}
