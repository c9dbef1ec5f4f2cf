//! Files that the program itself writes, and reads back: whole or not at all, in text, JSON, TOML or CSV.

mod atomic;
mod error;
mod formats;
mod keys;

pub use atomic::{AtomicFile, write_atomic};
pub use error::OwnFileError;
pub use formats::{read_json, read_rows, read_toml, read_utf8, write_json, write_rows, write_toml};
pub use keys::read_json_of_keys;
