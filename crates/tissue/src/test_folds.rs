//! Test folds of a cross-validation: every tile is tested once, and no patient is on two sides.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use crate::checks::{MIN_TEST_TILES, MIN_TRAIN_SLIDES, MIN_TRAIN_TILES};
use crate::counted::{grouped, tiles};
use crate::import::patient_column;
use crate::random;
use crate::slide::{first_spellings, unify};
use crate::split::{ORDERS, deal};
use crate::{Agreement, Manifest, Partition, Tile, TissueError};

/// The most test folds.
pub const MOST_TEST_FOLDS: usize = 100;

/// Where the slides are kept once patients have taken their place.
const ORIGINAL_SLIDE: &str = "original_slide";

/// What stays together in test folds: a patient, a slide, or where neither is known each tile by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldedBy {
    /// All tiles of a patient.
    Patient,
    /// All tiles of a slide.
    Slide,
    /// No slide is known.
    Tile,
}

impl FoldedBy {
    /// "patient", "slide" or "tile".
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Slide => "slide",
            Self::Tile => "tile",
        }
    }

    /// "1 patient", "12 patients".
    pub fn counted(self, n: usize) -> String {
        format!("{} {}{}", grouped(n), self.name(), if n == 1 { "" } else { "s" })
    }
}

impl Manifest {
    /// Lets patients take the place of slides where the data name both, by the column `patient` (or one that is called alike) beside that
    /// of slides: whatever splits, folds, keeps tiles for validation or draws slides then takes a patient as a whole. The slides are
    /// kept as the extra column `original_slide`. A tile without a patient has that of its slide, else its slide counts as a patient.
    ///
    /// # Errors
    /// A slide of two patients.
    pub fn fold_by_patient(&mut self) -> Result<FoldedBy, TissueError> {
        let named = self.patients_as_written();
        if named.iter().all(Option::is_none) {
            let none_known = self.tiles.iter().all(|t| t.slide == t.image);
            return Ok(if none_known { FoldedBy::Tile } else { FoldedBy::Slide });
        }
        let patients = one_spelling(&self.tiles, &named);
        let mut of_slide: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for (tile, patient) in self.tiles.iter().zip(&patients).filter(|(tile, _)| tile.slide != tile.image) {
            let Some(patient) = patient.as_deref() else { continue };
            let (first, of) = *of_slide.entry(&tile.slide).or_insert((patient, &tile.image));
            if first != patient {
                return Err(TissueError::SlideOfTwoPatients {
                    file: self.source.clone(),
                    slide: tile.slide.clone(),
                    patients: Box::new([first.to_owned(), patient.to_owned()]),
                    tiles: Box::new([of.to_owned(), tile.image.clone()]),
                });
            }
        }
        let unit = |(tile, patient): (&Tile, &Option<String>)| match patient {
            Some(patient) => patient.clone(),
            None => match of_slide.get(tile.slide.as_str()) {
                Some((patient, _)) => (*patient).to_owned(),
                None => format!("slide {}", tile.slide),
            },
        };
        let units: Vec<String> = self.tiles.iter().zip(&patients).map(unit).collect();
        let unknown = units
            .iter()
            .zip(&self.tiles)
            .filter(|(unit, tile)| **unit == format!("slide {}", tile.slide))
            .count();
        if unknown > 0 {
            self.notes.push(format!(
                "warning: {} without a patient: their slides count as patients, so parts of one patient may be on both sides (a leak)",
                tiles(unknown)
            ));
        }
        let slides = self.slides();
        let keeps_slides = !self.extra_columns.iter().any(|column| column == ORIGINAL_SLIDE);
        if keeps_slides {
            self.extra_columns.push(ORIGINAL_SLIDE.into());
        }
        for (tile, unit) in self.tiles.iter_mut().zip(units) {
            let slide = std::mem::replace(&mut tile.slide, unit);
            if keeps_slides {
                tile.extra.push(if slide == tile.image { String::new() } else { slide });
            }
        }
        unify(self);
        self.notes.push(format!(
            "patients take the place of slides: {} of {}, and whatever is split, kept for validation or drawn anew is a patient as a whole",
            FoldedBy::Slide.counted(slides),
            FoldedBy::Patient.counted(self.slides())
        ));
        Ok(FoldedBy::Patient)
    }

    /// The patient of each tile, as written; nothing where that is blank or there is no such column beside that of slides.
    pub fn patients_as_written(&self) -> Vec<Option<String>> {
        let column = patient_column(&self.extra_columns);
        let cell = |tile: &Tile| {
            let cell = files::trimmed(tile.extra.get(column?)?);
            (!cell.is_empty() && cell != "-" && !files::is_missing(cell)).then(|| cell.to_owned())
        };
        self.tiles.iter().map(cell).collect()
    }

    /// Deals all slides (after [`Manifest::fold_by_patient`] patients) to `folds` test folds: the fold of each tile, from 0.
    ///
    /// Every class is spread over the folds as evenly as whole slides allow, and so are its tiles of high and of low agreement. Of
    /// random orders of the slides, half of them the largest first, each is dealt greedily; the deal with the fewest folds that lack a class, then
    /// the most even one, is improved by moving single slides as long as that helps. The seed alone decides, whatever the order of the tiles.
    /// A split in the manifest is not looked at.
    ///
    /// # Errors
    /// If there are fewer slides than folds, or a fold would have too few tiles of a class to test or to train on.
    pub fn test_folds(&self, folds: usize, by: FoldedBy, seed: u64) -> Result<Vec<usize>, TissueError> {
        let refuse = |why: String| {
            let possible = (2..folds.min(self.most_folds() + 1)).rev();
            let most = possible
                .into_iter()
                .find(|&fewer| self.fold_fault(&self.dealt(fewer, seed), fewer, by).is_none());
            let hint = match most {
                Some(most) => {
                    format!("choose at most {most}: --folds {most} (in STUDY.toml: test_folds = {most})")
                }
                None => format!("add tiles from more {}s: not even two folds can be made", by.name()),
            };
            Err(TissueError::TestFolds { file: self.source.clone(), folds, why, hint })
        };
        let units = self.slides();
        if units < folds {
            return refuse(format!("there {} {}", if units == 1 { "is" } else { "are" }, by.counted(units)));
        }
        for (class, name) in self.classes.iter().enumerate() {
            let of_class: BTreeSet<&str> =
                self.tiles.iter().filter(|t| t.class == class).map(|t| t.slide.as_str()).collect();
            if of_class.len() < folds {
                return refuse(format!(
                    "class {} has tiles of {}, and every fold needs one to test",
                    files::quoted(name),
                    by.counted(of_class.len())
                ));
            }
        }
        let fold_of = self.dealt(folds, seed);
        match self.fold_fault(&fold_of, folds, by) {
            Some(why) => refuse(why),
            None => Ok(fold_of),
        }
    }

    /// Puts the tiles of test fold `fold` (from 0) into test, all others into train.
    pub fn hold_out(&mut self, fold_of: &[usize], fold: usize) {
        for (tile, of) in self.tiles.iter_mut().zip(fold_of) {
            tile.partition = Some(if *of == fold { Partition::Test } else { Partition::Train });
        }
    }

    /// The most folds that each class has slides for.
    fn most_folds(&self) -> usize {
        let mut slides = vec![BTreeSet::new(); self.classes.len()];
        for tile in &self.tiles {
            slides[tile.class].insert(tile.slide.as_str());
        }
        slides.iter().map(BTreeSet::len).min().unwrap_or(0).min(MOST_TEST_FOLDS)
    }

    /// What is wrong with folds, if something is.
    fn fold_fault(&self, fold_of: &[usize], folds: usize, by: FoldedBy) -> Option<String> {
        let mut counts = vec![vec![0; self.classes.len()]; folds];
        let mut slides = vec![vec![BTreeSet::new(); self.classes.len()]; folds];
        for (tile, &fold) in self.tiles.iter().zip(fold_of) {
            counts[fold][tile.class] += 1;
            slides[fold][tile.class].insert(tile.slide.as_str());
        }
        for (class, name) in self.classes.iter().enumerate() {
            let all: usize = counts.iter().map(|n| n[class]).sum();
            let all_slides: usize = slides.iter().map(|s| s[class].len()).sum();
            for fold in 0..folds {
                let (test, train) = (counts[fold][class], all - counts[fold][class]);
                let train_slides = all_slides - slides[fold][class].len();
                let class = files::quoted(name);
                let nth = fold + 1;
                if test < MIN_TEST_TILES {
                    return Some(format!(
                        "fold {nth} would test {} of class {class} and at least {MIN_TEST_TILES} are needed",
                        tiles(test)
                    ));
                }
                if train < MIN_TRAIN_TILES {
                    return Some(format!(
                        "without fold {nth} class {class} has {} to train on and at least {MIN_TRAIN_TILES} are needed",
                        tiles(train)
                    ));
                }
                if train_slides < MIN_TRAIN_SLIDES {
                    return Some(format!(
                        "without fold {nth} class {class} has tiles of {} to train on and at least {MIN_TRAIN_SLIDES} are needed",
                        by.counted(train_slides)
                    ));
                }
            }
        }
        None
    }

    /// The fold of each tile.
    fn dealt(&self, folds: usize, seed: u64) -> Vec<usize> {
        // By name, so that the order of the tiles does not matter.
        let mut slides: BTreeMap<&str, BTreeMap<usize, f64>> = BTreeMap::new();
        let mut totals = vec![0.0; 3 * self.classes.len()];
        for tile in &self.tiles {
            let counts = slides.entry(&tile.slide).or_default();
            for kind in self.kinds(tile) {
                *counts.entry(kind).or_default() += 1.0;
                totals[kind] += 1.0;
            }
        }
        let names: Vec<&str> = slides.keys().copied().collect();
        let counts: Vec<Vec<(usize, f64)>> =
            slides.values().map(|c| c.iter().map(|(&kind, &n)| (kind, n / totals[kind])).collect()).collect();
        let mut size = vec![0.0_f64; counts.len()];
        for (size, counts) in size.iter_mut().zip(&counts) {
            *size = counts.iter().map(|(_, n)| n).fold(0.0, |a, b| a.max(*b));
        }
        let shares = vec![1.0 / folds as f64; folds];
        let needed = self.classes.len();
        let mut rng = random::stream(seed, "tissue/test-folds");
        let mut order: Vec<usize> = (0..counts.len()).collect();
        let mut best: Option<((usize, f64), Vec<usize>)> = None;
        for attempt in 0..ORDERS {
            order.shuffle(&mut rng);
            if attempt % 2 == 1 {
                order.sort_by(|&a, &b| size[b].total_cmp(&size[a]));
            }
            let (part_of, cost) = deal(&counts, &order, &shares, (totals.len(), needed));
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, part_of));
            }
        }
        let mut part_of = best.map(|(_, parts)| parts).unwrap_or_default();
        even_out(&counts, &mut part_of, folds, (totals.len(), needed));
        let fold = |tile: &Tile| names.binary_search(&tile.slide.as_str()).map_or(0, |slide| part_of[slide]);
        self.tiles.iter().map(fold).collect()
    }

    /// What a tile counts as: its class, and its class with its agreement.
    fn kinds(&self, tile: &Tile) -> impl Iterator<Item = usize> {
        let by_agreement = tile
            .stratum()
            .map(|agreement| self.classes.len() + 2 * tile.class + usize::from(agreement == Agreement::Low));
        std::iter::once(tile.class).chain(by_agreement)
    }
}

/// Each tile's patient in the first, by name, of its spellings.
fn one_spelling(tiles: &[Tile], named: &[Option<String>]) -> Vec<Option<String>> {
    let as_slides: Vec<Tile> = tiles
        .iter()
        .zip(named)
        .filter_map(|(tile, patient)| Some(Tile { slide: patient.clone()?, ..tile.clone() }))
        .collect();
    let first = first_spellings(&as_slides);
    let spelled =
        |patient: &String| first.get(patient.as_str()).map_or(patient.clone(), |first| (*first).to_owned());
    named.iter().map(|patient| patient.as_ref().map(spelled)).collect()
}

/// Moves single slides from fold to fold as long as that makes the folds more even and takes no class from one.
fn even_out(
    counts: &[Vec<(usize, f64)>],
    part_of: &mut [usize],
    folds: usize,
    (kinds, needed): (usize, usize),
) {
    const MOST_ROUNDS: usize = 20;
    let share = 1.0 / folds as f64;
    let mut reached = vec![vec![0.0; kinds]; folds];
    let mut having = vec![vec![0_usize; kinds]; folds];
    for (counts, &part) in counts.iter().zip(part_of.iter()) {
        for &(kind, n) in counts {
            reached[part][kind] += n;
            having[part][kind] += 1;
        }
    }
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for slide in 0..counts.len() {
            let from = part_of[slide];
            if counts[slide].iter().any(|&(kind, _)| kind < needed && having[from][kind] == 1) {
                continue;
            }
            let gain = |to: usize| -> f64 {
                // Σ (reached − share)² before, less after.
                let of = |&(kind, n): &(usize, f64)| 2.0 * n * (reached[from][kind] - reached[to][kind] - n);
                counts[slide].iter().map(of).sum()
            };
            let best = (0..folds)
                .filter(|to| *to != from)
                .max_by(|&a, &b| gain(a).total_cmp(&gain(b)).then(b.cmp(&a)));
            let Some(to) = best.filter(|&to| gain(to) > 1e-9 * share) else { continue };
            for &(kind, n) in &counts[slide] {
                reached[from][kind] -= n;
                reached[to][kind] += n;
                having[from][kind] -= 1;
                having[to][kind] += 1;
            }
            part_of[slide] = to;
            moved = true;
        }
        if !moved {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Tiles of the classes A and B: (slide, patient as written, class).
    fn manifest(rows: &[(&str, &str, usize)]) -> Manifest {
        let tile = |(i, (slide, patient, class)): (usize, &(&str, &str, usize))| Tile {
            image: format!("t{i:03}.png"),
            class: *class,
            partition: None,
            slide: (*slide).into(),
            votes: Vec::new(),
            other_votes: 0,
            extra: vec![(*patient).into()],
            line: i + 2,
        };
        Manifest {
            root: PathBuf::from("."),
            source: PathBuf::from("m.csv"),
            classes: vec!["A".into(), "B".into()],
            extra_columns: vec!["Patient ID".into()],
            tiles: rows.iter().enumerate().map(tile).collect(),
            notes: Vec::new(),
            slides_known: true,
        }
    }

    #[test]
    fn patients_take_the_place_of_slides_whatever_their_spelling() {
        let mut m =
            manifest(&[("s1", "p01", 0), ("s1", "", 1), ("s2", "P1", 0), ("s3", "p2", 0), ("s4", "NA", 1)]);
        assert_eq!(m.fold_by_patient().unwrap(), FoldedBy::Patient);
        let units: Vec<&str> = m.tiles.iter().map(|t| t.slide.as_str()).collect();
        assert_eq!(units, ["P1", "P1", "P1", "p2", "slide s4"]);
        assert_eq!(m.tiles[2].extra, ["P1", "s2"]);
        assert_eq!(m.extra_columns, ["Patient ID", "original_slide"]);
        assert!(m.notes.iter().any(|n| n.contains("1 tile without a patient")), "{:?}", m.notes);
        assert!(m.notes.iter().any(|n| n.contains("4 slides of 3 patients")), "{:?}", m.notes);
    }

    #[test]
    fn without_patients_slides_stay_the_unit_and_without_slides_tiles() {
        let mut m = manifest(&[("s1", "", 0), ("s2", "-", 1)]);
        assert_eq!(m.fold_by_patient().unwrap(), FoldedBy::Slide);
        assert_eq!(m.tiles[0].slide, "s1");
        assert!(m.notes.is_empty());
        for tile in &mut m.tiles {
            tile.slide.clone_from(&tile.image);
        }
        assert_eq!(m.fold_by_patient().unwrap(), FoldedBy::Tile);
    }

    #[test]
    fn a_slide_of_two_patients_is_refused_with_both() {
        let e = manifest(&[("s1", "p1", 0), ("s2", "p2", 0), ("s1", "p2", 1)]).fold_by_patient().unwrap_err();
        let said = e.to_string();
        assert!(said.contains("slide s1 belongs to two patients, in m.csv"), "{said}");
        assert!(said.contains("t000.png") && said.contains("t002.png") && said.contains("\"p2\""), "{said}");
        assert!(e.hint().is_some());
    }
}
