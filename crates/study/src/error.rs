//! What can go wrong in a study.

use std::path::PathBuf;

/// Everything that ends a study early. Messages say what, where and why; [`StudyError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// Faults in a STUDY.toml, or in settings that do not fit the data. There is at least one; [`StudyError::each`] takes them apart.
    #[error("{}", faults.iter().map(|fault| fault.told(file)).collect::<Vec<_>>().join("; "))]
    Settings {
        /// The file, or where else the settings came from.
        file: String,
        /// What is wrong, in the order of the file.
        faults: Vec<SettingsFault>,
    },
    /// The data cannot carry the study that was asked for.
    #[error("{what}, in {file}, because {why}")]
    Data {
        /// What is wrong.
        what: String,
        /// The data's path.
        file: String,
        /// Why it cannot be used.
        why: String,
        /// What to do.
        hint: String,
    },
    /// The output folder holds something else, or another process is writing to it.
    #[error("cannot use the output folder, in {}, because {why}", path.display())]
    Output {
        /// The output folder.
        path: PathBuf,
        /// Why it cannot be used.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A run folder lacks a file that a finished step should have left, or the file does not fit.
    #[error("a finished step's file cannot be used, in {}, because {why}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why it cannot be used.
        why: String,
    },
    /// From reading tiles and manifests.
    #[error(transparent)]
    Tissue(#[from] tissue::TissueError),
    /// From training.
    #[error(transparent)]
    Train(#[from] train::TrainError),
    /// From weights.
    #[error(transparent)]
    Nets(#[from] nets::NetsError),
    /// From the run folder and its files.
    #[error(transparent)]
    Record(#[from] record::RecordError),
    /// A statistic could not be computed.
    #[error(transparent)]
    Stats(#[from] stats::StatsError),
    /// The user stopped the run; everything finished is kept.
    #[error("interrupted")]
    Interrupted,
}

/// One thing that is wrong with the settings of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The key, if it is one's: `phi`, `scorer.epochs`.
    pub key: String,
    /// The line of the file, counted from 1, where known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// Why it cannot be used.
    pub why: String,
    /// What to do.
    pub hint: String,
}

impl SettingsFault {
    fn told(&self, file: &str) -> String {
        let line = self.line.map_or(String::new(), |line| format!(" (line {line})"));
        format!("{}, in {file}{line}, because {}", self.what, self.why)
    }
}

impl From<files::OwnFileError> for StudyError {
    fn from(error: files::OwnFileError) -> Self {
        Self::Record(error.into())
    }
}

impl StudyError {
    /// The error as so many errors as there are things wrong, each with a message and a hint of its own.
    pub fn each(self) -> Vec<Self> {
        match self {
            Self::Settings { file, faults } => faults
                .into_iter()
                .map(|fault| Self::Settings { file: file.clone(), faults: vec![fault] })
                .collect(),
            other => vec![other],
        }
    }

    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data { hint, .. } | Self::Output { hint, .. } => Some(hint.clone()),
            Self::Settings { faults, .. } => faults.first().map(|fault| fault.hint.clone()),
            Self::Broken { path, .. } => Some(format!(
                "delete {} and run again: only that step is repeated",
                path.parent().unwrap_or(path).display()
            )),
            Self::Tissue(tissue::TissueError::WrongSize { .. }) => Some(
                "cut all tiles to one square size, or set tile_size and fit = \"resize\" or fit = \"center-crop\" in the study"
                    .into(),
            ),
            Self::Tissue(e) => e.hint(),
            Self::Train(e) => e.hint(),
            Self::Nets(e) => e.hint(),
            Self::Record(e) => e.hint(),
            Self::Stats(_) => None,
            Self::Interrupted => Some("run the same command again to go on where it stopped".into()),
        }
    }

    /// Whether the machine is at fault (disk full or read-only) rather than the arguments or the data.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Tissue(e) => e.is_machine_fault(),
            Self::Train(e) => e.is_machine_fault(),
            Self::Nets(e) => e.is_machine_fault(),
            Self::Record(e) => e.is_machine_fault(),
            _ => false,
        }
    }

    /// Whether the tiles take more memory than they may.
    pub fn is_over_cache(&self) -> bool {
        matches!(self, Self::Tissue(tissue::TissueError::OverCache { .. }))
    }

    /// Whether the run was stopped by the user.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Train(train::TrainError::Interrupted))
    }
}
