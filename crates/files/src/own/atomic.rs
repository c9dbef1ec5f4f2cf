//! A file is there whole or not at all.

use super::OwnFileError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file so that it is there whole or not at all: parent folders are made, the bytes go to a temporary file
/// in the same folder (its name starts with a dot), that is synced, renamed over `path`, and the folder is synced.
/// A link is followed, so that it stays one; a device or pipe such as `/dev/stdout` is written to, never replaced.
///
/// # Errors
/// [`OwnFileError::Write`], naming `path`; the old file, if any, is then untouched and the temporary one is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), OwnFileError> {
    let fail = |source: io::Error| OwnFileError::Write { path: path.to_owned(), source };
    match std::fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(fail(io::ErrorKind::IsADirectory.into())),
        Ok(there) if !there.is_file() => {
            // Held until the last byte is written: its reader takes the last writer's leaving for the end.
            let _held = reached_pipe(path, &there).map_err(fail)?;
            let mut device = std::fs::OpenOptions::new().write(true).open(path).map_err(fail)?;
            device.write_all(bytes).map_err(fail)
        }
        Ok(_) if path.is_symlink() => replace(&path.canonicalize().map_err(fail)?, bytes).map_err(fail),
        _ => replace(path, bytes).map_err(fail),
    }
}

/// Opens a pipe once somebody reads from it, for which it waits a moment; where nobody does, opening it would wait for ever. `None` of
/// what is no pipe.
#[cfg(unix)]
fn reached_pipe(path: &Path, there: &std::fs::Metadata) -> io::Result<Option<std::fs::File>> {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
    if !there.file_type().is_fifo() {
        return Ok(None);
    }
    for _ in 0..20 {
        match std::fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path) {
            Err(e) if e.raw_os_error() == Some(libc::ENXIO) => {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            other => return other.map(Some),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe from which nobody reads"))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn reached_pipe(_path: &Path, _there: &std::fs::Metadata) -> io::Result<Option<std::fs::File>> {
    Ok(None)
}

/// A file that is written piece by piece, and is there whole or not at all: until [`AtomicFile::finish`] its bytes are in a temporary file in
/// the same folder, which goes away if that is never reached.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl AtomicFile {
    /// Begins the file, and makes its folder.
    ///
    /// # Errors
    /// [`OwnFileError::Write`], naming `path`.
    pub fn create(path: &Path) -> Result<Self, OwnFileError> {
        let file = temporary(path).map_err(|source| OwnFileError::Write { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// [`OwnFileError::Write`], naming the file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OwnFileError> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| OwnFileError::Write { path: self.path.clone(), source })
    }

    /// Puts the file in its place, over what is there.
    ///
    /// # Errors
    /// [`OwnFileError::Write`], naming the file; what was there is then untouched.
    pub fn finish(self) -> Result<(), OwnFileError> {
        let Self { path, file } = self;
        persist(file, &path).map_err(|source| OwnFileError::Write { path, source })
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(bytes)?;
    persist(file, path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file beside `path`, whose folder is made.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder).map_err(|e| name_the_file_in_the_way(folder, e))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // A temporary file is private by default; results are for others to read, as far as the umask lets them.
    #[cfg(unix)]
    let readable = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(readable);
    builder.tempfile_in(folder)
}

fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder_of(path))
}

/// "File exists" is no help where a folder should be made: says which part of the path is a file.
fn name_the_file_in_the_way(folder: &Path, e: io::Error) -> io::Error {
    let is_file = |part: &&Path| std::fs::metadata(part).is_ok_and(|there| !there.is_dir());
    match folder.ancestors().find(is_file) {
        Some(file) => io::Error::new(
            io::ErrorKind::NotADirectory,
            format!("{} is a file, not a folder", file.display()),
        ),
        None => e,
    }
}

/// Makes the rename itself durable. Folders cannot be opened for this on Windows, where the rename is journalled.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match std::fs::File::open(folder)?.sync_all() {
        // Some network file systems refuse to sync a folder; the file itself is synced and in place.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
