//! A run as it goes on, from its folder alone: on the machine that runs it, or on any other that sees the folder.
//!
//! ```text
//! plan.csv ─────────┐
//! steps/*/done.json ├─► State ─► screen: live in a terminal, or once as text
//! steps/*/metrics.csv┘
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`State`] | what is finished, at work and still to do, at what pace, and when the run last gave a sign of life |
//! | [`text`] | the same once, as text |
//! | [`live`] | the same in a terminal, drawn anew every second until `q` is pressed |
//!
//! Nothing is locked and nothing is written: a run never notices that it is watched.

mod error;
mod live;
mod pace;
mod screen;
mod sign;
mod state;
mod work;

pub use error::WatchError;
pub use live::live;
pub use screen::text;
pub use state::{Fold, Row, State};
pub use work::{AtWork, Ended};
