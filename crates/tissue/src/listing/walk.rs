//! The walk through a data folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::left_out::LeftOut;
use super::name::{extension, is_image};
use super::ours::{Ours, check_not_ours};
use super::system::system_name;
use crate::TissueError;
use crate::pixels::way_out_of;

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
