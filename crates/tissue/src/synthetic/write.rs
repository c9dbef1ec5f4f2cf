//! A synthetic data set on disk: `manifest.csv` and one PNG a tile, and nothing else.

use super::CLASSES;
use super::set::{SyntheticSet, SyntheticTile, SyntheticTissue};
use crate::{Manifest, Tile, Tiles, TissueError, png};
use files::write_atomic;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

impl SyntheticTissue {
    /// Makes the set and writes it into `dir`, as [`SyntheticSet::write`].
    ///
    /// # Errors
    /// As [`SyntheticSet::write`]; a folder that is not empty is refused before anything is drawn.
    pub fn write(
        &self,
        dir: &Path,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<SyntheticSet, TissueError> {
        refuse_non_empty(dir)?;
        let set = self.generate(progress);
        set.write(dir)?;
        Ok(set)
    }
}

impl SyntheticSet {
    /// Writes `images/*.png` and then `manifest.csv` (columns `image,class,partition,slide,votes_HP,votes_SSA,
    /// severity`) into `dir`, which is created if it is not there.
    ///
    /// # Errors
    /// If `dir` is a file or a folder with anything in it, or if a file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), TissueError> {
        refuse_non_empty(dir)?;
        self.tiles.par_iter().try_for_each(|tile| {
            write_atomic(&dir.join(&tile.name), &png::encode(&tile.rgb, self.size, self.size))?;
            Ok::<(), TissueError>(())
        })?;
        write_atomic(&dir.join("manifest.csv"), self.manifest(dir).to_csv().as_bytes())?;
        Ok(())
    }

    /// The set as a study takes it, without a way over the disk: what reading [`SyntheticSet::write`]'s folder gives.
    pub fn to_manifest_and_tiles(&self) -> (Manifest, Tiles) {
        let pixels: Vec<u8> = self.tiles.iter().flat_map(|tile| tile.rgb.iter().copied()).collect();
        (self.manifest(Path::new("")), Tiles::from_raw(self.size, pixels))
    }

    fn manifest(&self, root: &Path) -> Manifest {
        let tile = |(i, tile): (usize, &SyntheticTile)| Tile {
            image: tile.name.clone(),
            class: tile.class,
            partition: Some(tile.partition),
            slide: tile.slide.clone(),
            votes: tile.votes.to_vec(),
            other_votes: 0,
            extra: vec![tile.severity.to_string()],
            line: i + 2,
        };
        Manifest {
            root: root.to_path_buf(),
            source: root.join("manifest.csv"),
            classes: CLASSES.map(String::from).to_vec(),
            extra_columns: vec!["severity".to_owned()],
            tiles: self.tiles.iter().enumerate().map(tile).collect(),
            notes: Vec::new(),
            slides_known: true,
        }
    }
}

fn refuse_non_empty(dir: &Path) -> Result<(), TissueError> {
    let path: PathBuf = dir.to_path_buf();
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(TissueError::NotEmpty { path, why: "the folder is not empty" }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
            Err(TissueError::NotEmpty { path, why: "a file is in the way of the folder" })
        }
        Err(source) => Err(TissueError::Read { path, source }),
    }
}
