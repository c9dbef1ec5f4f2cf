//! Folders that are the sides of a split.

use std::collections::BTreeSet;

use super::level::{Level, Unclear, shown, unclear};
use super::words::{Kind, Side, side_of, side_within};

/// Refuses folders of which some are sides of a split and some are not, or that name a side beside something else.
pub(super) fn check(levels: &[Level]) -> Result<(), Unclear> {
    for level in levels.iter().filter(|l| l.kind != Kind::Side) {
        let plain: Vec<&String> =
            level.names.iter().filter(|n| side_of(n).is_some_and(|s| s != Side::Unsaid)).collect();
        if let (Some(side), true) = (plain.first(), level.at == 0 || plain.len() > 1) {
            let other = level.names.iter().find(|n| side_of(n).is_none()).map_or("", String::as_str);
            return Err(unclear(format!("its folder {side} is a side of a split and {other} is not")));
        }
        let within: BTreeSet<Side> = level.names.iter().filter_map(|n| side_within(n)).collect();
        if level.at == 0 && within.len() > 1 {
            let why = format!(
                "the names of its folders ({}) tell sides of a split beside something else",
                shown(level)
            );
            return Err(unclear(why));
        }
    }
    Ok(())
}

/// Says which folder is which side, if that is clear.
pub(super) fn note(level: &Level) -> Result<String, Unclear> {
    let of = |side: Side| -> Vec<&str> {
        level.names.iter().filter(|n| side_of(n) == Some(side)).map(String::as_str).collect()
    };
    match (of(Side::Train).as_slice(), of(Side::Test).as_slice(), level.names.len()) {
        ([train], [test], 2) => {
            Ok(format!("the folders {train} and {test} are the sides of the split: train and test"))
        }
        _ => Err(unclear(format!(
            "its folders {} are sides of a split, and a study has two: train and test (it takes its validation from train by itself)",
            level.names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ))),
    }
}
