//! Files. Those that people give us: opened without waiting for a pipe, their text and tables read, and words for what is wrong with
//! them. Those of the program itself: there whole or not at all.
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
//! | `closest` | "did you mean" |
//! | `own` | files of the program itself: written whole or not at all, as text, JSON, TOML, CSV, and read back |
//! | `shown` | text from outside, made fit for a terminal |
//!
//! A German spreadsheet's table, as it was saved, and the column that somebody has mistyped:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("scores.csv");
//! # std::fs::write(&path, "Bild;Confidence\na.png;0,75\nb.png;n/a\n")?;
//! let table = files::Table::read(&path)?;
//! let confidence = table.column("confidence")?.ok_or("no such column")?;
//! let values: Vec<Option<f64>> = table
//!     .rows()
//!     .map(|row| files::number(row.cell(confidence), table.decimal_comma()))
//!     .collect();
//! assert_eq!(values, [Some(0.75), None]);
//!
//! assert_eq!(table.column("confidense")?, None);
//! assert_eq!(files::closest("confidense", &table.header), Some("Confidence"));
//! # Ok(())
//! # }
//! ```

mod cells;
mod closest;
mod decode;
mod digest;
mod error;
mod fault;
mod free;
mod missing;
mod names;
mod number;
mod open;
mod own;
mod shown;
mod table;

pub use closest::closest;
pub use decode::{NotText, decode, read_text};
pub use digest::{hex, sha256_of_file, sha256_of_texts};
pub use error::FilesError;
pub use fault::{io_is_machine_fault, io_reason};
pub use free::free_name;
pub use missing::is_missing;
pub use names::{nfc, png_name, same_name, trimmed};
pub use number::{count, number};
pub use open::{check_regular, open, open_text, read};
pub use own::{
    AtomicFile, OwnFileError, read_json, read_json_of_keys, read_rows, read_toml, read_utf8, write_atomic,
    write_json, write_rows, write_toml,
};
pub use shown::{cut, cut_path, listed, quoted, shown, shown_json, shown_lines};
pub use table::{MOST_COLUMNS, Row, Table};
