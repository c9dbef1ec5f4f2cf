//! Folders that this program made, which are no data.

use std::io::Read;
use std::path::Path;

use crate::TissueError;

/// Refuses a run folder or a reader study in the place of data.
pub(crate) fn check_not_ours(folder: &Path) -> Result<(), TissueError> {
    match Ours::of(folder) {
        // A training writes no pictures: what lies beside it is somebody's.
        Some(Ours::Training) | None => Ok(()),
        Some(ours) => {
            Err(TissueError::NotRecognised { path: folder.to_path_buf(), why: ours.why().to_owned() })
        }
    }
}

/// A folder that this program made.
#[derive(Clone, Copy)]
pub(super) enum Ours {
    Run,
    Study,
    Training,
}

impl Ours {
    /// What a folder is, if it is one of ours.
    pub fn of(folder: &Path) -> Option<Self> {
        // The lock is the first thing that a run writes.
        let is_run = folder.join("run.lock").is_file()
            || (folder.join("steps").is_dir()
                && (["study.toml", "results.json"].iter().any(|name| folder.join(name).is_file())
                    || folder.join("generated").is_dir()));
        if is_run {
            return Some(Self::Run);
        }
        if folder.join("study.sqlite").is_file() {
            return Some(Self::Study);
        }
        is_training(folder).then_some(Self::Training)
    }

    fn why(self) -> &'static str {
        match self {
            Self::Run => "it is the folder of a run, whose pictures are no data set",
            Self::Study => "it is the folder of a reader study",
            Self::Training => "it is the folder of a training",
        }
    }
}

/// Whether a training wrote its note there, which is the first thing that it writes.
fn is_training(folder: &Path) -> bool {
    const LONGEST: u64 = 1 << 16;
    let Ok(file) = files::open(&folder.join("job.json")) else { return false };
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).is_ok()
        && String::from_utf8_lossy(&text).contains("\"fingerprint\"")
}
