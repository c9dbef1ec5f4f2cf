//! Pictures that a study makes and reads back: translations, reconstructions, mixed examples.

use std::path::Path;

use record::TranslationRow;
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::context::Context;

/// One mixed example and what it was made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mixed {
    /// Its path under `steps/naive/tiles`.
    pub image: String,
    /// The easy tile on its left.
    pub easy: String,
    /// The hard tile on its right.
    pub hard: String,
}

/// Writes an RGB tile of side `size` as PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, pixels: &[u8], size: usize) -> Result<(), StudyError> {
    Ok(record::write_atomic(path, &tissue::png::encode(pixels, size, size))?)
}

/// Reads a tile that [`write`] wrote.
///
/// # Errors
/// If it is missing, damaged or of another size.
pub fn read(path: &Path, size: usize) -> Result<Vec<u8>, StudyError> {
    let broken = |why: String| StudyError::Broken { path: path.into(), why };
    files::check_regular(path).map_err(|e| broken(files::io_reason(&e)))?;
    let picture = image::open(path).map_err(|e| broken(e.to_string()))?.to_rgb8();
    if picture.dimensions() != (size as u32, size as u32) {
        return Err(broken(format!("it is {} x {} px, not {size}", picture.width(), picture.height())));
    }
    Ok(picture.into_raw())
}

/// The translations at `phi` that keep their label by the scorer, in order of their names.
///
/// # Errors
/// If a file of the translation step cannot be read.
pub fn kept(context: &Context, phi: f64) -> Result<Vec<Vec<u8>>, StudyError> {
    let rows: Vec<TranslationRow> = record::read_rows(&context.run.translation_csv(phi))?;
    let folder = context.run.generated(phi);
    rows.iter()
        .filter(|r| r.kept)
        .map(|r| read(&folder.join(record::png_name(&r.image)), context.tiles.size))
        .collect()
}

/// The mixed examples, in order.
///
/// # Errors
/// If a file of the naive step cannot be read.
pub fn naive(context: &Context) -> Result<Vec<Vec<u8>>, StudyError> {
    let rows: Vec<Mixed> = record::read_rows(&naive_csv(context))?;
    rows.iter().map(|r| read(&context.run.naive().join(&r.image), context.tiles.size)).collect()
}

/// Where the list of mixed examples lies.
pub fn naive_csv(context: &Context) -> std::path::PathBuf {
    context.run.step(record::step::NAIVE).join("naive.csv")
}
