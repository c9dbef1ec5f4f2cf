//! Refuses what cannot be compared: other tiles, other classes, the same run twice.

use crate::CompareError;
use crate::load::Run;
use record::ConfidenceRow;
use std::collections::BTreeMap;
use std::path::Path;

/// Refuses a folder that is given twice, whatever links lead there.
pub fn refuse_twice(paths: &[impl AsRef<Path>]) -> Result<(), CompareError> {
    let mut seen: BTreeMap<std::path::PathBuf, &Path> = BTreeMap::new();
    for path in paths.iter().map(AsRef::as_ref) {
        // What is not there is told of when it is opened.
        let Ok(real) = path.canonicalize() else { continue };
        if let Some(before) = seen.insert(real, path) {
            let why = format!("it is the same run as {}", before.display());
            return Err(CompareError::Same { path: path.to_owned(), why });
        }
    }
    Ok(())
}

/// Refuses a run of which the first is not a fair comparison; a remark, where sameness cannot be told to the last pixel.
///
/// # Errors
/// If the run is a copy of the first, or differs in classes, class X, or its tiles: names, classes, sides, slides, agreement, pixels.
pub fn check(first: &Run, run: &Run) -> Result<Option<String>, CompareError> {
    let is_copy =
        first.done.hash == run.done.hash && first.done.outputs_digest() == run.done.outputs_digest();
    if is_copy && first.results == run.results && first.done.made_from == run.done.made_from {
        let why = format!("it is a copy of {}, with the very same results", first.shown());
        return Err(CompareError::Same { path: run.folder.root.clone(), why });
    }
    let refuse = |path, why| Err(CompareError::OtherData { path, why });
    let of_first = format!("run {} ({})", first.letter, first.shown());
    let (a, b) = (&first.results, &run.results);
    if a.classes != b.classes {
        let why = format!(
            "its classes are {}, and those of {of_first} are {}",
            b.classes.join(", "),
            a.classes.join(", ")
        );
        return refuse(run.folder.results_json(), why);
    }
    if a.source_class != b.source_class {
        let why =
            format!("its source class is {}, and that of {of_first} is {}", b.source_class, a.source_class);
        return refuse(run.folder.results_json(), why);
    }
    if first.done.data_hash == run.done.data_hash {
        return Ok(None);
    }
    if let Some(difference) = difference(&first.tiles, &run.tiles, &of_first) {
        return refuse(run.folder.confidences_csv(), difference);
    }
    let scaled = |run: &Run| ["tile_size", "fit", "bits"].map(|key| run.study.get(key).cloned());
    if scaled(first) == scaled(run) {
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let why = format!(
            "its tiles have the names, classes and slides of those of {of_first}, but other pixels or votes (data hash {}… and {}…)",
            short(&run.done.data_hash),
            short(&first.done.data_hash)
        );
        return refuse(run.folder.study_toml(), why);
    }
    Ok(Some(format!(
        "Runs {} and {} scale tiles differently ({} and {} px): their names, classes, slides and agreement are the same, and whether their pixels were cannot be told from the run folders",
        first.letter, run.letter, a.tile_size, b.tile_size
    )))
}

/// What is said of a tile.
type Said = fn(&ConfidenceRow) -> String;

/// In what the second tiles differ from the first: whether the same are tested and trained on, then what is said of them.
fn difference(first: &[ConfidenceRow], second: &[ConfidenceRow], of_first: &str) -> Option<String> {
    let by_name = |tiles: &'_ [ConfidenceRow]| -> BTreeMap<String, ConfidenceRow> {
        tiles.iter().map(|tile| (tile.image.clone(), tile.clone())).collect()
    };
    let (a, b) = (by_name(first), by_name(second));
    for side in ["test", "train"] {
        let is_in = |tiles: &BTreeMap<String, ConfidenceRow>, name: &str| {
            tiles.get(name).is_some_and(|tile| tile.partition == side)
        };
        let only = |here: &BTreeMap<String, ConfidenceRow>, there| -> Vec<String> {
            here.keys().filter(|name| is_in(here, name) && !is_in(there, name)).cloned().collect()
        };
        let (more, fewer) = (only(&b, &a), only(&a, &b));
        if more.is_empty() && fewer.is_empty() {
            continue;
        }
        let all = |tiles: &[ConfidenceRow]| tiles.iter().filter(|tile| tile.partition == side).count();
        let mut parts = Vec::new();
        for (names, which) in [(&more, "are only in it"), (&fewer, "only in the other")] {
            if let Some(example) = names.first() {
                parts.push(format!("{} {which}, such as {}", names.len(), files::quoted(example)));
            }
        }
        return Some(format!(
            "its {} {side} tiles are not the {} of {of_first}: {}",
            all(second),
            all(first),
            parts.join("; ")
        ));
    }
    let said: [(&str, Said); 3] = [
        ("class", |tile| tile.class.clone()),
        ("slide", |tile| tile.slide.clone()),
        ("agreement", |tile| tile.agreement.map_or_else(|| "none".to_owned(), |share| share.to_string())),
    ];
    said.into_iter().find_map(|(what, of)| {
        let mut others = b.values().filter(|tile| a.get(&tile.image).map(of) != Some(of(tile)));
        let example = others.next()?;
        Some(format!(
            "{} of its tiles have another {what} than in {of_first}, such as {}: {}, and there {}",
            others.count() + 1,
            files::quoted(&example.image),
            of(example),
            a.get(&example.image).map(of).unwrap_or_default()
        ))
    })
}
