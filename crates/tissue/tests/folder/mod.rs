//! A data folder in a temporary place, filled by hand.

#![allow(dead_code, missing_docs)]

use std::fmt::Write;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;
use tissue::{Fit, Manifest, Tiles, TissueError};

pub struct Folder {
    dir: TempDir,
}

impl Folder {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.at(name), content).unwrap();
        self
    }

    /// A tile of its own colours, 8 × 8 px.
    pub fn tile(&self, name: &str) -> &Self {
        self.tile_of(name, 8, 8)
    }

    pub fn tile_of(&self, name: &str, width: u32, height: u32) -> &Self {
        picture(name, width, height).save(self.at(name)).unwrap();
        self
    }

    /// `n` tiles named `<prefix>0.png`, …
    pub fn tiles(&self, prefix: &str, n: usize) -> &Self {
        for k in 0..n {
            self.tile(&format!("{prefix}{k}.png"));
        }
        self
    }

    /// manifest.csv of two classes, train and test, 10 tiles on 5 slides each, that a study could use.
    pub fn usable(&self) -> &Self {
        let mut csv = String::from("image,class,partition,slide,votes_HP,votes_SSA,site\n");
        for k in 0..40 {
            let name = format!("t/{k:02}.png");
            self.tile(&name);
            let (class, votes) = if k % 2 == 0 { ("HP", "3,0") } else { ("SSA", "1,2") };
            let side = if k < 20 { "train" } else { "test" };
            writeln!(csv, "{name},{class},{side},s{},{votes},A", k / 4).unwrap();
        }
        self.write("manifest.csv", csv)
    }

    /// The folder's data set, decoded.
    pub fn load(&self, size: Option<usize>, fit: Fit) -> Result<Tiles, TissueError> {
        Tiles::load(&Manifest::open(self.path()).unwrap(), size, fit, 1 << 30, &|_, _| {})
    }

    /// Replaces text in a file; the text must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.at(name)).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        self.write(name, text.replacen(from, to, 1))
    }
}

/// A picture whose pixels depend on the name.
pub fn picture(name: &str, width: u32, height: u32) -> RgbImage {
    let seed = name.bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    ImageBuffer::from_fn(width, height, |x, y| {
        let v = seed.wrapping_mul(x * 131 + y * 17 + 1).to_le_bytes();
        Rgb([v[1], v[2], v[3]])
    })
}

/// A picture as a file of this format.
pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The error's message must name everything in `parts`, and it must come with a hint and be the data's fault.
#[track_caller]
pub fn expect<T>(result: Result<T, TissueError>, parts: &[&str]) {
    let Err(error) = result else { panic!("no error, expected one with {parts:?}") };
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert!(message.contains(", in ") && message.contains(", because "), "{message}");
    assert!(!message.ends_with('.') && error.hint().is_some(), "{message}");
    assert!(!error.is_machine_fault(), "{message}");
}
