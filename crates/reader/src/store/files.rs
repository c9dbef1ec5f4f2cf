//! Whether the study's files are still those that were opened.
//!
//! A file that was deleted or replaced stays open under its old name: SQLite goes on writing into it, without an error, and nobody will
//! find there what was written. So whoever acknowledges answers looks before and after.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The data base in a study's folder.
pub const FILE: &str = "study.sqlite";

/// The first bytes of a write-ahead log, but for the lowest bit of the fourth.
const LOG: [u8; 3] = [0x37, 0x7f, 0x06];

/// The data base, its write-ahead log and the index of that, as they were when the study was opened.
#[derive(Debug)]
pub struct Files {
    main: Known,
    log: Known,
    index: Known,
    /// Held open to read the log's first bytes. (The other two are never opened besides SQLite: closing them would end its locks.)
    opened_log: File,
    written: Written,
    /// How long the log was. Only a checkpoint that empties it makes it shorter.
    log_length: u64,
    /// The longest that the index has been. It is mapped into memory, and to touch what was cut off ends the process.
    index_length: u64,
}

#[derive(Debug)]
struct Known {
    path: PathBuf,
    identity: Identity,
}

/// When the data base was last written, and its length.
type Written = (Option<SystemTime>, u64);

#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = ();

impl Files {
    /// Looks at the files of the data base at `path`, which is open.
    pub fn of(path: &Path) -> io::Result<Self> {
        let [log, index] = [beside(path, "-wal"), beside(path, "-shm")];
        let opened_log = File::open(&log)?;
        let there = std::fs::metadata(path)?;
        Ok(Self {
            main: Known { path: path.to_path_buf(), identity: identity(&there) },
            log_length: opened_log.metadata()?.len(),
            log: Known { identity: identity(&opened_log.metadata()?), path: log },
            index_length: std::fs::metadata(&index)?.len(),
            index: Known { identity: identity(&std::fs::metadata(&index)?), path: index },
            opened_log,
            written: written(&there),
        })
    }

    /// Whether the data base may be touched at all: the index is as long as it was mapped.
    ///
    /// # Errors
    /// What is wrong, in words that go on from "because".
    pub fn may_be_touched(&mut self) -> Result<(), String> {
        // One that was deleted or replaced is still whole in memory.
        let length = match std::fs::metadata(&self.index.path) {
            Ok(there) if identity(&there) == self.index.identity => there.len(),
            _ => return Ok(()),
        };
        if length < self.index_length {
            return Err(format!("{} has been cut short", name(&self.index.path)));
        }
        self.index_length = length;
        Ok(())
    }

    /// Whether all files are those that were opened, and nobody else has written into the data base or shortened the log.
    ///
    /// # Errors
    /// What is wrong, in words that go on from "because".
    pub fn are_ours(&mut self) -> Result<(), Foreign> {
        self.may_be_touched().map_err(Foreign::Lost)?;
        let there = self.main.is_there().map_err(Foreign::Lost)?;
        let log = self.log.is_there().map_err(Foreign::Lost)?.len();
        self.index.is_there().map_err(Foreign::Lost)?;
        if written(&there) != self.written || log < self.log_length {
            return Err(Foreign::Written);
        }
        self.log_length = log;
        Ok(())
    }

    /// Whether the log begins as logs do: one that was emptied just before a commit begins with nothing.
    ///
    /// # Errors
    /// What is wrong, in words that go on from "because".
    pub fn log_begins(&mut self) -> Result<(), String> {
        let mut first = [0; LOG.len()];
        let read =
            self.opened_log.seek(SeekFrom::Start(0)).and_then(|_| self.opened_log.read_exact(&mut first));
        match read {
            Ok(()) if first == LOG => Ok(()),
            // Nothing has been written yet.
            Err(_) if self.opened_log.metadata().is_ok_and(|log| log.len() == 0) => Ok(()),
            _ => Err(format!("{} has been emptied", name(&self.log.path))),
        }
    }

    /// Data base and log as they are now are as they should be.
    pub fn are_right(&mut self) {
        if let (Ok(main), Ok(log)) = (std::fs::metadata(&self.main.path), std::fs::metadata(&self.log.path)) {
            (self.written, self.log_length) = (written(&main), log.len());
        }
    }

    /// Whether the log is gone and nothing lies in its place, while data base and index are there.
    pub fn log_alone_is_gone(&mut self) -> bool {
        self.main.is_there().is_ok()
            && self.index.is_there().is_ok()
            && self.may_be_touched().is_ok()
            && std::fs::metadata(&self.log.path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
    }
}

/// Why the files are not as we have left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// One is gone, replaced or cut short.
    Lost(String),
    /// Somebody else has written into the data base.
    Written,
}

impl Known {
    fn is_there(&self) -> Result<Metadata, String> {
        match std::fs::metadata(&self.path) {
            Ok(there) if identity(&there) == self.identity => Ok(there),
            Ok(_) => Err(format!("{} has been replaced by another file", name(&self.path))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(format!("{} is gone", name(&self.path))),
            Err(e) => Err(format!("{} cannot be reached: {}", name(&self.path), files::io_reason(&e))),
        }
    }
}

/// `study.sqlite-wal` of `study.sqlite`.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    name.into()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn written(there: &Metadata) -> Written {
    (there.modified().ok(), there.len())
}

#[cfg(unix)]
fn identity(there: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (there.dev(), there.ino())
}

/// Elsewhere a file that is open cannot be deleted or replaced.
#[cfg(not(unix))]
fn identity(_there: &Metadata) -> Identity {}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with three files that stand for those of a data base.
    fn files() -> (tempfile::TempDir, PathBuf, Files) {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("study/study.sqlite");
        fs::create_dir(folder.path().join("study")).unwrap();
        fs::write(&main, [1; 4096]).unwrap();
        fs::write(beside(&main, "-wal"), [0x37, 0x7f, 0x06, 0x82]).unwrap();
        fs::write(beside(&main, "-shm"), vec![0; 32768]).unwrap();
        let files = Files::of(&main).unwrap();
        (folder, main, files)
    }

    #[test]
    fn what_is_as_it_was_left_is_ours() {
        let (folder, main, mut files) = files();
        assert_eq!(files.are_ours(), Ok(()));
        assert_eq!(files.log_begins(), Ok(()));
        // A folder that is moved away and back again is the same.
        let (study, away) = (folder.path().join("study"), folder.path().join("away"));
        fs::rename(&study, &away).unwrap();
        assert!(matches!(files.are_ours(), Err(Foreign::Lost(_))));
        fs::rename(&away, &study).unwrap();
        assert_eq!(files.are_ours(), Ok(()));
        assert!(main.is_file());
    }

    #[test]
    fn each_file_that_is_gone_replaced_or_cut_short_is_named() {
        for (end, what) in [("", "study.sqlite"), ("-wal", "study.sqlite-wal"), ("-shm", "study.sqlite-shm")]
        {
            let (_folder, main, mut files) = files();
            let path = beside(&main, end);
            let bytes = fs::read(&path).unwrap();
            fs::rename(&path, beside(&path, ".away")).unwrap();
            assert_eq!(files.are_ours(), Err(Foreign::Lost(format!("{what} is gone"))));
            assert_eq!(files.log_alone_is_gone(), end == "-wal");
            fs::write(&path, &bytes).unwrap();
            assert_eq!(
                files.are_ours(),
                Err(Foreign::Lost(format!("{what} has been replaced by another file")))
            );
            assert!(!files.log_alone_is_gone());
            fs::rename(beside(&path, ".away"), &path).unwrap();
            assert_eq!(files.are_ours(), Ok(()));
        }
        let (_folder, main, mut files) = files();
        File::options().write(true).open(beside(&main, "-shm")).unwrap().set_len(100).unwrap();
        assert!(files.may_be_touched().unwrap_err().contains("study.sqlite-shm has been cut short"));
        assert!(files.are_ours().is_err());
        File::options().write(true).open(beside(&main, "-shm")).unwrap().set_len(32768).unwrap();
        assert_eq!(files.are_ours(), Ok(()));
        fs::write(beside(&main, "-wal"), [0; 40]).unwrap();
        assert_eq!(files.are_ours(), Ok(()));
        assert!(files.log_begins().unwrap_err().contains("study.sqlite-wal has been emptied"));
        fs::write(beside(&main, "-wal"), []).unwrap();
        assert_eq!(files.log_begins(), Ok(()));
        assert_eq!(files.are_ours(), Err(Foreign::Written));
        files.are_right();
        assert_eq!(files.are_ours(), Ok(()));
        fs::write(&main, [2; 2048]).unwrap();
        assert_eq!(files.are_ours(), Err(Foreign::Written));
        files.are_right();
        assert_eq!(files.are_ours(), Ok(()));
    }
}
