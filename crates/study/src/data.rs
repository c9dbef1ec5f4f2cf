//! The loaded tiles of a study and who is who among them: training, validation and test tiles, class X, folds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use nets::Discriminator;
use record::thresholds::{ENOUGH_HARD, FEWEST_HARD};
use record::{Classes, Phi, Target};
use tissue::{Agreement, Fit, FoldedBy, Manifest, Partition, Reading, Tiles, augment::Normalise};
use train::{Evaluation, LabelledTiles, TileNames, TranslatorKind};

use crate::config::{Normalisation, Part, SelectBy, StudyConfig, TileFit, Votes};
use crate::error::{SettingsFault, StudyError};

/// How much memory decoded tiles may take, and where they are if they take more.
#[derive(Clone, Copy, Debug)]
pub struct Cache<'a> {
    /// Bytes.
    pub bytes: u64,
    /// The folder for a file of those that take more; without one they are refused.
    pub beyond: Option<&'a Path>,
}

/// The tiles of a study and its splits. Nothing in it changes once it is loaded.
pub struct Data {
    /// The tiles' names, classes, votes and slides.
    pub manifest: Manifest,
    /// Their pixels; the folds of a cross-validation share them.
    pub tiles: Arc<Tiles>,
    /// Training tiles less the validation slides: all that scorers, translators and selections see.
    pub train: Vec<usize>,
    /// Tiles of the validation slides, out of the train partition.
    pub validation: Vec<usize>,
    /// Test tiles.
    pub test: Vec<usize>,
    /// The training tiles of class X.
    pub train_of_x: Vec<usize>,
    /// The fold of each tile of `train`, in its order.
    pub folds: Vec<usize>,
    /// The fold of each tile of the manifest, if it is one of `train`.
    fold_of: Vec<Option<usize>>,
    /// Tiles by name.
    by_name: BTreeMap<String, usize>,
    /// Class X as an index into the classes.
    pub x: usize,
    /// The share of annotators from which agreement counts as high.
    high_agreement: f64,
    /// How pixels are normalised.
    pub normalise: Normalise,
    /// SHA-256 over pixels, labels, votes and slides.
    pub hash: String,
    /// What a reader of the report should know of the data.
    pub notes: Vec<String>,
}

impl Data {
    /// Reads, decodes, checks and splits the data, and fills in the settings that it decides: classes, class X, tile size, bits. Every
    /// fault of the data is found here, before any training.
    ///
    /// Decoded tiles take at most the `cache`; `progress` is told tiles decoded and tiles in all. With `test_fold` set, what is tested is that
    /// fold, whatever split the data bring.
    ///
    /// # Errors
    /// If the data cannot be read or cannot carry this study.
    pub fn load(
        config: &mut StudyConfig,
        cache: Cache,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, StudyError> {
        if config.test_fold > 0 {
            let folded = Folded::open(config)?;
            let parts = folded.parts(config, config.test_fold)?;
            let tiles = Arc::new(read_tiles(config, &folded.manifest, cache, progress)?);
            return Self::new(config, parts, tiles);
        }
        let mut manifest = Manifest::open(&config.data)?;
        if !config.classes.is_empty() {
            manifest.select_classes(&config.classes)?;
        }
        config.classes.clone_from(&manifest.classes);
        // Before the split as well: too small a class is better told in the numbers that the data have.
        manifest.check_for_study()?;
        if manifest.ensure_partition(config.seed) {
            manifest.check_for_study()?;
        }
        let x = source_class(config, &manifest)?;
        let parts = Parts::of(config, manifest, x)?;
        let tiles = Arc::new(read_tiles(config, &parts.manifest, cache, progress)?);
        Self::new(config, parts, tiles)
    }

    /// Checks what pixels are needed for.
    fn new(config: &StudyConfig, parts: Parts, tiles: Arc<Tiles>) -> Result<Self, StudyError> {
        let Parts { manifest, train, validation, test, train_of_x, folds, x, mut notes } = parts;
        notes.extend(tiles.notes.iter().cloned());
        manifest.check_tiles(&tiles)?;
        let normalise = match config.normalise {
            Normalisation::Fixed => Normalise::paper(),
            Normalisation::Auto => Normalise::measured(train.iter().map(|&i| tiles.tile(i))),
        };
        let hash = manifest.data_hash(&tiles);
        let by_name = manifest.tiles.iter().enumerate().map(|(i, t)| (t.image.clone(), i)).collect();
        let mut fold_of = vec![None; manifest.tiles.len()];
        for (&i, &fold) in train.iter().zip(&folds) {
            fold_of[i] = Some(fold);
        }
        Ok(Self {
            manifest,
            tiles,
            train,
            validation,
            test,
            train_of_x,
            folds,
            fold_of,
            by_name,
            x,
            high_agreement: config.high_agreement,
            normalise,
            hash,
            notes,
        })
    }

    /// Says where the tiles are, if they are not in memory. It is none of the notes, which results hold.
    pub fn where_tiles_are(&self) -> Option<String> {
        let file = self.tiles.file()?.display();
        Some(format!(
            "decoded, the tiles take more than the cache: they are looked at in {file}, which may be deleted when the study has ended"
        ))
    }

    /// The fold of a training tile, or `None` for other tiles.
    pub fn fold_of(&self, tile: usize) -> Option<usize> {
        self.fold_of[tile]
    }

    /// The tile of that name.
    ///
    /// # Errors
    /// If there is none; `file` named it.
    pub fn tile_named(&self, image: &str, file: &Path) -> Result<usize, StudyError> {
        self.by_name.get(image).copied().ok_or_else(|| StudyError::Broken {
            path: file.into(),
            why: format!("it names tile {image}, which the manifest does not have"),
        })
    }

    /// The share of annotators who chose the label of the tile of that name, if it has votes.
    pub fn agreement_of(&self, image: &str) -> Option<f64> {
        self.by_name.get(image).and_then(|&i| self.manifest.tiles[i].agreement())
    }

    /// The pixels of tiles.
    pub fn pixels(&self, indices: &[usize]) -> Vec<&[u8]> {
        indices.iter().map(|&i| self.tiles.tile(i)).collect()
    }

    /// The names of tiles.
    fn names(&self, indices: &[usize]) -> Vec<&str> {
        indices.iter().map(|&i| self.manifest.tiles[i].image.as_str()).collect()
    }

    /// The training tiles of fold `k`.
    pub fn members_of_fold(&self, k: usize) -> Vec<usize> {
        self.train.iter().zip(&self.folds).filter(|(_, fold)| **fold == k).map(|(i, _)| *i).collect()
    }

    /// Whether the study can check itself against the severity of synthetic tissue.
    pub fn has_severity(&self) -> bool {
        self.manifest.severity().is_some()
    }

    /// Tiles and labels at `indices`, for training or evaluation.
    pub fn set(&self, indices: &[usize]) -> LabelledTiles<'_> {
        LabelledTiles {
            size: self.tiles.size,
            tiles: self.pixels(indices),
            labels: indices.iter().map(|&i| self.manifest.tiles[i].class).collect(),
        }
    }

    /// Whether each of these tiles is of class X.
    pub fn are_of_x(&self, indices: &[usize]) -> Vec<bool> {
        indices.iter().map(|&i| self.manifest.tiles[i].class == self.x).collect()
    }

    /// How many tiles a classifier is judged on after each epoch.
    pub fn judged(&self) -> usize {
        self.test.len() + self.validation.len()
    }

    /// Whether votes are known, so that high and low agreement can be told apart.
    pub fn has_votes(&self) -> bool {
        self.test.iter().any(|&i| self.stratum(i).is_some())
    }

    /// High or low agreement of a tile, if its votes are known.
    pub fn stratum(&self, tile: usize) -> Option<Agreement> {
        self.manifest.tiles[tile].stratum_at(self.high_agreement)
    }

    /// The training tiles of class X, or of the other class of that index.
    pub fn train_of(&self, class: Option<usize>) -> Vec<usize> {
        match class {
            None => self.train_of_x.clone(),
            Some(class) => {
                self.train.iter().copied().filter(|&i| self.manifest.tiles[i].class == class).collect()
            }
        }
    }

    /// Whether a tile is of low agreement.
    pub fn is_disputed(&self, tile: usize) -> bool {
        self.stratum(tile) == Some(Agreement::Low)
    }

    /// What a classifier is evaluated on after each epoch: test tiles by agreement, and validation tiles.
    pub fn evaluation(&self) -> Evaluation<'_> {
        Evaluation {
            set: self.set(&self.test),
            strata: self.test.iter().map(|&i| self.stratum(i)).collect(),
            validation: (!self.validation.is_empty()).then(|| self.set(&self.validation)),
            positive: self.x,
            names: Some(TileNames { test: self.names(&self.test), validation: self.names(&self.validation) }),
        }
    }
}

/// The data of a cross-validation, before any pixel is read: every tile is in one test fold.
pub struct Folded {
    /// The tiles; patients are in the place of slides, and none is in train or test.
    pub manifest: Manifest,
    /// What stays together.
    pub by: FoldedBy,
    /// The test fold of each tile, from 0.
    pub fold_of: Vec<usize>,
    /// Class X.
    x: usize,
}

impl Folded {
    /// Reads which tiles there are, fills in classes and class X, and deals the tiles to `test_folds` folds.
    ///
    /// # Errors
    /// If the data cannot be read, or so many folds cannot be made of them.
    pub fn open(config: &mut StudyConfig) -> Result<Self, StudyError> {
        let mut manifest = Manifest::open_to_fold(&config.data)?;
        if !config.classes.is_empty() {
            manifest.select_classes(&config.classes)?;
        }
        config.classes.clone_from(&manifest.classes);
        let by = manifest.fold_by_patient()?;
        // Whether each fold can carry a study is checked of each; too few patients for the folds is told first, with how many would do.
        let x = source_class(config, &manifest)?;
        let fold_of = manifest.test_folds(config.test_folds, by, config.seed)?;
        Ok(Self { manifest, by, fold_of, x })
    }

    /// The data of each test fold, with its settings. All are checked before a tile is decoded, and decoded tiles are theirs together.
    ///
    /// # Errors
    /// If a fold cannot carry this study.
    pub fn load(
        &self,
        config: &StudyConfig,
        cache: Cache,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<(StudyConfig, Data)>, StudyError> {
        let mut config = config.clone();
        let parts: Vec<(usize, Parts)> = (1..=config.test_folds)
            .map(|fold| Ok((fold, self.parts(&config, fold)?)))
            .collect::<Result<_, StudyError>>()?;
        let tiles = Arc::new(read_tiles(&mut config, &self.manifest, cache, progress)?);
        let data = |(fold, parts)| {
            let config = StudyConfig { test_fold: fold, ..config.clone() };
            let data = Data::new(&config, parts, Arc::clone(&tiles))?;
            Ok((config, data))
        };
        parts.into_iter().map(data).collect()
    }

    /// Who is who where `fold` is tested.
    fn parts(&self, config: &StudyConfig, fold: usize) -> Result<Parts, StudyError> {
        let mut manifest = self.manifest.clone();
        manifest.hold_out(&self.fold_of, fold - 1);
        let test = manifest.indices(Partition::Test);
        let tested: BTreeSet<&str> = test.iter().map(|&i| manifest.tiles[i].slide.as_str()).collect();
        let note = format!(
            "test fold {fold} of {}, seed {}: {} of {} with {} of {} tiles",
            config.test_folds,
            config.seed,
            tested.len(),
            self.by.counted(manifest.slides()),
            test.len(),
            manifest.len()
        );
        manifest.notes.push(note);
        manifest.check_for_study()?;
        Parts::of(config, manifest, self.x)
    }
}

/// Who is who among the tiles.
struct Parts {
    manifest: Manifest,
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
    train_of_x: Vec<usize>,
    folds: Vec<usize>,
    x: usize,
    notes: Vec<String>,
}

impl Parts {
    /// Of tiles that are split into train and test.
    fn of(config: &StudyConfig, manifest: Manifest, x: usize) -> Result<Self, StudyError> {
        let train_all = of_partition(&manifest, Partition::Train);
        let test = of_partition(&manifest, Partition::Test);
        let (train, validation) = if config.validation > 0.0 {
            tissue::take_slides(&manifest, &train_all, config.validation, config.seed)
        } else {
            (train_all, Vec::new())
        };
        let missing = class_missing_in(&manifest, &validation);
        let folds = tissue::folds_by_slide(&manifest, &train, config.folds, config.seed);
        let mut notes = manifest.notes.clone();
        if let Some(class) = missing.filter(|_| config.validation > 0.0) {
            notes.push(format!(
                "class {:?} has too few train slides for one to be kept for validation: no epoch is chosen by it",
                manifest.classes[class]
            ));
        }
        let train_of_x: Vec<usize> =
            train.iter().copied().filter(|&i| manifest.tiles[i].class == x).collect();
        check_votes(config, &manifest, &train, x)?;
        check_parts(config, &manifest, &train_of_x, &test, &mut notes)?;
        check_classes(config, &manifest, &train, x, &mut notes)?;
        notes.extend(chosen_by_agreement(config, &manifest, &train_of_x));
        Ok(Self { manifest, train, validation, test, train_of_x, folds, x, notes })
    }
}

/// Decodes all tiles, and fills in their size and bits.
fn read_tiles(
    config: &mut StudyConfig,
    manifest: &Manifest,
    cache: Cache,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Tiles, StudyError> {
    let size = (config.tile_size > 0).then_some(config.tile_size);
    let fit = match config.fit {
        TileFit::Exact => Fit::Exact,
        TileFit::CenterCrop => Fit::CenterCrop,
        TileFit::Resize => Fit::Resize,
    };
    let bits = (config.bits > 0).then_some(config.bits);
    let reading = Reading { size, fit, bits, cache_bytes: cache.bytes };
    let tiles = match cache.beyond {
        None => Tiles::read(manifest, &reading, progress),
        Some(folder) => Tiles::read_beyond(manifest, &reading, folder, progress),
    };
    let tiles = tiles.map_err(|e| wrong_size(e, config.fit))?;
    check_tile_size(config, tiles.size)?;
    config.tile_size = tiles.size;
    config.bits = tiles.bits.unwrap_or(config.bits);
    Ok(tiles)
}

fn of_partition(manifest: &Manifest, partition: Partition) -> Vec<usize> {
    (0..manifest.tiles.len()).filter(|&i| manifest.tiles[i].partition == Some(partition)).collect()
}

/// A tile that does not fit where cropping is set already: its hint must not be to set it.
fn wrong_size(e: tissue::TissueError, fit: TileFit) -> StudyError {
    match e {
        tissue::TissueError::WrongSize { path, width, height, why } if fit == TileFit::CenterCrop => {
            StudyError::Data {
                what: format!("wrong tile size {width} × {height} px"),
                file: path.display().to_string(),
                why,
                hint: "set tile_size to the side of the smallest tile, or fit = \"resize\"".into(),
            }
        }
        e => e.into(),
    }
}

/// Refuses tiles that are too small for a translator, which nothing else of the study would notice before its training.
fn check_tile_size(config: &StudyConfig, size: usize) -> Result<(), StudyError> {
    Discriminator::check_size(size).map_err(|_| StudyError::Data {
        what: format!("tiles of {size} px are too small"),
        file: config.data.display().to_string(),
        why: format!("a translator's discriminator needs at least {} px", Discriminator::MIN_TILE),
        hint: format!(
            "use larger tiles, or set tile_size = {} or more, to which they are enlarged",
            Discriminator::MIN_TILE
        ),
    })
}

/// Finds class X: the one named, or the largest outside of the test partition.
fn source_class(config: &mut StudyConfig, manifest: &Manifest) -> Result<usize, StudyError> {
    let count = |class: usize| {
        manifest.tiles.iter().filter(|t| t.class == class && t.partition != Some(Partition::Test)).count()
    };
    if config.source_class.is_empty() {
        let largest =
            (0..manifest.classes.len()).max_by_key(|&c| (count(c), std::cmp::Reverse(c))).unwrap_or(0);
        config.source_class.clone_from(&manifest.classes[largest]);
        return Ok(largest);
    }
    manifest.classes.iter().position(|c| *c == config.source_class).ok_or_else(|| StudyError::Settings {
        file: config.data.display().to_string(),
        faults: vec![SettingsFault {
            key: "source_class".into(),
            line: None,
            what: format!("source_class = {:?} is not a class", config.source_class),
            why: format!("the classes used are {}", manifest.classes.join(", ")),
            hint: match files::closest(&config.source_class, &manifest.classes) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => "name one of them as source_class, or leave it out to take the largest".into(),
            },
        }],
    })
}

/// The first class that none of these tiles is of.
fn class_missing_in(manifest: &Manifest, tiles: &[usize]) -> Option<usize> {
    (0..manifest.classes.len()).find(|&class| tiles.iter().all(|&i| manifest.tiles[i].class != class))
}

/// Refuses recipes with translations of another class that has too few tiles for a translator.
fn check_classes(
    config: &StudyConfig,
    manifest: &Manifest,
    train: &[usize],
    x: usize,
    notes: &mut Vec<String>,
) -> Result<(), StudyError> {
    let mut told: Vec<String> = Vec::new();
    for recipe in &config.training_set {
        let of_all = |part: &&Part| part.tiles.is_translated() && part.classes == Classes::All;
        for part in recipe.add.iter().filter(of_all) {
            let reference = Phi::reference(&config.phi).unwrap_or(Phi::new(f64::NAN));
            let target = part.target(reference);
            for class in (0..manifest.classes.len()).filter(|class| *class != x) {
                let n = train.iter().filter(|i| manifest.tiles[**i].class == class).count();
                let learnt = Learnt::of(config, target, n);
                let name = &manifest.classes[class];
                if let Some(why) = learnt.refusal() {
                    return Err(StudyError::Data {
                        what: format!("recipe {:?} cannot translate class {name:?}", recipe.name),
                        file: config.data.display().to_string(),
                        why,
                        hint: learnt.hint().into(),
                    });
                }
                let note = learnt.note(name);
                notes
                    .extend(note.filter(|note| !told.contains(note)).inspect(|note| told.push(note.clone())));
            }
        }
    }
    Ok(())
}

/// What a translator of a class would learn from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Learnt {
    /// The hard ones of so many training tiles, at a selectivity.
    Hard { phi: Phi, hard: usize, of: usize },
    /// All of them, by the dial.
    All { of: usize },
}

impl Learnt {
    fn of(config: &StudyConfig, target: Target, tiles: usize) -> Self {
        match target {
            Target::Phi(phi) if config.translator.kind != TranslatorKind::Dial => {
                Self::Hard { phi, hard: phi.easy_and_hard(tiles).1, of: tiles }
            }
            _ => Self::All { of: tiles },
        }
    }

    /// Why it is too little, if it is: fewer hard tiles than a translator needs or, for the dial, fewer in the harder half.
    fn refusal(self) -> Option<String> {
        match self {
            Self::Hard { phi, hard, of } if hard < FEWEST_HARD => Some(format!(
                "of its {of} training tiles phi = {phi} selects {hard} hard ones, and a translator needs at least {FEWEST_HARD}"
            )),
            Self::All { of } if of < 2 * FEWEST_HARD => Some(format!(
                "it has {of} training tiles, and a translator with the dial needs at least {}",
                2 * FEWEST_HARD
            )),
            _ => None,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Hard { of, .. } if Phi::new(50.0).easy_and_hard(of).1 >= FEWEST_HARD => {
                "choose a larger phi, write classes = \"source\", or add tiles of that class"
            }
            _ => "write classes = \"source\", or add tiles of that class",
        }
    }

    /// What is to be said of it where it is little.
    fn note(self, class: &str) -> Option<String> {
        match self {
            Self::Hard { phi, hard, .. } if hard < ENOUGH_HARD => Some(format!(
                "phi = {phi} selects {hard} hard tiles of class {class:?}; the paper found that at least {ENOUGH_HARD} are needed for a sound translation"
            )),
            _ => None,
        }
    }
}

/// Refuses settings that need votes which the training tiles do not have.
fn check_votes(
    config: &StudyConfig,
    manifest: &Manifest,
    train: &[usize],
    x: usize,
) -> Result<(), StudyError> {
    let agreements =
        || train.iter().filter_map(|&i| Some((i, manifest.tiles[i].stratum_at(config.high_agreement)?)));
    let disputed = || agreements().filter(|(_, agreement)| *agreement == Agreement::Low);
    let votes = Votes {
        any: agreements().next().is_some(),
        disputed_of_x: disputed().filter(|(i, _)| manifest.tiles[*i].class == x).count(),
        disputed: disputed().count(),
    };
    let mut faults = config.faults_of_votes(votes);
    if config.select.by == SelectBy::Agreement {
        faults.extend(undecided(manifest, train, votes, x));
    }
    let file = config.data.display().to_string();
    if faults.is_empty() { Ok(()) } else { Err(StudyError::Settings { file, faults }) }
}

/// Why agreement cannot choose hard tiles, if it cannot.
fn undecided(manifest: &Manifest, train: &[usize], votes: Votes, x: usize) -> Option<SettingsFault> {
    let of_x = || train.iter().map(|&i| &manifest.tiles[i]).filter(|tile| tile.class == x);
    let class = &manifest.classes[x];
    let why = if of_x().all(|tile| tile.agreement().is_none()) {
        format!("no training tile of class {class:?} has votes of annotators")
    } else if votes.disputed_of_x == 0 {
        format!("of class {class:?} the annotators of each training tile all agree")
    } else {
        return None;
    };
    Some(SettingsFault {
        key: "select.by".into(),
        line: None,
        what: "select.by = \"agreement\" cannot be used".into(),
        why,
        hint: "write by = \"confidence\" below [select], or add columns of votes to the data".into(),
    })
}

/// How many of the tiles that agreement chooses as hard are disputed, as there may be more or fewer of those than phi percent.
fn chosen_by_agreement(config: &StudyConfig, manifest: &Manifest, of_x: &[usize]) -> Option<String> {
    if config.select.by != SelectBy::Agreement {
        return None;
    }
    let is_disputed =
        |i: &&usize| manifest.tiles[**i].stratum_at(config.high_agreement) == Some(Agreement::Low);
    let (all, disputed) = (of_x.len(), of_x.iter().filter(is_disputed).count());
    let told = config.phi.iter().map(|phi| {
        let (_, hard) = phi.easy_and_hard(all);
        format!("{} of the {hard} hard tiles at phi = {phi}", disputed.min(hard))
    });
    Some(format!(
        "hard tiles are chosen by agreement: of {all} training tiles of class {:?} {disputed} are disputed, and so are {}",
        manifest.classes[manifest.tiles[*of_x.first()?].class],
        told.collect::<Vec<_>>().join(", ")
    ))
}

/// Refuses splits that cannot be trained or tested on, and selections with too few hard tiles.
fn check_parts(
    config: &StudyConfig,
    manifest: &Manifest,
    train_of_x: &[usize],
    test: &[usize],
    notes: &mut Vec<String>,
) -> Result<(), StudyError> {
    let file = config.data.display().to_string();
    let data = |what: String, why: String, hint: String| {
        Err(StudyError::Data { what, file: file.clone(), why, hint })
    };
    if let Some(c) = class_missing_in(manifest, test) {
        return data(
            format!("class {:?} has no test tile", manifest.classes[c]),
            "an AUC needs tiles of every class".into(),
            "add slides of it to the test partition, or split anew with `grayzone data split`".into(),
        );
    }
    manifest.check_folds(config.folds, config.validation, config.seed)?;
    let n = train_of_x.len();
    for &phi in &config.phi {
        let (_, hard) = phi.easy_and_hard(n);
        if hard < FEWEST_HARD {
            let least = (FEWEST_HARD as f64 * 100.0 / n.max(1) as f64 * 10.0).ceil() / 10.0;
            return data(
                format!("phi = {phi} selects {hard} hard tile{}", if hard == 1 { "" } else { "s" }),
                format!(
                    "class {:?} has {n} training tiles and a translator needs at least {FEWEST_HARD} hard ones",
                    config.source_class
                ),
                if least <= 50.0 {
                    format!("choose phi of at least {least}, or add tiles of that class")
                } else {
                    format!("add tiles: at least {} of that class are needed for phi = 50", FEWEST_HARD * 2)
                },
            );
        }
        if hard < ENOUGH_HARD {
            notes.push(format!(
                "phi = {phi} selects {hard} hard tiles; the paper found that at least {ENOUGH_HARD} are needed for a sound translation"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_refused_below_twenty_hard_tiles_and_told_of_below_a_hundred() {
        let at = |phi: f64, of: usize| {
            let phi = Phi::new(phi);
            Learnt::Hard { phi, hard: phi.easy_and_hard(of).1, of }
        };
        let refused = at(25.0, 79).refusal().unwrap();
        assert!(refused.contains("79 training tiles phi = 25 selects 19 hard ones"), "{refused}");
        assert!(at(25.0, 79).hint().starts_with("choose a larger phi"));
        assert!(!at(25.0, 39).hint().contains("phi"), "no selectivity would do");
        assert_eq!(at(25.0, 80).refusal(), None);
        assert!(at(25.0, 399).note("SSA").unwrap().contains("selects 99 hard tiles of class \"SSA\""));
        assert_eq!(at(25.0, 400).note("SSA"), None);
    }

    #[test]
    fn a_dial_learns_from_all_tiles_and_so_do_its_selectivities() {
        let mut config = StudyConfig::preset(crate::config::Preset::Demo);
        let (phi, dial) = (Phi::new(12.5), record::Dial::new(0.1).unwrap());
        assert_eq!(Learnt::of(&config, Target::Phi(phi), 80), Learnt::Hard { phi, hard: 10, of: 80 });
        config.translator.kind = TranslatorKind::Dial;
        assert_eq!(Learnt::of(&config, Target::Phi(phi), 80), Learnt::All { of: 80 });
        assert_eq!(Learnt::of(&config, Target::Dial(dial), 40).refusal(), None);
        assert!(Learnt::of(&config, Target::Dial(dial), 39).refusal().unwrap().contains("at least 40"));
    }
}
