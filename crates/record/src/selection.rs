//! Who is easy and who is hard: the ranking of class X, written by the step `select` and by nobody else.

use crate::{RecordError, RunFolder, read_rows, write_rows};
use serde::{Deserialize, Serialize};

/// Which tiles a translator learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Of the top half by confidence.
    Easy,
    /// Of the lowest φ percent.
    Hard,
}

/// A line of `steps/select-phi-25/selection.csv`: one training tile of class X.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// Whether it is easy or hard; empty if it is neither.
    pub side: Option<Side>,
    /// Its place by confidence, from 1, the least confident.
    pub rank: usize,
}

/// The training tiles of class X from the least to the most confident, with the easy and the hard ones of one selectivity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    rows: Vec<SelectionRow>,
}

impl Selection {
    /// Class X, ranked, of which the last `easy` tiles are easy and the first `hard` ones hard.
    pub fn new(ranked: Vec<String>, easy: usize, hard: usize) -> Self {
        let n = ranked.len();
        let side = |at: usize| match at {
            at if at < hard => Some(Side::Hard),
            at if at >= n - easy.min(n) => Some(Side::Easy),
            _ => None,
        };
        let row = |(at, image)| SelectionRow { image, side: side(at), rank: at + 1 };
        Self { rows: ranked.into_iter().enumerate().map(row).collect() }
    }

    /// Writes `selection.csv` of the selectivity.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, run: &RunFolder, phi: f64) -> Result<(), RecordError> {
        write_rows(&run.selection_csv(phi), &self.rows)
    }

    /// Reads `selection.csv` of the selectivity.
    ///
    /// # Errors
    /// If it is missing or not understood.
    pub fn read(run: &RunFolder, phi: f64) -> Result<Self, RecordError> {
        let mut rows: Vec<SelectionRow> = read_rows(&run.selection_csv(phi))?;
        rows.sort_by_key(|row| row.rank);
        Ok(Self { rows })
    }

    /// The tiles of a side, from the least to the most confident.
    pub fn of(&self, side: Side) -> Vec<&str> {
        self.rows.iter().filter(|row| row.side == Some(side)).map(|row| row.image.as_str()).collect()
    }

    /// The bottom half, from the least to the most confident: as many tiles as are easy, so that of an odd number the one in the middle
    /// is in neither half.
    pub fn bottom_half(&self) -> Vec<&str> {
        let half = self.of(Side::Easy).len();
        self.rows.iter().take_while(|row| row.rank <= half).map(|row| row.image.as_str()).collect()
    }

    /// Whether every tile of class X is ranked. Runs of grayzone 0.1 before the whole ranking was written name the easy and the hard
    /// tiles alone.
    pub fn is_whole(&self) -> bool {
        self.rows.iter().enumerate().all(|(at, row)| row.rank == at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (1..=n).map(|k| format!("t{k}")).collect()
    }

    #[test]
    fn of_an_odd_number_the_middle_is_in_neither_half() {
        let selection = Selection::new(names(7), 3, 1);
        assert_eq!(selection.of(Side::Hard), ["t1"]);
        assert_eq!(selection.of(Side::Easy), ["t5", "t6", "t7"]);
        assert_eq!(selection.bottom_half(), ["t1", "t2", "t3"]);
        assert!(selection.is_whole());
    }

    #[test]
    fn what_is_written_is_read_and_old_files_are_known_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        let selection = Selection::new(names(9), 4, 2);
        selection.write(&run, 25.0).unwrap();
        assert_eq!(Selection::read(&run, 25.0).unwrap(), selection);
        let old = "image,side,rank\nt1,hard,1\nt2,hard,2\nt6,easy,6\nt7,easy,7\nt8,easy,8\nt9,easy,9\n";
        std::fs::write(run.selection_csv(25.0), old).unwrap();
        let read = Selection::read(&run, 25.0).unwrap();
        assert_eq!(read.of(Side::Easy), ["t6", "t7", "t8", "t9"]);
        assert!(!read.is_whole());
    }
}
