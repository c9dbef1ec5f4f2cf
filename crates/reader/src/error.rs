//! What can go wrong with a reader study.

use std::io;
use std::path::PathBuf;

use record::RecordError;
use thiserror::Error;
use tissue::TissueError;

/// Why a reader study cannot be drawn, served or analysed.
#[derive(Debug, Error)]
pub enum ReaderError {
    /// A pair must be one easy tile and its translation.
    #[error(
        "pair {pair} is incomplete, in the drawn tiles, because it has {easy} easy and {generated} generated tiles"
    )]
    Pair {
        /// The pair's number.
        pair: usize,
        /// Easy tiles with that number.
        easy: usize,
        /// Generated tiles with that number.
        generated: usize,
    },
    /// The run does not have what a study needs.
    #[error("no reader study can be drawn, in {path}, because {why}")]
    Run {
        /// The file or folder of the run.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// Not enough tiles of a group.
    #[error(
        "{wanted} {group} tiles cannot be drawn, in {path}, because only {there} {group} tiles are there{without}"
    )]
    TooFew {
        /// The run folder.
        path: PathBuf,
        /// The group.
        group: &'static str,
        /// Tiles asked for.
        wanted: usize,
        /// Tiles there are.
        there: usize,
        /// What was left out.
        without: String,
    },
    /// An argument that makes no sense with the others.
    #[error("{what}, in the arguments, because {why}")]
    Argument {
        /// What is wrong.
        what: String,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// There is a study already.
    #[error("a new study cannot be written, in {path}, because there is something already")]
    Exists {
        /// The study folder.
        path: PathBuf,
    },
    /// A folder that holds no study, or one of another version.
    #[error("the study cannot be opened, in {path}, because {why}")]
    NoStudy {
        /// The study's file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A folder or file in which nothing may be written.
    #[error("the study cannot be written, in {path}, because {}", no_writing(source))]
    Forbidden {
        /// The study's folder or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A study that cannot be read where it lies nor copied to where it can.
    #[error("the study cannot be copied to be read, in {path}, because {}", files::io_reason(source))]
    NotCopied {
        /// The study's file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Answers are not stored any more.
    #[error("answers are not being stored, in {path}, because {why}")]
    NotStoring {
        /// The study's file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// Other accounts can read the key.
    #[error(
        "other accounts of this computer may read which tile is which, in {path}, because its permissions are {mode:03o}"
    )]
    Open {
        /// The folder or file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A study of before there were secrets.
    #[error(
        "whoever knows the study's settings can compute its orders, in {path}, because an older grayzone has drawn it"
    )]
    Guessable {
        /// The study's file.
        path: PathBuf,
    },
    /// Somebody has not finished.
    #[error("the study is not complete, in {path}, because {who}")]
    Unfinished {
        /// The study's file.
        path: PathBuf,
        /// Who, and how far they are.
        who: String,
        /// Whether nobody has finished.
        nobody: bool,
    },
    /// Votes that cannot be taken over.
    #[error("the votes cannot be read, in {path} (line {line}), because {why}")]
    Votes {
        /// The CSV file.
        path: PathBuf,
        /// From 1, the header.
        line: u64,
        /// Why.
        why: String,
    },
    /// The data base refused.
    #[error("the study's data base cannot be used, in {path}, because {source}")]
    Sql {
        /// The study's file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// A tile cannot be encoded.
    #[error("a tile cannot be encoded, in the drawn tiles, because {why}")]
    Picture {
        /// Why.
        why: String,
    },
    /// No randomness.
    #[error("no private links can be made, in the system, because it gives no random numbers: {why}")]
    Random {
        /// Why.
        why: String,
    },
    /// The server cannot listen.
    #[error("the server cannot listen, in {address}, because {}", files::io_reason(source))]
    Listen {
        /// The address.
        address: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of the run or of the study, or the run.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A table that somebody gave.
    #[error(transparent)]
    Files(#[from] files::FilesError),
    /// The data.
    #[error(transparent)]
    Tissue(#[from] TissueError),
}

/// Why nothing may be written, as it reads after "because".
fn no_writing(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "you may not write there".into(),
        io::ErrorKind::ReadOnlyFilesystem => "you may not write there: the disk is read-only".into(),
        _ => files::io_reason(source),
    }
}

impl From<files::OwnFileError> for ReaderError {
    fn from(error: files::OwnFileError) -> Self {
        Self::Record(error.into())
    }
}

impl ReaderError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Pair { .. } => "draw each translation together with its one source tile".into(),
            Self::Run { hint, .. } | Self::Argument { hint, .. } | Self::NotStoring { hint, .. } => hint.clone(),
            Self::TooFew { group, there, .. } => format!("ask for at most {there}: --{group} {there}"),
            Self::Exists { .. } => "name another folder with --out; a study that people have answered is never overwritten".into(),
            Self::NoStudy { .. } => "give the folder that `grayzone reader new` has made".into(),
            Self::Forbidden { source, .. } if files::io_is_machine_fault(source) => {
                "use a folder on a disk that can be written; `grayzone reader analyse` reads a study as it is".into()
            }
            Self::Forbidden { .. } => {
                "use an account that may write there, or another folder; `grayzone reader analyse` reads a study as it is".into()
            }
            Self::NotCopied { .. } => "let the owner give you the right to read, and see that the folder for temporary files (TMPDIR) has room".into(),
            Self::Open { path, mode } => {
                let own = if mode & 0o111 == 0 { "600" } else { "700" };
                format!("take the others' permissions away: chmod {own} {}", path.display())
            }
            Self::Guessable { .. } => "draw a new study if nobody has begun this one".into(),
            Self::Unfinished { nobody: true, .. } => "wait until a reader has finished".into(),
            Self::Unfinished { .. } => "wait for them, or give --partial to look at the readers who have finished".into(),
            Self::Votes { .. } => "one line a vote: tile, reader, label, with a header; --tile, --reader and --label name other columns".into(),
            Self::Sql { .. } if self.is_machine_fault() => "free some disk space, or check the disk; what was acknowledged is stored".into(),
            Self::Sql { .. } => "check that the folder may be written and that no other program holds the file".into(),
            Self::Listen { .. } => "choose another address or port with --bind".into(),
            Self::Picture { .. } | Self::Random { .. } => return None,
            Self::Record(e) => return e.hint(),
            Self::Files(e) => return e.hint(),
            Self::Tissue(e) => return e.hint(),
        })
    }

    /// Whether the machine is at fault and not the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        use rusqlite::ErrorCode::{DiskFull, OutOfMemory, ReadOnly, SystemIoFailure};
        match self {
            Self::Sql { source, .. } => {
                matches!(
                    source.sqlite_error_code(),
                    Some(DiskFull | OutOfMemory | ReadOnly | SystemIoFailure)
                )
            }
            Self::Listen { source, .. } | Self::Forbidden { source, .. } | Self::NotCopied { source, .. } => {
                files::io_is_machine_fault(source)
            }
            Self::NotStoring { .. } | Self::Random { .. } => true,
            Self::Record(e) => e.is_machine_fault(),
            Self::Files(e) => e.is_machine_fault(),
            Self::Tissue(e) => e.is_machine_fault(),
            _ => false,
        }
    }
}
