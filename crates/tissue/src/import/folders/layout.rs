//! What the folders around the images mean: class, slide or patient, fold, side of a split.

use std::collections::{BTreeMap, BTreeSet};

use super::level::{Level, TABLE, Unclear, is_shared, names, shown, unclear};
use super::sides;
use super::words::{Kind, are_numbered_words, are_of_one_pattern, are_patients, kind_of};
use crate::counted::grouped;

/// What each level of folders means, counted from the data folder's own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// The level whose names are the classes.
    pub class: usize,
    /// The level whose names are the slides or patients, the units of splitting.
    pub slide: Option<usize>,
    /// Whether these are slides or patients, and not folds of many.
    pub slides_known: bool,
    /// The level whose names are the sides of a split.
    pub side: Option<usize>,
    /// What was concluded, for people to read.
    pub notes: Vec<String>,
}

/// The fewest slides that folders inside a class must be to be taken for slides.
const FEWEST_SLIDES: usize = 3;
/// The most classes that are believed of folders with numbers in their names.
const MOST_NUMBERED: usize = 12;
/// How many times as many slides as classes there are where both have numbers in their names.
const TIMES: usize = 3;
/// Reads the meaning of the folders out of the images' paths, which have one folder at least.
pub(super) fn of(images: &[Vec<&str>]) -> Result<Layout, Unclear> {
    let depth = images.iter().map(Vec::len).min().unwrap_or(0);
    let deepest = images.iter().map(Vec::len).max().unwrap_or(0);
    let levels: Vec<Level> = (0..depth).map(|at| Level::of(images, at)).collect();
    let Some(top) = levels.first() else { return Ok(Layout::default()) };
    sides::check(&levels)?;
    let mut side = levels.iter().filter(|l| l.kind == Kind::Side);
    let side = match (side.next(), side.next()) {
        (side, None) => side,
        (Some(a), Some(b)) => {
            return Err(unclear(format!("both {} and {} are sides of a split", shown(a), shown(b))));
        }
        (None, Some(_)) => None,
    };
    let notes = match side {
        Some(side) => vec![sides::note(side)?],
        None => Vec::new(),
    };
    let rest: Vec<&Level> = levels.iter().filter(|l| l.kind != Kind::Side).collect();
    if rest.is_empty() {
        return Err(unclear("its folders are sides of a split, not classes".into()));
    }
    if depth == 1 && deepest > 1 && side.is_none() {
        return uneven(images, top);
    }
    let mut layout = classes_and_slides(images, &rest)?;
    if let Some(fold) = levels.iter().find(|l| l.kind == Kind::Fold).filter(|_| side.is_some()) {
        return Err(unclear(format!("it has folds ({}) and sides of a split in one another", shown(fold))));
    }
    layout.side = side.map(|side| side.at);
    layout.notes.splice(0..0, notes);
    Ok(layout)
}

/// Images in the class folders themselves and in folders inside them.
fn uneven(images: &[Vec<&str>], top: &Level) -> Result<Layout, Unclear> {
    let inner: BTreeMap<&str, BTreeSet<&str>> =
        images.iter().filter(|p| p.len() > 1).fold(BTreeMap::new(), |mut inner, path| {
            inner.entry(path[1]).or_default().insert(path[0]);
            inner
        });
    let is_shared = inner.values().any(|tops| tops.len() > 1);
    if is_shared && matches!(top.kind, Kind::Id | Kind::Fold) {
        let shared = inner.iter().find(|(_, tops)| tops.len() > 1).map_or("", |(name, _)| name);
        return Err(unclear(format!(
            "some images lie in the folders {} themselves and some in folders inside them, such as {shared}",
            shown(top)
        )));
    }
    check_classes(top)?;
    let inner: BTreeSet<String> = inner.keys().map(|&name| name.to_owned()).collect();
    let mut layout = Layout { notes: like_patients(top).into_iter().collect(), ..Layout::default() };
    if kind_of(&inner) == Kind::Id {
        layout.notes.push(format!(
            "warning: the folders inside the classes ({}) are not taken for slides, since other images of their class lie beside them",
            names(&inner)
        ));
    }
    Ok(layout)
}

/// Finds the level of the classes and that of the slides among those that are no sides.
fn classes_and_slides(images: &[Vec<&str>], rest: &[&Level]) -> Result<Layout, Unclear> {
    let words: Vec<&Level> =
        rest.iter().copied().filter(|l| l.kind == Kind::Word && l.names.len() > 1).collect();
    let ids: Vec<&Level> = rest.iter().copied().filter(|l| l.kind == Kind::Id).collect();
    let folds: Vec<&Level> = rest.iter().copied().filter(|l| l.kind == Kind::Fold).collect();
    let unit = ids.first().or(folds.first()).copied();
    match (words.as_slice(), ids.as_slice()) {
        ([class], _) => {
            check_wrapper(rest, class)?;
            Ok(with_slides(images, class, unit))
        }
        ([outer, inner, ..], _) => {
            if words[1..].iter().any(|inner| is_shared(images, outer, inner)) {
                return Err(either(outer, inner));
            }
            Ok(with_slides(images, outer, unit.filter(|unit| unit.at > outer.at)))
        }
        ([], [a, b]) => numbered(images, a, b),
        ([], [only]) => {
            let constant = rest.iter().find(|l| l.at > only.at && l.kind == Kind::Word);
            if let Some(constant) = constant.filter(|_| only.names.len() > 1) {
                return Err(either(only, constant));
            }
            check_classes(only)?;
            if only.at > 0 {
                check_wrapper(rest, only)?;
            }
            let notes = like_patients(only).into_iter().collect();
            Ok(Layout { class: only.at, notes, ..Layout::default() })
        }
        ([], []) => {
            // One name on each level: a class of its own, which is refused later where two are needed.
            if let Some(fold) = folds.first() {
                check_classes(fold)?;
            }
            Ok(Layout { class: rest[0].at, ..Layout::default() })
        }
        ([], _) => Err(unclear(format!(
            "its folders ({}) are all numbered, and which are classes is not known",
            shown(ids[0])
        ))),
    }
}

/// A folder around everything else is no patient: it is left to people to say so.
fn check_wrapper(rest: &[&Level], class: &Level) -> Result<(), Unclear> {
    let outer = rest
        .iter()
        .find(|l| l.at < class.at && l.names.len() == 1 && !matches!(l.kind, Kind::Id | Kind::Fold));
    match outer.and_then(|l| l.names.first()) {
        Some(outer) => Err(Unclear {
            why: format!("it has one folder, {outer}, with the folders {} in it", shown(class)),
            way_out: format!(
                "give the folder {outer} itself if the folders in it are the classes; else {TABLE}"
            ),
        }),
        None => Ok(()),
    }
}

/// Refuses folders that cannot be classes by their names.
fn check_classes(level: &Level) -> Result<(), Unclear> {
    let why = match level.kind {
        Kind::Fold => "folds",
        Kind::Id if are_patients(&level.names) || level.names.len() > MOST_NUMBERED => "patients or slides",
        _ => return Ok(()),
    };
    Err(unclear(format!(
        "its folders ({}) are named like {why}, and nothing in them tells the classes",
        shown(level)
    )))
}

/// A warning where classes are numbered as patients and slides are.
fn like_patients(level: &Level) -> Option<String> {
    (level.kind == Kind::Id && are_of_one_pattern(&level.names)).then(|| {
        format!(
            "warning: the folders ({}) are taken for classes, though their names differ only in a number, as those of patients and slides do: if they are no classes, {TABLE}",
            shown(level)
        )
    })
}

fn either(outer: &Level, inner: &Level) -> Unclear {
    Unclear {
        why: format!(
            "either the outer folders ({}) or the inner ones ({}) could be the classes",
            shown(outer),
            shown(inner)
        ),
        way_out: TABLE.into(),
    }
}

/// Two levels with numbers in their names: the classes are few, the slides many.
fn numbered(images: &[Vec<&str>], a: &Level, b: &Level) -> Result<Layout, Unclear> {
    let are_classes = |few: &Level, many: &Level| {
        (2..=MOST_NUMBERED).contains(&few.names.len())
            && many.names.len() >= TIMES * few.names.len()
            && !are_patients(&few.names)
    };
    // "01_TUMOR" and "02_STROMA" beside "P000" and "P001": words with a number before them are no patients.
    let are_named = |named: &Level, ids: &Level| {
        are_numbered_words(&named.names) && are_of_one_pattern(&ids.names) && !are_numbered_words(&ids.names)
    };
    if are_named(b, a) {
        return Ok(with_slides(images, b, Some(a)));
    }
    if are_named(a, b) {
        return Ok(with_slides(images, a, Some(b)));
    }
    if are_classes(b, a) && is_shared(images, a, b) {
        Ok(with_slides(images, b, Some(a)))
    } else if are_classes(a, b) {
        Ok(with_slides(images, a, Some(b)))
    } else {
        Err(either(a, b))
    }
}

/// The layout with these classes, and with the slides or folds `unit` as far as they can be trusted.
fn with_slides(images: &[Vec<&str>], class: &Level, unit: Option<&Level>) -> Layout {
    let mut layout = Layout { class: class.at, ..Layout::default() };
    let Some(unit) = unit else {
        if class.at > 0 {
            layout.notes.push(format!("the folders inside ({}) are the classes", shown(class)));
        }
        return layout;
    };
    let folders = match unit.names.len() {
        1 => "one folder".to_owned(),
        n => format!("{} folders", grouped(n)),
    };
    let units = shown(unit);
    if unit.at < class.at {
        layout.slide = Some(unit.at);
        layout.slides_known = unit.kind == Kind::Id;
        let what = if layout.slides_known { "slides or patients" } else { "folds, and no fold is split" };
        layout.notes.push(format!(
            "the folders inside ({}) are the classes, the {folders} around them ({units}) the {what}",
            shown(class)
        ));
        return layout;
    }
    if unit.kind != Kind::Id {
        return layout;
    }
    let mut of_class: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in images {
        of_class.entry(path[class.at]).or_default().insert(path[unit.at]);
    }
    if of_class.values().all(|slides| slides.len() >= FEWEST_SLIDES) {
        layout.slide = Some(unit.at);
        layout.slides_known = true;
        layout.notes.push(format!("the {folders} inside the classes ({units}) are the slides or patients"));
    } else {
        layout.notes.push(format!(
            "warning: the folders inside the classes ({units}) are not taken for slides, since a class has fewer than {FEWEST_SLIDES} of them"
        ));
    }
    layout
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths "P1/HP" for every combination of the names given, each `|`-separated.
    fn crossed(levels: &[&str]) -> Vec<String> {
        levels.iter().fold(vec![String::new()], |all, level| {
            let longer = |path: &String, name: &str| {
                if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
            };
            all.iter().flat_map(|path| level.split('|').map(move |name| longer(path, name))).collect()
        })
    }

    fn read(paths: &[String]) -> Result<Layout, Unclear> {
        let split: Vec<Vec<&str>> = paths.iter().map(|path| path.split('/').collect()).collect();
        of(&split)
    }

    #[track_caller]
    fn means(levels: &[&str], class: usize, slide: Option<usize>, side: Option<usize>) {
        let layout = read(&crossed(levels)).unwrap_or_else(|e| panic!("{levels:?}: {}", e.why));
        assert_eq!(
            (layout.class, layout.slide, layout.side),
            (class, slide, side),
            "{levels:?}: {:?}",
            layout.notes
        );
    }

    #[track_caller]
    fn refused(levels: &[&str], part: &str) {
        let why = read(&crossed(levels)).map(|l| format!("{l:?}")).unwrap_err().why;
        assert!(why.contains(part), "{levels:?}: {why}");
    }

    #[test]
    fn classes_inside_patients_folds_and_sides() {
        means(&["HP|SSA"], 0, None, None);
        means(&["P1|P2|P3", "HP|SSA"], 1, Some(0), None);
        means(&["patient_a|patient_b", "HP|SSA"], 1, Some(0), None);
        means(&["fold_0|fold_1", "HP|SSA"], 1, Some(0), None);
        means(&["fold1|fold2", "P1|P2|P3", "HP|SSA"], 2, Some(1), None);
        means(&["P1|P2|P3", "S1|S2", "HP|SSA"], 2, Some(0), None);
        means(&["P1|P2|P3", "HP|SSA", "40x|100x"], 1, Some(0), None);
        means(&["train|holdout", "HP|SSA"], 1, None, Some(0));
        means(&["Training|Test", "HP|SSA", "P1|P2|P3"], 1, Some(2), Some(0));
        means(&["HP|SSA", "train|test"], 0, None, Some(1));
        means(&["P7", "HP|SSA"], 1, Some(0), None);
    }

    #[test]
    fn slides_inside_classes() {
        means(&["HP|SSA", "P1|P2|P3"], 0, Some(1), None);
        means(&["HP|SSA", "P1|P2"], 0, None, None);
        means(&["HP|SSA", "40x|100x"], 0, None, None);
        means(&["HP|SSA", "tiles"], 0, None, None);
        means(&["grade1|grade2", "P1|P2|P3"], 0, Some(1), None);
        let ids: Vec<String> = (8863..8900).map(|k| k.to_string()).collect();
        means(&[&ids.join("|"), "0|1"], 1, Some(0), None);
        means(&["0|1", &ids.join("|")], 0, Some(1), None);
        let nested = ["HP/a", "HP/b", "SSA/c", "SSA/d"].map(str::to_owned);
        assert_eq!(read(&nested).unwrap(), Layout::default());
    }

    #[test]
    fn words_with_a_number_before_them_are_classes_beside_patients() {
        let (classes, patients) = ("01_TUMOR|02_STROMA|03_COMPLEX", "P000|P001|P002|P003|P004");
        means(&[classes, patients], 0, Some(1), None);
        means(&[patients, classes], 1, Some(0), None);
        means(&["1 benign|2 malignant", "B12-340|B12-341|B13-2"], 0, Some(1), None);
        means(&["01_mueller|02_schmidt|03_weber|04_wagner|05_bauer|06_koch", "0|1"], 1, Some(0), None);
        means(&["01_mueller|02_schmidt", "HP|SSA"], 1, Some(0), None);
        refused(&["01_TUMOR|02_STROMA", "01_raw|02_normal"], "either");
    }

    #[test]
    fn classes_that_are_called_as_patients_are_warned_of() {
        for names in ["TCGA-A1-0000|TCGA-A1-0001|TCGA-A1-0002", "0000|0001", "B12-340|B12-341|B13-2", "A1|A2"]
        {
            let layout = read(&crossed(&[names])).unwrap();
            assert!(layout.notes.iter().any(|n| n.contains("as those of patients")), "{:?}", layout.notes);
        }
        for names in ["0|1|2", "HP|SSA", "grade1|grade2", "01_TUMOR|02_STROMA", "CIN2|NORM1"] {
            assert_eq!(read(&crossed(&[names])).unwrap().notes, Vec::<String>::new(), "{names}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        refused(&["HP|SSA", "raw|normalised"], "either the outer folders");
        refused(&["P1|P2", "1|2"], "either");
        refused(&["P1|P2|P3", "HP"], "either");
        refused(&["train|test"], "sides of a split");
        refused(&["train|val|test", "HP|SSA"], "train, val");
        refused(&["train|val", "HP|SSA"], "a study has two");
        refused(&["internal|external", "HP|SSA"], "sides of a split");
        refused(&["train|HP"], "train is a side of a split and HP is not");
        refused(&["trainA|trainB|testA|testB"], "beside something else");
        refused(&["HP_train|HP_test|SSA_train|SSA_test"], "beside something else");
        refused(&["fold_0|fold_1"], "named like folds");
        refused(&["patient1|patient2"], "named like patients");
        refused(&["tiles", "HP|SSA"], "one folder, tiles");
        refused(&["fold_0|fold_1", "train|test", "HP|SSA"], "folds");
        let uneven = ["P1/HP", "P2/HP", "P3"].map(str::to_owned);
        assert!(read(&uneven).unwrap_err().why.contains("such as HP"));
        let uneven = ["HP", "SSA/P1", "SSA/P2"].map(str::to_owned);
        assert_eq!(read(&uneven).unwrap().class, 0);
    }
}
