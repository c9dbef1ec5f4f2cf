//! A run of a study: what is done, what is to do, who does what.

mod board;
mod claim;
mod done;
mod executor;
mod folders;
mod inputs;
mod pool;

pub use claim::Claim;
pub use executor::{Options, Prepared};
pub use pool::pool;
