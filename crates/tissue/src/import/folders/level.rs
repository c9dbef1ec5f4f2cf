//! One level of folders around the images, and what to say where levels do not tell the classes.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Kind, kind_of};

/// One level of folders.
pub(super) struct Level {
    /// How many folders are around it.
    pub at: usize,
    pub names: BTreeSet<String>,
    pub kind: Kind,
}

impl Level {
    /// The level `at` of the images' paths.
    pub fn of(images: &[Vec<&str>], at: usize) -> Self {
        let names: BTreeSet<String> = images.iter().map(|path| path[at].to_owned()).collect();
        let kind = kind_of(&names);
        Self { at, names, kind }
    }
}

/// Why the folders do not tell the classes, and what to do.
#[derive(Debug, PartialEq)]
pub(super) struct Unclear {
    pub why: String,
    pub way_out: String,
}

/// How to say what folders do not.
pub(super) const TABLE: &str = "write manifest.csv beside the folders: the columns image, class, partition (train or test) and slide, one row a tile";

/// That, with the table that tells them as the way out.
pub(super) fn unclear(why: String) -> Unclear {
    Unclear { why, way_out: TABLE.into() }
}

/// "HP, SSA", or the first three of more.
pub(super) fn shown(level: &Level) -> String {
    names(&level.names)
}

/// The first three names.
pub(super) fn names(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() > SHOWN { format!("{}, …", first.join(", ")) } else { first.join(", ") }
}

/// Whether a name of the inner level lies below two names of the outer.
pub(super) fn is_shared(images: &[Vec<&str>], outer: &Level, inner: &Level) -> bool {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    images.iter().any(|path| *first.entry(path[inner.at]).or_insert(path[outer.at]) != path[outer.at])
}
