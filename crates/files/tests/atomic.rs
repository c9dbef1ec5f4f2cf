//! A file is there whole or not at all: when the writer is killed, and when the disk is full.

use files::{OwnFileError, read_utf8, write_atomic};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TARGET: &str = "GRAYZONE_TEST_WRITE_FOREVER";
const SIZE: usize = 3 << 20;

/// Not a test of its own: when the variable is set, this process rewrites the file until it is killed.
#[test]
fn writer_that_is_to_be_killed() {
    let Some(path) = std::env::var_os(TARGET) else { return };
    loop {
        for letter in [b'a', b'b'] {
            write_atomic(Path::new(&path), &vec![letter; SIZE]).unwrap();
        }
    }
}

#[test]
fn a_killed_writer_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/file");
    let mut seen_leftover = false;
    for round in 0..8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer_that_is_to_be_killed"])
            .env(TARGET, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while !path.exists() {
            assert!(start.elapsed() < Duration::from_mins(1), "the writer never wrote");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(3 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), SIZE);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "half of one version, half of another");
        let entries = || std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name());
        seen_leftover |= entries().count() > 1;
        assert!(entries().all(|name| name == "file" || name.to_string_lossy().starts_with('.')));
    }
    println!("a temporary file was left behind in some round: {seen_leftover}");
}

#[test]
fn overwrites_and_makes_folders_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x/y.txt");
    write_atomic(&path, b"one").unwrap();
    write_atomic(&path, b"two").unwrap();
    assert_eq!(read_utf8(&path).unwrap(), "two");
    assert_eq!(std::fs::read_dir(folder.path().join("x")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn results_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, b"").unwrap();
    let ours = folder.path().join("ours");
    write_atomic(&ours, b"").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&plain), "as an ordinary file under this umask");
}

#[test]
fn a_folder_in_the_way_is_an_error_of_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"").unwrap();
    for path in [folder.path().join("file/below.json"), folder.path().to_owned()] {
        let e = write_atomic(&path, b"x").unwrap_err();
        assert!(matches!(&e, OwnFileError::Write { .. }) && !e.is_machine_fault(), "{e}");
        assert!(e.hint().is_some());
    }
}

/// Needs root and permission to mount, which CI containers often lack.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_the_machines_fault_and_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(folder.path()).output();
    if !mount.is_ok_and(|done| done.status.success()) {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    }
    let path = folder.path().join("results.json");
    write_atomic(&path, b"old").unwrap();
    let outcome = write_atomic(&path, &vec![b'x'; 1 << 20]);
    let old = read_utf8(&path);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    let e = outcome.unwrap_err();
    assert!(e.is_machine_fault(), "{e}");
    assert_eq!(old.unwrap(), "old");
    assert_eq!(left, 1, "the temporary file is gone");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_pipe_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    let (real, link, pipe) =
        (folder.path().join("real"), folder.path().join("link"), folder.path().join("pipe"));
    write_atomic(&real, b"one").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_atomic(&link, b"two").unwrap();
    assert!(link.is_symlink());
    assert_eq!(read_utf8(&real).unwrap(), "two");

    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    write_atomic(&pipe, b"three").unwrap();
    assert_eq!(reader.join().unwrap(), b"three");
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    let error = write_atomic(&pipe, b"four").unwrap_err();
    assert!(error.to_string().ends_with("because it is a pipe from which nobody reads"), "{error}");
    assert!(!error.is_machine_fault());
}

#[test]
fn what_is_in_the_way_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let why = |path: &Path| write_atomic(path, b"x").unwrap_err().to_string();
    assert!(why(folder.path()).ends_with("because it is a directory"), "{}", why(folder.path()));
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for below in ["a", "a/b"] {
        let said = why(&file.join(below));
        assert!(said.ends_with("file is a file, not a folder"), "{said}");
    }
}
