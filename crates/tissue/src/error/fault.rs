//! Everything that can be wrong with a data set, each with the file, the line or tile, the reason and the way out.

use std::io;
use std::path::PathBuf;

use files::{cut, cut_path, listed, quoted};

use super::place::Place;
use super::wording::{but_spikes, deep_tiles, gibibytes, holds_nothing, needs, there_is, written};
use crate::counted::tiles;

/// What is wrong with a data set or with reading it.
///
/// The message reads `WHAT, in WHICH FILE (line N, tile NAME), because WHY`; [`TissueError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TissueError {
    /// The operating system refused to read a file or folder.
    #[error("cannot read, in {}, because {}", path.display(), files::io_reason(source))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A table that cannot be read.
    #[error(transparent)]
    Text(files::FilesError),
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] files::OwnFileError),
    /// The path is none of the three forms of a data set.
    #[error("no data set recognised, in {}, because {why}", path.display())]
    NotRecognised {
        /// The path that was opened.
        path: PathBuf,
        /// What was found instead.
        why: String,
    },
    /// Folders around the images that do not tell which are the classes, or that could be read in two ways.
    #[error("the folders do not tell the classes, in {}, because {why}", path.display())]
    UnclearFolders {
        /// The data folder.
        path: PathBuf,
        /// What was found.
        why: String,
        /// What to do.
        way_out: String,
    },
    /// Folders that lie in one another without end.
    #[error("folders lie too deep in one another, in {}, because they are more than {most} deep, as where a link leads back to a folder above it", path.display())]
    EndlessFolders {
        /// The folder at which reading stopped.
        path: PathBuf,
        /// How deep folders may lie.
        most: usize,
    },
    /// A data set, or the folder of a class, without a tile.
    #[error("no tiles, in {}, because {why}", path.display())]
    Empty {
        /// The folder or CSV file.
        path: PathBuf,
        /// What was looked for.
        why: String,
    },
    /// The CSV file cannot be read as a table.
    #[error("cannot read the table, in {place}, because {why}")]
    Table {
        /// The file and line.
        place: Place,
        /// The reason.
        why: String,
    },
    /// A column that the form needs is not there.
    #[error("column \"{column}\" is missing, in {place}, because the header has only: {}", listed(found.iter().map(String::as_str), 12))]
    MissingColumn {
        /// The file and the header's line.
        place: Place,
        /// The column that is needed.
        column: String,
        /// The columns that are there.
        found: Vec<String>,
        /// The one of them that may be meant.
        meant: Option<String>,
    },
    /// A label that is none of the data set's classes.
    #[error("unknown label {}, in {place}, because the classes are {classes} ({reason})", quoted(label))]
    UnknownLabel {
        /// The file, line and tile.
        place: Place,
        /// The label as written.
        label: Box<str>,
        /// The classes that are known, cut.
        classes: Box<str>,
        /// What makes these the classes.
        reason: &'static str,
        /// The one of them that may be meant.
        meant: Option<String>,
    },
    /// A tile that has neither a label nor votes that would give one.
    #[error(
        "no label, in {place}, because its cell {} and there are no votes to take one from",
        holds_nothing(cell)
    )]
    NoLabel {
        /// The file, line and tile.
        place: Place,
        /// The cell: blank, or a word for a missing value.
        cell: String,
    },
    /// One class written in two ways.
    #[error("one class is written in two ways, in {place}, because {} ({}) and {} ({}) differ only in case, blanks or zeros",
        quoted(often), tiles(*n_often), quoted(rarely), tiles(*n_rarely))]
    ClassSpellings {
        /// The data set, and the first tile of the rarer spelling.
        place: Place,
        /// The spelling of most tiles.
        often: String,
        /// How many.
        n_often: usize,
        /// The other.
        rarely: String,
        /// How many tiles have it.
        n_rarely: usize,
    },
    /// A class that would be read from a table as no value.
    #[error("the class {} cannot be written, in {}, because a cell that holds this word stands for no value", quoted(class), csv.display())]
    ClassIsMissing {
        /// The CSV file to write.
        csv: PathBuf,
        /// The class.
        class: String,
    },
    /// A count of votes that cannot be.
    #[error("impossible votes, in {place}, because {why}")]
    Votes {
        /// The file, line and tile.
        place: Place,
        /// The column, the value and what is wrong with it.
        why: String,
    },
    /// The label is not the one most annotators chose.
    #[error(
        "label {} contradicts the votes, in {place}, because {} has {most} votes and {} {own}",
        quoted(label),
        quoted(majority),
        quoted(label)
    )]
    LabelAgainstVotes {
        /// The file, line and tile.
        place: Place,
        /// The label as written.
        label: String,
        /// Its votes.
        own: u32,
        /// The class with the most votes.
        majority: String,
        /// The votes of that class.
        most: u32,
    },
    /// A label in `labels.csv` that differs from the folder the tile lies in.
    #[error(
        "label {} contradicts the folder, in {place}, because the tile lies in the folder of {}",
        quoted(label),
        quoted(folder)
    )]
    LabelAgainstFolder {
        /// The file, line and tile.
        place: Place,
        /// The label as written.
        label: String,
        /// The folder's class.
        folder: String,
    },
    /// A partition that is neither train nor test, or is given for some tiles only.
    #[error("unusable partition, in {place}, because {why}")]
    Partition {
        /// The file, line and tile.
        place: Place,
        /// The reason.
        why: String,
    },
    /// One tile listed twice.
    #[error("duplicate tile name, in {place}, because line {first} already has it")]
    DuplicateName {
        /// The file, line and tile.
        place: Place,
        /// The line that names it first.
        first: usize,
    },
    /// A path that is absolute, leaves the data folder or is not written with `/`.
    #[error("image path refused, in {place}, because {why}")]
    UnsafePath {
        /// The file, line and path as written.
        place: Place,
        /// The reason.
        why: String,
    },
    /// A listed tile that is not on disk.
    #[error("missing image file, in {place}, because {} {why}{}", path.display(), there_is(meant.as_deref()))]
    MissingFile {
        /// The file, line and tile.
        place: Place,
        /// Where the image was looked for.
        path: PathBuf,
        /// "does not exist" or "is a folder".
        why: &'static str,
        /// The file that differs from it only in case or ending, as the table would write it.
        meant: Option<String>,
    },
    /// An image in a class folder that `labels.csv` does not list.
    #[error("unlisted tile, in {place}, because it lies in a class folder but labels.csv has no row for it")]
    Unlisted {
        /// `labels.csv` and the tile.
        place: Place,
    },
    /// One slide on both sides of the split.
    #[error("slide {} is in train and in test, in {}, because tile {} is in train and tile {} in test{}",
        cut(slide), file.display(), cut_path(train), cut_path(test), written(slide, test_slide))]
    SlideOnTwoSides {
        /// The data set.
        file: PathBuf,
        /// The slide, as its first train tile writes it.
        slide: String,
        /// The slide, as its first test tile writes it.
        test_slide: String,
        /// Its first train tile.
        train: String,
        /// Its first test tile.
        test: String,
    },
    /// Fewer than two classes.
    #[error("one class only, in {}, because {why}", file.display())]
    OneClass {
        /// The data set.
        file: PathBuf,
        /// The class that is there.
        why: String,
    },
    /// A class with too few tiles or slides to be split, folded and tested.
    #[error("class {} is too small, in {}, because {why}", quoted(class), file.display())]
    ClassTooSmall {
        /// The data set.
        file: PathBuf,
        /// The class.
        class: String,
        /// What it has and what is needed.
        why: String,
        /// Whether two classes would be left without it.
        dispensable: bool,
    },
    /// The folds that a study of default settings makes leave a class without a tile to train on.
    #[error("class {} has too few train slides, in {}, because {why}", quoted(class), file.display())]
    FewSlides {
        /// The data set.
        file: PathBuf,
        /// The class.
        class: String,
        /// Which folds, and what they leave.
        why: String,
        /// What would help.
        hint: String,
    },
    /// One slide of two patients.
    #[error("slide {} belongs to two patients, in {}, because tile {} is of {} and tile {} of {}",
        cut(slide), file.display(), cut_path(&tiles[0]), quoted(&patients[0]), cut_path(&tiles[1]), quoted(&patients[1]))]
    SlideOfTwoPatients {
        /// The data set.
        file: PathBuf,
        /// The slide.
        slide: String,
        /// The two patients.
        patients: Box<[String; 2]>,
        /// A tile of each.
        tiles: Box<[String; 2]>,
    },
    /// Test folds that cannot be made of the data.
    #[error("{folds} test folds cannot be made, in {}, because {why}", file.display())]
    TestFolds {
        /// The data set.
        file: PathBuf,
        /// How many were asked for.
        folds: usize,
        /// The class or the number of patients that is too small.
        why: String,
        /// What would help.
        hint: String,
    },
    /// Two tiles whose translations would be written to one file.
    #[error("two tiles share a name, in {place}, because {other} differs from it only in its extension")]
    NameCollision {
        /// The data set and the second tile.
        place: Place,
        /// The first tile.
        other: String,
    },
    /// The same picture in train and in test.
    #[error("the same picture is in train and in test, in {}, because tiles {train} and {test} are equal in every pixel", file.display())]
    DuplicateAcrossSides {
        /// The data set.
        file: PathBuf,
        /// The train tile.
        train: String,
        /// The test tile.
        test: String,
    },
    /// Tiles whose stain is to be fitted and that do not tell one.
    #[error("no stain can be fitted, in {}, because {why}", file.display())]
    NoStain {
        /// The data set.
        file: PathBuf,
        /// What the tiles lack.
        why: &'static str,
    },
    /// A class was asked for that the data do not have.
    #[error("unknown class {}, in {}, because {why}", quoted(class), file.display())]
    UnknownClass {
        /// The data set.
        file: PathBuf,
        /// The class asked for.
        class: String,
        /// The reason, with the classes there are.
        why: String,
        /// The one that may be meant.
        meant: Option<String>,
    },
    /// An image file that does not decode.
    #[error("cannot decode the tile, in {}, because {why}", path.display())]
    BrokenImage {
        /// The image file.
        path: PathBuf,
        /// The decoder's reason.
        why: String,
    },
    /// An image that decodes but whose colours cannot be taken for what they are.
    #[error("unusable colours, in {}, because {why}", path.display())]
    Colours {
        /// The image file.
        path: PathBuf,
        /// CMYK or transparency.
        why: &'static str,
        /// What to do.
        way_out: &'static str,
    },
    /// A sound image file that is of a kind that is not read, or whose pixels cannot be taken for what they are.
    #[error("{what}, in {}, because {why}", path.display())]
    UnusableImage {
        /// The image file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
        /// The reason.
        why: String,
        /// What to do.
        way_out: String,
    },
    /// A tile that would take more memory to decode than is allowed.
    #[error("the tile is too large for the memory allowed, in {}, because {} and {} are allowed",
        path.display(), needs(*size, *needed), gibibytes(*allowed))]
    OverMemory {
        /// The image file.
        path: PathBuf,
        /// Its width and height in pixels, if its header was read.
        size: Option<(u32, u32)>,
        /// Bytes needed to decode it.
        needed: u64,
        /// Bytes allowed for decoding.
        allowed: u64,
    },
    /// 16-bit tiles of which none, or many not, use more than the lower part of the range.
    #[error("the tiles seem to use {bits} of 16 bits, in {}, because no value in {} is above {most} of 65535{}",
        file.display(), deep_tiles(*tiles, *of, *is_float), but_spikes(*spikes))]
    FewBits {
        /// The data set.
        file: PathBuf,
        /// How many tiles are so dark.
        tiles: usize,
        /// How many tiles there are of 16 bits.
        of: usize,
        /// The largest value in those that are so dark.
        most: u16,
        /// The bits that this takes.
        bits: u8,
        /// Whether the values are floating-point numbers.
        is_float: bool,
        /// How many values are far above all others, and not looked at.
        spikes: usize,
    },
    /// A tile of another size than asked for, or not square.
    #[error("wrong tile size {width} × {height} px, in {}, because {why}", path.display())]
    WrongSize {
        /// The image file.
        path: PathBuf,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// What was expected.
        why: String,
    },
    /// The decoded tiles would not fit in the memory allowed.
    #[error("the data set is too large for the tile cache, in {}, because {tiles} tiles of {size} px need {} and {} are allowed",
        file.display(), gibibytes(*needed), gibibytes(*allowed))]
    OverCache {
        /// The data set.
        file: PathBuf,
        /// How many tiles it has.
        tiles: usize,
        /// Their side in pixels.
        size: usize,
        /// Bytes they need once decoded.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// A manifest written where its tiles cannot be reached by a path without `..`.
    #[error("cannot list the tiles, in {}, because they lie in {}, which is not below it", csv.display(), root.display())]
    OutOfReach {
        /// The CSV file to write.
        csv: PathBuf,
        /// The folder of the tiles.
        root: PathBuf,
    },
    /// A folder to write a synthetic data set into that already holds something, or that is a file.
    #[error("no data set written, in {}, because {why}", path.display())]
    NotEmpty {
        /// The folder, or the file that stands in its place.
        path: PathBuf,
        /// What is in the way.
        why: &'static str,
    },
}
