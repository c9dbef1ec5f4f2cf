//! A file that grows by an event at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message as _;

use super::framed::framed;
use super::histogram::histogram;
use super::message::{Event, Kind, START, Session, Summary, Value, What};
use super::picture::image;
use crate::error::InteropError;

/// How many files a folder is looked through for a free name.
const MOST_FILES: u32 = 10_000;

/// What time an event says it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// The machine's.
    Wall,
    /// Always this one, in seconds since 1970: the same events give the same bytes.
    Fixed(f64),
}

impl Clock {
    fn seconds(self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds,
            // A clock before 1970 is as good as none.
            Self::Wall => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
            }
        }
    }
}

/// An event file of TensorBoard. Each start of a training begins another one in the same folder ([`in_folder`](Self::in_folder)) and, where it
/// resumes, says [from which step](Self::resume_at); TensorBoard reads the files in the order of their names as one run. An event is written at
/// once and whole, but not synced: a machine that loses power loses the end of it, which TensorBoard passes over.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
    clock: Clock,
}

impl EventFile {
    /// A new file of that name, with what TensorBoard knows such a file by. Its name must hold `tfevents`, or TensorBoard passes it over.
    ///
    /// # Errors
    /// [`InteropError::Append`] if it is there already or cannot be made; [`InteropError::Form`] for another name.
    pub fn create(path: &Path, clock: Clock) -> Result<Self, InteropError> {
        let append = |source| InteropError::Append { path: path.to_owned(), source };
        if !path.file_name().is_some_and(|name| name.to_string_lossy().contains("tfevents")) {
            return Err(refused(path, "TensorBoard reads files alone whose name holds tfevents".to_owned()));
        }
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(append)?;
        let mut events = Self { path: path.to_owned(), file, clock };
        events.write(0, What::FileVersion("brain.Event:2".to_owned()))?;
        Ok(events)
    }

    /// A new file in a folder, which is made if it is not there, behind all that are in it: `events.out.tfevents.0000000003.grayzone`.
    ///
    /// # Errors
    /// [`InteropError::Append`].
    pub fn in_folder(folder: &Path, clock: Clock) -> Result<Self, InteropError> {
        let append = |source| InteropError::Append { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(append)?;
        for number in 1..=MOST_FILES {
            let path = folder.join(format!("events.out.tfevents.{number:010}.grayzone"));
            match Self::create(&path, clock) {
                Err(InteropError::Append { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                }
                other => return other,
            }
        }
        Err(append(io::Error::other("it holds too many event files")))
    }

    /// A training goes on at this step: TensorBoard forgets what earlier files of the folder told of it and of later ones.
    ///
    /// # Errors
    /// [`InteropError::Append`].
    pub fn resume_at(&mut self, step: u64) -> Result<(), InteropError> {
        self.write(step, What::Session(Session { status: START }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One number. What is not finite is written as it is; TensorBoard shows it as such.
    ///
    /// # Errors
    /// [`InteropError::Append`].
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), InteropError> {
        self.value(tag, step, Kind::Scalar(value as f32))
    }

    /// One picture, the bytes of a PNG.
    ///
    /// # Errors
    /// [`InteropError::Form`] if it is no PNG; [`InteropError::Append`].
    pub fn image(&mut self, tag: &str, step: u64, png: &[u8]) -> Result<(), InteropError> {
        let image = image(png).map_err(|reason| {
            refused(&self.path, format!("of the picture {}: {reason}", files::quoted(tag)))
        })?;
        self.value(tag, step, Kind::Image(image))
    }

    /// How values are distributed: 30 bins from the least to the greatest.
    ///
    /// # Errors
    /// [`InteropError::Form`] if there are none, or one is not finite; [`InteropError::Append`].
    pub fn histogram(&mut self, tag: &str, step: u64, values: &[f64]) -> Result<(), InteropError> {
        let told = histogram(values).map_err(|reason| {
            refused(&self.path, format!("of the histogram {}: {reason}", files::quoted(tag)))
        })?;
        self.value(tag, step, Kind::Histogram(told))
    }

    fn value(&mut self, tag: &str, step: u64, kind: Kind) -> Result<(), InteropError> {
        let values = vec![Value { tag: tag.to_owned(), kind: Some(kind) }];
        self.write(step, What::Summary(Summary { values }))
    }

    fn write(&mut self, step: u64, what: What) -> Result<(), InteropError> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let event = Event { wall_time: self.clock.seconds(), step, what: Some(what) };
        let record = framed(&event.encode_to_vec());
        self.file
            .write_all(&record)
            .map_err(|source| InteropError::Append { path: self.path.clone(), source })
    }
}

fn refused(path: &Path, reason: String) -> InteropError {
    InteropError::Form {
        form: "an event of TensorBoard",
        path: path.to_owned(),
        reason,
        way_out: "give finite values, the bytes of a PNG, and a file called events.out.tfevents.…",
    }
}
