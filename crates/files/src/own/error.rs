//! What can go wrong with a file of the program's own.

use crate::{io_is_machine_fault, io_reason};
use std::io;
use std::path::PathBuf;

/// A file that the program writes, and may read back, could not be written, read or understood.
#[derive(Debug, thiserror::Error)]
pub enum OwnFileError {
    /// The operating system refused a write.
    #[error("the file cannot be written, in {}, because {}", .path.display(), io_reason(.source))]
    Write {
        /// The file meant to appear.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system refused a read.
    #[error("the file cannot be read, in {}, because {}", .path.display(), io_reason(.source))]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there but does not hold what it should.
    #[error("the {format} is not as expected, in {}{}, because {reason}", .path.display(), at_line(*.line))]
    Parse {
        /// The file.
        path: PathBuf,
        /// "JSON", "TOML", "CSV" or "text".
        format: &'static str,
        /// The line, from 1, where it is known.
        line: Option<u64>,
        /// What is wrong.
        reason: String,
    },
    /// A value cannot be written in the file's format (a bug or a value such as an integer beyond TOML's range).
    #[error("the {format} cannot be made, in {}, because {reason}", .path.display())]
    Encode {
        /// The file meant to appear.
        path: PathBuf,
        /// "JSON", "TOML" or "CSV".
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl OwnFileError {
    /// What the user may do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Write { source, .. } | Self::Read { source, .. } if io_is_machine_fault(source) => {
                match source.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        "free some disk space, or choose another folder with --out; run again to go on from here"
                    }
                    io::ErrorKind::ReadOnlyFilesystem => "choose a folder on a disk that can be written, with --out",
                    _ => "check the disk: the system reports an input/output error",
                }
                .to_owned()
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "choose a folder that you may write to, with --out".to_owned()
            }
            Self::Write { .. } => "check that the path is a place where a file can be, or choose another with --out".to_owned(),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path; if it is part of a run folder, run the study again: it makes what is missing".to_owned()
            }
            Self::Read { .. } => "check the path and that you may read it".to_owned(),
            Self::Parse { path, .. } => format!(
                "if {} was edited by hand, undo that; otherwise delete it and run again: only what is missing is made anew",
                path.file_name().map_or_else(|| "the file".to_owned(), |name| name.to_string_lossy().into_owned())
            ),
            Self::Encode { .. } => return None,
        })
    }

    /// Whether the machine is at fault (disk full, read-only or failing) and not the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Write { source, .. } | Self::Read { source, .. } => io_is_machine_fault(source),
            Self::Parse { .. } | Self::Encode { .. } => false,
        }
    }
}

fn at_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn message_names_file_and_cause_without_errno() {
        let e =
            OwnFileError::Write { path: "run/results.json".into(), source: io::Error::from_raw_os_error(28) };
        assert_eq!(
            e.to_string(),
            "the file cannot be written, in run/results.json, because no space left on device"
        );
        assert!(e.is_machine_fault());
        assert!(e.hint().is_some_and(|h| h.contains("disk space")));
        let line = OwnFileError::Parse {
            path: "a.csv".into(),
            format: "CSV",
            line: Some(3),
            reason: "a number is missing".into(),
        };
        assert_eq!(
            line.to_string(),
            "the CSV is not as expected, in a.csv (line 3), because a number is missing"
        );
        assert!(!line.is_machine_fault());
    }
}
