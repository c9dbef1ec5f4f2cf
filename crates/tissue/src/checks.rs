//! What makes a data set unusable for a study, found before anything is trained.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::counted::{grouped, tiles};
use crate::slide::first_spellings;
use crate::{Manifest, Partition, Place, Tile, Tiles, TissueError};
use crate::{folds_by_slide, take_slides};

/// The fewest tiles of a class in data that are still to be split.
pub const MIN_TILES: usize = 12;
/// The fewest train tiles of a class: out-of-fold scorers must see some of them and leave some out.
pub const MIN_TRAIN_TILES: usize = 6;
/// The fewest test tiles of a class.
pub const MIN_TEST_TILES: usize = 2;
/// The fewest train slides of a class: one to learn from and one to hold out.
pub const MIN_TRAIN_SLIDES: usize = 2;

impl Manifest {
    /// Checks that a study can use the data: two classes at least, enough tiles and slides of each on both sides of
    /// the split (or enough to make one), no slide on two sides, no two tiles whose translations share a file name.
    ///
    /// # Errors
    /// The first fault.
    pub fn check_for_study(&self) -> Result<(), TissueError> {
        first(self.study_faults())
    }

    /// Everything that [`Manifest::check_for_study`] looks for.
    pub(crate) fn study_faults(&self) -> Vec<TissueError> {
        let mut faults = slide_faults(self);
        faults.extend(class_faults(self));
        faults.extend(name_faults(self));
        faults
    }

    /// Checks the decoded tiles: the same picture in train and test is a leak that names do not show.
    ///
    /// # Errors
    /// The first such pair.
    pub fn check_tiles(&self, tiles: &Tiles) -> Result<(), TissueError> {
        first(duplicate_faults(self, &duplicates(tiles)))
    }
}

fn first(faults: Vec<TissueError>) -> Result<(), TissueError> {
    faults.into_iter().next().map_or(Ok(()), Err)
}

/// Groups of two or more tiles that are equal in every pixel, each ascending, by their first tile.
pub fn duplicates(tiles: &Tiles) -> Vec<Vec<usize>> {
    group_equal((0..tiles.len()).map(|i| Sha256::digest(tiles.tile(i)).to_vec()))
}

/// Groups of equal digests, as [`duplicates`].
pub(crate) fn group_equal(digests: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (i, digest) in digests.enumerate() {
        groups.entry(digest).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|g| g.len() > 1).collect();
    groups.sort();
    groups
}

/// One fault for each group of equal tiles that has a tile on each side.
pub(crate) fn duplicate_faults(manifest: &Manifest, groups: &[Vec<usize>]) -> Vec<TissueError> {
    let on =
        |group: &[usize], side| group.iter().find(|&&i| manifest.tiles[i].partition == Some(side)).copied();
    groups
        .iter()
        .filter_map(|group| {
            let (train, test) = (on(group, Partition::Train)?, on(group, Partition::Test)?);
            Some(TissueError::DuplicateAcrossSides {
                file: manifest.source.clone(),
                train: manifest.tiles[train].image.clone(),
                test: manifest.tiles[test].image.clone(),
            })
        })
        .collect()
}

/// One fault for each slide that is in train and in test, in whatever spelling.
pub(crate) fn slide_faults(manifest: &Manifest) -> Vec<TissueError> {
    let first = first_spellings(&manifest.tiles);
    let mut sides: BTreeMap<&str, [Option<&Tile>; 2]> = BTreeMap::new();
    for tile in &manifest.tiles {
        if let Some(side) = tile.partition {
            let slide = first.get(tile.slide.as_str()).copied().unwrap_or(&tile.slide);
            sides.entry(slide).or_default()[side as usize].get_or_insert(tile);
        }
    }
    sides
        .into_values()
        .filter_map(|[train, test]| {
            let (train, test) = (train?, test?);
            Some(TissueError::SlideOnTwoSides {
                file: manifest.source.clone(),
                slide: train.slide.clone(),
                test_slide: test.slide.clone(),
                train: train.image.clone(),
                test: test.image.clone(),
            })
        })
        .collect()
}

/// One fault for each class whose name is another one's but for case, blanks or zeros.
pub(crate) fn spelling_faults(manifest: &Manifest) -> Vec<TissueError> {
    let mut n = vec![0; manifest.classes.len()];
    for tile in &manifest.tiles {
        n[tile.class] += 1;
    }
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for (class, name) in manifest.classes.iter().enumerate() {
        let other = *first.entry(files::same_name(name)).or_insert(class);
        if other == class {
            continue;
        }
        let (often, rarely) = if n[class] > n[other] { (class, other) } else { (other, class) };
        let of_rarer = manifest.tiles.iter().filter(|t| t.class == rarely).min_by_key(|t| t.line);
        faults.push(TissueError::ClassSpellings {
            place: of_rarer.map_or_else(
                || Place::file(&manifest.source),
                |tile| Place::tile(&manifest.source, tile.line, &tile.image),
            ),
            often: manifest.classes[often].clone(),
            n_often: n[often],
            rarely: manifest.classes[rarely].clone(),
            n_rarely: n[rarely],
        });
    }
    faults
}

impl Manifest {
    /// Whether folds by slide leave each class a tile to train on: of the train tiles, less about the share `validation` of their slides,
    /// split into `folds` with `seed`, every class must have some outside of each fold. The tiles must be split.
    ///
    /// # Errors
    /// The first class and fold of which that is not so, with what would help.
    pub fn check_folds(&self, folds: usize, validation: f64, seed: u64) -> Result<(), TissueError> {
        let Some((class, fold)) = self.class_in_one_fold(folds, validation, seed) else { return Ok(()) };
        let helps = |folds, validation| self.class_in_one_fold(folds, validation, seed).is_none();
        let way_out = [
            (folds > 2 && helps(2, validation), ", or set folds = 2"),
            (validation > 0.0 && helps(folds, 0.0), ", or set validation = 0"),
            (folds > 2 && validation > 0.0 && helps(2, 0.0), ", or set folds = 2 and validation = 0"),
        ];
        let way_out = way_out.into_iter().find(|(helps, _)| *helps).map_or("", |(_, words)| words);
        let of_class = |t: &&Tile| t.class == class && t.partition == Some(Partition::Train);
        let slides =
            self.tiles.iter().filter(of_class).map(|t| t.slide.as_str()).collect::<BTreeSet<_>>().len();
        let kept = if validation > 0.0 { ", some of which may be kept for validation" } else { "" };
        Err(TissueError::FewSlides {
            file: self.source.clone(),
            class: self.classes[class].clone(),
            why: format!(
                "its train tiles come from {slides} {}{kept}, and without fold {fold} of {folds} no tile of it is left to train on",
                if slides == 1 { "slide" } else { "slides" }
            ),
            hint: format!("add tiles of it from more slides{way_out}"),
        })
    }

    /// A class that has all its tiles in one fold, or none at all.
    fn class_in_one_fold(&self, folds: usize, validation: f64, seed: u64) -> Option<(usize, usize)> {
        let train = take_slides(self, &self.indices(Partition::Train), validation, seed).0;
        let fold_of = folds_by_slide(self, &train, folds, seed);
        (0..folds).find_map(|fold| {
            let mut left = vec![false; self.classes.len()];
            for (&i, _) in train.iter().zip(&fold_of).filter(|(_, f)| **f != fold) {
                left[self.tiles[i].class] = true;
            }
            left.iter().position(|left| !left).map(|class| (class, fold))
        })
    }

    /// Whether a split and folds cannot fail, as when each class has many slides and no slide many of its tiles: dealing them out to see
    /// takes time.
    pub(crate) fn has_plenty_of_slides(&self) -> bool {
        let mut tiles_on: BTreeMap<(usize, Option<Partition>), BTreeMap<&str, usize>> = BTreeMap::new();
        for tile in &self.tiles {
            *tiles_on.entry((tile.class, tile.partition)).or_default().entry(&tile.slide).or_default() += 1;
        }
        let train = tiles_on.iter().filter(|((_, side), _)| *side != Some(Partition::Test));
        train.map(|(_, slides)| slides).all(|slides| {
            let all: usize = slides.values().sum();
            slides.len() >= 40 && slides.values().all(|n| n * 10 <= all)
        })
    }
}

fn class_faults(manifest: &Manifest) -> Vec<TissueError> {
    let file = || manifest.source.clone();
    let mut counts = vec![Counts::default(); manifest.classes.len()];
    for tile in &manifest.tiles {
        counts[tile.class].add(&tile.slide, tile.partition);
    }
    let present: Vec<&str> =
        counts.iter().zip(&manifest.classes).filter(|(c, _)| c.all > 0).map(|(_, n)| n.as_str()).collect();
    if present.len() < 2 {
        let why = present.first().map_or_else(
            || "no class has a tile".to_owned(),
            |class| format!("all {} are of class {}", tiles(manifest.len()), files::quoted(class)),
        );
        return vec![TissueError::OneClass { file: file(), why }];
    }
    let split = manifest.is_partitioned();
    manifest
        .classes
        .iter()
        .zip(&counts)
        .filter_map(|(class, n)| n.too_few(split).map(|why| (class.clone(), why)))
        .map(|(class, why)| TissueError::ClassTooSmall {
            file: file(),
            class,
            why,
            dispensable: present.len() > 2,
        })
        .collect()
}

/// The tiles and slides of one class.
#[derive(Clone, Default)]
struct Counts<'a> {
    all: usize,
    train: usize,
    test: usize,
    slides: BTreeSet<&'a str>,
    train_slides: BTreeSet<&'a str>,
}

impl<'a> Counts<'a> {
    fn add(&mut self, slide: &'a str, partition: Option<Partition>) {
        self.all += 1;
        self.slides.insert(slide);
        match partition {
            Some(Partition::Train) => {
                self.train += 1;
                self.train_slides.insert(slide);
            }
            Some(Partition::Test) => self.test += 1,
            None => {}
        }
    }

    fn too_few(&self, split: bool) -> Option<String> {
        let slides = |n: usize| format!("{} {}", grouped(n), if n == 1 { "slide" } else { "slides" });
        if !split {
            let (all, least) = (tiles(self.all), MIN_TRAIN_SLIDES + 1);
            if self.all < MIN_TILES {
                return Some(format!("it has {all} and at least {MIN_TILES} are needed to split and fold"));
            }
            let from = slides(self.slides.len());
            return (self.slides.len() < least).then(|| {
                format!("its {all} come from {from} and at least {least} are needed to split and fold")
            });
        }
        if self.train < MIN_TRAIN_TILES {
            return Some(format!(
                "it has {} in train and at least {MIN_TRAIN_TILES} are needed",
                tiles(self.train)
            ));
        }
        if self.test < MIN_TEST_TILES {
            return Some(format!(
                "it has {} in test and at least {MIN_TEST_TILES} are needed",
                tiles(self.test)
            ));
        }
        let from = slides(self.train_slides.len());
        (self.train_slides.len() < MIN_TRAIN_SLIDES).then(|| {
            format!("its train tiles come from {from} and at least {MIN_TRAIN_SLIDES} are needed to fold")
        })
    }
}

fn name_faults(manifest: &Manifest) -> Vec<TissueError> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for tile in &manifest.tiles {
        if let Some(other) = seen.insert(files::png_name(&files::nfc(&tile.image)), &tile.image) {
            faults.push(TissueError::NameCollision {
                place: Place::tile(&manifest.source, tile.line, &tile.image),
                other: other.to_owned(),
            });
        }
    }
    faults
}
