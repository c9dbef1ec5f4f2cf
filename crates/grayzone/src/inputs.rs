//! Tiles for the single steps: which there are, and their pixels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use tissue::{Fit, Manifest, Tile, Tiles, TissueError};

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
    /// The most memory that decoded tiles may take
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse_bytes)]
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
        return every_image(path, except);
    }
    match Manifest::open_without_split(path) {
        Ok(manifest) => {
            tell(&manifest.notes, progress);
            Ok(manifest)
        }
        Err(TissueError::NotRecognised { .. } | TissueError::Empty { .. }) if path.is_dir() => {
            every_image(path, except)
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

fn every_image(root: &Path, except: Option<&Path>) -> anyhow::Result<Manifest> {
    let except = except.and_then(|p| p.canonicalize().ok());
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let unreadable = |e: std::io::Error| {
            Fault::io(format!("the folder could not be read, in {}", folder.display()), &e)
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                return Err(Fault::input(
                    format!(
                        "a file's name cannot be read, in {}, because it is not encoded in UTF-8",
                        path.display()
                    ),
                    "rename the file",
                ));
            };
            if name.starts_with('.') {
                continue;
            }
            // A link to a folder is not followed, so that a circle of links cannot trap us.
            let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
            if is_folder {
                if except.is_none() || path.canonicalize().ok() != except {
                    open.push((path, format!("{prefix}{name}/")));
                }
            } else if is_image(&path) {
                found.push(format!("{prefix}{name}"));
            }
        }
    }
    if found.is_empty() {
        return Err(Fault::input(
            format!("there are no tiles, in {}, because no file below it is an image", root.display()),
            format!("images end in .{}", tissue::IMAGE_EXTENSIONS.join(", .")),
        ));
    }
    found.sort();
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
        tiles: found.into_iter().map(tile).collect(),
        notes: Vec::new(),
        slides_known: false,
    })
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    tissue::IMAGE_EXTENSIONS.contains(&extension.as_str())
}

/// Decodes all tiles to one size.
pub fn decode(
    manifest: &Manifest,
    size: Option<usize>,
    args: &FitArgs,
    progress: &Progress,
) -> anyhow::Result<Tiles> {
    progress.relabel("decoding");
    let tiles = Tiles::load(manifest, size, args.fit(), args.cache(), &|done, total| {
        progress.at(done as u64, total as u64);
    });
    let tiles = tiles.map_err(|e| match e {
        TissueError::WrongSize { .. } if args.fit() == Fit::CenterCrop => Fault::input(
            e.to_string(),
            "give --size with the side of the smallest tile, or --resize instead of --center-crop",
        ),
        TissueError::WrongSize { .. } => Fault::input(
            e.to_string(),
            "cut all tiles to one square size, or add --resize or --center-crop (and --size PX)",
        ),
        e => e.into(),
    })?;
    tell(&tiles.notes, progress);
    Ok(tiles)
}

/// Tiles of one size, and which tiles of the whole they are.
pub struct Group {
    /// Their indices in the manifest.
    pub indices: Vec<usize>,
    /// Their pixels.
    pub tiles: Tiles,
}

/// Decodes all tiles, each at its own (square) size, grouped by size, the smallest first.
pub fn decode_by_size(
    manifest: &Manifest,
    args: &FitArgs,
    progress: &Progress,
) -> anyhow::Result<Vec<Group>> {
    let mut by_size: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for i in 0..manifest.len() {
        // What cannot be measured is left to decoding, which names the fault.
        let width = image::image_dimensions(manifest.tile_path(i)).map_or(0, |(width, _)| width);
        by_size.entry(width).or_default().push(i);
    }
    let group = |indices: Vec<usize>| {
        let tiles = indices.iter().map(|&i| manifest.tiles[i].clone()).collect();
        let part = Manifest { tiles, ..manifest.clone() };
        Ok(Group { tiles: decode(&part, None, args, progress)?, indices })
    };
    by_size.into_values().map(group).collect()
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
