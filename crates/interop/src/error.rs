//! Everything that can be wrong with weights, with what is said of them, or with the file that they are to go to.

use std::io;
use std::path::PathBuf;

/// What is wrong with weights, with a description, or with a file of another tool.
///
/// The message reads `WHAT, in WHICH FILE, because WHY`; [`InteropError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InteropError {
    /// The operating system refused to read a file.
    #[error("cannot read, in {}, because {}", path.display(), files::io_reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] files::OwnFileError),
    /// A file that grows could not be begun or continued.
    #[error("cannot write, in {}, because {}", path.display(), files::io_reason(source))]
    Append {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A run folder could not be read.
    #[error(transparent)]
    Run(#[from] record::RecordError),
    /// The weights are of no network that is known here, or are not whole.
    #[error("the weights cannot be used, in {}, because {reason}", path.display())]
    Weights {
        /// The file, or what stands for it.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What a file says of its network is wrong, or is missing where it is needed.
    #[error("the description is of no use, in {} ({key}), because {reason}", path.display())]
    Description {
        /// The weights.
        path: PathBuf,
        /// What it is about: `classes`, `mean`, ….
        key: &'static str,
        /// Why.
        reason: String,
    },
    /// A network cannot be told in the form that was asked for.
    #[error("it cannot be written as {form}, in {}, because {reason}", path.display())]
    Form {
        /// The form: `ONNX`, ….
        form: &'static str,
        /// The weights, or the file to be written.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        way_out: &'static str,
    },
}

impl InteropError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("check that the path exists and that you may read it".to_owned()),
            Self::Write(error) => error.hint(),
            Self::Append { .. } => {
                Some("check that the folder exists, that you may write there and that the disk is not full".to_owned())
            }
            Self::Run(error) => error.hint(),
            Self::Weights { .. } => Some(
                "give a .safetensors file of a ResNet-18, 34, 50 or 101 with torchvision's names, or of a CycleGAN generator; `grayzone weights inspect` tells what a file holds"
                    .to_owned(),
            ),
            Self::Description { key, .. } => Some(format!("say {key} beside the weights, or export the file that grayzone wrote")),
            Self::Form { way_out, .. } => Some((*way_out).to_owned()),
        }
    }

    /// Whether the machine is at fault (a full or read-only disk), not the files or what is asked.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Read { source, .. } | Self::Append { source, .. } => files::io_is_machine_fault(source),
            Self::Write(error) => error.is_machine_fault(),
            Self::Run(error) => error.is_machine_fault(),
            Self::Weights { .. } | Self::Description { .. } | Self::Form { .. } => false,
        }
    }
}
