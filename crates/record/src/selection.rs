//! Who is easy and who is hard: the ranking of class X, written by the step `select` and by nobody else.

use crate::{Phi, RecordError, RunFolder};
use files::{read_rows, write_rows};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which tiles a translator learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Of the top half of the ranking.
    Easy,
    /// Of the lowest φ percent.
    Hard,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Easy => "easy",
            Self::Hard => "hard",
        })
    }
}

/// A line of `steps/select-phi-25/selection.csv`: an easy or a hard tile, the hard ones first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionRow {
    /// The tile: path relative to the data folder.
    pub image: String,
    /// Whether it is easy or hard.
    pub side: Side,
    /// Its place in the ranking, by confidence or agreement, from 1, the hardest.
    pub rank: usize,
}

/// A line of `steps/select-phi-25/ranking.csv`: a training tile of class X.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedRow {
    /// Its place in the ranking, by confidence or agreement, from 1, the hardest.
    pub rank: usize,
    /// The tile: path relative to the data folder.
    pub image: String,
}

/// The training tiles of class X from the hardest to the easiest, with the easy and the hard ones of one selectivity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    chosen: Vec<SelectionRow>,
    ranking: Vec<RankedRow>,
}

impl Selection {
    /// Class X, ranked, of which the last `easy` tiles are easy and the first `hard` ones hard.
    pub fn new(ranked: Vec<String>, easy: usize, hard: usize) -> Self {
        let row = |at: usize, side| SelectionRow { image: ranked[at].clone(), side, rank: at + 1 };
        let mut chosen: Vec<SelectionRow> = (0..hard).map(|at| row(at, Side::Hard)).collect();
        chosen.extend((ranked.len() - easy..ranked.len()).map(|at| row(at, Side::Easy)));
        let ranking = ranked.into_iter().zip(1..).map(|(image, rank)| RankedRow { rank, image }).collect();
        Self { chosen, ranking }
    }

    /// Writes `selection.csv` and `ranking.csv` of the selectivity, of class X or the other class of that index.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&self, run: &RunFolder, phi: Phi, class: Option<usize>) -> Result<(), RecordError> {
        write_rows(&run.selection_csv_of(phi, class), &self.chosen)?;
        Ok(write_rows(&run.ranking_csv_of(phi, class), &self.ranking)?)
    }

    /// Reads what was written for the selectivity. Runs of grayzone 0.1 from before `ranking.csv` was written have none.
    ///
    /// # Errors
    /// If a file is missing or not understood.
    pub fn read(run: &RunFolder, phi: Phi) -> Result<Self, RecordError> {
        Self::read_of(run, phi, None)
    }

    /// The same of class X or the other class of that index.
    ///
    /// # Errors
    /// As there.
    pub fn read_of(run: &RunFolder, phi: Phi, class: Option<usize>) -> Result<Self, RecordError> {
        let ranking = run.ranking_csv_of(phi, class);
        let ranking = if ranking.is_file() { read_rows(&ranking)? } else { Vec::new() };
        Ok(Self { chosen: read_rows(&run.selection_csv_of(phi, class))?, ranking })
    }

    /// The tiles of a side, from the hardest to the easiest.
    pub fn of(&self, side: Side) -> Vec<&str> {
        self.chosen.iter().filter(|row| row.side == side).map(|row| row.image.as_str()).collect()
    }

    /// The bottom half, from the hardest to the easiest: as many tiles as are easy, so that of an odd number the one in the middle
    /// is in neither half. None if there is no ranking ([`Selection::is_whole`]).
    pub fn bottom_half(&self) -> Vec<&str> {
        let half = self.of(Side::Easy).len();
        self.ranking.iter().take(half).map(|row| row.image.as_str()).collect()
    }

    /// Whether every tile of class X is ranked: else the run is one of an older program, and running it again writes the ranking.
    pub fn is_whole(&self) -> bool {
        !self.ranking.is_empty() && self.ranking.iter().zip(1..).all(|(row, rank)| row.rank == rank)
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
    fn what_is_written_is_read_and_old_runs_are_known_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let (run, phi) = (RunFolder::new(folder.path()), Phi::new(25.0));
        let selection = Selection::new(names(9), 4, 2);
        selection.write(&run, phi, None).unwrap();
        assert_eq!(Selection::read(&run, phi).unwrap(), selection);
        let chosen = std::fs::read_to_string(run.selection_csv(phi)).unwrap();
        let old = "image,side,rank\nt1,hard,1\nt2,hard,2\nt6,easy,6\nt7,easy,7\nt8,easy,8\nt9,easy,9\n";
        assert_eq!(chosen, old, "as ever: what was made from it stands");
        std::fs::remove_file(run.ranking_csv(phi)).unwrap();
        let read = Selection::read(&run, phi).unwrap();
        assert_eq!(read.of(Side::Easy), ["t6", "t7", "t8", "t9"]);
        assert!(!read.is_whole());
    }
}
