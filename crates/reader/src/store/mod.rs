//! The study's file: one SQLite data base that holds tiles, readers and votes, and from which nothing is ever deleted.
//!
//! Every change of an answer is a row of its own; the last one counts. A vote is acknowledged once its transaction is on disk
//! (write-ahead log, `synchronous = FULL`) in files that are still at their places.

mod archive;
mod clock;
mod create;
mod faults;
mod files;
mod open;
mod privacy;
mod read;
mod vote;
mod watch;
mod writer;

pub use clock::{iso, now};
pub use create::{NewReader, NewTile, create};
pub use files::FILE;
pub use open::Store;
pub use privacy::seen_by_others;
pub use read::{ItemRow, ReaderRow, TileRow, VoteRow};
pub use vote::{Answer, Finish, Outcome, Vote};
pub use watch::{Report, State, Watch};
pub use writer::{NotStored, Writer};
