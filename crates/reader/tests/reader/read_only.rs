//! A study where nothing may be written: archived, or somebody else's.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reader::{ReaderError, Store, analyse};

use crate::study::Study;

/// A folder that is mounted a second time, over itself, to be read alone. Unmounted when this is dropped.
struct Archive(PathBuf);

impl Archive {
    /// None where this program may not mount.
    fn of(folder: &Path) -> Option<Self> {
        let mount = |options: &[&str]| {
            let done = Command::new("mount").args(options).arg(folder).arg(folder).output();
            done.is_ok_and(|done| done.status.success())
        };
        if !mount(&["--bind"]) {
            eprintln!("left out: this program may not mount a folder to be read alone");
            return None;
        }
        let archive = Self(folder.to_path_buf());
        assert!(mount(&["-o", "remount,ro,bind"]));
        Some(archive)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|s| s.success()) || std::thread::panicking());
    }
}

/// A finished study whose server has been killed, so that its votes lie in the log; and the same with the log brought in.
fn finished() -> (Study, PathBuf) {
    let study = Study::new(4, 2);
    let server = study.serve();
    study.read_all(&server, 0, |_, _| "HP");
    study.read_all(&server, 1, |place, _| if place % 3 == 0 { "SSA" } else { "HP" });
    server.kill();
    assert!(fs::metadata(study.folder.join("study.sqlite-wal")).unwrap().len() > 0);
    fs::remove_file(study.folder.join("study.sqlite-shm")).unwrap();
    let whole = study.folder.with_extension("whole");
    assert!(Command::new("cp").arg("-a").args([&study.folder, &whole]).status().unwrap().success());
    drop(Store::open(&whole).unwrap());
    assert!(!whole.join("study.sqlite-wal").exists());
    (study, whole)
}

#[test]
fn an_archived_study_is_analysed_and_nothing_else() {
    let (study, whole) = finished();
    let wanted = analyse(&Store::open_to_read(&whole).unwrap(), false, 0).unwrap();
    assert_eq!(wanted.readers.len(), 2);
    for folder in [&study.folder, &whole] {
        let Some(_archive) = Archive::of(folder) else { return };
        let files = || fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
        let before = files();
        assert_eq!(analyse(&Store::open_to_read(folder).unwrap(), false, 0).unwrap(), wanted);
        assert_eq!(files(), before);
        let fault = Store::open(folder).unwrap_err();
        assert!(matches!(fault, ReaderError::Forbidden { .. }) && fault.is_machine_fault(), "{fault}");
        assert!(fault.to_string().contains("you may not write there: the disk is read-only"), "{fault}");
    }
}

#[test]
fn a_folder_without_the_right_to_write_is_the_inputs_fault() {
    let fault =
        ReaderError::Forbidden { path: "study".into(), source: std::io::ErrorKind::PermissionDenied.into() };
    assert_eq!(fault.to_string(), "the study cannot be written, in study, because you may not write there");
    assert!(!fault.is_machine_fault() && fault.hint().is_some());
}
