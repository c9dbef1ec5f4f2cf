//! What lies in a data folder: the images, and all that is left out, said aloud.

mod left_out;
mod name;
mod ours;
mod system;
mod walk;

pub use left_out::LeftOut;
pub use name::IMAGE_EXTENSIONS;
pub(crate) use ours::check_not_ours;
pub use walk::{Listing, images_below};
