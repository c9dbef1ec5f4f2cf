//! The three forms of a data set that are recognised without a flag.
//!
//! | form | what is there | module |
//! |---|---|---|
//! | MHIST | `annotations.csv` and `images/` | `columns`, `rows` |
//! | one folder a class | folders of images, maybe `labels.csv` | `folders`, then `columns` and `rows` |
//! | manifest | `manifest.csv` or any CSV file with its columns | `columns`, `rows` |
//!
//! [`files::Table`] reads the text, `columns` finds out what each column means and `classes`
//! what the classes are, `rows` makes tiles of the lines, `beside` finds the tables, `disk` the
//! files, and `open` tells the form. Every fault of a line is collected, so that an inspection can count them.

use std::collections::BTreeSet;

use crate::{Manifest, TissueError};

mod beside;
mod classes;
mod columns;
mod disk;
mod folders;
mod open;
mod path;
mod rows;

pub(crate) use columns::{
    CLASS, IMAGE, OTHER_VOTES, PARTITION, SLIDE, VOTES_PREFIX, is_reserved, patient_column,
};
pub(crate) use open::import;

/// A data set as read, with everything wrong in its lines.
pub(crate) struct Import {
    /// The tiles of the lines without fault.
    pub manifest: Manifest,
    /// The faults in the order of the lines, then those that concern several lines.
    pub faults: Vec<TissueError>,
    /// The names of all tiles that a table lists, those of faulty lines too.
    pub listed: BTreeSet<String>,
    /// Whether the data bring a split that was left out.
    pub split_left_out: bool,
}

/// What becomes of the split that a table brings.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum GivenSplit {
    /// It is read, and what is wrong with it is a fault.
    Read,
    /// It is not looked at, because a new one will be made.
    Ignored,
}
