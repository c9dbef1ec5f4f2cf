//! Whether what a step wrote is still what lies there, and whether a run is finished.

use crate::{Done, RecordError, Results, RunFolder, StepName};
use files::OwnFileError;
use std::io::ErrorKind;
use std::path::PathBuf;

/// How closely the outputs of a step are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// That they are there and of their size.
    Size,
    /// That their bytes are those that were written.
    Bytes,
}

/// An output that is no longer what its step wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The step that wrote it.
    pub step: StepName,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, as it reads after "because".
    pub why: String,
}

impl RunFolder {
    /// The outputs of a step that are not what the step wrote. `look` says how closely each path (relative to the run folder) is looked
    /// at.
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub fn damage(&self, done: &Done, look: &dyn Fn(&str) -> Look) -> Result<Vec<Damage>, RecordError> {
        let mut damaged = Vec::new();
        for (name, sum) in &done.outputs {
            let path = self.root.join(name);
            let why = match std::fs::metadata(&path) {
                Ok(there) if !there.is_file() => Some("it is not a file"),
                Ok(there) if done.sizes.get(name).is_some_and(|size| *size != there.len()) => {
                    Some("it is not of the size that was written")
                }
                Ok(_) if look(name) == Look::Bytes && !sum.is_empty() => {
                    let found = files::sha256_of_file(&path)
                        .map_err(|source| OwnFileError::Read { path: path.clone(), source })?;
                    (found != *sum).then_some("its bytes are not those that were written (SHA-256)")
                }
                Ok(_) => None,
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    Some("it is gone")
                }
                Err(source) => return Err(OwnFileError::Read { path, source }.into()),
            };
            damaged.extend(why.map(|why| Damage { step: done.step.clone(), path, why: why.to_owned() }));
        }
        Ok(damaged)
    }

    /// The record of a step that a reader of the run builds upon: ended, and with every output as it was written.
    ///
    /// # Errors
    /// [`RecordError::Unfinished`], [`RecordError::Damaged`], or a file that cannot be read.
    pub fn sound(&self, step: &StepName) -> Result<Done, RecordError> {
        let Some(done) = self.read_done(step)? else {
            let why = format!("the step {step} has not ended");
            return Err(RecordError::Unfinished { path: self.done_json(step), why });
        };
        match self.damage(&done, &|_| Look::Bytes)?.into_iter().next() {
            None => Ok(done),
            Some(Damage { step, path, why }) => Err(RecordError::Damaged { path, step, why }),
        }
    }

    /// The results of a run that is finished: `results.json` is the one that `evaluate` wrote, and every step that it was made from still
    /// has the hash that it had then, so that no setting has been changed and half run since.
    ///
    /// # Errors
    /// [`RecordError::Unfinished`], [`RecordError::Damaged`], or a file that cannot be read.
    pub fn finished(&self) -> Result<Results, RecordError> {
        if !self.study_toml().is_file() {
            let why = "there is no run: its study.toml is missing".to_owned();
            return Err(RecordError::Unfinished { path: self.study_toml(), why });
        }
        if !self.results_json().is_file() {
            let why = "the study has not been run to its end".to_owned();
            return Err(RecordError::Unfinished { path: self.results_json(), why });
        }
        // Of results that are of another schema, or lack a key, that is what there is to say, whatever else was done to them.
        let results = self.read_results()?;
        let evaluate = self.sound(&StepName::EVALUATE)?;
        for (step, hash) in &evaluate.after {
            let made_from = evaluate.made_from.get(step);
            let is_same = |done: Done| {
                done.hash == *hash && made_from.is_none_or(|digest| done.outputs_digest() == *digest)
            };
            if !self.read_done(step)?.is_some_and(is_same) {
                let why = format!("the step {step} has been run again since the results were written");
                return Err(RecordError::Unfinished { path: self.done_json(step), why });
            }
        }
        Ok(results)
    }
}
