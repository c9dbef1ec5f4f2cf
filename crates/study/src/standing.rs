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
    /// It is done, but a step before it is run again: it stands if that leaves the very files that it was made from.
    Held,
}

/// What earlier runs left.
pub struct Survey {
    /// One a step of the plan.
    pub standing: Vec<Standing>,
    /// Outputs that are not what their steps wrote.
    pub damaged: Vec<Damage>,
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
    let mut survey =
        Survey { standing: Vec::new(), damaged: Vec::new(), other_instructions: BTreeSet::new() };
    for (step, seen) in steps.iter().zip(seen) {
        if let Some(done) = &seen.done {
            check_device(run, done, &now)?;
            let then = done.computed_on.as_ref().and_then(|on| on.instructions.as_ref());
            survey
                .other_instructions
                .extend(then.filter(|then| now.instructions.as_ref() != Some(then)).cloned());
        }
        let is_sound = seen.done.is_some() && seen.damaged.is_empty() && !seen.is_old;
        let all_before_done = step.after.iter().all(|&before| survey.standing[before] == Standing::Done);
        survey.standing.push(match (is_sound, all_before_done) {
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
        for damage in of_step.iter().filter(|d| d.path.is_file()) {
            let aside = train::free_name(&run.aside().join(run.relative(&damage.path)));
            move_to(&damage.path, &aside)?;
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
    let begun_for = |mark: &Path| std::fs::read_to_string(mark).ok().map(|text| text.trim().to_owned());
    // A step that was finished once and is run again has lost a file: its training would think that all is done.
    let was_finished = run.done_json(&step.name).exists();
    let there = begun_for(&mark);
    if !was_finished && there.as_ref() == Some(&step.hash) {
        return Ok(());
    }
    let aside = |hash: &str| run.aside().join(format!("{}-{}", step.name, hash.get(..8).unwrap_or(hash)));
    match there {
        Some(other) if !was_finished && folder.join(train::CHECKPOINT).exists() => {
            let kept = train::free_name(&aside(&other));
            move_to(&folder, &kept)?;
            note(&format!(
                "an unfinished training with other settings is kept as {}; it goes on when the settings are those again",
                kept.display()
            ));
        }
        _ => {
            // The mark goes first: if this is cut short, the rest is not taken for an unfinished step of that hash.
            remove(&mark, std::fs::remove_file(&mark))?;
            remove(&folder, std::fs::remove_dir_all(&folder))?;
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

/// The steps that depend on step `of`, near and far, as indices into the plan.
pub fn dependents(steps: &[Step], of: usize) -> Vec<usize> {
    let mut reached = vec![false; steps.len()];
    reached[of] = true;
    for i in of + 1..steps.len() {
        reached[i] = steps[i].after.iter().any(|&before| reached[before]);
    }
    (of + 1..steps.len()).filter(|&i| reached[i]).collect()
}

/// Whether a step that was run again left what it had left before. What only one of the two names does not count: a newer program
/// may write more; nor does the note of the training, which tells no result.
pub fn left_the_same(before: &Done, after: &Done) -> bool {
    before.outputs.iter().all(|(path, sum)| {
        path.ends_with("/job.json") || after.outputs.get(path).is_none_or(|new| new == sum || sum.is_empty())
    })
}

/// Takes back that the steps `of` are done, the results first.
pub fn reopen(run: &RunFolder, steps: &[Step], of: &[usize]) -> Result<(), StudyError> {
    let mut gone = vec![run.results_json(), run.report_html()];
    // Without its mark a folder is begun anew, too.
    gone.extend(of.iter().map(|&i| run.step(&steps[i].name).join("hash.txt")));
    gone.extend(of.iter().map(|&i| run.done_json(&steps[i].name)));
    for path in gone {
        remove(&path, std::fs::remove_file(&path))?;
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
        for path in written(run, step)? {
            let name = run.relative(&path);
            let size = std::fs::metadata(&path).map_err(|e| broken(&path, &e))?.len();
            outputs.sums.insert(name.clone(), files::sha256_of_file(&path).map_err(|e| broken(&path, &e))?);
            outputs.sizes.insert(name, size);
        }
        Ok(outputs)
    }
}

/// The files that a step wrote.
fn written(run: &RunFolder, step: &Step) -> Result<Vec<PathBuf>, StudyError> {
    let mut found = Vec::new();
    let mut open = vec![run.step(&step.name)];
    match step.kind {
        StepKind::Translate(phi) => open.push(run.generated(phi)),
        StepKind::Score => found.push(run.confidences_csv()),
        StepKind::Evaluate => found.push(run.results_json()),
        _ => {}
    }
    let broken =
        |path: &Path, e: &std::io::Error| StudyError::Broken { path: path.into(), why: e.to_string() };
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|e| broken(&dir, &e))? {
            let path = entry.map_err(|e| broken(&dir, &e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                // What another job left there is no output of this one.
                if !name.starts_with(train::ASIDE) {
                    open.push(path);
                }
            } else if name.starts_with(".writing-") {
                // What a killed process left of a write.
                remove(&path, std::fs::remove_file(&path))?;
            } else if name != "hash.txt" && name != "done.json" {
                found.push(path);
            }
        }
    }
    Ok(found)
}
