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

/// A square RGB tile whose pixels follow from `seed`.
pub fn tile(size: u32, seed: u32) -> image::RgbImage {
    image::RgbImage::from_fn(size, size, |x, y| {
        let hash = (x * 31 + y * 17 + seed * 101).wrapping_mul(2_654_435_761) >> 16;
        image::Rgb([180 + (hash % 64) as u8, 100 + (hash % 97) as u8, 150 + (hash % 53) as u8])
    })
}

/// A STUDY.toml of these keys, one a line, with the smallest networks: the classifiers train `epochs` epochs, the translators `steps` steps.
pub fn study(keys: &str, epochs: u32, steps: u32) -> String {
    let classifier = format!("epochs = {epochs}\nwidth = 4\n");
    let translator = format!("steps = {steps}\nwidth = 4\nblocks = 1\n");
    format!("{keys}[scorer]\n{classifier}[classifier]\n{classifier}[translator]\n{translator}")
}

impl Sandbox {
    /// A small generator with random weights, as a file of ours.
    pub fn generator(&self, name: &str) {
        let device = burn::tensor::Device::flex();
        let network = nets::GeneratorConfig { width: 4, blocks: 2, upsampling: nets::Upsampling::Transposed }
            .init(&mut tissue::random::stream(1, "test"), &device);
        let meta = nets::GeneratorMeta { width: 4, blocks: 2, tile_size: None, framing: None };
        nets::save_generator(&self.path(name), &network, &meta).unwrap();
    }

    /// The same with a dial.
    pub fn dial(&self, name: &str) {
        let device = burn::tensor::Device::flex();
        let network = nets::Conditional(nets::GeneratorConfig {
            width: 4,
            blocks: 2,
            upsampling: nets::Upsampling::Transposed,
        })
        .init(&mut tissue::random::stream(1, "test"), &device);
        let meta = nets::GeneratorMeta { width: 4, blocks: 2, tile_size: None, framing: None };
        nets::save_generator(&self.path(name), &network, &meta).unwrap();
    }

    /// Synthetic tissue of 32 px in `tissue`, its severity not told: the probe that reads severity would train longer than all else of a small
    /// study. (`resume.rs` has studies with it.)
    pub fn tissue(&self, tiles: usize) {
        self.synthesize(tiles);
        let told = self.read("tissue/manifest.csv");
        let without =
            |line: &str| line.rsplit_once(',').map(|(rest, _severity)| format!("{rest}\n")).unwrap();
        assert!(told.lines().next().unwrap().ends_with(",severity"), "{told:.80}");
        self.write("tissue/manifest.csv", told.lines().map(without).collect::<String>());
    }

    /// The same with its severity.
    pub fn synthesize(&self, tiles: usize) {
        let tiles = tiles.to_string();
        self.ok(&["data", "synthesize", "--tiles", &tiles, "--size", "32", "--seed", "3", "--out", "tissue"]);
    }

    /// Writes a tile as a PNG.
    pub fn tile(&self, name: &str, size: u32, seed: u32) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        tile(size, seed).save(path).unwrap();
    }

    /// A data set of two classes in `data/`: 40 tiles of 16 px on 20 slides, half of them test, as manifest lines.
    pub fn data_set(&self) -> Vec<String> {
        let mut lines = vec!["image,class,partition,slide,votes_HP,votes_SSA".to_owned()];
        for i in 0..40 {
            let name = format!("t{i:02}.png");
            self.tile(&format!("data/{name}"), 16, i);
            let class = if i % 2 == 0 { "HP" } else { "SSA" };
            let partition = if i < 20 { "train" } else { "test" };
            let votes = if i % 2 == 0 { "3,0" } else { "1,2" };
            lines.push(format!("{name},{class},{partition},s{:02},{votes}", i / 2));
        }
        self.manifest(&lines);
        lines
    }

    /// Writes the lines as `data/manifest.csv`.
    pub fn manifest(&self, lines: &[String]) {
        self.write("data/manifest.csv", lines.join("\n") + "\n");
    }
}
