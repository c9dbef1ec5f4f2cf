//! Whole files in, whole files out: text, JSON, TOML.

use crate::RecordError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that it is there whole or not at all: parent folders are made, the bytes go to a temporary file
/// in the same folder (its name starts with a dot), that is synced, renamed over `path`, and the folder is synced.
/// A link is followed, so that it stays one; a device or pipe such as `/dev/stdout` is written to, never replaced.
///
/// # Errors
/// [`RecordError::Write`], naming `path`; the old file, if any, is then untouched and the temporary one is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let fail = |source: io::Error| RecordError::Write { path: path.to_owned(), source };
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

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(|e| name_the_file_in_the_way(folder, e))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // A temporary file is private by default; results are for others to read, as far as the umask lets them.
    #[cfg(unix)]
    let readable = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(readable);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder)
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

/// Reads a UTF-8 text file whole.
///
/// # Errors
/// [`RecordError::Read`] if the system refuses, [`RecordError::Parse`] if it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, RecordError> {
    let bytes = files::read(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|e| {
        let line = line_of(e.as_bytes(), e.utf8_error().valid_up_to());
        let reason = "it is not UTF-8".to_owned();
        RecordError::Parse { path: path.to_owned(), format: "text", line: Some(line), reason }
    })
}

/// Writes a value as indented JSON with a final line feed, atomically. Numbers are written with the fewest digits
/// that read back as the same bits; numbers that are not finite become `null`.
///
/// # Errors
/// [`RecordError::Write`], or [`RecordError::Encode`] if the value has no JSON form.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), RecordError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| RecordError::Encode {
        path: path.to_owned(),
        format: "JSON",
        reason: e.to_string(),
    })?;
    text.push('\n');
    write_atomic(path, text.as_bytes())
}

/// Reads a JSON file.
///
/// # Errors
/// [`RecordError::Read`] or [`RecordError::Parse`] with the line.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    serde_json::from_str(&read_text(path)?).map_err(|e| {
        let text = e.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
        let line = (e.line() > 0).then_some(e.line() as u64);
        RecordError::Parse { path: path.to_owned(), format: "JSON", line, reason }
    })
}

/// Writes a value as TOML, atomically.
///
/// # Errors
/// [`RecordError::Write`], or [`RecordError::Encode`] if the value has no TOML form.
pub fn write_toml<T: Serialize>(path: &Path, value: &T) -> Result<(), RecordError> {
    let text = toml::to_string_pretty(value).map_err(|e| RecordError::Encode {
        path: path.to_owned(),
        format: "TOML",
        reason: e.to_string(),
    })?;
    write_atomic(path, text.as_bytes())
}

/// Reads a TOML file.
///
/// # Errors
/// [`RecordError::Read`] or [`RecordError::Parse`] with the line.
pub fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map(|span| line_of(text.as_bytes(), span.start));
        let reason = e.message().lines().collect::<Vec<_>>().join("; ");
        RecordError::Parse { path: path.to_owned(), format: "TOML", line, reason }
    })
}

/// The line, from 1, on which the byte at `at` stands.
fn line_of(bytes: &[u8], at: usize) -> u64 {
    bytes[..at.min(bytes.len())].split(|byte| *byte == b'\n').count() as u64
}
