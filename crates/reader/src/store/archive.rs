//! A study where nothing may be written: on a read-only disk, or in somebody else's folder.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::faults::failed;
use super::files::{FILE, beside};
use crate::ReaderError;

/// Opens the data base without writing anything beside it. SQLite then reads no write-ahead log; where there is one, both are copied to
/// where it can, and the copy lives as long as the folder that is returned.
pub fn open(path: &Path) -> Result<(Connection, Option<TempDir>), ReaderError> {
    let log = beside(path, "-wal");
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if fs::metadata(&log).map_or(0, |there| there.len()) == 0 {
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(address(path), flags).map_err(|e| failed(path, e))?;
        return Ok((connection, None));
    }
    let copy =
        tempfile::Builder::new().prefix("grayzone-reader").tempdir().map_err(|e| not_copied(path, e))?;
    let own = copy.path().join(FILE);
    // If somebody is voting meanwhile, the two files may not belong together.
    for _ in 0..3 {
        let before = state(path, &log).map_err(|e| not_copied(path, e))?;
        for (from, to) in [(path, own.clone()), (log.as_path(), beside(&own, "-wal"))] {
            fs::copy(from, &to).map_err(|e| not_copied(path, e))?;
            writable(&to).map_err(|e| not_copied(path, e))?;
        }
        if state(path, &log).is_ok_and(|after| after == before) {
            let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE;
            let connection = Connection::open_with_flags(&own, flags).map_err(|e| failed(path, e))?;
            return Ok((connection, Some(copy)));
        }
    }
    Err(ReaderError::NoStudy {
        path: path.to_path_buf(),
        why: "it is being written, and you may only read it".into(),
    })
}

fn not_copied(path: &Path, source: io::Error) -> ReaderError {
    ReaderError::NotCopied { path: path.to_path_buf(), source }
}

fn state(path: &Path, log: &Path) -> io::Result<[(Option<std::time::SystemTime>, u64); 2]> {
    let of = |there: Metadata| (there.modified().ok(), there.len());
    Ok([of(fs::metadata(path)?), of(fs::metadata(log)?)])
}

/// A copy has the permissions of what was copied.
fn writable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let permissions = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
    #[cfg(not(unix))]
    let permissions = {
        let mut permissions = fs::metadata(path)?.permissions();
        permissions.set_readonly(false);
        permissions
    };
    fs::set_permissions(path, permissions)
}

/// The file as an address by which SQLite takes it for one that nobody changes.
fn address(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let name = whole.as_os_str().as_encoded_bytes();
    let mut address = String::from(if name.starts_with(b"/") { "file://" } else { "file:///" });
    for &byte in name {
        match byte {
            b'\\' if cfg!(windows) => address.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b':' => {
                address.push(char::from(byte));
            }
            _ => address.extend(["%", &::files::hex(&[byte])]),
        }
    }
    address.push_str("?immutable=1");
    address.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn addresses_name_any_file() {
        assert_eq!(
            address(Path::new("/a b/ü?#%.sqlite")).to_str().unwrap(),
            "file:///a%20b/%c3%bc%3f%23%25.sqlite?immutable=1"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?#%41é.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (7)").unwrap();
        drop(connection);
        let (connection, copy) = open(&path).unwrap();
        let seven: i64 = connection.query_row("SELECT x FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!((seven, copy.is_none()), (7, true));
        assert!(connection.execute_batch("INSERT INTO t VALUES (8)").is_err());
    }
}
