//! Slides whose names are one name, written in several ways.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Manifest, Tile};

/// How slide files end, in lower case, and what is computed of them; a table may name the slide with it or without.
const ENDINGS: [&str; 44] = [
    "svs", "ndpi", "ndpis", "tif", "tiff", "btf", "ome", "mrxs", "scn", "vms", "vmu", "bif", "czi",
    "svslide", "dcm", "qptiff", "isyntax", "vsi", "zarr", "png", "jpg", "jpeg", "zip", "jp2", "h5", "hdf5",
    "ptif", "ptiff", "bmp", "zvi", "lif", "nd2", "afi", "gif", "webp", "dzi", "tf8", "sld", "lsm", "oib",
    "ims", "pt", "npy", "npz",
];

/// What file managers call a copy, in lower case.
const COPIES: [&str; 7] = ["copy", "kopie", "copie", "copia", "cópia", "kopia", "kópia"];

/// What the spellings of one slide have in common: the folders before it, from the innermost, and its name as [`name_key`].
fn key(slide: &str) -> Vec<String> {
    let parts: Vec<&str> = bare(slide).split(['/', '\\']).map(files::trimmed).collect();
    // A drive and "." say nothing of the slide.
    let is_drive = |part: &str| part.len() == 2 && part.ends_with(':');
    let said = |part: &&str| !part.is_empty() && !matches!(*part, "." | "..") && !is_drive(part);
    let mut parts = parts.into_iter().filter(said).rev();
    let Some(name) = parts.next() else { return vec![slide.to_owned()] };
    std::iter::once(name_key(name)).chain(parts.map(files::same_name)).collect()
}

/// A cell without what keeps Excel from taking it for a number: `'001`, `="001"`, `"001"`.
fn bare(cell: &str) -> &str {
    let cell = files::trimmed(cell);
    let quoted = cell.strip_prefix('=').map_or(cell, files::trimmed);
    for quote in ['"', '\''] {
        if let Some(inner) = quoted.strip_prefix(quote).and_then(|c| c.strip_suffix(quote)) {
            return files::trimmed(inner);
        }
    }
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// [`files::same_name`] without the ending of a slide's file, the mark of a copy, a last `_` and the decimals of a whole number.
fn name_key(name: &str) -> String {
    let mut stem = bare(name);
    while let Some((before, ending)) = stem.rsplit_once('.') {
        let ending = files::trimmed(ending).to_lowercase();
        let says_nothing = ending.bytes().all(|b| b == b'0') || ENDINGS.contains(&ending.as_str());
        if files::trimmed(before).is_empty() || !says_nothing {
            break;
        }
        stem = files::trimmed(before);
    }
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '_' | '-');
    let stem = without_copy(stem);
    let stem = Some(stem.trim_end_matches(is_mark)).filter(|s| !s.is_empty()).unwrap_or(stem);
    let key = files::same_name(&whole_number(stem).unwrap_or_else(|| stem.to_owned()));
    if key.is_empty() { name.to_owned() } else { key }
}

/// `s001 - Copy`, `s001 - Copy (2)`, `s001 copy 2` without what was added.
fn without_copy(name: &str) -> &str {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '_' | '-' | '\u{2013}' | '(' | ')');
    let numbered = name.trim_end_matches(|c: char| is_mark(c) || c.is_ascii_digit());
    for end in [name.trim_end_matches(is_mark), numbered] {
        // Lengths may change with the case of letters, so the word is looked for as it is written.
        let start = end
            .rfind(|c: char| !c.is_alphabetic())
            .map_or(0, |k| k + end[k..].chars().next().map_or(1, char::len_utf8));
        let before = end[..start].trim_end_matches(is_mark);
        if COPIES.contains(&end[start..].to_lowercase().as_str()) && !before.is_empty() {
            return before;
        }
    }
    name
}

/// A whole number that a spreadsheet or a program has written as `1.00E+03`, `1e3` or `1,000`.
fn whole_number(name: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((mantissa, power)) = name.split_once(['e', 'E']) {
        let (first, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
        let decimals = decimals.trim_end_matches('0');
        let power = power.strip_prefix('+').unwrap_or(power);
        // Programs write one digit before the sign; "12E4" is a place on a plate.
        let is_number = first.len() == 1 && digits(first) && first != "0" && digits(power);
        let power: usize = power.parse().ok().filter(|p| is_number && *p <= 18 && decimals.len() <= *p)?;
        return (decimals.is_empty() || digits(decimals)).then(|| format!("{first}{decimals:0<power$}"));
    }
    let mut groups = name.split(',');
    let first = groups.next().filter(|g| digits(g) && g.len() <= 3 && !g.starts_with('0'))?;
    let rest: Vec<&str> = groups.collect();
    let are_thousands = !rest.is_empty() && rest.iter().all(|g| digits(g) && g.len() == 3);
    are_thousands.then(|| first.to_owned() + &rest.concat())
}

/// Whether the tile's slide is named; a tile of no known slide is its own.
fn is_named(tile: &Tile) -> bool {
    tile.slide != tile.image
}

/// Each named slide with the first, by name, of the spellings of its name.
pub(crate) fn first_spellings(tiles: &[Tile]) -> BTreeMap<&str, &str> {
    let slides: BTreeSet<&str> = tiles.iter().filter(|t| is_named(t)).map(|t| t.slide.as_str()).collect();
    let mut keyed: Vec<(Vec<String>, &str)> = slides.into_iter().map(|slide| (key(slide), slide)).collect();
    keyed.sort();
    let fullest = fullest(&keyed);
    let mut first: HashMap<usize, &str> = HashMap::with_capacity(keyed.len());
    for (&full, (_, slide)) in fullest.iter().zip(&keyed) {
        let known = first.entry(full).or_insert(slide);
        *known = (*known).min(slide);
    }
    fullest.iter().zip(&keyed).map(|(full, (_, slide))| (*slide, first[full])).collect()
}

/// For each of the sorted keys, the place of the one with the most folders that is the same slide: `s1` is `slides/s1`, and that is
/// `data/slides/s1`. Where several could be meant (`P1/1` and `P2/1` for `1`), it is none of them.
fn fullest(keyed: &[(Vec<String>, &str)]) -> Vec<usize> {
    let mut fullest: Vec<usize> = (0..keyed.len()).collect();
    // The last key that begins with each key; those that do follow it.
    let mut last = fullest.clone();
    let mut is_one = vec![true; keyed.len()];
    for k in (0..keyed.len()).rev() {
        let mut next = k + 1;
        while next < keyed.len() && keyed[next].0.starts_with(&keyed[k].0) {
            last[k] = last[next];
            next = last[next] + 1;
        }
        if last[k] == k {
            continue;
        }
        is_one[k] = last[k + 1] == last[k] && is_one[k + 1];
        if is_one[k] || keyed[k].0 == keyed[k + 1].0 {
            fullest[k] = fullest[k + 1];
        }
    }
    fullest
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
        "warning: {} {} only in case, folder, ending, blanks, zeros or how a number is written, and each is taken for one: {}",
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
    use super::{fullest, key};

    #[test]
    fn spellings_of_one_slide_share_a_key() {
        for same in [
            &["s001", "s001.svs", "S001", "S001.NDPI", " s001 ", "s 001", "s_001.ome.tiff", "s1.mrxs"][..],
            &[
                "s001",
                "s001.0",
                "s001_",
                "s001.h5",
                "s001.ptif",
                "s001.bmp",
                "s001.zvi",
                "./s001",
                "s001.svs.h5",
            ],
            &[
                "s001",
                "s001 - Copy.svs",
                "s001 - Copy (2).svs",
                "s001 copy 2",
                "s001_copy.png",
                "s001 – Kopie",
            ],
            &["s001", "s\u{200b}001", "s0\u{ad}01", "D:\\s001.svs", "/s001.svs"],
            &["1000", "1000.0", "1000.svs", "01000", "1.00E+03", "1e3", "1E+03", "1,000", "1000."],
            &["1230000", "1.23E+06", "1,230,000"],
            &["001", "1", "1.tif", "'001", "=\"001\"", "\"001\"", "= '1'"],
            &["data/slides/s001", "/data/slides/s001.svs", "D:\\Data\\slides\\s001.svs"],
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
            ("S1-A1", "S1A-1"),
            ("P1/1.svs", "P2/1.svs"),
            ("10E2", "1000"),
            ("1,00", "100"),
            ("1.5E+00", "15"),
            ("photocopy", "photo"),
            ("copy 1", "copy 2"),
            ("/", "."),
        ] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn a_shorter_path_is_the_only_longer_one_that_ends_so() {
        let groups = |names: &[&'static str]| {
            let mut keyed: Vec<_> = names.iter().map(|name| (key(name), *name)).collect();
            keyed.sort();
            let fullest = fullest(&keyed);
            let of = |name: &str| fullest[keyed.iter().position(|(_, n)| *n == name).unwrap()];
            names.iter().map(|name| of(name)).collect::<Vec<_>>()
        };
        let one = |names: &[&'static str]| groups(names).iter().all(|g| *g == groups(names)[0]);
        assert!(one(&["s1", "slides/s1.svs", "D:\\slides\\s1.svs", "/data/slides/s1.svs", "S01"]));
        let g = groups(&["P1/1.svs", "P2/1.svs", "1", "x/P1/1", "1.svs", "2"]);
        assert!(g[0] == g[3] && g[2] == g[4], "{g:?}");
        assert!(g[0] != g[1] && g[0] != g[2] && g[1] != g[2] && g[2] != g[5], "{g:?}");
    }
}
