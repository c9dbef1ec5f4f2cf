//! Who else can read the study's file, and with it the group of every tile.

use std::io;
use std::path::Path;

/// Makes a folder or file its owner's alone.
#[cfg(unix)]
pub fn own(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Elsewhere the folder above decides.
#[cfg(not(unix))]
pub fn own(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// The permissions of the first of folder, data base, log and index that other accounts have some of, with what it is.
#[cfg(unix)]
pub fn seen_by_others(main: &Path) -> Option<(std::path::PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = match main.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let files = ["", "-wal", "-shm"].map(|end| super::files::beside(main, end));
    std::iter::once(folder.to_path_buf()).chain(files).find_map(|path| {
        let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some((path, mode))
    })
}

/// Elsewhere permissions are no numbers.
#[cfg(not(unix))]
pub fn seen_by_others(_main: &Path) -> Option<(std::path::PathBuf, u32)> {
    None
}
