//! A manifest written as `manifest.csv`, the form that grayzone reads back as it was.

use std::path::{Path, PathBuf};

use crate::import::{CLASS, IMAGE, OTHER_VOTES, PARTITION, SLIDE, VOTES_PREFIX, is_reserved};
use crate::{Manifest, Partition, TissueError};

impl Manifest {
    /// The manifest as text: `image,class,partition,slide,votes_<class>…`, then the extra columns.
    /// Slides that are not known are left blank. Image paths are relative to the data folder.
    pub fn to_csv(&self) -> String {
        self.csv_with_prefix("")
    }

    /// Writes `manifest.csv` (or another CSV file, if `path` ends in `.csv`) in the data folder or a folder above
    /// it, with image paths relative to the file. Returns the file's path.
    ///
    /// # Errors
    /// If the tiles do not lie below the file's folder, a class without votes is called by a word that stands for no value, or it cannot
    /// be written.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<PathBuf, TissueError> {
        let path = path.as_ref();
        let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let file = if is_csv { path.to_path_buf() } else { path.join("manifest.csv") };
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let out_of_reach = || TissueError::OutOfReach { csv: file.clone(), root: self.root.clone() };
        let real = |p: &Path| p.canonicalize().map_err(|_| out_of_reach());
        let (folder, root) = (real(folder)?, real(&self.root)?);
        let below = root.strip_prefix(&folder).map_err(|_| out_of_reach())?;
        // Columns of votes would tell that the word is a class.
        let voted = self.tiles.iter().any(|t| !t.votes.is_empty());
        if let Some(class) = self.classes.iter().find(|class| !voted && files::is_missing(class)) {
            return Err(TissueError::ClassIsMissing { csv: file, class: class.clone() });
        }
        let mut prefix = String::new();
        for part in below.components() {
            prefix.push_str(&part.as_os_str().to_string_lossy());
            prefix.push('/');
        }
        files::write_atomic(&file, self.csv_with_prefix(&prefix).as_bytes())?;
        Ok(file)
    }

    fn csv_with_prefix(&self, prefix: &str) -> String {
        let voted = self.tiles.iter().any(|t| !t.votes.is_empty());
        let other_votes = self.tiles.iter().any(|t| t.other_votes > 0);
        let mut header: Vec<String> = [IMAGE, CLASS, PARTITION, SLIDE].map(String::from).to_vec();
        if voted {
            header.extend(self.classes.iter().map(|c| format!("{VOTES_PREFIX}{c}")));
        }
        if other_votes {
            header.push(format!("{VOTES_PREFIX}{OTHER_VOTES}"));
        }
        for column in &self.extra_columns {
            header.push(if is_reserved(column) { format!("original_{column}") } else { column.clone() });
        }
        let mut out = csv_line(&header);
        for tile in &self.tiles {
            let mut row = vec![
                format!("{prefix}{}", tile.image),
                self.classes[tile.class].clone(),
                tile.partition.map_or("", Partition::name).to_owned(),
                if tile.slide == tile.image { String::new() } else { tile.slide.clone() },
            ];
            if voted {
                let blank = tile.votes.is_empty();
                row.extend(
                    (0..self.classes.len())
                        .map(|c| if blank { String::new() } else { tile.votes[c].to_string() }),
                );
                if other_votes {
                    row.push(if blank { String::new() } else { tile.other_votes.to_string() });
                }
            }
            row.extend(tile.extra.iter().cloned());
            out.push_str(&csv_line(&row));
        }
        out
    }
}

/// One line of a comma-separated table, cells quoted where they must be (RFC 4180, with `\n`) or hold what might be taken for a separator.
fn csv_line(cells: &[String]) -> String {
    let quoted: Vec<String> = cells
        .iter()
        .map(|cell| {
            let needs = cell.contains([',', '"', '\n', '\r', ';', '\t', '|'])
                || cell.starts_with(' ')
                || cell.ends_with(' ');
            if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        })
        .collect();
    format!("{}\n", quoted.join(","))
}
