//! A job's folder: what job it belongs to, and the one file from which the job goes on after a stop.
//!
//! `job.json` holds the job's [`Fingerprint`] and what computes it; `checkpoint.safetensors` holds everything needed to go on. The
//! checkpoint appears whole or not at all, and is removed once the job's results are there. What another job left is never removed: it
//! is moved into a folder `aside-…` beside it.

use crate::error::TrainError;
use crate::observer::Observer;
use burn::tensor::Device;
use nets::{NetsError, Tensors};
use record::ComputedOn;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The checkpoint's file name, in the folder of its job.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// The checkpoint's metadata key of how far the job is.
const STATE: &str = "state";

/// How the folders begin that hold what other jobs left.
pub const ASIDE: &str = "aside-";

/// At an epoch's end a checkpoint is left out where writing would take more than one part in this many.
const WRITING_SHARE: u32 = 20;

/// Changes whenever a checkpoint of an older program can no longer be continued.
const FORMAT: &str = "grayzone checkpoint 1";

/// What a job is made from, as one hash: settings, seed, data. Two jobs with equal fingerprints give equal results.
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Starts from the job's settings, in any form that serialises.
    pub fn new<S: Serialize>(settings: &S) -> Self {
        let mut print = Self(Sha256::new());
        print.bytes(FORMAT.as_bytes());
        // A settings struct of numbers, strings and lists always has a JSON form; were there none, its error text
        // is still the same for the same settings.
        let text = serde_json::to_string(settings).unwrap_or_else(|error| error.to_string());
        print.bytes(text.as_bytes());
        print
    }

    /// Adds settings that are not always there, in any form that serialises, under a name that no others have.
    pub fn settings<S: Serialize>(&mut self, name: &str, settings: &S) {
        self.bytes(name.as_bytes());
        self.bytes(serde_json::to_string(settings).unwrap_or_else(|error| error.to_string()).as_bytes());
    }

    /// Adds bytes, with their length so that neighbours cannot run together.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds tiles, in order.
    pub fn tiles(&mut self, tiles: &[&[u8]]) {
        self.bytes(&(tiles.len() as u64).to_le_bytes());
        for tile in tiles {
            self.bytes(tile);
        }
    }

    fn finish(self) -> String {
        files::hex(&self.0.finalize())
    }
}

/// The folder of one training job.
pub struct JobFolder {
    dir: PathBuf,
    fingerprint: String,
    results: &'static [&'static str],
}

#[derive(Serialize, Deserialize)]
struct JobNote {
    fingerprint: String,
    /// Unknown in folders of grayzone 0.1 before this was written.
    #[serde(default)]
    computed_on: Option<ComputedOn>,
}

/// What computes on `device`: the processor with the vector instructions in use, or a card.
pub fn computed_on(device: &Device) -> ComputedOn {
    let device = nets::device_name(device);
    let instructions = (device == "cpu").then(|| kernels::simd::level().to_string());
    ComputedOn { device, instructions }
}

/// What has computed the training in `dir`, if that is known: after a stop it may have gone on with other instructions, and then both are
/// named.
pub fn trained_on(dir: &Path) -> Option<ComputedOn> {
    files::read_json::<JobNote>(&note_path(dir)).ok()?.computed_on
}

fn note_path(dir: &Path) -> PathBuf {
    dir.join("job.json")
}

#[derive(Serialize, Deserialize)]
struct State<P> {
    fingerprint: String,
    progress: P,
}

impl JobFolder {
    /// Claims `dir` for the job. If it holds the results or the checkpoint of another job (other settings, seed or
    /// data), those are moved aside and `observer` gets a note. `results` are the files that exist once a job is done.
    ///
    /// # Errors
    /// If the folder cannot be written; [`TrainError::OtherDevice`] if the same job was begun on another device.
    pub fn open(
        dir: &Path,
        fingerprint: Fingerprint,
        results: &'static [&'static str],
        device: &Device,
        observer: &dyn Observer,
    ) -> Result<Self, TrainError> {
        let folder = Self { dir: dir.to_owned(), fingerprint: fingerprint.finish(), results };
        let known: Option<JobNote> = files::read_json(&note_path(dir)).ok();
        let mut now = computed_on(device);
        let holds_work =
            folder.results.iter().map(|name| dir.join(name)).chain([folder.checkpoint()]).any(|p| p.exists());
        match known {
            Some(note) if note.fingerprint == folder.fingerprint && holds_work => {
                // Of an older program, nobody knows; it is not made up.
                let Some(then) = note.computed_on else { return Ok(folder) };
                if then.device != now.device {
                    return Err(TrainError::OtherDevice { dir: dir.to_owned(), then, now });
                }
                if then.instructions == now.instructions || folder.is_finished() {
                    return Ok(folder);
                }
                now = folder.go_on_with(then, now, observer);
            }
            Some(note) if note.fingerprint == folder.fingerprint => {}
            known if holds_work => {
                let whose = known.map_or_else(|| "unknown".to_owned(), |note| short(&note.fingerprint));
                // The mark of a study's step is the step's, not the job's.
                let aside = folder.put_aside(&whose, |name| {
                    name != "hash.txt" && !name.starts_with(ASIDE) && !name.starts_with('.')
                })?;
                observer.note(&format!(
                    "what is in {} was made with other settings or data: it is kept in {}, and training starts afresh",
                    dir.display(),
                    aside.display()
                ));
            }
            _ => {}
        }
        let note = JobNote { fingerprint: folder.fingerprint.clone(), computed_on: Some(now) };
        files::write_json(&note_path(dir), &note)?;
        Ok(folder)
    }

    /// The same job with other instructions: its last digits will be those of no single processor, which is said.
    fn go_on_with(&self, then: ComputedOn, now: ComputedOn, observer: &dyn Observer) -> ComputedOn {
        let all = then.instructions.unwrap_or_default();
        let added = now.instructions.unwrap_or_default();
        if all.split(", ").any(|one| one == added) {
            return ComputedOn { instructions: Some(all), ..then };
        }
        observer.note(&format!(
            "{} was begun with {all} instructions and goes on with {added}: its last digits differ from those of a training in one piece",
            self.dir.display()
        ));
        ComputedOn { instructions: Some(format!("{all}, {added}")), ..then }
    }

    /// Moves what the folder holds of another job, `whose`, as far as it `belongs` to that, into a folder `aside-…` of its own.
    fn put_aside(&self, whose: &str, belongs: impl Fn(&str) -> bool) -> Result<PathBuf, TrainError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| TrainError::from(files::OwnFileError::Write { path, source })
        };
        let aside = files::free_name(&self.dir.join(format!("{ASIDE}{whose}")));
        std::fs::create_dir_all(&aside).map_err(failed(&aside))?;
        let entries = std::fs::read_dir(&self.dir).map_err(failed(&self.dir))?;
        for entry in entries {
            let entry = entry.map_err(failed(&self.dir))?;
            if belongs(&entry.file_name().to_string_lossy()) {
                std::fs::rename(entry.path(), aside.join(entry.file_name())).map_err(failed(&aside))?;
            }
        }
        Ok(aside)
    }

    /// Whether the job's results are all there.
    pub fn is_finished(&self) -> bool {
        self.results.iter().all(|name| self.dir.join(name).exists())
    }

    fn checkpoint(&self) -> PathBuf {
        self.dir.join(CHECKPOINT)
    }

    /// Writes the checkpoint: `progress` (small, serialisable) and named tensors, in one file, atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write<P: Serialize>(&self, progress: &P, tensors: &Tensors) -> Result<(), TrainError> {
        let path = self.checkpoint();
        let state = State { fingerprint: self.fingerprint.clone(), progress };
        let state = serde_json::to_string(&state)
            .map_err(|e| TrainError::BadCheckpoint { path: path.clone(), because: e.to_string() })?;
        let metadata = BTreeMap::from([(STATE.to_owned(), state)]);
        nets::write_tensors(&path, tensors, &metadata).map_err(|error| match error {
            NetsError::Write(error) => error.into(),
            other => TrainError::from(other),
        })
    }

    /// The checkpoint of this job, if there is one. One of another job is moved aside, and `observer` is told.
    ///
    /// # Errors
    /// If the file is there but cannot be read or understood.
    pub fn read<P: DeserializeOwned>(
        &self,
        observer: &dyn Observer,
    ) -> Result<Option<(P, Tensors)>, TrainError> {
        let path = self.checkpoint();
        let broken = |because: String| TrainError::BadCheckpoint { path: path.clone(), because };
        let (tensors, metadata) = match nets::read_tensors(&path) {
            Ok(read) => read,
            Err(NetsError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(NetsError::Read { source, .. }) => {
                return Err(files::OwnFileError::Read { path, source }.into());
            }
            Err(NetsError::NotWeights { reason, .. }) => return Err(broken(reason)),
            Err(other) => return Err(other.into()),
        };
        let state = metadata.get(STATE).ok_or_else(|| broken("its state is missing".into()))?;
        // The fingerprint is looked at first: another program's progress may have another form.
        let note: JobNote = serde_json::from_str(state).map_err(|e| broken(e.to_string()))?;
        if note.fingerprint != self.fingerprint {
            let aside = self.put_aside(&short(&note.fingerprint), |name| name == CHECKPOINT)?;
            observer.note(&format!(
                "{} belongs to another job: it is kept in {}, and training starts afresh",
                path.display(),
                aside.display()
            ));
            return Ok(None);
        }
        let state: State<P> = serde_json::from_str(state).map_err(|e| broken(e.to_string()))?;
        Ok(Some((state.progress, tensors)))
    }

    /// Removes the checkpoint, once the results are written.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn finish(&self) -> Result<(), TrainError> {
        let path = self.checkpoint();
        if path.exists() { remove(&path) } else { Ok(()) }
    }
}

/// The first digits of a fingerprint, enough to tell a handful of jobs apart.
fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(8).collect()
}

fn remove(path: &Path) -> Result<(), TrainError> {
    std::fs::remove_file(path)
        .map_err(|source| files::OwnFileError::Write { path: path.to_owned(), source }.into())
}

/// When to write a checkpoint. Only when, never what: no result depends on it.
pub struct Clock {
    every: Duration,
    last: Instant,
    cost: Duration,
}

impl Clock {
    /// A clock that has just been wound; `seconds` may pass between two checkpoints within an epoch.
    pub fn new(seconds: u64) -> Self {
        Self { every: Duration::from_secs(seconds), last: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether a checkpoint is due after a step.
    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// Whether one is due at the end of an epoch: always, unless epochs are so short that writing would slow them.
    pub fn is_due_at_epoch_end(&self) -> bool {
        self.is_due() || self.last.elapsed() >= self.cost * WRITING_SHARE
    }

    /// Times the writing of a checkpoint.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn time(&mut self, write: impl FnOnce() -> Result<(), TrainError>) -> Result<(), TrainError> {
        let start = Instant::now();
        write()?;
        self.cost = start.elapsed();
        self.last = Instant::now();
        Ok(())
    }
}

/// The tensors whose names begin with `prefix` and a dot, without that prefix.
pub fn under(tensors: &Tensors, prefix: &str) -> Tensors {
    let strip = |name: &str| Some(name.strip_prefix(prefix)?.strip_prefix('.')?.to_owned());
    tensors.iter().filter_map(|(name, tensor)| Some((strip(name)?, tensor.clone()))).collect()
}

/// Adds `tensors` to `all`, each name preceded by `prefix` and a dot.
pub fn put_under(all: &mut Tensors, prefix: &str, tensors: Tensors) {
    all.extend(tensors.into_iter().map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)));
}

/// The first value that is NaN or infinite.
pub fn first_not_finite(tensors: &Tensors) -> Option<f64> {
    tensors.values().flat_map(|(_, values)| values).find(|value| !value.is_finite()).map(|v| f64::from(*v))
}
