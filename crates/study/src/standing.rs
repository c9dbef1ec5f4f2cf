//! What stands of earlier runs of a folder: which steps are done, and whether what they left is still what they wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use rayon::prelude::*;
use record::{ComputedOn, Damage, Done, Look, RecordError, RunFolder, Selection};

use crate::StudyError;
use crate::plan::{Step, StepKind};

/// Whether a step has to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has to be run.
    Open,
    /// It is done.
    Done,
    /// It is done, but a step before it is run again: it stands if that leaves the very files that it was made from ([`still_stands`]).
    Held,
}

/// What earlier runs left.
pub struct Survey {
    /// One a step of the plan.
    pub standing: Vec<Standing>,
    /// Outputs that are not what their steps wrote.
    pub damaged: Vec<Damage>,
    /// Steps that are done but do not say yet what they were made from, as indices into the plan: of an older program.
    pub unsaid: Vec<usize>,
    /// Instruction sets, other than the one in use, that finished steps were computed with.
    pub other_instructions: BTreeSet<String>,
}

/// One step, looked at.
struct Seen {
    done: Option<Done>,
    damaged: Vec<Damage>,
    is_old: bool,
}

/// Looks at every step and, with `bytes`, at every byte of what it left; without, at the sizes.
///
/// The weights of retrained classifiers, which no step reads, are compared by their size unless `all`.
///
/// # Errors
/// If a finished step was computed on another device, or a file cannot be read.
pub fn survey(
    run: &RunFolder,
    steps: &[Step],
    device: &Device,
    (bytes, all): (bool, bool),
    told: &(dyn Fn() + Sync),
) -> Result<Survey, StudyError> {
    let look = |path: &str| {
        let is_read = !(path.starts_with("steps/retrain-") && path.ends_with(".safetensors"));
        if all || (bytes && is_read) { Look::Bytes } else { Look::Size }
    };
    let seen = |step: &Step| {
        let seen = look_at(run, step, &look);
        told();
        seen
    };
    let seen: Vec<Seen> = steps.par_iter().map(seen).collect::<Result<_, _>>()?;
    let now = train::computed_on(device);
    let mut survey = Survey {
        standing: Vec::new(),
        damaged: Vec::new(),
        unsaid: Vec::new(),
        other_instructions: BTreeSet::new(),
    };
    let digests: Vec<Option<String>> =
        seen.iter().map(|seen| seen.done.as_ref().map(Done::outputs_digest)).collect();
    for (at, (step, seen)) in steps.iter().zip(seen).enumerate() {
        if let Some(done) = &seen.done {
            check_device(run, done, &now)?;
            let then = done.computed_on.as_ref().and_then(|on| on.instructions.as_ref());
            survey
                .other_instructions
                .extend(then.filter(|then| now.instructions.as_ref() != Some(then)).cloned());
        }
        let is_sound = seen.done.is_some() && seen.damaged.is_empty() && !seen.is_old;
        let all_before_done = step.after.iter().all(|&before| survey.standing[before] == Standing::Done);
        // A repetition that was cut short may have left other files before this step than it was made from.
        let is_stale = seen.done.as_ref().is_some_and(|done| {
            !done.made_from.is_empty()
                && all_before_done
                && step
                    .after
                    .iter()
                    .any(|&before| done.made_from.get(&steps[before].name) != digests[before].as_ref())
        });
        if seen.done.as_ref().is_some_and(|done| done.made_from.is_empty()) && !step.after.is_empty() {
            survey.unsaid.push(at);
        }
        survey.standing.push(match (is_sound && !is_stale, all_before_done) {
            (false, _) => Standing::Open,
            (true, true) => Standing::Done,
            (true, false) => Standing::Held,
        });
        survey.damaged.extend(seen.damaged);
    }
    Ok(survey)
}

fn look_at(run: &RunFolder, step: &Step, look: &dyn Fn(&str) -> Look) -> Result<Seen, StudyError> {
    let nothing = Seen { done: None, damaged: Vec::new(), is_old: false };
    // A damaged done.json is as good as none: the step is repeated.
    let Ok(Some(done)) = run.read_done(&step.name) else { return Ok(nothing) };
    if done.hash != step.hash {
        return Ok(nothing);
    }
    let damaged = run.damage(&done, look)?;
    // Written before the whole ranking was; the few moments that it takes are repeated.
    let is_old = match step.kind {
        StepKind::Select(phi) => damaged.is_empty() && !Selection::read(run, phi).is_ok_and(|s| s.is_whole()),
        _ => false,
    };
    Ok(Seen { done: Some(done), damaged, is_old })
}

/// Processor and card differ by more than the last digits' chance: their steps are not mixed in one run.
fn check_device(run: &RunFolder, done: &Done, now: &ComputedOn) -> Result<(), StudyError> {
    let refuse = |then: &str, choose: &str| {
        Err(StudyError::Output {
            path: run.root.clone(),
            why: format!("its step {} was computed on {then}, and this is {now}", done.step),
            hint: format!(
                "{choose}, or begin another run with --out: numbers of two devices do not belong in one table"
            ),
        })
    };
    match &done.computed_on {
        Some(then) if then.device != now.device => refuse(&then.to_string(), then.how_to_choose()),
        // Before devices were put on record a card had to be named: most of those runs are the processor's.
        None if now.device != "cpu" => refuse("a device that is not on record", "use --device cpu"),
        _ => Ok(()),
    }
}

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
pub fn make_ready(run: &RunFolder, step: &Step, note: &dyn Fn(&str)) -> Result<(), StudyError> {
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
    record::write_atomic(&mark, format!("{}\n", step.hash).as_bytes())?;
    Ok(())
}

/// What a step is made from, if every step before it is done: [`Done::outputs_digest`] of each.
pub fn made_from(run: &RunFolder, steps: &[Step], step: &Step) -> Option<BTreeMap<String, String>> {
    let digest = |&before: &usize| {
        let name = &steps[before].name;
        Some((name.clone(), run.read_done(name).ok()??.outputs_digest()))
    };
    step.after.iter().map(digest).collect()
}

/// Whether a step is done, for these settings and from what the steps before it have left.
pub fn still_stands(run: &RunFolder, steps: &[Step], step: &Step) -> bool {
    let done = run.read_done(&step.name).ok().flatten();
    done.is_some_and(|done| {
        done.hash == step.hash && made_from(run, steps, step).as_ref() == Some(&done.made_from)
    })
}

/// Has the steps of an older program say what they were made from, as long as it is there: before anything is run again.
pub fn say_made_from(run: &RunFolder, steps: &[Step], unsaid: &[usize]) -> Result<(), StudyError> {
    for &at in unsaid {
        let step = &steps[at];
        if let (Ok(Some(mut done)), Some(from)) = (run.read_done(&step.name), made_from(run, steps, step)) {
            done.made_from = from;
            run.write_done(&done)?;
        }
    }
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
fn clear(run: &RunFolder, step: &Step, note: &dyn Fn(&str)) -> Result<(), StudyError> {
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
    for folder in folders(run, step) {
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
    RecordError::Write { path: path.into(), source }.into()
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
    pub fn of(run: &RunFolder, step: &Step) -> Result<Self, StudyError> {
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

/// The folders that a step writes to.
fn folders(run: &RunFolder, step: &Step) -> Vec<PathBuf> {
    match step.kind {
        StepKind::Translate(phi) => vec![run.step(&step.name), run.generated(phi)],
        _ => vec![run.step(&step.name)],
    }
}

/// The files that a step wrote, or with `all` whatever lies in its folders.
fn written(run: &RunFolder, step: &Step, all: bool) -> Result<Vec<PathBuf>, StudyError> {
    let mut found = Vec::new();
    let mut open = folders(run, step);
    if !all {
        match step.kind {
            StepKind::Score => found.push(run.confidences_csv()),
            StepKind::Evaluate => found.push(run.results_json()),
            _ => {}
        }
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
