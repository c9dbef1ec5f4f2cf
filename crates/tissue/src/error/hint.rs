//! What to do about each fault, and whose it is.

use std::io;

use files::{cut_path, quoted};

use super::fault::TissueError;
use super::wording::{camera_bits, gibibytes};

impl TissueError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Write(e) => return e.hint(),
            Self::Text(e) => return e.hint(),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::InvalidInput => {
                "give an ordinary file in its place, or move it out of the data".into()
            }
            Self::Read { .. } => "check that the path exists and that you may read it".into(),
            Self::NotRecognised { .. } => "give a folder with manifest.csv, with annotations.csv and images/, or with one folder of images a class"
                .into(),
            Self::EndlessFolders { .. } => "remove the link, or put the tiles into fewer folders in one another".into(),
            Self::Empty { path, .. } if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => {
                "write a header and one row a tile, or move the file out of the data".into()
            }
            Self::Empty { .. } => "put tiles there (.png, .jpg, .tif, .bmp, .webp or .jp2), or move it out of the data".into(),
            Self::Table { .. } => "give each row as many cells as the header has; a cell that holds a separator belongs in quotes".into(),
            Self::MissingColumn { meant: Some(meant), .. } => format!("did you mean the column {}? Rename it", quoted(meant)),
            Self::MissingColumn { .. } => "add the column, or write the data as manifest.csv (image, class, partition, slide, votes_<class>)".into(),
            Self::UnknownLabel { meant: Some(meant), .. } => format!("did you mean {}? Write the label as the class is called", quoted(meant)),
            Self::UnknownLabel { .. } => "correct the label; a class that is meant needs its own votes column or folder".into(),
            Self::NoLabel { cell, .. } if !cell.is_empty() => {
                format!("fill in the label, or remove the row; if {} is a class, give it another name, such as negative", quoted(cell))
            }
            Self::NoLabel { .. } => "fill in the label, or remove the row".into(),
            Self::ClassSpellings { often, .. } => format!("write it in one way in every row and folder name, such as {}", quoted(often)),
            Self::ClassIsMissing { .. } => "rename the class's folder, to negative for example".into(),
            Self::Votes { .. } => "correct the count: a whole number of annotators for each class, all together no more than there were".into(),
            Self::LabelAgainstVotes { .. } => "the label is the majority: correct the label or the votes".into(),
            Self::LabelAgainstFolder { .. } => "correct the label or move the tile".into(),
            Self::Partition { .. } => "write train or test for every tile, or remove the column for a seeded split by slide".into(),
            Self::DuplicateName { .. } => "remove one of the two rows".into(),
            Self::UnsafePath { .. } => "write the path relative to the CSV file, with / and without .. (MHIST: relative to images/)".into(),
            Self::MissingFile { meant: Some(meant), .. } => {
                format!("did you mean {}? Write the name as the file has it, ending and case, too", cut_path(meant))
            }
            Self::MissingFile { .. } => "put the file there, or remove the row".into(),
            Self::Unlisted { .. } => "add a row for it with its patient or slide, or move it out of the folder".into(),
            Self::SlideOnTwoSides { slide, test_slide, .. } if slide != test_slide => {
                "put all tiles of the slide on one side, or let `grayzone data split --by slide` do so; if they are two slides, give them names that differ in more".into()
            }
            Self::SlideOnTwoSides { .. } => {
                "put all tiles of the slide on one side; `grayzone data split --by slide` makes a split that does".into()
            }
            Self::OneClass { .. } => "a study needs two classes at least: add one, or check the labels and `classes`".into(),
            Self::ClassTooSmall { dispensable: true, .. } => "add tiles from more slides, or leave the class out with `classes`".into(),
            Self::ClassTooSmall { .. } => "add tiles of it from more slides".into(),
            Self::FewSlides { hint, .. } | Self::TestFolds { hint, .. } => hint.clone(),
            Self::SlideOfTwoPatients { .. } => {
                "correct the slide or the patient of one of them: a patient in training must not be tested".into()
            }
            Self::NameCollision { .. } => "rename one of them: translations are saved under the tile's name as .png".into(),
            Self::DuplicateAcrossSides { .. } => "remove one of them, or put both on one side: a test tile must not be seen in training".into(),
            Self::NoStain { .. } => "fit it on tiles with stained tissue, or leave the stain as it is".into(),
            Self::UnknownClass { meant: Some(meant), .. } => format!("did you mean {}?", quoted(meant)),
            Self::UnknownClass { .. } => "name classes as the data set does, each once".into(),
            Self::BrokenImage { .. } => "export or copy the file again, or move it out of the data set".into(),
            Self::Colours { way_out, .. } => (*way_out).into(),
            Self::UnusableImage { way_out, .. } | Self::UnclearFolders { way_out, .. } => way_out.clone(),
            Self::OverMemory { needed, .. } => format!(
                "cut smaller tiles from it, or raise --cache by {} if the machine has the memory",
                gibibytes(*needed)
            ),
            Self::FewBits { is_float: true, .. } => {
                "scale the values so that 1 is white, or say with --bits 16 (in STUDY.toml: bits = 16) that the tiles are as dark as that".into()
            }
            Self::FewBits { tiles, of, .. } if tiles < of => {
                "bring the tiles of all cameras to the same bits first, or say with --bits 16 (in STUDY.toml: bits = 16) that these are as dark as that".into()
            }
            Self::FewBits { bits, .. } => format!(
                "say how many bits the camera gives: --bits {} (in STUDY.toml: bits = {0}), or --bits 16 if the tiles are as dark as that",
                camera_bits(*bits)
            ),
            Self::WrongSize { .. } => "cut all tiles to one square size, or ask for resizing or centre-cropping to one".into(),
            Self::OverCache { needed, .. } => {
                format!("raise --cache to {} if the machine has the memory, or use fewer or smaller tiles; `grayzone run` keeps them in a file then", gibibytes(*needed))
            }
            Self::NotEmpty { .. } => "choose a new or empty folder with --out".into(),
            Self::OutOfReach { root, .. } => format!("write it beside the tiles, to a new file in {}", root.display()),
        };
        Some(hint)
    }

    /// Whether the machine is at fault (disk full or read-only, device error) and not the data: exit code 1, not 2.
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Read { source, .. } => files::io_is_machine_fault(source),
            Self::Write(e) => e.is_machine_fault(),
            Self::Text(e) => e.is_machine_fault(),
            _ => false,
        }
    }
}
