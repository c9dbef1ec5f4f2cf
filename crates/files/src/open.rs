//! Regular files, and nothing else.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// Refuses what is there but is no regular file (links are followed): a pipe would be waited for, perhaps for ever, and a
/// device may have no end.
///
/// # Errors
/// What the system said, or which kind of thing it is instead.
pub fn check_regular(path: &Path) -> io::Result<()> {
    refuse_other(&std::fs::metadata(path)?)
}

/// Opens a regular file for reading.
///
/// # Errors
/// What the system said, or which kind of thing lies there instead.
pub fn open(path: &Path) -> io::Result<File> {
    // Asked before it is opened, since opening a pipe waits for its writer; and again after, lest another took its place.
    check_regular(path)?;
    let file = File::open(path)?;
    refuse_other(&file.metadata()?)?;
    Ok(file)
}

/// Opens what a table is read from: a regular file, or the pipe that a shell hands over by the names `/dev/stdin` and `/dev/fd/…`, to
/// which somebody writes already.
///
/// # Errors
/// As [`open`].
pub fn open_text(path: &Path) -> io::Result<File> {
    let is_handed_over = path == Path::new("/dev/stdin")
        || path.starts_with("/dev/fd")
        || (path.starts_with("/proc") && path.components().any(|part| part.as_os_str() == "fd"));
    if is_handed_over && is_pipe(&std::fs::metadata(path)?) {
        return File::open(path);
    }
    open(path)
}

/// Reads a regular file whole.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refuse_other(there: &Metadata) -> io::Result<()> {
    if there.is_file() {
        return Ok(());
    }
    if there.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {} and not a file", kind(there))))
}

#[cfg(unix)]
fn is_pipe(there: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&there.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_there: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn kind(there: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let there = there.file_type();
    if there.is_fifo() {
        "a pipe"
    } else if there.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind(_there: &Metadata) -> &'static str {
    "a device"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, b"text").unwrap();
        assert_eq!(read(&file).unwrap(), b"text");
        assert_eq!(read(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(&folder.path().join("b")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_socket_and_a_device_are_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let socket = folder.path().join("socket");
        let _held = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, named) in
            [(pipe.as_path(), "a pipe"), (&socket, "a socket"), (Path::new("/dev/zero"), "a device")]
        {
            assert!(read(path).unwrap_err().to_string().contains(named), "{named}");
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        assert!(read(&link).unwrap_err().to_string().contains("a pipe"));
    }
}
