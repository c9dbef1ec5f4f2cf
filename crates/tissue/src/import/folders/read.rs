//! The tiles of class folders, with what lies beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use files::Table;

use super::copies::copies;
use super::layout::{self, Layout};
use super::level::Unclear;
use super::unpaired;
use super::words::{Side, side_of};
use crate::counted::grouped;
use crate::import::columns::Form;
use crate::import::rows::{self, settle_slides};
use crate::import::{GivenSplit, Import, beside};
use crate::listing::{Listing, images_below};
use crate::{Manifest, Partition, Place, Tile, TissueError};

/// The table beside the class folders.
pub(in crate::import) const LABELS: &str = "labels.csv";

/// The tables that make a folder a data set.
const TABLES: [&str; 3] = ["manifest.csv", "annotations.csv", LABELS];

/// Reads the folders of `root`.
pub(in crate::import) fn import(root: &Path, split: GivenSplit) -> Result<Import, TissueError> {
    let found = images_below(root, None)?;
    let not = |mut why: String| {
        for other in beside::not_read(root) {
            why += &other.replacen("warning: ", "; ", 1);
        }
        TissueError::NotRecognised { path: root.to_path_buf(), why }
    };
    let is_data_set = |f: &&String| TABLES.iter().any(|table| root.join(f).join(table).is_file());
    if let Some(inner) = found.folders.keys().find(is_data_set) {
        return Err(not(format!("its folder {inner} is a data set itself: give one data set at a time")));
    }
    let (inside, loose): (Vec<&String>, Vec<&String>) =
        found.images.iter().partition(|image| image.contains('/'));
    let with_images: BTreeSet<&str> = inside.iter().filter_map(|image| image.split('/').next()).collect();
    match with_images.iter().collect::<Vec<_>>().as_slice() {
        [] if !loose.is_empty() => {
            return Err(not("it has images but nothing that tells their labels".into()));
        }
        [] => return Err(no_image(root, &found)),
        [only] if **only == "images" => {
            return Err(not("it has images/ but no annotations.csv or manifest.csv".into()));
        }
        _ => {}
    }
    let mut levels: Vec<Vec<&str>> = inside.iter().map(|image| folders_of(image)).collect();
    let labels = beside::table(root, LABELS)?;
    let layout = match unpaired::read(&with_images, &levels).filter(|_| labels.is_none()) {
        Some(read) => read.map(|(folders, layout)| {
            levels = folders;
            layout
        }),
        None => layout::of(&levels),
    };
    let mut faults = Vec::new();
    if layout.as_ref().map_or(true, |layout| layout.class == 0) {
        faults.extend(empty_folders(root, &found, &with_images));
    }
    let mut import = if let Some(labels) = labels {
        // Where folders do not tell the classes, the labels do.
        let classes = match &layout {
            Ok(layout) => classes_of(layout, &levels),
            Err(unclear) if has_sides(&with_images) => return Err(unclear_folders(root, unclear)),
            Err(_) => Vec::new(),
        };
        let import = rows::read(&Table::read(&labels)?, Form::Labels, split, root, "", &classes)?;
        faults.extend(unlisted(&labels, &inside, &import));
        let is_side = layout.as_ref().is_ok_and(|layout| layout.side.is_some());
        if is_side && split == GivenSplit::Read && !import.manifest.is_partitioned() {
            let why = "they are sides of a split, and labels.csv does not say which tile is on which".into();
            let way_out = "add the column partition (train or test) to labels.csv".into();
            faults.push(TissueError::UnclearFolders { path: root.to_path_buf(), why, way_out });
        }
        import
    } else {
        let layout = layout.map_err(|unclear| unclear_folders(root, &unclear))?;
        let split_left_out = split == GivenSplit::Ignored && layout.side.is_some();
        let mut manifest = from_listing(root, &inside, &levels, layout, split);
        manifest.notes.extend(beside::not_read(root));
        Import { manifest, faults: Vec::new(), listed: BTreeSet::new(), split_left_out }
    };
    import.faults.append(&mut faults);
    if !loose.is_empty() {
        let n = grouped(loose.len());
        import.manifest.notes.push(format!("{n} images outside the class folders left out"));
    }
    import.manifest.notes.extend(found.left_out.notes());
    Ok(import)
}

/// The folders that an image lies in, from the outermost.
fn folders_of(image: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = image.split('/').collect();
    parts.pop();
    parts
}

fn no_image(root: &Path, found: &Listing) -> TissueError {
    match found.left_out.foreign_below(None) {
        Some((counts, way_out)) => TissueError::UnusableImage {
            path: root.to_path_buf(),
            what: "no tiles",
            why: format!("none of what lies there is in a format that is read ({counts})"),
            way_out: way_out.into(),
        },
        None => TissueError::Empty {
            path: root.to_path_buf(),
            why: match found.left_out.endings() {
                Some(endings) => {
                    format!("neither it nor a folder in it has an image: its files are {endings}")
                }
                None => "neither it nor a folder in it has an image".into(),
            },
        },
    }
}

fn unclear_folders(root: &Path, unclear: &Unclear) -> TissueError {
    let Unclear { why, way_out } = unclear;
    TissueError::UnclearFolders { path: root.to_path_buf(), why: why.clone(), way_out: way_out.clone() }
}

fn has_sides(folders: &BTreeSet<&str>) -> bool {
    folders.iter().any(|name| side_of(name).is_some())
}

/// Folders without an image, which a class cannot be; one that holds only what was left out was never meant as one.
fn empty_folders(root: &Path, found: &Listing, with_images: &BTreeSet<&str>) -> Vec<TissueError> {
    let is_empty = |(name, left_out): &(&String, &bool)| !with_images.contains(name.as_str()) && !**left_out;
    let fault = |(name, _): (&String, &bool)| match found.left_out.foreign_below(Some(name)) {
        Some((counts, way_out)) => TissueError::UnusableImage {
            path: root.join(name),
            what: "no tiles",
            why: format!(
                "every folder is a class and in this one nothing is in a format that is read ({counts})"
            ),
            way_out: way_out.into(),
        },
        None => TissueError::Empty {
            path: root.join(name),
            why: "every folder is a class and this one has no image".into(),
        },
    };
    found.folders.iter().filter(is_empty).map(fault).collect()
}

fn classes_of(layout: &Layout, levels: &[Vec<&str>]) -> Vec<String> {
    let names: BTreeSet<&str> = levels.iter().map(|folders| folders[layout.class]).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn unlisted(labels: &Path, images: &[&String], import: &Import) -> Vec<TissueError> {
    images
        .iter()
        .filter(|image| !import.listed.contains(image.as_str()))
        .map(|image| TissueError::Unlisted { place: Place::tile(labels, 0, image) })
        .collect()
}

fn from_listing(
    root: &Path,
    images: &[&String],
    levels: &[Vec<&str>],
    layout: Layout,
    split: GivenSplit,
) -> Manifest {
    let classes = classes_of(&layout, levels);
    let index: BTreeMap<&str, usize> =
        classes.iter().enumerate().map(|(k, class)| (class.as_str(), k)).collect();
    let side = |folders: &[&str]| match side_of(folders[layout.side?])? {
        Side::Train => Some(Partition::Train),
        _ => Some(Partition::Test),
    };
    let mut tiles: Vec<Tile> = images
        .iter()
        .zip(levels)
        .map(|(image, folders)| Tile {
            image: (*image).clone(),
            class: index[folders[layout.class]],
            partition: side(folders).filter(|_| split == GivenSplit::Read),
            slide: layout.slide.map_or(String::new(), |at| folders[at].to_owned()),
            votes: Vec::new(),
            other_votes: 0,
            extra: Vec::new(),
            line: 0,
        })
        .collect();
    tiles.sort_by(|a, b| a.image.cmp(&b.image));
    let mut notes = layout.notes;
    notes.extend(copies(&classes));
    if layout.slide.is_none() {
        settle_slides(&mut tiles, false, &mut notes);
    }
    Manifest {
        root: root.to_path_buf(),
        source: root.to_path_buf(),
        classes,
        extra_columns: Vec::new(),
        tiles,
        notes,
        slides_known: layout.slide.is_some() && layout.slides_known,
    }
}
