//! Which file on disk a table means: one of that very name, or of the same name in another Unicode form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use files::nfc;

/// The files below a data folder. A folder is listed when a name is not found in it, and once.
pub(super) struct Disk<'a> {
    root: &'a Path,
    listings: BTreeMap<PathBuf, Listing>,
}

/// Where a table's image is.
pub(super) enum Lookup {
    /// There, by this name, relative to the root.
    There(String),
    /// Nowhere.
    Missing {
        /// "does not exist" or "is a folder".
        why: &'static str,
        /// The file whose name differs only in case or ending, if there is exactly one.
        meant: Option<String>,
    },
}

/// The names in a folder.
#[derive(Default)]
struct Listing {
    /// By their composed form.
    composed: BTreeMap<String, String>,
    /// By their composed form in lower case.
    folded: BTreeMap<String, Vec<String>>,
    /// The same without the ending.
    stems: BTreeMap<String, Vec<String>>,
}

impl<'a> Disk<'a> {
    /// The files below `root`; nothing is listed yet.
    pub fn below(root: &'a Path) -> Self {
        Self { root, listings: BTreeMap::new() }
    }

    /// Finds the file of an image path with `/`, relative to the root.
    pub fn find(&mut self, image: &str) -> Lookup {
        let path = self.root.join(image);
        if path.is_file() {
            return Lookup::There(image.to_owned());
        }
        let why = if path.is_dir() { "is a folder" } else { "does not exist" };
        let (Some(name), is_same) = self.follow(image) else { return Lookup::Missing { why, meant: None } };
        if is_same { Lookup::There(name) } else { Lookup::Missing { why, meant: Some(name) } }
    }

    /// The path of an image.
    pub fn path(&self, image: &str) -> PathBuf {
        self.root.join(image)
    }

    /// The file that is likest, part by part, and whether it is the same name but for its Unicode form.
    fn follow(&mut self, image: &str) -> (Option<String>, bool) {
        let mut found = String::new();
        let mut is_same = true;
        let mut parts = image.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let listing = self.listing(&found);
            let same = listing.composed.get(&*nfc(part)).cloned();
            is_same &= same.is_some();
            let next = same.or_else(|| listing.alike(part, is_last));
            let Some(name) = next else { return (None, false) };
            if !found.is_empty() {
                found.push('/');
            }
            found.push_str(&name);
        }
        let is_file = self.root.join(&found).is_file();
        (Some(found).filter(|_| is_file), is_same)
    }

    fn listing(&mut self, folder: &str) -> &Listing {
        let path = self.root.join(folder);
        self.listings.entry(path).or_insert_with_key(|path| Listing::of(path))
    }
}

impl Listing {
    fn of(folder: &Path) -> Self {
        let mut listing = Self::default();
        // A folder that cannot be listed has no names: the image is missing, which is told.
        let names = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        for name in names {
            let folded = folded(&name);
            listing.stems.entry(stem(&folded).to_owned()).or_default().push(name.clone());
            listing.folded.entry(folded).or_default().push(name.clone());
            listing.composed.entry(nfc(&name).into_owned()).or_insert(name);
        }
        listing
    }

    /// The one name that differs from `part` only in case, or (of a file) in its ending, too.
    fn alike(&self, part: &str, is_file: bool) -> Option<String> {
        let folded = folded(part);
        let only = |names: Option<&Vec<String>>| match names.map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            _ => None,
        };
        only(self.folded.get(&folded)).or_else(|| {
            let stems = || only(self.stems.get(stem(&folded))).or_else(|| only(self.stems.get(&folded)));
            is_file.then(stems).flatten()
        })
    }
}

fn folded(name: &str) -> String {
    nfc(name).to_lowercase()
}

/// A name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
