//! A slide in a file, whatever its format.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbImage;

use crate::cache::Cache;
use crate::codec;
use crate::dicom::{self, FrameOrder};
use crate::error::SlideError;
use crate::opened::{Opened, unusable};
use crate::source::{Level, Source};
use crate::stored::{Place, Stored};
use crate::tiff;

/// Bytes by which a format is told.
const HEAD: u64 = 512;
/// Bytes of decoded parts that are kept, unless it is said.
const CACHE: usize = 256 << 20;
/// What lies outside of a slide, and parts that are not stored.
const WHITE: u8 = 255;

/// How a slide is opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// Bytes of decoded parts that are kept at the most.
    pub cache_bytes: usize,
    /// The order of the frames of a DICOM slide that does not tell it.
    pub frame_order: Option<FrameOrder>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { cache_bytes: CACHE, frame_order: None }
    }
}

/// A slide in a file: its levels and where their parts lie. Parts are read and decoded when they are asked for, by any thread.
#[derive(Debug)]
pub struct Slide {
    path: PathBuf,
    files: Vec<File>,
    levels: Vec<Level>,
    stored: Vec<Stored>,
    mpp: Option<[f64; 2]>,
    identifying: Vec<String>,
    cache: Cache,
}

impl Slide {
    /// Opens a slide: Aperio SVS, tiled or striped TIFF, BigTIFF, OME-TIFF, DICOM (a file, or the folder of a slide's files). The content decides the format, not the name.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no slide that is read, with what would do.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, SlideError> {
        let failed = |source| SlideError::Read { path: path.to_owned(), source };
        let opened = if path.is_dir() {
            dicom::open_folder(path, options.frame_order)?
        } else {
            let mut file = files::open(path).map_err(failed)?;
            let mut head = Vec::new();
            (&mut file).take(HEAD).read_to_end(&mut head).map_err(failed)?;
            file.rewind().map_err(failed)?;
            if tiff::is_one(&head) {
                tiff::open(path, file)?
            } else if dicom::is_one(&head) {
                dicom::open(path, file, options.frame_order)?
            } else {
                return Err(foreign(path, &head));
            }
        };
        let Opened { levels: stored, files, mpp, identifying } = opened;
        let finest = stored[0].size;
        let level = |stored: &Stored| Level {
            size: stored.size,
            // The side that is rounded least.
            downsample: if finest[0] >= finest[1] {
                finest[0] as f64 / stored.size[0] as f64
            } else {
                finest[1] as f64 / stored.size[1] as f64
            },
            part: stored.part,
        };
        let levels = stored.iter().map(level).collect();
        let (path, cache) = (path.to_owned(), Cache::of(options.cache_bytes));
        Ok(Self { path, files, levels, stored, mpp, identifying, cache })
    }

    /// What in the file may tell whose slide it is: names of fields and pictures, never what they hold. None of it is in the pixels of a level.
    pub fn identifying(&self) -> &[String] {
        &self.identifying
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The pixels of a part, RGB8, and its size.
    fn part(&self, level: usize, column: u64, row: u64) -> Result<(Arc<Vec<u8>>, [u32; 2]), SlideError> {
        let stored = &self.stored[level];
        let (number, size) = (row * stored.across() + column, stored.size_of(row));
        if let Some(part) = self.cache.get((level, number)) {
            return Ok((part, size));
        }
        let Place { at, bytes } = stored.places[number as usize];
        let pixels = if bytes == 0 {
            vec![WHITE; 3 * size[0] as usize * size[1] as usize]
        } else {
            let mut packed = vec![0; bytes as usize];
            read_at(&self.files[stored.file], &mut packed, at)
                .map_err(|source| SlideError::Read { path: self.path.clone(), source })?;
            codec::decode(&stored.codec, &packed, size).map_err(|why| {
                let place = format!(
                    "the part in column {column}, row {row} of level {level} cannot be decoded: {why}"
                );
                unusable(
                    &self.path,
                    "a damaged slide",
                    place,
                    "copy it anew from where it comes from, and compare the sizes",
                )
            })?
        };
        let part = Arc::new(pixels);
        self.cache.put((level, number), &part);
        Ok((part, size))
    }
}

impl Source for Slide {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn mpp(&self) -> Option<[f64; 2]> {
        self.mpp
    }

    fn read(&self, level: usize, at: [i64; 2], size: [u32; 2]) -> Result<RgbImage, SlideError> {
        let stored = &self.stored[level];
        let mut out = RgbImage::from_pixel(size[0], size[1], image::Rgb([WHITE; 3]));
        // What is asked for of the level, in its pixels, from and to.
        let within = |axis: usize| {
            let from = at[axis].max(0) as u64;
            let to = at[axis].saturating_add(i64::from(size[axis])).max(0) as u64;
            (from, to.min(stored.size[axis]))
        };
        let ((left, right), (top, bottom)) = (within(0), within(1));
        if left >= right || top >= bottom {
            return Ok(out);
        }
        let [part_width, part_height] = stored.part.map(u64::from);
        for row in top / part_height..=(bottom - 1) / part_height {
            for column in left / part_width..=(right - 1) / part_width {
                let (pixels, [width, height]) = self.part(level, column, row)?;
                let (x, y) = (column * part_width, row * part_height);
                let (from_x, to_x) = (left.max(x), right.min(x + u64::from(width)));
                let (from_y, to_y) = (top.max(y), bottom.min(y + u64::from(height)));
                let n = 3 * to_x.saturating_sub(from_x) as usize;
                for line in from_y..to_y {
                    let source = 3 * ((line - y) as usize * width as usize + (from_x - x) as usize);
                    let target = 3
                        * ((line as i64 - at[1]) as usize * size[0] as usize
                            + (from_x as i64 - at[0]) as usize);
                    let out: &mut [u8] = &mut out;
                    out[target..target + n].copy_from_slice(&pixels[source..source + n]);
                }
            }
        }
        Ok(out)
    }
}

/// Reads at a place without moving what other threads read by.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// The same on Windows, where a read may be cut short.
#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (bytes, at) = (&mut bytes[read..], at + read as u64),
        }
    }
    Ok(())
}

/// A file of another format: by its first bytes, else by its name.
fn foreign(path: &Path, head: &[u8]) -> SlideError {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let name = match ending.as_str() {
        _ if head.starts_with(b"ZISRAWFILE") => "a Zeiss CZI",
        _ if head.starts_with(b"\x89PNG") || head.starts_with(b"\xff\xd8") => "an ordinary picture",
        "mrxs" => "a MIRAX slide",
        "vsi" => "an Olympus VSI",
        "isyntax" => "a Philips iSyntax slide",
        _ => "no slide of a known format",
    };
    unusable(
        path,
        "a slide that cannot be read",
        format!("it is {name}, and SVS, TIFF, OME-TIFF and DICOM are read"),
        tiff::EXPORT,
    )
}
