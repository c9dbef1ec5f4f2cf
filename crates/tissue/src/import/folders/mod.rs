//! One folder a class, alone or with folders of patients, folds or sides of a split around or inside it, and an optional
//! `labels.csv` that tells the patient or slide of each tile.
//!
//! `words` knows what a folder's name may stand for, `level` what those of one level have in common, `sides` which are the sides of a
//! split, and `layout` which level is which; `unpaired` knows the folders of CycleGAN; `read` makes tiles of it, and `copies` warns of folders that are copies.

mod copies;
mod layout;
mod level;
mod read;
mod sides;
mod unpaired;
mod words;

pub(super) use read::{LABELS, import};
