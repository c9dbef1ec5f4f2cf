//! The real binary, run in a temporary folder of its own.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder that goes away with the test.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a finished `grayzone` left behind.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A command that runs `grayzone` in this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grayzone"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::of(&self.command(args).output().unwrap())
    }

    /// Runs and expects success.
    pub fn ok(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.code, 0, "grayzone {args:?} failed: {}", ended.stderr);
        ended
    }

    /// Runs, expects exit code 2 and an error that holds each of the words.
    #[track_caller]
    pub fn refuses(&self, args: &[&str], words: &[&str]) -> Ended {
        let ended = self.run(args);
        ended.is_input_error(&format!("grayzone {args:?}"));
        for word in words {
            assert!(ended.stderr.contains(word), "grayzone {args:?} does not say {word:?}: {}", ended.stderr);
        }
        ended
    }
}

impl Ended {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.stdout))
    }

    /// Exit code 2; the last two lines of stderr are the error and its hint; no trace of a panic.
    #[track_caller]
    pub fn is_input_error(&self, context: &str) {
        assert_eq!(self.code, 2, "{context}: {}", self.stderr);
        let lines: Vec<&str> = self.stderr.lines().collect();
        let [.., error, hint] = lines.as_slice() else { panic!("{context}: stderr is {:?}", self.stderr) };
        assert!(error.starts_with("error: "), "{context}: {}", self.stderr);
        assert!(hint.starts_with("hint: "), "{context}: {}", self.stderr);
        for word in ["panicked", "backtrace", "internal fault", "os error"] {
            assert!(!self.stderr.contains(word), "{context}: {}", self.stderr);
        }
    }
}

/// The folder of real tissue that is not part of the repository, if it is here.
pub fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let here = shared.join("data").is_dir().then_some(shared);
    if here.is_none() {
        println!("skipped: ../shared is not here");
    }
    here
}
