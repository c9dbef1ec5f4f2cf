//! TensorBoard's event files.
//!
//! | file | what it holds |
//! |---|---|
//! | `message` | the part of TensorFlow's `event.proto` and `summary.proto` that is written |
//! | `framed` | a message as a record: its length, the message, checksums of both |
//! | `picture` | the size of a PNG |
//! | `histogram` | values as counts |
//! | `file` | a file that grows |

mod file;
mod framed;
mod histogram;
mod message;
mod picture;
#[cfg(test)]
mod tests;

pub use file::{Clock, EventFile};
