//! Everything that can be wrong with a data set, each with the file, the line or tile, the reason and the way out.

mod fault;
mod from_files;
mod hint;
mod place;
mod wording;

pub use fault::TissueError;
pub use place::Place;
