//! What a single training of a classifier adds to its tiles and how it learns from them: the keys of a study's recipe, one option each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tissue::augment::Augment;
use tissue::{Agreement, Manifest, Tile, Tiles, TissueError};
use train::{LabelledTiles, Lesson, lesson};

use crate::fault::Fault;
use crate::inputs::{self, FitArgs};
use crate::progress::Progress;

/// The most that an added tile may count.
const MOST_WEIGHT: f32 = 1000.0;
/// The columns of a table of confidences: the tiles, and in which order their confidences are looked for.
const IMAGE: &str = "image";
const CONFIDENCES: [&str; 2] = ["confidence_out_of_fold", "confidence"];

/// A recipe. Without any of it, a training is what it was before there were recipes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Recipe")]
pub struct RecipeArgs {
    /// What is learnt of a tile: its class for certain, or the shares of its annotators' votes
    #[arg(long, value_enum, default_value = "majority")]
    labels: Labels,
    /// Which tiles come first: those of high agreement, or the most confident half of each class
    #[arg(long, value_enum, default_value = "none")]
    curriculum: Curriculum,
    /// The confidences of a curriculum by confidence, such as a study's confidences.csv
    #[arg(long, value_name = "FILE")]
    confidences: Option<PathBuf>,
    /// What happens to every tile before it is learnt from: jitter, flips and turns, or these and JPEG, blur and noise
    #[arg(long, value_enum, default_value = "paper")]
    augmentation: Augmentation,
    /// Tiles that a program made, one folder a class, to be learnt from, too
    #[arg(long, value_name = "DIR")]
    add: Option<PathBuf>,
    /// The training tiles of low agreement once more
    #[arg(long)]
    copies_disputed: bool,
    /// How much an added tile counts where others count 1
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    weight: Option<f32>,
    /// Whose batch statistics the tiles of --add are normalised by: everybody's, or their own, which nobody uses after training
    #[arg(long, value_enum, default_value = "shared")]
    batch_norm: BatchNorm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Labels {
    Majority,
    Votes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Curriculum {
    None,
    Agreement,
    Confidence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Augmentation {
    Paper,
    Degraded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BatchNorm {
    Shared,
    Auxiliary,
}

/// Tiles that a program made: which there are, and once they are read their pixels.
pub struct Added {
    manifest: Manifest,
    tiles: Option<Tiles>,
}

impl RecipeArgs {
    /// What happens to every tile before it is learnt from.
    pub fn augment(&self) -> Augment {
        match self.augmentation {
            Augmentation::Paper => Augment::paper(),
            Augmentation::Degraded => Augment::degraded(),
        }
    }

    /// Refuses options that say nothing without others.
    ///
    /// # Errors
    /// The first of them, with what it lacks.
    pub fn check(&self) -> anyhow::Result<()> {
        let adds = self.add.is_some() || self.copies_disputed;
        let alone = |what: &str, why: &str, hint: &str| {
            Err(Fault::input(format!("{what}, in the arguments, because {why}"), hint))
        };
        match self.weight {
            Some(weight) if !(weight > 0.0 && weight <= MOST_WEIGHT) => {
                let what =
                    format!("{weight} is out of range, in --weight, because an added tile counts something");
                Err(Fault::input(
                    what,
                    format!("choose a number above 0 and at most {MOST_WEIGHT}; others count 1"),
                ))
            }
            Some(_) if !adds => alone(
                "--weight says how much added tiles count",
                "no tiles are added",
                "add tiles with --add DIR or --copies-disputed, or leave --weight out",
            ),
            _ if self.batch_norm == BatchNorm::Auxiliary && self.add.is_none() => alone(
                "auxiliary batch statistics are those of tiles that a program made",
                "there are none",
                "add such tiles with --add DIR, or leave --batch-norm out",
            ),
            _ if self.curriculum == Curriculum::Confidence && self.confidences.is_none() => alone(
                "a curriculum by confidence cannot begin",
                "the tiles' confidences are not known",
                "name a table of them with --confidences, such as runs/my-study/confidences.csv; `grayzone score` makes one, too",
            ),
            _ if self.curriculum != Curriculum::Confidence && self.confidences.is_some() => alone(
                "--confidences is of no use",
                "only a curriculum by confidence needs them",
                "add --curriculum confidence, or leave --confidences out",
            ),
            _ => Ok(()),
        }
    }

    /// The tiles that are added from a folder, not read yet.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no tiles; a tile in no class's folder; a class that the data do not have.
    pub fn added(&self, data: &Manifest, progress: &Progress) -> anyhow::Result<Option<Added>> {
        let Some(dir) = &self.add else { return Ok(None) };
        let manifest = one_folder_a_class(dir, data, progress)?;
        Ok(Some(Added { manifest, tiles: None }))
    }

    /// What is learnt of each of the `train` tiles, and from when. No pixels are needed, so that what is missing is said before any is read.
    ///
    /// # Errors
    /// Votes or confidences that are needed and are not there; a curriculum whose first epoch has fewer than two tiles.
    pub fn lessons(
        &self,
        data: &Manifest,
        train: &[usize],
        epochs: usize,
        progress: &Progress,
    ) -> anyhow::Result<Vec<Lesson>> {
        let tiles: Vec<&Tile> = train.iter().map(|&i| &data.tiles[i]).collect();
        self.check_votes(data, &tiles, progress)?;
        let classes = data.classes.len();
        let lesson = |(tile, from_epoch): (&&Tile, usize)| {
            let lesson = match self.labels {
                Labels::Majority => Lesson::certain(tile.class, classes),
                Labels::Votes => Lesson::of_votes(&tile.votes, tile.class, classes),
            };
            Lesson { from_epoch, ..lesson }
        };
        Ok(tiles.iter().zip(self.starts(data, &tiles, epochs, progress)?).map(lesson).collect())
    }

    /// Appends what is added to the tiles of `set`, which are the `train` tiles of the data, and to their `lessons`. In a curriculum a copy comes
    /// with its tile, and what a program made with the last of the real tiles: it is as doubtful.
    pub fn append<'a>(
        &self,
        (data, train): (&Manifest, &[usize]),
        added: Option<&'a Added>,
        set: &mut LabelledTiles<'a>,
        lessons: &mut Vec<Lesson>,
        progress: &Progress,
    ) {
        let weight = self.weight.unwrap_or(1.0);
        let last = lessons.iter().map(|lesson| lesson.from_epoch).max().unwrap_or(0);
        if self.copies_disputed {
            let is_disputed = |place: &usize| data.tiles[train[*place]].stratum() == Some(Agreement::Low);
            let disputed: Vec<usize> = (0..train.len()).filter(is_disputed).collect();
            progress.note(&format!("note: {} of low agreement learnt from twice", counted(disputed.len())));
            for place in disputed {
                set.tiles.push(set.tiles[place]);
                set.labels.push(set.labels[place]);
                lessons.push(Lesson { weight, ..lessons[place].clone() });
            }
        }
        if let Some(Added { manifest, tiles: Some(pixels) }) = added {
            progress.note(&format!("note: {} added", counted(manifest.len())));
            let auxiliary = self.batch_norm == BatchNorm::Auxiliary;
            for (i, tile) in manifest.tiles.iter().enumerate() {
                set.tiles.push(pixels.tile(i));
                set.labels.push(tile.class);
                let lesson = Lesson::certain(tile.class, data.classes.len());
                lessons.push(Lesson { weight, auxiliary, from_epoch: last, ..lesson });
            }
        }
    }

    /// Refuses what needs votes where there are none.
    fn check_votes(&self, data: &Manifest, tiles: &[&Tile], progress: &Progress) -> anyhow::Result<()> {
        let what = match (self.labels, self.curriculum) {
            (Labels::Votes, _) => "votes cannot be learnt",
            (_, Curriculum::Agreement) => "a curriculum by agreement cannot begin",
            _ if self.copies_disputed => "there are no disputed tiles to copy",
            _ => return Ok(()),
        };
        let without = tiles.iter().filter(|tile| tile.stratum().is_none()).count();
        if without == tiles.len() {
            return Err(Fault::input(
                format!("{what}, in {}, because no training tile has any votes", data.source.display()),
                "add columns votes_CLASS with the number of annotators who chose each class, or leave out what needs them (--labels votes, --curriculum agreement, --copies-disputed)",
            ));
        }
        if without > 0 {
            progress.note(&format!(
                "note: {} without votes: its label is learnt for certain, from the start",
                counted(without)
            ));
        }
        Ok(())
    }

    /// The first epoch of each training tile.
    fn starts(
        &self,
        data: &Manifest,
        tiles: &[&Tile],
        epochs: usize,
        progress: &Progress,
    ) -> anyhow::Result<Vec<usize>> {
        let starts: Vec<usize> = match (self.curriculum, &self.confidences) {
            (Curriculum::Agreement, _) => {
                tiles.iter().map(|tile| lesson::epoch_by_agreement(tile.stratum(), epochs)).collect()
            }
            (Curriculum::Confidence, Some(table)) => {
                let confidences = confidences(table, tiles, progress)?;
                let ranked = tiles.iter().zip(confidences);
                let ranked: Vec<(usize, f64, &str)> =
                    ranked.map(|(tile, confidence)| (tile.class, confidence, tile.image.as_str())).collect();
                lesson::epochs_by_confidence(&ranked, epochs)
            }
            (Curriculum::Confidence | Curriculum::None, _) => return Ok(vec![0; tiles.len()]),
        };
        let first = |class: Option<usize>| {
            let of_class =
                tiles.iter().zip(&starts).filter(|(tile, _)| class.is_none_or(|c| tile.class == c));
            of_class.filter(|(_, from)| **from == 0).count()
        };
        if first(None) < 2 {
            return Err(Fault::input(
                format!(
                    "the curriculum cannot begin, in {}, because its first epoch has {} and batch statistics need two",
                    data.source.display(),
                    counted(first(None))
                ),
                "leave --curriculum out: nearly all training tiles are of low agreement",
            ));
        }
        for class in 0..data.classes.len() {
            if tiles.iter().any(|tile| tile.class == class) && first(Some(class)) == 0 {
                progress.note(&format!(
                    "warning: the first epochs show no tile of class {}, of which none has high agreement",
                    files::quoted(&data.classes[class])
                ));
            }
        }
        Ok(starts)
    }
}

impl Added {
    /// Reads the tiles, at the side that the others have.
    ///
    /// # Errors
    /// A tile that cannot be read, or of another size; one that is a test tile.
    pub fn read(
        &mut self,
        data: (&Manifest, &Tiles),
        test: &[usize],
        fit: &FitArgs,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let (manifest, real) = data;
        let tiles = inputs::decode(&self.manifest, Some(real.size), fit, progress)?;
        let tested: BTreeMap<&[u8], usize> = test.iter().map(|&i| (real.tile(i), i)).collect();
        for i in 0..self.manifest.len() {
            if let Some(&other) = tested.get(tiles.tile(i)) {
                return Err(Fault::input(
                    format!(
                        "a tile would be learnt from that is a test tile, in {}, because it has the pixels of {}",
                        self.manifest.tile_path(i).display(),
                        manifest.tiles[other].image
                    ),
                    "add tiles that were made from training tiles alone",
                ));
            }
        }
        self.tiles = Some(tiles);
        Ok(())
    }
}

/// The images below `dir`, of which each folder in it is called as a class.
fn one_folder_a_class(dir: &Path, data: &Manifest, progress: &Progress) -> anyhow::Result<Manifest> {
    let found = tissue::images_below(dir, None).map_err(|error| match error {
        TissueError::Read { .. } if !dir.is_dir() => Fault::input(
            format!("there are no tiles to add, in {}, because it is no folder", dir.display()),
            "name a folder that holds one folder a class with --add",
        ),
        other => other.into(),
    })?;
    inputs::tell(&found.left_out.notes(), progress);
    let classes = files::listed(data.classes.iter().map(String::as_str), 12);
    let tile = |image: String| -> anyhow::Result<Tile> {
        let fault = |why: String, hint: String| {
            Fault::input(
                format!("a tile has no class, in {}, because {why}", dir.join(&image).display()),
                hint,
            )
        };
        let Some((folder, _)) = image.split_once('/') else {
            let why = "it lies in no folder that is called as its class".to_owned();
            return Err(fault(why, format!("put it into a folder of its class: {classes}")));
        };
        let Some(class) = data.class_index(folder) else {
            let why = format!("it lies in {} and the classes are {classes}", files::quoted(folder));
            let hint = match files::closest(folder, &data.classes) {
                Some(near) => format!("call the folder as its class; did you mean {near}?"),
                None => "call the folder as one of these classes, or move it elsewhere".to_owned(),
            };
            return Err(fault(why, hint));
        };
        Ok(Tile {
            slide: image.clone(),
            image,
            class,
            partition: None,
            votes: Vec::new(),
            other_votes: 0,
            extra: Vec::new(),
            line: 0,
        })
    };
    let tiles = found.images.into_iter().map(tile).collect::<anyhow::Result<Vec<_>>>()?;
    if tiles.is_empty() {
        return Err(Fault::input(
            format!(
                "there are no tiles to add, in {}, because no file below it is an image that is read",
                dir.display()
            ),
            format!("put tiles into one folder a class: {classes}"),
        ));
    }
    Ok(Manifest {
        root: dir.to_path_buf(),
        source: dir.to_path_buf(),
        classes: data.classes.clone(),
        extra_columns: Vec::new(),
        tiles,
        notes: Vec::new(),
        slides_known: false,
    })
}

/// The confidences of the tiles by a table: out of fold if it has them of all, else as they are.
fn confidences(path: &Path, tiles: &[&Tile], progress: &Progress) -> anyhow::Result<Vec<f64>> {
    let table = files::Table::read(path)?;
    let columns = files::listed(table.header.iter().map(String::as_str), 12);
    let lacks = |name: &str| {
        let hint = "name a study's confidences.csv, or a table that `grayzone score` wrote";
        table.fault(
            0,
            "it is no table of confidences",
            format!("it has no column {name}; its columns are {columns}"),
            hint,
        )
    };
    let image = table.column(IMAGE)?.ok_or_else(|| lacks(IMAGE))?;
    let mut lines: BTreeMap<String, files::Row> = BTreeMap::new();
    for row in table.rows() {
        if let Some(why) = table.ragged(&row) {
            return Err(table
                .fault(row.line, "a row cannot be read", why, "give every row one cell a column")
                .into());
        }
        let name = files::nfc(row.cell(image)).into_owned();
        if let Some(other) = lines.insert(name, row) {
            let why = format!("line {} names the same tile", other.line);
            return Err(table
                .fault(row.line, "a tile has two confidences", why, "leave one of the rows")
                .into());
        }
    }
    let mut first_without = None;
    let mut known = false;
    for (preferred, name) in CONFIDENCES.iter().enumerate() {
        let Some(column) = table.column(name)? else { continue };
        known = true;
        let mut values = Vec::with_capacity(tiles.len());
        for tile in tiles {
            let cell = lines.get(tile.image.as_str()).and_then(|row| Some((row, row.value(column)?)));
            let Some((row, text)) = cell else {
                first_without = Some(tile.image.as_str());
                break;
            };
            let Some(value) = files::number(text, table.decimal_comma()) else {
                let why = format!("{} is not a finite number", files::quoted(text));
                let what = format!("a tile has no confidence (column {name})");
                return Err(table.fault(row.line, &what, why, "correct the number").into());
            };
            values.push(value);
        }
        if values.len() == tiles.len() {
            if preferred > 0 {
                progress.note("note: tiles ranked by the confidence of a network that may have been trained on them: the table has none out of fold of them all");
            }
            return Ok(values);
        }
    }
    match first_without {
        Some(tile) if known => Err(Fault::input(
            format!(
                "a curriculum by confidence cannot begin, in {}, because it has no confidence of the training tile {tile}",
                path.display()
            ),
            "name a table that has the confidence of every training tile, each in its own class",
        )),
        _ => Err(lacks(CONFIDENCES[0]).into()),
    }
}

/// "1 tile", "20 tiles".
fn counted(n: usize) -> String {
    if n == 1 { "1 tile".to_owned() } else { format!("{n} tiles") }
}
