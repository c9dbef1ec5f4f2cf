//! A run of a study: what is done, what is to do, who does what.

mod board;
mod claim;
mod done;
mod executor;
mod folders;
mod inputs;
mod occupied;
mod pool;

pub use claim::Claim;
pub use executor::{Options, Prepared};
pub use folders::remove_results;
pub use inputs::write_settings;
pub use occupied::refuse_another;
pub use pool::pool;
