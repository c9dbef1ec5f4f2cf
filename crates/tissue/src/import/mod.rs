//! The three forms of a data set that are recognised without a flag (DESIGN.md, "Contract").
//!
//! | form | what is there | module |
//! |---|---|---|
//! | MHIST | `annotations.csv` and `images/` | `columns`, `rows` |
//! | one folder a class | folders of images, maybe `labels.csv` | `folders`, `layout` and `words`, then `columns` and `rows` |
//! | manifest | `manifest.csv` or any CSV file with its columns | `columns`, `rows` |
//!
//! [`files::Table`] reads the text, `columns` finds out what each column means and `classes`
//! what the classes are, `rows` makes tiles of the lines, `beside` finds the tables and `disk` the
//! files. Every fault of a line is collected, so that an inspection can count them.

mod beside;
mod classes;
mod columns;
mod disk;
mod folders;
mod layout;
mod name;
mod recognise;
mod rows;
mod words;

pub(crate) use columns::{CLASS, IMAGE, OTHER_VOTES, PARTITION, SLIDE, VOTES_PREFIX, is_reserved};
pub(crate) use name::closest;
pub(crate) use recognise::{GivenSplit, Import, import};
