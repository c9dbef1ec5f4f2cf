//! What can go wrong in training.

use std::path::PathBuf;

/// An error of a training job.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The observer asked to stop; a checkpoint was written and the same job goes on from there.
    #[error("training was interrupted")]
    Interrupted,
    /// A loss or a network's output became NaN or infinite.
    #[error(
        "training of {job} cannot go on, in {} (epoch {epoch}, step {step}), because the {what} is {value}",
        .dir.display()
    )]
    NotFinite {
        /// The job's name (its random stream).
        job: String,
        /// The job's folder.
        dir: PathBuf,
        /// Which number it was.
        what: String,
        /// The number.
        value: f64,
        /// Epoch, from 1.
        epoch: usize,
        /// Step of the epoch, from 1; 0: after the epoch, while evaluating.
        step: u64,
    },
    /// The job cannot be trained as described.
    #[error("training of {job} cannot start, because {because}")]
    BadJob {
        /// The job's name (its random stream).
        job: String,
        /// The reason.
        because: String,
    },
    /// The training was begun, or finished, on another device: its numbers would not be those of either.
    #[error("the training cannot go on, in {}, because it was begun on {then} and this is {now}", .dir.display())]
    OtherDevice {
        /// The job's folder.
        dir: PathBuf,
        /// What computed it so far.
        then: record::ComputedOn,
        /// What would compute it now.
        now: record::ComputedOn,
    },
    /// The weights that a training was to begin with are others.
    #[error("the training cannot begin with these weights, in {}, because {why}", .path.display())]
    Initial {
        /// The file of weights.
        path: PathBuf,
        /// The reason.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A checkpoint cannot be read.
    #[error("the checkpoint cannot be used, in {path}, because {because}")]
    BadCheckpoint {
        /// The checkpoint.
        path: PathBuf,
        /// The reason.
        because: String,
    },
    /// A file of the run folder.
    #[error(transparent)]
    OwnFile(#[from] files::OwnFileError),
    /// A file of weights.
    #[error(transparent)]
    Nets(#[from] nets::NetsError),
}

impl TrainError {
    /// What to do about it, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Interrupted => Some("run the same command again to go on from here".into()),
            Self::NotFinite { .. } => Some("lower the learning rate (lr), or look for broken tiles".into()),
            Self::OtherDevice { then, .. } => {
                Some(format!("{}, or choose another folder with --out", then.how_to_choose()))
            }
            Self::BadJob { .. } => None,
            Self::Initial { hint, .. } => Some(hint.clone()),
            Self::BadCheckpoint { path, .. } => {
                Some(format!("delete {} to start this step afresh", path.display()))
            }
            Self::OwnFile(error) => error.hint(),
            Self::Nets(error) => error.hint(),
        }
    }

    /// Whether the machine is at fault (disk full, device lost) and not the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::OwnFile(error) => error.is_machine_fault(),
            Self::Nets(error) => error.is_machine_fault(),
            _ => false,
        }
    }
}
