//! Slides whose names are one name, written in several ways.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Manifest, Tile};

/// How slide files end, in lower case; a table may name the slide with it or without.
const ENDINGS: [&str; 24] = [
    "svs", "ndpi", "ndpis", "tif", "tiff", "btf", "ome", "mrxs", "scn", "vms", "vmu", "bif", "czi",
    "svslide", "dcm", "qptiff", "isyntax", "vsi", "zarr", "png", "jpg", "jpeg", "zip", "jp2",
];

/// What the spellings of one slide have in common: [`files::same_name`] without the ending of a slide's file.
fn key(slide: &str) -> String {
    let mut name = files::trimmed(slide);
    while let Some((stem, ending)) = name.rsplit_once('.') {
        let ending = ending.to_lowercase();
        if files::trimmed(stem).is_empty() || !ENDINGS.contains(&ending.as_str()) {
            break;
        }
        name = files::trimmed(stem);
    }
    match files::same_name(name) {
        key if key.is_empty() => slide.to_owned(),
        key => key,
    }
}

/// Whether the tile's slide is named; a tile of no known slide is its own.
fn is_named(tile: &Tile) -> bool {
    tile.slide != tile.image
}

/// Each named slide with the first, by name, of the spellings of its name.
pub(crate) fn first_spellings(tiles: &[Tile]) -> BTreeMap<&str, &str> {
    let slides: BTreeSet<&str> = tiles.iter().filter(|t| is_named(t)).map(|t| t.slide.as_str()).collect();
    let mut first: HashMap<String, &str> = HashMap::with_capacity(slides.len());
    slides.into_iter().map(|slide| (slide, *first.entry(key(slide)).or_insert(slide))).collect()
}

/// Takes all spellings of a slide's name for one slide, called by the first of them, and says so: whatever splits or counts slides
/// then keeps them together.
pub(crate) fn unify(manifest: &mut Manifest) {
    let first = first_spellings(&manifest.tiles);
    let mut several: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (slide, first) in first.iter().filter(|(slide, first)| slide != first) {
        several.entry(*first).or_default().push(*slide);
    }
    if several.is_empty() {
        return;
    }
    let groups: Vec<String> = several
        .iter()
        .map(|(first, others)| {
            let all: Vec<String> = std::iter::once(first).chain(others).map(|s| files::quoted(s)).collect();
            all[..all.len().min(6)].join(" = ")
        })
        .collect();
    let note = format!(
        "warning: {} {} only in case, ending, blanks or zeros, and each is taken for one: {}",
        groups.len(),
        if groups.len() == 1 { "slide has names that differ" } else { "slides have names that differ" },
        // The quotes and cuts are there already.
        match groups.len().saturating_sub(4) {
            0 => groups.join("; "),
            more => format!("{} and {more} more", groups[..4].join("; ")),
        }
    );
    let renamed: BTreeMap<String, String> = first
        .into_iter()
        .filter(|(slide, first)| slide != first)
        .map(|(s, f)| (s.to_owned(), f.to_owned()))
        .collect();
    for tile in &mut manifest.tiles {
        if let Some(first) = renamed.get(&tile.slide).filter(|_| tile.slide != tile.image) {
            tile.slide.clone_from(first);
        }
    }
    manifest.notes.push(note);
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn spellings_of_one_slide_share_a_key() {
        for same in [
            &["s001", "s001.svs", "S001", "S001.NDPI", " s001 ", "s 001", "s_001.ome.tiff", "s1.mrxs"][..],
            &["1000", "1000.0", "1000.svs", "01000"],
            &["001", "1", "1.tif"],
        ] {
            for name in same {
                assert_eq!(key(name), key(same[0]), "{name}");
            }
        }
        for (a, b) in [
            ("s1", "s2"),
            ("1.05", "1.5"),
            ("a.b", "a.c"),
            ("s1.a", "s1.b"),
            (".svs", ".tif"),
            ("1-11", "11-1"),
        ] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
    }
}
