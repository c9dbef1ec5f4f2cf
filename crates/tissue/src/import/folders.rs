//! One folder a class, with an optional `labels.csv` that tells the patient or slide of each tile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use files::Table;

use super::columns::Form;
use super::recognise::{GivenSplit, Import};
use super::rows::{self, settle_slides};
use crate::manifest::grouped;
use crate::{Manifest, Place, Tile, TissueError};

/// The table beside the class folders.
pub(super) const LABELS: &str = "labels.csv";

/// The tables that make a folder a data set.
const TABLES: [&str; 3] = ["manifest.csv", "annotations.csv", LABELS];

/// The extensions that make a file a tile, in lower case.
pub const IMAGE_EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "tif", "tiff", "bmp"];

/// How deep folders may lie in a class folder; deeper is a loop of links.
const MAX_DEPTH: usize = 16;

/// Reads the class folders of `root`.
pub(super) fn import(root: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    let found = Found::below(root)?;
    let not = |why: String| TissueError::NotRecognised { path: root.to_path_buf(), why };
    let is_data_set = |f: &&String| TABLES.iter().any(|table| root.join(f).join(table).is_file());
    if let Some(inner) = found.folders.keys().find(is_data_set) {
        return Err(not(format!("its folder {inner} is a data set itself: give one data set at a time")));
    }
    let with_images: Vec<&String> =
        found.folders.iter().filter(|(_, i)| !i.is_empty()).map(|(f, _)| f).collect();
    match with_images.as_slice() {
        [] if found.loose > 0 => return Err(not("it has images but nothing that tells their labels".into())),
        [] => {
            let why = "neither it nor a folder in it has an image";
            return Err(TissueError::Empty { path: root.to_path_buf(), why: why.into() });
        }
        [only] if only.as_str() == "images" => {
            return Err(not("it has images/ but no annotations.csv or manifest.csv".into()));
        }
        names if names.iter().all(|n| is_side(n)) => {
            return Err(not("its folders are sides of a split, not classes".into()));
        }
        _ => {}
    }
    let mut faults: Vec<TissueError> = found
        .folders
        .iter()
        .filter(|(_, images)| images.is_empty())
        .map(|(folder, _)| TissueError::Empty {
            path: root.join(folder),
            why: "every folder is a class and this one has no image".into(),
        })
        .collect();
    let labels = root.join(LABELS);
    let mut import = if labels.is_file() {
        let classes: Vec<String> = with_images.into_iter().cloned().collect();
        let mut import = rows::read(&Table::read(&labels)?, Form::Labels, split, root, "", &classes)?;
        faults.extend(unlisted(&labels, &found, &import));
        import.faults.append(&mut faults);
        import
    } else {
        Import { manifest: from_listing(root, &found), faults, listed: BTreeSet::new() }
    };
    if found.loose > 0 {
        let n = grouped(found.loose);
        import.manifest.notes.push(format!("{n} images outside the class folders left out"));
    }
    if let Some(first) = &found.first_other {
        let n = grouped(found.others);
        import.manifest.notes.push(format!("{n} files that are no images left out (first: {first})"));
    }
    Ok(import)
}

fn is_side(name: &str) -> bool {
    ["train", "test", "val", "valid", "validation", "training", "testing"]
        .contains(&name.to_lowercase().as_str())
}

/// The images below the folders of a data folder.
#[derive(Default)]
struct Found {
    /// Each folder with its images, as paths relative to the data folder.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// Images in the data folder itself.
    loose: usize,
    /// Files in class folders that are no images, and the first of them.
    others: usize,
    first_other: Option<String>,
}

impl Found {
    fn below(root: &Path) -> Result<Self, TissueError> {
        let mut found = Self::default();
        for (name, is_folder) in list(root)? {
            if is_folder {
                let mut images = BTreeSet::new();
                found.gather(root, &name, 0, &mut images)?;
                found.folders.insert(name, images);
            } else {
                found.loose += usize::from(is_image(&name));
            }
        }
        Ok(found)
    }

    fn gather(
        &mut self,
        root: &Path,
        folder: &str,
        depth: usize,
        images: &mut BTreeSet<String>,
    ) -> Result<(), TissueError> {
        if depth > MAX_DEPTH {
            return Err(TissueError::EndlessFolders { path: root.join(folder), most: MAX_DEPTH });
        }
        for (name, is_folder) in list(&root.join(folder))? {
            let path = format!("{folder}/{name}");
            if is_folder {
                self.gather(root, &path, depth + 1, images)?;
            } else if is_image(&name) {
                images.insert(path);
            } else {
                self.others += 1;
                self.first_other.get_or_insert(path);
            }
        }
        Ok(())
    }
}

/// The names in a folder, sorted, with whether each is a folder; hidden ones (`.DS_Store`) are not listed.
fn list(folder: &Path) -> Result<BTreeMap<String, bool>, TissueError> {
    let failed = |source| TissueError::Read { path: folder.to_path_buf(), source };
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            let why = format!("the name {} is not UTF-8", entry.file_name().display());
            return Err(TissueError::NotRecognised { path: folder.to_path_buf(), why });
        };
        if !name.starts_with('.') {
            // Follows links; a link to nowhere is listed as a file and found missing when it is decoded.
            names.insert(name, entry.path().is_dir());
        }
    }
    Ok(names)
}

fn is_image(name: &str) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default().to_ascii_lowercase();
    IMAGE_EXTENSIONS.iter().any(|e| extension == *e)
}

fn unlisted(labels: &Path, found: &Found, import: &Import) -> Vec<TissueError> {
    let images = found.folders.values().flatten();
    images
        .filter(|image| !import.listed.contains(*image))
        .map(|image| TissueError::Unlisted { place: Place::tile(labels, 0, image) })
        .collect()
}

fn from_listing(root: &Path, found: &Found) -> Manifest {
    let classes: Vec<String> =
        found.folders.iter().filter(|(_, images)| !images.is_empty()).map(|(f, _)| f.clone()).collect();
    let mut tiles = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        tiles.extend(found.folders[name].iter().map(|image| Tile {
            image: image.clone(),
            class,
            partition: None,
            slide: String::new(),
            votes: Vec::new(),
            other_votes: 0,
            extra: Vec::new(),
            line: 0,
        }));
    }
    tiles.sort_by(|a, b| a.image.cmp(&b.image));
    let mut notes = Vec::new();
    settle_slides(&mut tiles, false, &mut notes);
    Manifest {
        root: root.to_path_buf(),
        source: root.to_path_buf(),
        classes,
        extra_columns: Vec::new(),
        tiles,
        notes,
        slides_known: false,
    }
}
