//! Files that people give us: opened without waiting for a pipe, and words for what is wrong with them.
//!
//! Every crate that reads what a user made (tiles, tables, settings, weights) opens it here, so that a pipe, a device or a
//! folder in the place of a file is an error and not a program that hangs; and whatever came from outside goes through
//! [`shown`] before a person sees it.

mod fault;
mod missing;
mod open;
mod shown;

pub use fault::{io_is_machine_fault, io_reason};
pub use missing::is_missing;
pub use open::{check_regular, open, read};
pub use shown::{shown, shown_json, shown_lines};
