//! The files of one slide.

use std::cmp::Reverse;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::instance::{self, FrameOrder, Instance, is_one};
use crate::error::SlideError;
use crate::opened::{Opened, unusable};

/// Bytes by which DICOM is told.
const HEAD: u64 = 132;

/// Opens one file as a slide of one level.
///
/// # Errors
/// A file that is damaged, or no level of a slide.
pub fn open(path: &Path, file: File, order: Option<FrameOrder>) -> Result<Opened, SlideError> {
    match instance::read(path, &file, order, 0)? {
        Ok(instance) => Ok(opened(vec![instance], vec![file], &[])),
        Err(kind) => Err(unusable(
            path,
            "no level of a slide",
            format!("it is the slide's {kind}"),
            "give the folder with all files of the slide, or that of a level",
        )),
    }
}

/// Opens the DICOM files of a folder as one slide: its levels, whatever their names.
///
/// # Errors
/// If there are none, they are of several slides, or one is damaged or cannot be read.
pub fn open_folder(folder: &Path, order: Option<FrameOrder>) -> Result<Opened, SlideError> {
    let failed = |path: &Path, source| SlideError::Read { path: path.to_owned(), source };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut instances, mut files, mut others): (Vec<Instance>, Vec<File>, Vec<String>) = Default::default();
    for path in &paths {
        let mut file = files::open(path).map_err(|e| failed(path, e))?;
        let mut head = Vec::new();
        (&mut file).take(HEAD).read_to_end(&mut head).map_err(|e| failed(path, e))?;
        if !is_one(&head) {
            continue;
        }
        match instance::read(path, &file, order, files.len())? {
            Ok(instance) => {
                instances.push(instance);
                files.push(file);
            }
            Err(kind) => others.push(kind),
        }
    }
    let Some(first) = instances.first() else {
        let why = "no file in it is a level of a DICOM slide".to_owned();
        return Err(unusable(
            folder,
            "no slide",
            why,
            "give a slide's file, or the folder with the DICOM files of one slide",
        ));
    };
    if instances.iter().any(|instance| instance.series != first.series) {
        let why = "its DICOM files are of several series".to_owned();
        return Err(unusable(
            folder,
            "several slides in one folder",
            why,
            "put the files of each slide into a folder of its own",
        ));
    }
    Ok(opened(instances, files, &others))
}

fn opened(mut instances: Vec<Instance>, files: Vec<File>, others: &[String]) -> Opened {
    instances.sort_by_key(|instance| Reverse(instance.stored.size));
    instances.dedup_by_key(|instance| instance.stored.size);
    let mut identifying: Vec<String> = instances.iter().flat_map(|i| i.identifying.iter().cloned()).collect();
    identifying.extend(others.iter().map(|kind| format!("a picture of its {kind}")));
    identifying.sort();
    identifying.dedup();
    let mpp = instances.first().and_then(|finest| finest.mpp);
    Opened { levels: instances.into_iter().map(|i| i.stored).collect(), files, mpp, identifying }
}
