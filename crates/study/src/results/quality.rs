//! How good the translations are, from what the steps `quality` left.

use record::{PictureQuality, SetDistance};

use crate::error::StudyError;
use crate::study::Study;

/// Distances of sets of tiles, selectivity by selectivity.
pub fn distances(study: &Study) -> Result<Vec<SetDistance>, StudyError> {
    let mut rows = Vec::new();
    for &phi in &study.config.phi {
        rows.extend(files::read_rows::<SetDistance>(&study.run.distances_csv(phi))?);
    }
    Ok(rows)
}

/// What pixels tell of every set of tiles, each set once: the sources are the same at every selectivity.
pub fn pictures(study: &Study) -> Result<Vec<PictureQuality>, StudyError> {
    let mut rows: Vec<PictureQuality> = Vec::new();
    for &phi in &study.config.phi {
        for row in files::read_rows::<PictureQuality>(&study.run.pictures_csv(phi))? {
            if !rows.iter().any(|r| r.set == row.set) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}
