//! DICOM whole slides (VL Whole Slide Microscopy): one instance a level, its frames the parts.
//!
//! | file | what it holds |
//! |---|---|
//! | `elements` | a file element by element, and where its frames are |
//! | [`instance`] | what the elements say of one picture: a level, or why it is none |
//! | [`series`] | the levels among the files of a folder |

mod elements;
mod instance;
mod series;

pub use instance::{FrameOrder, is_one};
pub use series::{open, open_folder};
