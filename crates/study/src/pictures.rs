//! Pictures that a study makes and reads back: translations, reconstructions, mixed examples.

use std::path::{Path, PathBuf};

use record::{Phi, StepName, TranslationRow};
use serde::{Deserialize, Serialize};

use crate::error::StudyError;
use crate::study::Study;

/// One mixed example and what it was made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mixed {
    /// Its path under `steps/naive/tiles`.
    pub image: String,
    /// The easy tile: the first of the two, in the paper on the left.
    pub easy: String,
    /// The hard tile.
    pub hard: String,
    /// How much of it is the easy tile's, 0 to 1, where the two do not share it in halves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

impl Mixed {
    /// Where the list of mixed examples lies.
    pub fn table(study: &Study) -> PathBuf {
        study.run.step(&StepName::NAIVE).join("naive.csv")
    }
}

/// Writes an RGB tile of side `size` as PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, pixels: &[u8], size: usize) -> Result<(), StudyError> {
    Ok(files::write_atomic(path, &tissue::png::encode(pixels, size, size))?)
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
pub fn kept(study: &Study, phi: Phi) -> Result<Vec<Vec<u8>>, StudyError> {
    let rows: Vec<TranslationRow> = files::read_rows(&study.run.translation_csv(phi))?;
    let folder = study.run.generated(phi);
    rows.iter()
        .filter(|r| r.kept)
        .map(|r| read(&folder.join(files::png_name(&r.image)), study.data.tiles.size))
        .collect()
}

/// The mixed examples, in order.
///
/// # Errors
/// If a file of the naive step cannot be read.
pub fn naive(study: &Study) -> Result<Vec<Vec<u8>>, StudyError> {
    let rows: Vec<Mixed> = files::read_rows(&Mixed::table(study))?;
    rows.iter().map(|r| read(&study.run.naive().join(&r.image), study.data.tiles.size)).collect()
}
