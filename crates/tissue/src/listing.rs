//! What lies in a data folder: the images, and all that is left out, said aloud.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::TissueError;
use crate::counted::grouped;
use crate::pixels::way_out_of;
use system::system_name;

mod system;

/// The extensions that make a file a tile, in lower case.
pub const IMAGE_EXTENSIONS: [&str; 20] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "tif", "tiff", "btf", "tf8", "bmp", "dib", "webp",
    "jp2", "j2k", "j2c", "jpc", "jpf", "jpx",
];

/// How deep folders may lie; deeper is a loop of links.
const MAX_DEPTH: usize = 16;

/// The images below a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// Their paths relative to the folder, with `/`, sorted.
    pub images: Vec<String>,
    /// The folders in the folder itself that are not left out, each with whether something below it was left out.
    pub folders: BTreeMap<String, bool>,
    /// What is left out.
    pub left_out: LeftOut,
}

/// What lies in a data folder and is no tile.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// What operating systems and storage devices keep there, hidden files among it: names and how often each is there.
    system: BTreeMap<String, usize>,
    /// Run folders.
    runs: Vec<String>,
    /// Folders of reader studies.
    studies: Vec<String>,
    /// Folders that hold a training.
    trainings: Vec<String>,
    /// Pictures and slides in formats that are not read.
    foreign: Vec<String>,
    /// Other files: how many, and the first.
    others: (usize, Option<String>),
    /// The endings of other files, those in the folder itself, too, and how often each is there.
    endings: BTreeMap<String, usize>,
}

/// Lists the images below `root`, without those below `except`, in system folders, in runs and in reader studies. Links are
/// followed.
///
/// # Errors
/// A folder that cannot be read; links that lead back; an image or folder whose name is not UTF-8; a `root` that is itself a
/// run or a reader study.
pub fn images_below(root: &Path, except: Option<&Path>) -> Result<Listing, TissueError> {
    check_not_ours(root)?;
    let except = except.and_then(|p| p.canonicalize().ok());
    let mut walk = Walk { root, except, found: Listing::default() };
    walk.folder("", 0)?;
    walk.found.images.sort_unstable();
    walk.found.left_out.foreign.sort_unstable();
    Ok(walk.found)
}

/// Refuses a run folder or a reader study in the place of data.
pub(crate) fn check_not_ours(folder: &Path) -> Result<(), TissueError> {
    match Ours::of(folder) {
        // A training writes no pictures: what lies beside it is somebody's.
        Some(Ours::Training) | None => Ok(()),
        Some(ours) => {
            Err(TissueError::NotRecognised { path: folder.to_path_buf(), why: ours.why().to_owned() })
        }
    }
}

/// A folder that this program made.
#[derive(Clone, Copy)]
enum Ours {
    Run,
    Study,
    Training,
}

impl Ours {
    fn of(folder: &Path) -> Option<Self> {
        // The lock is the first thing that a run writes.
        let is_run = folder.join("run.lock").is_file()
            || (folder.join("steps").is_dir()
                && (["study.toml", "results.json"].iter().any(|name| folder.join(name).is_file())
                    || folder.join("generated").is_dir()));
        if is_run {
            return Some(Self::Run);
        }
        if folder.join("study.sqlite").is_file() {
            return Some(Self::Study);
        }
        is_training(folder).then_some(Self::Training)
    }

    fn why(self) -> &'static str {
        match self {
            Self::Run => "it is the folder of a run, whose pictures are no data set",
            Self::Study => "it is the folder of a reader study",
            Self::Training => "it is the folder of a training",
        }
    }
}

/// Whether a training wrote its note there, which is the first thing that it writes.
fn is_training(folder: &Path) -> bool {
    const LONGEST: u64 = 1 << 16;
    let Ok(file) = files::open(&folder.join("job.json")) else { return false };
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).is_ok()
        && String::from_utf8_lossy(&text).contains("\"fingerprint\"")
}

struct Walk<'a> {
    root: &'a Path,
    except: Option<PathBuf>,
    found: Listing,
}

impl Walk<'_> {
    /// Lists the folder at `prefix` (empty, or ending in `/`). Returns whether something in it was left out.
    fn folder(&mut self, prefix: &str, depth: usize) -> Result<bool, TissueError> {
        let folder = self.root.join(prefix);
        let failed = |source| TissueError::Read { path: folder.clone(), source };
        let mut entries = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            // A link to nowhere is listed as a file and found missing when it is decoded.
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            entries.push((entry.file_name(), is_folder, kind.is_symlink()));
        }
        // Whatever is told first must not depend on the order in which the system lists.
        entries.sort_unstable();
        let mut left_out = false;
        for (name, is_folder, is_link) in entries {
            let path = folder.join(&name);
            let Some(name) = name.to_str() else {
                if is_folder || is_image(&name.to_string_lossy()) {
                    return Err(unreadable_name(path));
                }
                self.found.left_out.other(path.to_string_lossy().into_owned());
                continue;
            };
            if let Some(called) = system_name(name, is_folder, depth) {
                *self.found.left_out.system.entry(called).or_default() += 1;
                left_out = true;
                continue;
            }
            let below = format!("{prefix}{name}");
            if is_folder {
                left_out |= self.inner(&path, below, depth, is_link)?;
            } else if is_image(name) {
                self.found.images.push(below);
            } else if way_out_of(&extension(name)).is_some() {
                self.found.left_out.foreign.push(below);
            } else {
                *self.found.left_out.endings.entry(extension(name)).or_default() += 1;
                if depth > 0 {
                    self.found.left_out.other(below);
                }
            }
        }
        Ok(left_out)
    }

    /// Lists a folder in a folder, unless it is to be left out. Returns whether it or something in it was.
    fn inner(
        &mut self,
        path: &Path,
        below: String,
        depth: usize,
        is_link: bool,
    ) -> Result<bool, TissueError> {
        let endless = || TissueError::EndlessFolders {
            path: path.parent().unwrap_or(path).to_path_buf(),
            most: MAX_DEPTH,
        };
        if depth >= MAX_DEPTH {
            return Err(endless());
        }
        if is_link || self.except.is_some() {
            let real = path.canonicalize().ok();
            if real.is_some() && real == self.except {
                return Ok(true);
            }
            let above = path.parent().and_then(|p| p.canonicalize().ok());
            if is_link && real.zip(above).is_some_and(|(real, above)| above.starts_with(real)) {
                return Err(endless());
            }
        }
        match Ours::of(path) {
            Some(Ours::Run) => self.found.left_out.runs.push(below),
            Some(Ours::Study) => self.found.left_out.studies.push(below),
            Some(Ours::Training) => self.found.left_out.trainings.push(below),
            None => {
                let some = self.folder(&format!("{below}/"), depth + 1)?;
                if depth == 0 {
                    self.found.folders.insert(below, some);
                }
                return Ok(some);
            }
        }
        Ok(true)
    }
}

fn unreadable_name(path: PathBuf) -> TissueError {
    TissueError::UnusableImage {
        path,
        what: "a name cannot be read",
        why: "it is not encoded in UTF-8".into(),
        way_out: "rename the file or folder".into(),
    }
}

fn extension(name: &str) -> String {
    Path::new(name).extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Whether a file is taken for a tile, by its name.
pub(crate) fn is_image(name: &str) -> bool {
    IMAGE_EXTENSIONS.contains(&extension(name).as_str())
}

impl LeftOut {
    fn other(&mut self, path: String) {
        self.others.0 += 1;
        self.others.1.get_or_insert(path);
    }

    /// Of pictures in formats that are not read, below the folder `top` or all: "40 .svs, 2 .gif", and a way out.
    pub(crate) fn foreign_below(&self, top: Option<&str>) -> Option<(String, &'static str)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for path in &self.foreign {
            if top.is_none_or(|top| path.split('/').next() == Some(top)) {
                *counts.entry(extension(path)).or_default() += 1;
            }
        }
        let way_out =
            counts.iter().max_by_key(|(_, n)| **n).and_then(|(extension, _)| way_out_of(extension))?;
        let named: Vec<String> = counts.iter().map(|(e, n)| format!("{} .{e}", grouped(*n))).collect();
        Some((named.join(", "), way_out))
    }

    /// Of files that are nothing known: "40 .xyz, 2 without an ending"; `None` if there are none.
    pub(crate) fn endings(&self) -> Option<String> {
        const SHOWN: usize = 8;
        let mut most: Vec<(&String, &usize)> = self.endings.iter().collect();
        most.sort_by_key(|&(_, n)| std::cmp::Reverse(*n));
        let named = most.iter().take(SHOWN).map(|(ending, n)| match ending.as_str() {
            "" => format!("{} without an ending", grouped(**n)),
            ending => format!("{} .{}", grouped(**n), files::cut(ending)),
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    /// What was left out, one line a kind, for people to read.
    pub fn notes(&self) -> Vec<String> {
        const SHOWN: usize = 8;
        let mut notes = Vec::new();
        if !self.system.is_empty() {
            let mut named: Vec<String> =
                self.system.iter().take(SHOWN).map(|(name, n)| format!("{} {name}", grouped(*n))).collect();
            if let Some(more) = self.system.len().checked_sub(SHOWN).filter(|&more| more > 0) {
                named.push(format!("and {more} more names"));
            }
            notes.push(format!("left out, since systems and programs keep them there: {}", named.join(", ")));
        }
        for (folders, what) in [
            (&self.runs, "of a run"),
            (&self.studies, "of a reader study"),
            (&self.trainings, "of a training"),
        ] {
            match folders.as_slice() {
                [] => {}
                [one] => notes.push(format!("the folder {one} {what} left out")),
                [first, ..] => {
                    notes
                        .push(format!("{} folders {what} left out (first: {first})", grouped(folders.len())));
                }
            }
        }
        if let (Some((counts, way_out)), Some(first)) = (self.foreign_below(None), self.foreign.first()) {
            notes.push(format!(
                "files in formats that are not read left out: {counts} (first: {first}); {way_out}"
            ));
        }
        if let (n, Some(first)) = &self.others {
            notes.push(format!("{} files that are no images left out (first: {first})", grouped(*n)));
        }
        notes
    }
}
