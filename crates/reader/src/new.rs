//! A whole new study: drawn, encoded, ordered, written, and the links to it.

use std::path::{Path, PathBuf};

use rand::seq::SliceRandom as _;
use serde::Serialize;

use crate::settings::{Ask, MOST_CLASSES, MOST_READERS, SCHEMA, Settings};
use crate::store::{self, NewReader, NewTile};
use crate::{
    Draw, DrawOptions, Drawn, Group, ReaderError, Secret, Store, draw, picture, reading_order, token,
    with_repeats,
};

/// How a study is made.
#[derive(Clone, Debug)]
pub struct StudyOptions {
    /// The run folder.
    pub run: PathBuf,
    /// What is drawn.
    pub draw: DrawOptions,
    /// The readers' names, all different.
    pub readers: Vec<String>,
    /// Its name; the run's, if none is given.
    pub name: Option<String>,
    /// What readers are asked.
    pub question: String,
    /// What they read before they begin.
    pub instructions: String,
    /// Questions besides the class.
    pub ask: Ask,
    /// Whether all tiles, real and generated, are made alike in sharpness and JPEG residue.
    pub equalise: bool,
    /// Tiles that each reader sees twice.
    pub repeats: usize,
    /// Tiles between reminders of a break.
    pub break_every: usize,
    /// Size of a pixel.
    pub micrometers_per_pixel: Option<f64>,
    /// The program's version.
    pub tool: String,
}

/// A private link: the token that goes behind the `#` of the page's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Whose it is.
    pub name: String,
    /// The path on the server, with the token.
    pub path: String,
}

/// What has been made.
#[derive(Clone, Debug, Serialize)]
pub struct NewStudy {
    /// The study's folder.
    pub folder: PathBuf,
    /// Tiles a group.
    pub tiles: Vec<(&'static str, usize)>,
    /// Tiles of the practice round.
    pub practice: usize,
    /// What was left out.
    pub notes: Vec<String>,
    /// The readers' links.
    pub readers: Vec<Link>,
    /// The coordinator's.
    pub coordinator: Link,
}

/// Makes a study in `folder`.
///
/// # Errors
/// What is wrong with the run, the arguments or the folder; then nothing is left behind.
pub fn new_study(folder: &Path, options: &StudyOptions) -> Result<NewStudy, ReaderError> {
    check(folder, options)?;
    let secret = Secret::new()?;
    let drawn = draw(&options.run, &options.draw, options.ask.real_or_generated)?;
    if drawn.classes.len() > MOST_CLASSES {
        return Err(ReaderError::Run {
            path: options.run.clone(),
            why: format!("it has {} classes, and readers have one digit key for each", drawn.classes.len()),
            hint: format!("run a study of at most {MOST_CLASSES} `classes`"),
        });
    }
    let list: Vec<Drawn> = drawn.tiles.iter().map(|t| Drawn { group: t.group, pair: t.pair }).collect();
    let (mut readers, mut links) = (Vec::new(), Vec::new());
    for name in &options.readers {
        let order = reading_order(&list, &secret, name)?;
        let (token, hash) = token::new_token()?;
        readers.push(NewReader {
            name: name.clone(),
            token: hash,
            order: with_repeats(&order, &list, options.repeats, &secret, name)?,
            practice: {
                let mut practice: Vec<usize> = (list.len()..list.len() + drawn.practice.len()).collect();
                practice.shuffle(&mut secret.stream(&format!("practice/{name}")));
                practice
            },
        });
        links.push(reader_link(name, &token));
    }
    let (token, coordinator) = token::new_token()?;
    let mut tiles = Vec::new();
    for (practice, tile) in
        drawn.tiles.iter().map(|t| (false, t)).chain(drawn.practice.iter().map(|t| (true, t)))
    {
        tiles.push(NewTile {
            group: tile.group,
            pair: tile.pair,
            image: &tile.image,
            slide: &tile.slide,
            class: &tile.class,
            png: if options.equalise {
                picture::encode(&picture::equalised(&tile.pixels, drawn.size)?, drawn.size)?
            } else {
                picture::encode(&tile.pixels, drawn.size)?
            },
            practice,
        });
    }
    store::create(folder, &settings(options, &drawn), &secret, &coordinator, &tiles, &readers)?;
    let count = |group: Group| (group.name(), drawn.tiles.iter().filter(|t| t.group == group).count());
    Ok(NewStudy {
        folder: folder.to_path_buf(),
        tiles: Group::ALL.map(count).to_vec(),
        practice: drawn.practice.len(),
        notes: drawn.notes,
        readers: links,
        coordinator: coordinator_link(&token),
    })
}

/// A new link for a reader, or for the coordinator if no name is given. The old one is worth nothing from then on.
///
/// # Errors
/// If there is no such reader, or the file cannot be written.
pub fn new_link(folder: &Path, reader: Option<&str>) -> Result<Link, ReaderError> {
    let store = Store::open(folder)?;
    let (token, hash) = token::new_token()?;
    let Some(name) = reader else {
        store.set_coordinator(&hash)?;
        return Ok(coordinator_link(&token));
    };
    if !store.set_token(name, &hash)? {
        let names: Vec<String> = store.readers()?.into_iter().map(|r| r.name).collect();
        return Err(ReaderError::Argument {
            what: format!("there is no reader {name:?}"),
            why: format!("the readers are {}", names.join(", ")),
            hint: "name one of them".into(),
        });
    }
    Ok(reader_link(name, &token))
}

fn reader_link(name: &str, token: &str) -> Link {
    Link { name: name.to_owned(), path: format!("/#{token}") }
}

fn coordinator_link(token: &str) -> Link {
    Link { name: "coordinator".into(), path: format!("/coordinator#{token}") }
}

fn settings(options: &StudyOptions, drawn: &Draw) -> Settings {
    Settings {
        schema: SCHEMA,
        tool: options.tool.clone(),
        name: options.name.clone().unwrap_or_else(|| drawn.name.clone()),
        run: std::path::absolute(&options.run).unwrap_or_else(|_| options.run.clone()).display().to_string(),
        phi: options.draw.phi,
        seed: options.draw.seed,
        source_class: drawn.source_class.clone(),
        classes: drawn.classes.clone(),
        tile_pixels: drawn.size,
        micrometers_per_pixel: options.micrometers_per_pixel,
        question: options.question.clone(),
        instructions: options.instructions.clone(),
        ask: options.ask,
        break_every: options.break_every,
        repeats: options.repeats,
        kept_only: options.draw.kept_only,
        equalised: options.equalise,
        translations: Some(drawn.translations.clone()),
        notes: drawn.notes.clone(),
    }
}

/// The run whose steps or translations the folder would lie among.
fn run_around(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    let is_run = |above: &&Path| above.join("study.toml").is_file() && above.join("steps").is_dir();
    let run = folder.ancestors().skip(1).find(is_run)?;
    let below = folder.strip_prefix(run).ok()?.components().next()?;
    ["steps", "generated", "aside"].iter().any(|own| below.as_os_str() == *own).then(|| run.to_owned())
}

/// Faults that are known before anything is read.
fn check(folder: &Path, options: &StudyOptions) -> Result<(), ReaderError> {
    let fault = |what: &str, why: String, hint: &str| {
        Err(ReaderError::Argument { what: what.into(), why, hint: hint.into() })
    };
    let draw = &options.draw;
    if let Some(run) = run_around(folder) {
        return fault(
            "a study cannot lie among the files of a run",
            format!("{} is a run, which empties its folders when a step is run again", run.display()),
            "choose a folder outside of it with --out",
        );
    }
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ReaderError::Exists { path: folder.to_path_buf() });
    }
    if options.readers.is_empty() {
        return fault("there is no reader", "a study needs one at least".into(), "give --readers 3");
    }
    if options.readers.len() > MOST_READERS {
        return fault(
            "there are too many readers",
            format!("{} are more than {MOST_READERS}", options.readers.len()),
            &format!("ask for at most {MOST_READERS}"),
        );
    }
    for (i, name) in options.readers.iter().enumerate() {
        if name.chars().any(char::is_control) {
            return fault(
                "a reader's name cannot be shown",
                format!("{name:?} holds a control character"),
                "give names of letters and digits",
            );
        }
        if name.trim().is_empty() {
            return fault(
                "a reader has no name",
                format!("the name of reader {} is empty", i + 1),
                "name them all",
            );
        }
        if options.readers[..i].contains(name) {
            return fault(
                "two readers have one name",
                format!("{name:?} is named twice"),
                "give different names",
            );
        }
    }
    if draw.generated > draw.easy {
        return fault(
            "the study cannot be drawn",
            format!("{} translations are of {} easy tiles", draw.generated, draw.easy),
            "ask for as many --easy tiles as --generated ones",
        );
    }
    if draw.easy == 0 && draw.hard == 0 && draw.other == 0 {
        return fault("the study has no tiles", "every group has 0".into(), "give --easy, --hard or --other");
    }
    if options.micrometers_per_pixel.is_some_and(|size| !(size.is_finite() && size > 0.0)) {
        return fault(
            "the pixel size makes no sense",
            "it is not above 0".into(),
            "give micrometres, such as 0.5",
        );
    }
    Ok(())
}
