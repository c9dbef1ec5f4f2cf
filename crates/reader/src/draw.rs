//! Which tiles a study shows (METHOD.md, step 12), from the folder of a finished run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand::seq::SliceRandom as _;
use record::{ConfidenceRow, Phi, RunFolder, Selection, StepName, TranslationRow};
use serde::Deserialize;
use tissue::random::{Stream, stream};
use tissue::{Fit, Manifest, Reading, Tiles};

use crate::picture::mostly_blank;
use crate::{Group, ReaderError};

/// How many tiles of each group, and which may be drawn.
#[derive(Clone, Debug)]
pub struct DrawOptions {
    /// Selectivity of the translator.
    pub phi: Phi,
    /// Tiles of the top half of class X.
    pub easy: usize,
    /// Tiles of its bottom half.
    pub hard: usize,
    /// Translations of drawn easy tiles; at most as many.
    pub generated: usize,
    /// Tiles of the other classes.
    pub other: usize,
    /// Tiles of the practice round, beside all of these.
    pub practice: usize,
    /// Only translations that keep their label by the scorer.
    pub kept_only: bool,
    /// The share of a tile that must be tissue.
    pub least_tissue: f64,
    /// The seed.
    pub seed: u64,
    /// The most memory that decoded tiles may take, in bytes.
    pub cache_bytes: u64,
}

/// One tile to show.
#[derive(Clone, Debug)]
pub struct DrawnTile {
    /// Where it comes from.
    pub group: Group,
    /// The number that an easy tile shares with its translation.
    pub pair: Option<usize>,
    /// The tile's name in the data; a translation has its source's.
    pub image: String,
    /// The slide.
    pub slide: String,
    /// The label in the data; a translation has its source's.
    pub class: String,
    /// HWC RGB8.
    pub pixels: Vec<u8>,
}

/// What a run gives to a study.
#[derive(Debug)]
pub struct Draw {
    /// The tiles of the study, in no telling order.
    pub tiles: Vec<DrawnTile>,
    /// The tiles of the practice round.
    pub practice: Vec<DrawnTile>,
    /// The run's name.
    pub name: String,
    /// Class X.
    pub source_class: String,
    /// All classes.
    pub classes: Vec<String>,
    /// Side of a tile in pixels.
    pub size: usize,
    /// [`record::Done::outputs_digest`] of the translations that were drawn from.
    pub translations: String,
    /// What was left out, for people to read.
    pub notes: Vec<String>,
}

/// The part of a run's study.toml that a draw needs.
#[derive(Debug, Deserialize)]
struct RunSettings {
    name: String,
    data: PathBuf,
    source_class: String,
    classes: Vec<String>,
    tile_size: usize,
    fit: Fit,
    #[serde(default)]
    bits: u8,
    seed: u64,
    phi: Vec<Phi>,
}

/// Draws a study's tiles. The practice round holds translations only if readers are asked which tiles are generated (`turing`).
///
/// # Errors
/// A run that is not finished or has no translation at this φ; data, pixels or translations that have changed since; too few tiles of a
/// group.
pub fn draw(folder: &Path, options: &DrawOptions, turing: bool) -> Result<Draw, ReaderError> {
    let run = RunFolder::new(folder);
    let settings: RunSettings = files::read_toml(&run.study_toml())?;
    let source = Source::open(&run, settings, options)?;
    let mut left_out = BTreeSet::new();
    let mut rng = stream(options.seed, "reader/draw");
    // The practice round takes what is left over, so that nobody meets a tile of the study in it.
    let kinds: &[Group] =
        if turing { &[Group::Generated, Group::Hard, Group::Other] } else { &[Group::Hard, Group::Other] };
    let spare = |group: Group| {
        let share = |at| options.practice / kinds.len() + usize::from(at < options.practice % kinds.len());
        kinds.iter().position(|kind| *kind == group).map_or(0, share)
    };
    let (mut tiles, mut practice) =
        source.pairs(&run, options, spare(Group::Generated), &mut rng, &mut left_out)?;

    let hard = source.bottom_half();
    let other: Vec<usize> =
        source.train.iter().copied().filter(|&i| source.manifest.tiles[i].class != source.x).collect();
    for (group, from, wanted) in [(Group::Hard, hard, options.hard), (Group::Other, other, options.other)] {
        let both = wanted.saturating_add(spare(group));
        let mut drawn = source.plain(group, from, both, options, &mut rng, &mut left_out);
        if drawn.len() < wanted {
            return Err(too_few(&run, group, wanted, drawn.len(), &left_out));
        }
        practice.extend(drawn.split_off(wanted));
        tiles.extend(drawn);
    }
    // Neither the place in the file nor that in memory tells the group.
    tiles.shuffle(&mut rng);
    practice.shuffle(&mut rng);
    let mut notes = Vec::new();
    if !left_out.is_empty() {
        notes.push(format!(
            "{} tiles left out because less than {:.0} % of them (or of their translations) is tissue",
            left_out.len(),
            100.0 * options.least_tissue
        ));
    }
    if practice.len() < options.practice {
        notes.push(format!(
            "the practice round has {} tiles: the others are all in the study",
            practice.len()
        ));
    }
    if turing && options.practice > 0 && practice.iter().all(|t| t.group != Group::Generated) {
        notes.push("the practice round holds no generated tile: no translation is left over".into());
    }
    let Source { settings, manifest, translations: source_translations, .. } = source;
    Ok(Draw {
        tiles,
        practice,
        name: settings.name,
        source_class: settings.source_class,
        classes: manifest.classes,
        size: settings.tile_size,
        translations: source_translations,
        notes,
    })
}

/// The data of a run, split as it was.
struct Source {
    settings: RunSettings,
    manifest: Manifest,
    /// The pixels of all its tiles.
    tiles: Tiles,
    /// Training tiles without the validation slides.
    train: Vec<usize>,
    x: usize,
    by_name: BTreeMap<String, usize>,
    translated: Vec<TranslationRow>,
    ranking: Selection,
    /// [`record::Done::outputs_digest`] of the step that translated.
    translations: String,
}

impl Source {
    fn open(run: &RunFolder, settings: RunSettings, options: &DrawOptions) -> Result<Self, ReaderError> {
        let fault = |path: PathBuf, why: &str, hint: &str| ReaderError::Run {
            path,
            why: why.to_owned(),
            hint: hint.to_owned(),
        };
        let table = run.translation_csv(options.phi);
        let results = run.finished()?;
        if let Some(cv) = &results.cross_validation {
            let first = cv.each.first().map_or("fold-1", |fold| &fold.folder);
            return Err(ReaderError::Run {
                path: run.root.clone(),
                why: format!(
                    "it is a cross-validation, and each of its {} folds has translators of its own",
                    cv.folds
                ),
                hint: format!("give the run of one of its folds, such as {}", run.root.join(first).display()),
            });
        }
        if results.phi.iter().all(|result| result.phi != options.phi) {
            let there: Vec<String> = settings.phi.iter().map(Phi::to_string).collect();
            return Err(fault(
                table,
                &format!("nothing has been translated at φ = {}", options.phi),
                &format!("choose one of its selectivities: {}", there.join(", ")),
            ));
        }
        // What class X is, and how the data were split, decides every group: study.toml is nobody's output, the results are.
        let phis: Vec<Phi> = results.phi.iter().map(|result| result.phi).collect();
        let is_the_runs = settings.source_class == results.source_class
            && settings.classes == results.classes
            && settings.tile_size == results.tile_size
            && settings.seed == results.seed
            && settings.phi == phis;
        if !is_the_runs {
            return Err(fault(
                run.study_toml(),
                "it is no longer what the results were made with (source_class, classes, tile_size, seed or phi)",
                "run the study again with `grayzone run`: it writes its study.toml anew",
            ));
        }
        // Size and SHA-256 of every file that is read below.
        let select = run.sound(&StepName::select(options.phi))?;
        let translate = run.sound(&StepName::translate(options.phi))?;
        run.sound(&StepName::SCORE)?;
        let ranking = Selection::read(run, options.phi)?;
        if !ranking.is_whole() {
            return Err(fault(
                run.selection_csv(options.phi),
                "an older grayzone has written it, without the tiles that are neither easy nor hard",
                "run the study again with `grayzone run`: it makes what is missing",
            ));
        }
        let mut manifest = Manifest::open(&settings.data)?;
        manifest.select_classes(&settings.classes)?;
        manifest.ensure_partition(settings.seed);
        let written = files::read_utf8(&run.manifest_csv())?;
        if manifest.to_csv() != written {
            return Err(fault(
                settings.data,
                "the data are no longer those of the run",
                "run the study again, or bring back the tiles and labels it was made from",
            ));
        }
        let (size, fit) = (settings.tile_size, settings.fit);
        let bits = (settings.bits > 0).then_some(settings.bits);
        let reading = Reading { size: Some(size), fit, bits, cache_bytes: options.cache_bytes };
        let tiles = Tiles::read(&manifest, &reading, &|_, _| {})?;
        let data_hash = manifest.data_hash(&tiles);
        if [&select, &translate].iter().any(|done| done.data_hash != data_hash) {
            return Err(fault(
                settings.data,
                "the tiles' pixels are no longer those of the run, though names and labels are",
                "run the study again, or bring back the tiles it was made from",
            ));
        }
        let Some(x) = manifest.class_index(&settings.source_class) else {
            return Err(fault(
                run.study_toml(),
                "its source class is not in the data",
                "run the study again",
            ));
        };
        let by_name: BTreeMap<String, usize> =
            manifest.tiles.iter().enumerate().map(|(i, t)| (t.image.clone(), i)).collect();
        // What a scorer of the other folds has seen is what the study trained on; validation slides have no fold.
        let confidences: Vec<ConfidenceRow> = files::read_rows(&run.confidences_csv())?;
        let trained = confidences.iter().filter(|row| row.confidence_out_of_fold.is_some());
        let train = trained.filter_map(|row| by_name.get(&row.image).copied()).collect();
        let translated = files::read_rows(&table)?;
        Ok(Self {
            settings,
            manifest,
            tiles,
            train,
            x,
            by_name,
            translated,
            ranking,
            translations: translate.outputs_digest(),
        })
    }

    /// The half of class X that is not easy. Of an odd number, the tile in the middle is in neither half.
    fn bottom_half(&self) -> Vec<usize> {
        self.ranking.bottom_half().into_iter().filter_map(|image| self.by_name.get(image).copied()).collect()
    }

    /// Easy tiles and the translations of the first of them; and up to `spare` translations of other easy tiles.
    fn pairs(
        &self,
        run: &RunFolder,
        options: &DrawOptions,
        spare: usize,
        rng: &mut Stream,
        left_out: &mut BTreeSet<String>,
    ) -> Result<(Vec<DrawnTile>, Vec<DrawnTile>), ReaderError> {
        let folder = run.generated(options.phi);
        let mut rows: Vec<&TranslationRow> =
            self.translated.iter().filter(|r| r.kept || !options.kept_only).collect();
        rows.sort_by(|a, b| a.image.cmp(&b.image));
        rows.shuffle(rng);
        let (mut tiles, mut practice) = (Vec::new(), Vec::new());
        let mut drawn = 0;
        for i in rows.iter().filter_map(|row| self.by_name.get(&row.image).copied()) {
            if drawn == options.easy && practice.len() == spare {
                break;
            }
            let image = &self.manifest.tiles[i].image;
            let generated = read_picture(&folder.join(files::png_name(image)), self.settings.tile_size)?;
            let blank = |pixels: &[u8]| mostly_blank(pixels, options.least_tissue);
            if blank(self.tiles.tile(i)) || blank(&generated) {
                left_out.insert(image.clone());
                continue;
            }
            if drawn == options.easy {
                practice.push(self.tile(Group::Generated, None, i, generated));
                continue;
            }
            let pair = (drawn < options.generated).then_some(drawn);
            tiles.push(self.tile(Group::Easy, pair, i, self.tiles.tile(i).to_vec()));
            if pair.is_some() {
                tiles.push(self.tile(Group::Generated, pair, i, generated));
            }
            drawn += 1;
        }
        if drawn < options.easy {
            return Err(too_few(run, Group::Easy, options.easy, drawn, left_out));
        }
        Ok((tiles, practice))
    }

    /// Up to `wanted` tiles out of `from`.
    fn plain(
        &self,
        group: Group,
        mut from: Vec<usize>,
        wanted: usize,
        options: &DrawOptions,
        rng: &mut Stream,
        left_out: &mut BTreeSet<String>,
    ) -> Vec<DrawnTile> {
        from.sort_unstable();
        from.shuffle(rng);
        let mut tiles = Vec::new();
        for i in from {
            if tiles.len() == wanted {
                break;
            }
            let pixels = self.tiles.tile(i);
            if mostly_blank(pixels, options.least_tissue) {
                left_out.insert(self.manifest.tiles[i].image.clone());
            } else {
                tiles.push(self.tile(group, None, i, pixels.to_vec()));
            }
        }
        tiles
    }

    fn tile(&self, group: Group, pair: Option<usize>, i: usize, pixels: Vec<u8>) -> DrawnTile {
        let tile = &self.manifest.tiles[i];
        DrawnTile {
            group,
            pair,
            image: tile.image.clone(),
            slide: tile.slide.clone(),
            class: self.manifest.classes[tile.class].clone(),
            pixels,
        }
    }
}

fn too_few(
    run: &RunFolder,
    group: Group,
    wanted: usize,
    there: usize,
    left_out: &BTreeSet<String>,
) -> ReaderError {
    let without = match left_out.len() {
        0 => String::new(),
        n => format!(" ({n} mostly blank tiles left out)"),
    };
    ReaderError::TooFew { path: run.study_toml(), group: group.name(), wanted, there, without }
}

/// A picture of the run as HWC RGB8.
fn read_picture(path: &Path, size: usize) -> Result<Vec<u8>, ReaderError> {
    let (picture, _) = tissue::decode_tile(path)?;
    if picture.dimensions() != (size as u32, size as u32) {
        return Err(ReaderError::Run {
            path: path.to_path_buf(),
            why: format!("the picture is {} × {} px and not {size}", picture.width(), picture.height()),
            hint: "run the study again: its translations are of other tiles".into(),
        });
    }
    Ok(picture.into_raw())
}
