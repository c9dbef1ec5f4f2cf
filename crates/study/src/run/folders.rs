//! The folders that steps write to: made ready, emptied, kept aside, and what lies in them in the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use record::{Damage, RunFolder};

use crate::error::StudyError;
use crate::plan::Planned;
use crate::step::Places;

/// Keeps damaged outputs aside before their steps are run again: they may be somebody's edits. Gives a note a step.
pub fn keep_damaged(run: &RunFolder, damaged: &[Damage]) -> Result<Vec<String>, StudyError> {
    let mut notes = Vec::new();
    for of_step in damaged.chunk_by(|a, b| a.step == b.step) {
        let mut kept = None;
        for damage in of_step.iter().filter(|d| d.path.symlink_metadata().is_ok()) {
            let aside = keep(run, &damage.path)?;
            kept.get_or_insert(aside);
        }
        let first = &of_step[0];
        let more = match of_step.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let kept =
            kept.map_or(String::new(), |path| format!("; what was found is kept as {}", path.display()));
        notes.push(format!(
            "{}{more} cannot be relied on, because {}: the step {} is run again{kept}",
            first.path.display(),
            first.why,
            first.step
        ));
    }
    Ok(notes)
}

/// Gets the step's folder ready: kept if it was begun for the same hash and not finished (its checkpoint goes on), else begun anew. An
/// unfinished training of other settings is moved aside, and comes back when the settings do; `note` is told.
pub fn make_ready(run: &RunFolder, step: &Planned, note: &dyn Fn(&str)) -> Result<(), StudyError> {
    let folder = run.step(&step.name);
    let mark = folder.join("hash.txt");
    let begun_for =
        |mark: &Path| files::read(mark).ok().map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    // A step that was finished once and is run again has lost a file: its training would think that all is done.
    let was_finished = run.done_json(&step.name).exists();
    let there = begun_for(&mark);
    if !was_finished && there.as_ref() == Some(&step.hash) {
        return Ok(());
    }
    let aside = |hash: &str| run.aside().join(format!("{}-{}", step.name, hash.get(..8).unwrap_or(hash)));
    match there {
        Some(other) if !was_finished && folder.join(train::CHECKPOINT).exists() => {
            let kept = files::free_name(&aside(&other));
            move_to(&folder, &kept)?;
            note(&format!(
                "an unfinished training with other settings is kept as {}; it goes on when the settings are those again",
                kept.display()
            ));
        }
        _ => {
            // The mark goes first: if this is cut short, the rest is not taken for an unfinished step of that hash.
            remove(&mark, std::fs::remove_file(&mark))?;
            clear(run, step, note)?;
        }
    }
    let earlier = aside(&step.hash);
    if !was_finished && begun_for(&earlier.join("hash.txt")).as_ref() == Some(&step.hash) {
        move_to(&earlier, &folder)?;
        note(&format!("the training that was kept as {} goes on", earlier.display()));
        return Ok(());
    }
    files::write_atomic(&mark, format!("{}\n", step.hash).as_bytes())?;
    Ok(())
}

/// Removes the results of settings that are no longer the run's.
pub fn remove_results(run: &RunFolder) -> Result<(), StudyError> {
    for path in [run.results_json(), run.report_html()] {
        remove(&path, std::fs::remove_file(&path))?;
    }
    Ok(())
}

/// Empties the folders of a step of what the step has written. What it has not, such as somebody's notes, is moved aside.
fn clear(run: &RunFolder, step: &Planned, note: &dyn Fn(&str)) -> Result<(), StudyError> {
    let recorded = run.read_done(&step.name).ok().flatten().map(|done| done.outputs);
    let is_own = |name: &str| match &recorded {
        Some(outputs) => outputs.contains_key(name) || name.ends_with("/done.json"),
        // Of a step that has not ended there is no record yet.
        None => [".safetensors", ".csv", ".json", ".png"].iter().any(|ending| name.ends_with(ending)),
    };
    let mut kept = None;
    for path in written(run, step, true)? {
        if is_own(&run.relative(&path)) {
            remove(&path, std::fs::remove_file(&path))?;
        } else {
            let aside = keep(run, &path)?;
            kept.get_or_insert(aside);
        }
    }
    for folder in step.step.outputs(run).folders {
        remove(&folder, std::fs::remove_dir_all(&folder))?;
    }
    if let Some(kept) = kept {
        note(&format!("what no step has written is kept as {}", kept.display()));
    }
    Ok(())
}

/// The outcome of a removal, of which "there is nothing" is as good as success.
pub fn remove(path: &Path, outcome: std::io::Result<()>) -> Result<(), StudyError> {
    match outcome {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(unwritable(path, source)),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> StudyError {
    files::OwnFileError::Write { path: path.into(), source }.into()
}

/// Moves what lies in the run aside, under the name that it has there; gives where it is then.
fn keep(run: &RunFolder, path: &Path) -> Result<PathBuf, StudyError> {
    let aside = files::free_name(&run.aside().join(run.relative(path)));
    move_to(path, &aside)?;
    Ok(aside)
}

fn move_to(from: &Path, to: &Path) -> Result<(), StudyError> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).map_err(|source| unwritable(parent, source))?;
    }
    std::fs::rename(from, to).map_err(|source| unwritable(to, source))
}

/// What a step left: paths relative to the run folder with SHA-256, and with bytes.
pub struct Outputs {
    /// SHA-256 of each.
    pub sums: BTreeMap<String, String>,
    /// Bytes of each.
    pub sizes: BTreeMap<String, u64>,
}

impl Outputs {
    /// Looks at what a step left.
    pub fn of(run: &RunFolder, step: &Planned) -> Result<Self, StudyError> {
        let broken =
            |path: &Path, e: &std::io::Error| StudyError::Broken { path: path.into(), why: e.to_string() };
        let mut outputs = Self { sums: BTreeMap::new(), sizes: BTreeMap::new() };
        for path in written(run, step, false)? {
            let name = run.relative(&path);
            let size = std::fs::metadata(&path).map_err(|e| broken(&path, &e))?.len();
            outputs.sums.insert(name.clone(), files::sha256_of_file(&path).map_err(|e| broken(&path, &e))?);
            outputs.sizes.insert(name, size);
        }
        Ok(outputs)
    }
}

/// The files that a step wrote, or with `all` whatever lies in its folders.
fn written(run: &RunFolder, step: &Planned, all: bool) -> Result<Vec<PathBuf>, StudyError> {
    let mut found = Vec::new();
    let Places { folders: mut open, files } = step.step.outputs(run);
    if !all {
        found.extend(files);
    }
    let broken =
        |path: &Path, e: &std::io::Error| StudyError::Broken { path: path.into(), why: e.to_string() };
    while let Some(dir) = open.pop() {
        let entries = match std::fs::read_dir(&dir) {
            Err(e) if all && e.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|e| broken(&dir, &e))?,
        };
        for entry in entries {
            let path = entry.map_err(|e| broken(&dir, &e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() {
                // What another job left there is no output of this one.
                if all || !name.starts_with(train::ASIDE) {
                    open.push(path);
                }
            } else if name.starts_with(".writing-") {
                // What a killed process left of a write.
                remove(&path, std::fs::remove_file(&path))?;
            } else if all || (name != "hash.txt" && name != "done.json") {
                found.push(path);
            }
        }
    }
    Ok(found)
}
