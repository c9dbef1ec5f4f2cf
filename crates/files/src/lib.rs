//! Files that people give us: opened without waiting for a pipe, their text and tables read, and words for what is wrong with them.
//!
//! Every crate that reads what a user made (tiles, tables, settings, weights) opens it here, so that a pipe, a device or a
//! folder in the place of a file is an error and not a program that hangs; and whatever came from outside goes through
//! [`shown`] before a person sees it, or through [`quoted`] and [`listed`], which also cut it.
//!
//! | module | what it holds |
//! |---|---|
//! | `open`, `fault` | regular files only; what the system said, in words |
//! | `free` | a name that nothing has yet |
//! | `digest` | SHA-256, by which a file is known again |
//! | `decode` | bytes to text: UTF-8, UTF-16 with a mark, and which encoding it is if it is neither |
//! | `cells`, `table` | text to cells with their lines, whatever separates them |
//! | `missing`, `number`, `names` | what a cell says: nothing, a number, a name that is another one in other letters |
//! | `shown` | text from outside, made fit for a terminal |

mod cells;
mod decode;
mod digest;
mod error;
mod fault;
mod free;
mod missing;
mod names;
mod number;
mod open;
mod shown;
mod table;

pub use decode::{NotText, decode, read_text};
pub use digest::{hex, sha256_of_file, sha256_of_texts};
pub use error::FilesError;
pub use fault::{io_is_machine_fault, io_reason};
pub use free::free_name;
pub use missing::is_missing;
pub use names::{nfc, same_name, trimmed};
pub use number::{count, number};
pub use open::{check_regular, open, open_text, read};
pub use shown::{cut, cut_path, listed, quoted, shown, shown_json, shown_lines};
pub use table::{MOST_COLUMNS, Row, Table};
