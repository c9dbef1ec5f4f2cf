//! The form that CycleGAN's own data sets have: `trainA`, `trainB`, and mostly `testA`, `testB`.

use std::collections::BTreeSet;

use super::layout::Layout;
use super::level::{Unclear, unclear};

/// Side and class that a folder of this form stands for.
fn meaning(folder: &str) -> Option<[&'static str; 2]> {
    match folder.to_ascii_lowercase().as_str() {
        "traina" => Some(["train", "A"]),
        "trainb" => Some(["train", "B"]),
        "testa" => Some(["test", "A"]),
        "testb" => Some(["test", "B"]),
        _ => None,
    }
}

/// The folders of each image, and what their levels mean.
type Read = (Vec<Vec<&'static str>>, Layout);

/// The folders of each image as if they were side and class, and the layout of those; `None` where the data are not of this form.
///
/// # Errors
/// A class that is on one side alone, and one folder written in two ways.
pub(super) fn read(with_images: &BTreeSet<&str>, levels: &[Vec<&str>]) -> Option<Result<Read, Unclear>> {
    let meanings: Vec<[&str; 2]> = with_images.iter().map(|folder| meaning(folder)).collect::<Option<_>>()?;
    if meanings.len() < 2 {
        return None;
    }
    let told: BTreeSet<[&str; 2]> = meanings.iter().copied().collect();
    let has_test = told.iter().any(|[side, _]| *side == "test");
    let wanted = if has_test { 4 } else { 2 };
    if told.len() != meanings.len() || told.len() != wanted {
        let found = with_images.iter().copied().collect::<Vec<_>>().join(", ");
        return Some(Err(unclear(format!(
            "the folders of CycleGAN's form are trainA and trainB, or these with testA and testB, and those with images are {found}"
        ))));
    }
    let folders: Option<Vec<Vec<&'static str>>> =
        levels.iter().map(|folders| Some(meaning(folders.first()?)?.to_vec())).collect();
    let note = if has_test {
        "the folders are those of CycleGAN: A and B are the classes, train and test the sides of the split"
    } else {
        "the folders are those of CycleGAN without a test: trainA and trainB are the classes A and B, and no tile has a side"
    };
    let side = has_test.then_some(0);
    Some(Ok((folders?, Layout { class: 1, side, notes: vec![note.to_owned()], ..Layout::default() })))
}
