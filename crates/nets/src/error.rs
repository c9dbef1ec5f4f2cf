//! What can go wrong with weights.

use std::borrow::Cow;
use std::path::PathBuf;

/// Weights could not be read, written or used.
#[derive(Debug, thiserror::Error)]
pub enum NetsError {
    /// The operating system refused to read the file.
    #[error("the weights cannot be read, in {}, because {}", .path.display(), files::io_reason(.source))]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] files::OwnFileError),
    /// The file is no weights file, or is damaged.
    #[error("these are not usable weights, in {}, because {reason}", .path.display())]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds weights, but of another network.
    #[error("these are not the weights of {wanted}, in {}, because {reason}", .path.display())]
    OtherNetwork {
        /// The file.
        path: PathBuf,
        /// What was looked for, such as "a `CycleGAN` generator".
        wanted: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds several networks, and nothing says which is meant.
    #[error("it is not clear which network is meant, in {}, because it holds {networks}", .path.display())]
    Several {
        /// The file.
        path: PathBuf,
        /// What they are and where.
        networks: String,
    },
    /// A tensor that the network needs is not there.
    #[error("the weights are incomplete, in {origin} (tensor {}), because it is missing", quoted(.tensor))]
    Missing {
        /// The file, or "the checkpoint".
        origin: String,
        /// Its name.
        tensor: String,
    },
    /// A tensor that the network has no place for.
    #[error(
        "the weights do not fit, in {origin} (tensor {}), because the network has no such tensor", quoted(.tensor)
    )]
    Unknown {
        /// The file, or "the checkpoint".
        origin: String,
        /// Its name.
        tensor: String,
    },
    /// A tensor of another shape than the network's.
    #[error(
        "the weights do not fit, in {origin} (tensor {}), because its shape is {found:?} and {expected:?} is needed", quoted(.tensor)
    )]
    Shape {
        /// The file, or "the checkpoint".
        origin: String,
        /// Its name.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The network's shape.
        expected: Vec<usize>,
    },
    /// A weight that is not a finite number.
    #[error(
        "the weights cannot be used, in {} (tensor {}), because {count} of its {total} values are not finite", .path.display(), quoted(.tensor)
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Its name.
        tensor: String,
        /// How many values are NaN or infinite.
        count: usize,
        /// How many values there are.
        total: usize,
    },
    /// The file's own description does not fit its weights.
    #[error("the weights are described wrongly, in {} (metadata {key}), because {reason}", .path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A tile too small for a network.
    #[error("a tile of {px} px cannot go through the {network}, because it needs at least {least} px")]
    TileTooSmall {
        /// "generator" or "discriminator".
        network: &'static str,
        /// The tile's side.
        px: usize,
        /// The smallest side that works.
        least: usize,
    },
}

impl NetsError {
    /// What the user may do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Write(e) => return e.hint(),
            Self::Read { source, .. } if files::io_is_machine_fault(source) => {
                "check the disk: the system reports an input/output error"
            }
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "check the path of the weights"
            }
            Self::Read { .. } => "check that the path is a file and that you may read it",
            Self::NotWeights { .. } => {
                "give a .safetensors file, or a state_dict saved by torch.save; if the file was copied or downloaded, get it again"
            }
            Self::OtherNetwork { .. } => {
                "predict and score take a classifier with torchvision's names, such as a ResNet-18, translate takes a CycleGAN generator; `grayzone weights inspect FILE` lists what the file holds"
            }
            Self::Several { .. } => {
                "give a file with the one that is meant alone, as torch.save(network.state_dict(), \"one.pth\") writes it"
            }
            Self::Missing { .. } | Self::Unknown { .. } | Self::Shape { .. } => {
                "only classifiers with torchvision's names, such as a ResNet-18, and the canonical CycleGAN generator (instance norm without weights) are read; `grayzone weights inspect FILE` lists what the file holds"
            }
            Self::NotFinite { .. } => {
                "the training that made these weights diverged: train again, with a smaller learning rate"
            }
            Self::Metadata { .. } => {
                "use a file as grayzone wrote it, or give --classes, --mean and --std with foreign weights"
            }
            Self::TileTooSmall { least, .. } => return Some(format!("use tile_size = {least} or more")),
        };
        Some(hint.to_owned())
    }

    /// Whether the machine is at fault (disk full, read-only or failing) and not the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Write(e) => e.is_machine_fault(),
            Self::Read { source, .. } => files::io_is_machine_fault(source),
            _ => false,
        }
    }
}

/// A name from a file for an error, cut where it is too long to read.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    cut(name, 90)
}

/// The text, or its beginning and its end, of at most `most` characters in all.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= most {
        return Cow::Borrowed(text);
    }
    let (first, last) = (most * 2 / 3, most / 3 - 1);
    let mut short: String = text.chars().take(first).collect();
    short.push('…');
    short.extend(text.chars().skip(count - last));
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(cut("conv1.weight", 12), "conv1.weight");
        assert_eq!(cut("0123456789abcdef", 12), "01234567…def");
        assert_eq!(cut(&"é".repeat(500), 90).chars().count(), 90);
    }
}
