//! Tiles for the single steps: which there are, and their pixels.

use std::path::{Path, PathBuf};

use clap::Args;
use tissue::{Fit, Manifest, Reading, Tile, Tiles, TissueError};

use crate::fault::Fault;
use crate::progress::Progress;

/// What to do with tiles of another size, and how much memory decoded tiles may take.
#[derive(Clone, Debug, Args)]
pub struct FitArgs {
    /// The side that tiles have, or are brought to by --resize or --center-crop
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(1..=16384))]
    size: Option<u32>,
    /// Resize tiles of another size (bilinear, antialiased; the largest square of a tile that is not square)
    #[arg(long, conflicts_with = "center_crop")]
    resize: bool,
    /// Cut the middle out of larger tiles
    #[arg(long)]
    center_crop: bool,
    /// How many bits 16-bit tiles really use, as the camera gives them (8 to 16), such as 12 [default: 16, if they seem to]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(8..=16))]
    bits: Option<u8>,
    /// The most memory that tiles may take, decoded and while they are decoded
    #[arg(long, value_name = "SIZE", default_value = "4GiB", env = "GRAYZONE_CACHE", value_parser = parse_bytes)]
    cache: u64,
}

impl FitArgs {
    /// The size asked for, in pixels.
    pub fn size(&self) -> Option<usize> {
        self.size.map(|px| px as usize)
    }

    /// What is to be done with tiles of another size.
    pub fn fit(&self) -> Fit {
        match (self.resize, self.center_crop) {
            (true, _) => Fit::Resize,
            (_, true) => Fit::CenterCrop,
            _ => Fit::Exact,
        }
    }

    /// How many bits 16-bit tiles use, if that was said.
    pub fn bits(&self) -> Option<u8> {
        self.bits
    }

    /// How tiles are read at the size that they are to have.
    fn reading(&self, size: Option<usize>) -> Reading {
        Reading { size, fit: self.fit(), bits: self.bits, cache_bytes: self.cache }
    }

    /// Bytes that decoded tiles may take.
    pub fn cache(&self) -> u64 {
        self.cache
    }
}

/// "4GiB", "500 MB", "123456": a number of bytes.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err("a size is a number with B, MB, GB, MiB or GiB, as in 4GiB".into()),
    };
    match number.parse::<f64>() {
        Ok(number) if number > 0.0 => Ok((number * factor) as u64),
        _ => Err("a size is a number above 0 with B, MB, GB, MiB or GiB, as in 4GiB".into()),
    }
}

/// The tables by which a folder is a data set that lists its tiles.
const TABLES: [&str; 3] = ["manifest.csv", "annotations.csv", "labels.csv"];

/// Tiles that need no labels: those that a data set lists, else every image below the folder, sorted. Nothing below
/// `except` is taken.
pub fn unlabelled(path: &Path, except: Option<&Path>, progress: &Progress) -> anyhow::Result<Manifest> {
    // One folder a class without a table: its tiles are the images below it, and loose ones count here, too.
    if path.is_dir() && !TABLES.iter().any(|table| path.join(table).is_file()) {
        return every_image(path, except, progress);
    }
    match Manifest::open_without_split(path) {
        Ok(manifest) => {
            tell(&manifest.notes, progress);
            Ok(manifest)
        }
        Err(TissueError::NotRecognised { .. } | TissueError::Empty { .. }) if path.is_dir() => {
            every_image(path, except, progress)
        }
        Err(e) => Err(e.into()),
    }
}

/// A labelled data set, its notes told.
pub fn labelled(path: &Path, progress: &Progress) -> anyhow::Result<Manifest> {
    let manifest = Manifest::open(path)?;
    tell(&manifest.notes, progress);
    Ok(manifest)
}

/// Tells notes about the data.
pub fn tell(notes: &[String], progress: &Progress) {
    for note in notes {
        progress.note(&format!("note: {note}"));
    }
}

fn every_image(root: &Path, except: Option<&Path>, progress: &Progress) -> anyhow::Result<Manifest> {
    let found = tissue::images_below(root, except)?;
    tell(&found.left_out.notes(), progress);
    if found.images.is_empty() {
        return Err(Fault::input(
            format!(
                "there are no tiles, in {}, because no file below it is an image that is read",
                root.display()
            ),
            format!("images end in .{}", tissue::IMAGE_EXTENSIONS.join(", .")),
        ));
    }
    let tile = |image: String| Tile {
        slide: image.clone(),
        image,
        class: 0,
        partition: None,
        votes: Vec::new(),
        other_votes: 0,
        extra: Vec::new(),
        line: 0,
    };
    Ok(Manifest {
        root: root.to_path_buf(),
        source: root.to_path_buf(),
        classes: vec![String::new()],
        extra_columns: Vec::new(),
        tiles: found.images.into_iter().map(tile).collect(),
        notes: Vec::new(),
        slides_known: false,
    })
}

/// Decodes all tiles to one size.
pub fn decode(
    manifest: &Manifest,
    size: Option<usize>,
    args: &FitArgs,
    progress: &Progress,
) -> anyhow::Result<Tiles> {
    progress.relabel("decoding");
    let tiles = Tiles::read(manifest, &args.reading(size), &|done, total| {
        progress.at(done as u64, total as u64);
    });
    let tiles = tiles.map_err(|e| of_one_size(e, args))?;
    tell(&tiles.notes, progress);
    Ok(tiles)
}

/// A fault of decoding, with a hint that names the options which are not set yet.
fn of_one_size(fault: TissueError, args: &FitArgs) -> anyhow::Error {
    match fault {
        TissueError::WrongSize { .. } if args.fit() == Fit::CenterCrop => Fault::input(
            fault.to_string(),
            "give --size with the side of the smallest tile, or --resize instead of --center-crop",
        ),
        TissueError::WrongSize { .. } if args.fit() == Fit::Exact => Fault::input(
            fault.to_string(),
            "cut all tiles to one square size, or add --resize or --center-crop (and --size PX)",
        ),
        TissueError::WrongSize { .. } => {
            Fault::input(fault.to_string(), "cut larger tiles, or crop to a smaller --size PX")
        }
        e => e.into(),
    }
}

/// Tiles of one size, and which tiles of the whole they are.
pub struct Group {
    /// Their indices in the manifest.
    pub indices: Vec<usize>,
    /// Their pixels.
    pub tiles: Tiles,
}

/// Decodes all tiles, each at its own (square) size, grouped by size, the smallest first.
fn decode_by_size(manifest: &Manifest, args: &FitArgs, progress: &Progress) -> anyhow::Result<Vec<Group>> {
    progress.relabel("decoding");
    let groups = Tiles::read_by_size(manifest, &args.reading(None), &|done, total| {
        progress.at(done as u64, total as u64);
    });
    let groups = groups.map_err(|e| of_one_size(e, args))?;
    if let Some((_, first)) = groups.first() {
        tell(&first.notes, progress);
    }
    Ok(groups.into_iter().map(|(indices, tiles)| Group { indices, tiles }).collect())
}

/// Decodes all tiles: at the size asked for if there is one, else each at its own.
pub fn decode_groups(
    manifest: &Manifest,
    size: Option<usize>,
    args: &FitArgs,
    progress: &Progress,
) -> anyhow::Result<Vec<Group>> {
    match size {
        Some(_) => {
            let tiles = decode(manifest, size, args, progress)?;
            Ok(vec![Group { indices: (0..manifest.len()).collect(), tiles }])
        }
        None if args.fit() == Fit::Exact => decode_by_size(manifest, args, progress),
        None => Err(Fault::input(
            "the size to bring tiles to is not known, in the arguments, because the weights do not tell it",
            "add --size PX",
        )),
    }
}

/// Refuses to write into the folder that is read.
pub fn check_out_is_elsewhere(input: &Path, out: &Path) -> anyhow::Result<()> {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(input, out) {
        return Err(Fault::input(
            format!(
                "the output would overwrite the input, in --out {}, because both are one folder",
                out.display()
            ),
            "name another folder with --out",
        ));
    }
    Ok(())
}

/// Refuses to write a table over what the command reads: the weights, a tile, a table of the data.
pub fn check_out_is_no_input(out: &Path, weights: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    // What is not there yet is nobody's.
    let Ok(there) = out.canonicalize() else { return Ok(()) };
    let is_there = |path: &Path| path.canonicalize().is_ok_and(|path| path == there);
    let mut tables = TABLES.iter().map(|table| manifest.root.join(table)).chain([manifest.source.clone()]);
    let is_image = there.extension().and_then(|e| e.to_str()).is_some_and(|ending| {
        tissue::IMAGE_EXTENSIONS.iter().any(|image| image.eq_ignore_ascii_case(ending))
    });
    let why = if is_there(weights) {
        "it is the file of weights"
    } else if there.is_file() && tables.any(|table| is_there(&table)) {
        "it is a table of the data"
    } else if is_image || (0..manifest.len()).any(|i| is_there(&manifest.tile_path(i))) {
        "a picture is there"
    } else {
        return Ok(());
    };
    Err(Fault::input(
        format!("the table would overwrite what is not its own, in --out {}, because {why}", out.display()),
        "name another file with --out",
    ))
}

/// Refuses an output folder that holds something else than what the command made there, which it knows by `mark`.
pub fn check_out_is_ours(out: &Path, mark: &str) -> anyhow::Result<()> {
    // A hidden file may be what a killed process left of its first write.
    let is_shown = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|e| !e.file_name().to_string_lossy().starts_with('.'))
    };
    let holds_something = std::fs::read_dir(out).is_ok_and(|mut entries| entries.any(is_shown));
    let why = if out.exists() && !out.is_dir() {
        "it is a file"
    } else if out.join("hash.txt").is_file() {
        "it is a step of a study's run"
    } else if holds_something && !out.join(mark).is_file() {
        "it is not empty and nothing of this command's is in it"
    } else {
        return Ok(());
    };
    Err(Fault::input(
        format!("cannot use the output folder, in {}, because {why}", out.display()),
        "choose a new or empty folder with --out",
    ))
}

/// `path` below `folder`, where `path` uses '/'.
pub fn below(folder: &Path, path: &str) -> PathBuf {
    path.split('/').fold(folder.to_path_buf(), |folder, part| folder.join(part))
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!(parse_bytes("4GiB"), Ok(4 << 30));
        assert_eq!(parse_bytes("1.5 MB"), Ok(1_500_000));
        assert_eq!(parse_bytes("17"), Ok(17));
        for bad in ["", "GiB", "-1", "4 parsecs", "0", "1e400"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }
}
