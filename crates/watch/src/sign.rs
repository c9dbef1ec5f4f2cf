//! When a run last gave a sign of life.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// When a file or folder was last written to, if it is there.
pub fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// When any file directly in the folder was last written to, the folder itself included.
pub fn latest_in(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| written(&entry.path())).chain(written(folder)).max()
}
