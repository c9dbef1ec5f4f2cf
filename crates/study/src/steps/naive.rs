//! The naive baseline: left half of an easy tile, right half of a hard one (METHOD.md, step 7).

use rand::seq::SliceRandom;
use record::TranslationRow;

use super::select::Selected;
use crate::StudyError;
use crate::context::Context;
use crate::pictures::{self, Mixed};

/// Mixes as many tiles as translations were kept at φ = 25 (else at the first φ), each easy tile at most once.
pub fn naive(context: &Context) -> Result<(), StudyError> {
    let phi = context.reference_phi();
    let rows: Vec<TranslationRow> = files::read_rows(&context.run.translation_csv(phi))?;
    let wanted = rows.iter().filter(|r| r.kept).count();

    let Selected { mut easy, mut hard } = Selected::halves(context, phi)?;
    let mut rng = tissue::random::stream(context.config.seed, "naive");
    easy.shuffle(&mut rng);
    hard.shuffle(&mut rng);
    let name = |i: usize| context.manifest.tiles[i].image.clone();
    let size = context.tiles.size;
    let mut mixed = Vec::new();
    for (&e, &h) in easy.iter().zip(hard.iter().cycle()).take(wanted) {
        let image = format!("{}.png", &files::sha256_of_texts(&[&name(e), &name(h)])[..16]);
        let pixels = tissue::naive_mix(context.tiles.tile(e), context.tiles.tile(h), size);
        pictures::write(&context.run.naive().join(&image), &pixels, size)?;
        mixed.push(Mixed { image, easy: name(e), hard: name(h) });
    }
    files::write_rows(&pictures::naive_csv(context), &mixed)?;
    Ok(())
}
