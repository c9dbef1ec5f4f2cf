//! What the name of a folder may stand for.

use std::collections::BTreeSet;

/// What the names of one level of folders have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sides of a split.
    Side,
    /// Folds or batches.
    Fold,
    /// Patients or slides: names with numbers.
    Id,
    /// Magnifications, or one neutral word such as "tiles".
    Nothing,
    /// Anything else, such as classes.
    Word,
}

/// A side of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Train,
    Test,
    Validation,
    /// One of several sets, and which side it is to be is not said.
    Unsaid,
}

const TRAIN: [&str; 5] = ["train", "training", "trainset", "trainingset", "traindata"];
const TEST: [&str; 11] = [
    "test",
    "testing",
    "testset",
    "testingset",
    "testdata",
    "holdout",
    "heldout",
    "holdoutset",
    "external",
    "externaltest",
    "unseen",
];
const VALIDATION: [&str; 12] = [
    "val",
    "valid",
    "validation",
    "validationset",
    "valset",
    "validset",
    "dev",
    "devset",
    "tune",
    "tuning",
    "eval",
    "evaluation",
];
const UNSAID: [&str; 4] = ["internal", "discovery", "cohort", "unlabelled"];

/// Words before a number that stand for a set of slides.
const FOLDS: [&str; 10] =
    ["fold", "kfold", "cv", "cvfold", "split", "batch", "part", "chunk", "set", "shard"];
/// Words before a number or letter that stand for one patient or slide.
const PATIENTS: [&str; 18] = [
    "p", "patient", "patients", "pat", "pt", "case", "subject", "subj", "slide", "wsi", "donor", "specimen",
    "biopsy", "block", "tma", "person", "animal", "mouse",
];
/// Words before a number that stand for a class.
const CLASSES: [&str; 20] = [
    "grade", "gleason", "stage", "class", "cls", "label", "cat", "category", "cin", "type", "group", "score",
    "level", "isup", "who", "her", "pattern", "severity", "risk", "cluster",
];
/// Names of a folder that stands between others and means nothing.
const NEUTRAL: [&str; 18] = [
    "tiles", "tile", "images", "image", "img", "imgs", "patches", "patch", "pictures", "data", "png", "jpg",
    "jpeg", "tif", "tiff", "files", "rgb", "crops",
];

/// A name in lower case with nothing but letters and digits.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The side of a split that a whole name stands for.
pub(super) fn side_of(name: &str) -> Option<Side> {
    let bare = bare(name);
    let is_in = |words: &[&str]| words.contains(&bare.as_str());
    if is_in(&TRAIN) {
        Some(Side::Train)
    } else if is_in(&TEST) {
        Some(Side::Test)
    } else if is_in(&VALIDATION) {
        Some(Side::Validation)
    } else {
        is_in(&UNSAID).then_some(Side::Unsaid)
    }
}

/// The side that a part of a name stands for: train in "HP_train" or "trainA".
pub(super) fn side_within(name: &str) -> Option<Side> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let turns = (before.is_lowercase() && c.is_uppercase()) || before.is_numeric() != c.is_numeric();
        if !c.is_alphanumeric() || turns {
            parts.push(String::new());
        }
        if let (true, Some(part)) = (c.is_alphanumeric(), parts.last_mut()) {
            part.push(c);
        }
        before = c;
    }
    parts.retain(|part| !part.is_empty());
    let ends = [parts.first(), parts.last()];
    ends.into_iter().flatten().find_map(|part| side_of(part).filter(|side| *side != Side::Unsaid))
}

/// A name's first word (letters alone) and whether a number, or a letter behind a mark, follows.
fn word_and_number(name: &str) -> (String, bool) {
    let word: String = name.chars().take_while(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let rest = name.chars().skip_while(|c| c.is_alphabetic()).collect::<String>();
    let is_number = !rest.is_empty() && rest.chars().any(char::is_alphanumeric);
    (word, is_number)
}

fn all_begin(names: &BTreeSet<String>, words: &[&str]) -> bool {
    names.iter().all(|name| {
        let (word, numbered) = word_and_number(name);
        numbered && words.contains(&word.as_str())
    })
}

/// Whether the names are a word for a patient or slide with a number each.
pub(super) fn are_patients(names: &BTreeSet<String>) -> bool {
    all_begin(names, &PATIENTS)
}

/// Whether the names, two at least, differ only in their numbers, which have a letter beside them or three digits.
pub(super) fn are_of_one_pattern(names: &BTreeSet<String>) -> bool {
    let pattern = |name: &String| {
        let mut pattern = String::new();
        for c in name.to_lowercase().chars() {
            match (c.is_numeric(), pattern.ends_with('#')) {
                (true, true) => {}
                (true, false) => pattern.push('#'),
                _ => pattern.push(c),
            }
        }
        pattern
    };
    let patterns: BTreeSet<String> = names.iter().map(pattern).collect();
    let is_telling = |name: &String| {
        name.chars().any(char::is_alphabetic) || name.chars().filter(|c| c.is_numeric()).count() > 2
    };
    names.len() > 1 && patterns.len() == 1 && names.iter().all(is_telling)
}

/// Whether every name is a short number and a word of its own behind it: "01_TUMOR", "2 stroma".
pub(super) fn are_numbered_words(names: &BTreeSet<String>) -> bool {
    let word = |name: &String| {
        let word = name.trim_start_matches(|c: char| c.is_ascii_digit());
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let is_word = (1..=3).contains(&(name.len() - word.len()))
            && letters > 2
            && !word.chars().any(char::is_numeric);
        is_word.then(|| bare(word))
    };
    let words: BTreeSet<String> = names.iter().filter_map(word).collect();
    words.len() == names.len()
}

/// "40x", "x40", "20X", "mag_10".
fn is_magnification(name: &str) -> bool {
    let bare = name.to_lowercase();
    let number =
        bare.strip_suffix('x').or_else(|| bare.strip_prefix('x')).or_else(|| bare.strip_prefix("mag"));
    number.is_some_and(|n| n.trim_matches(['_', '-', ' ']).parse::<f32>().is_ok())
}

/// What the names of a level stand for.
pub(super) fn kind_of(names: &BTreeSet<String>) -> Kind {
    let all = |is: fn(&str) -> bool| names.iter().all(|name| is(name));
    if all(|name| side_of(name).is_some()) {
        Kind::Side
    } else if all_begin(names, &FOLDS) {
        Kind::Fold
    } else if all(is_magnification)
        || (names.len() == 1 && all(|name| NEUTRAL.contains(&bare(name).as_str())))
    {
        Kind::Nothing
    } else if are_patients(names) {
        Kind::Id
    } else if all_begin(names, &CLASSES) {
        Kind::Word
    } else {
        // A class among patients, or a patient without a number, does not change what the others are.
        let numbered = names.iter().filter(|name| name.chars().any(|c| c.is_ascii_digit())).count();
        if 5 * numbered >= 4 * names.len() { Kind::Id } else { Kind::Word }
    }
}
