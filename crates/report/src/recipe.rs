//! A recipe in words.

use crate::text;
use record::{
    Added, Augmentation, BatchNorm, Classes, Curriculum, Filter, Labels, RecipePart, RowRecipe, TrainingSet,
};

/// What a row is, as the end of a sentence: `adds translations at φ = 25 of every class, kept by the held-out judge; with votes as labels`.
/// `x` is class X.
pub fn in_words(recipe: &RowRecipe, x: &str) -> String {
    let added: Vec<String> = recipe.parts.iter().map(|part| part_in_words(part, x)).collect();
    let taught = taught(recipe);
    match (added.is_empty(), taught.is_empty()) {
        (true, true) => "adds nothing to the original tiles".to_owned(),
        (true, false) => format!("adds no tiles; it has {}", listed(&taught)),
        (false, true) => format!("adds {}", listed(&added)),
        (false, false) => format!("adds {}; with {}", listed(&added), listed(&taught)),
    }
}

/// The tiles that a part adds: `translations at φ = 25 of “hp”, kept by the scorer`.
pub fn part_in_words(part: &RecipePart, x: &str) -> String {
    let target = match (part.dial, part.phi) {
        (Some(dial), _) => format!(" at dial\u{a0}{dial}"),
        (None, Some(phi)) => format!(" at {}", text::phi(phi)),
        (None, None) => String::new(),
    };
    let whose = match part.classes {
        Classes::Source => format!(" of “{x}”"),
        Classes::All => " of every class".to_owned(),
    };
    let tiles = match part.tiles {
        Added::Generated => format!("translations{target}{whose}"),
        Added::Reconstructed => format!("translations{target}{whose}, translated back"),
        Added::Naive => format!("naive mixes{target}{whose}"),
        Added::CopiesEasy => format!("copies of easy tiles{whose}"),
        Added::CopiesHard => format!("copies of hard tiles{target}{whose}"),
        Added::CopiesDisputed => format!("copies of low-agreement tiles{whose}"),
    };
    let kept = match part.filter {
        None => "",
        Some(Filter::None) => ", unfiltered",
        Some(Filter::Scorer) => ", kept by the scorer",
        Some(Filter::HeldOut) => ", kept by the held-out judge",
        Some(Filter::HeldOutAndFeatures) => ", kept by the held-out judge and its features",
    };
    let amount = match (part.amount, part.amount_chosen) {
        (None, false) => String::new(),
        (None, true) => ", as many as each fold's validation tiles chose".to_owned(),
        (Some(amount), false) => format!(", at most {} of the class's tiles", percent(amount)),
        (Some(amount), true) => {
            format!(", at most {} of the class's tiles (chosen on validation)", percent(amount))
        }
    };
    [tiles.as_str(), kept, &amount].concat()
}

/// How a row teaches otherwise than the original is taught.
fn taught(recipe: &RowRecipe) -> Vec<String> {
    let weight = recipe.weight.filter(|weight| *weight != 1.0);
    let weight = weight.map(|weight| format!("a weight of {} for added tiles", shortest(weight)));
    [labels(recipe.labels), weight, batch_norm(recipe.batch_norm)]
        .into_iter()
        .chain([curriculum(recipe.curriculum), augmentation(recipe.augmentation)])
        .flatten()
        .collect()
}

/// `None` of what the original has, too, as of those that follow.
pub fn labels(labels: Labels) -> Option<String> {
    match labels {
        Labels::Majority => None,
        Labels::Votes => Some("annotators' votes as labels".to_owned()),
        Labels::Judge => Some("votes and the held-out judge's probabilities as labels".to_owned()),
    }
}

pub fn batch_norm(batch_norm: BatchNorm) -> Option<String> {
    match batch_norm {
        BatchNorm::Shared => None,
        BatchNorm::Auxiliary => Some("batch statistics of their own for made tiles".to_owned()),
    }
}

pub fn curriculum(curriculum: Curriculum) -> Option<String> {
    match curriculum {
        Curriculum::None => None,
        Curriculum::Agreement => Some("high-agreement tiles first".to_owned()),
        Curriculum::Confidence => Some("confident tiles first".to_owned()),
    }
}

pub fn augmentation(augmentation: Augmentation) -> Option<String> {
    match augmentation {
        Augmentation::Paper => None,
        Augmentation::Degraded => Some("JPEG, blur and noise on every tile".to_owned()),
    }
}

/// A row in a sentence: of the study's own recipes in quotation marks.
pub fn named(set: TrainingSet) -> String {
    match set {
        TrainingSet::Recipe(name) => format!("“{name}”"),
        paper => text::training_set(paper),
    }
}

/// A share in percent, with the digits that it has.
pub fn percent(share: f64) -> String {
    // 0.07 · 100 is not 7.
    format!("{}\u{a0}%", shortest((share * 1e8).round() / 1e6))
}

/// A number with the digits that it has.
pub fn shortest(number: f64) -> String {
    number.to_string()
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Phi;

    fn part(tiles: Added) -> RecipePart {
        RecipePart {
            tiles,
            phi: Some(Phi::new(25.0)),
            dial: None,
            classes: Classes::Source,
            filter: None,
            amount: None,
            amount_chosen: false,
            added: Vec::new(),
        }
    }

    fn recipe(parts: Vec<RecipePart>) -> RowRecipe {
        RowRecipe {
            training_set: TrainingSet::Recipe("both".parse().unwrap()),
            parts,
            labels: Labels::Majority,
            weight: Some(1.0),
            batch_norm: BatchNorm::Shared,
            curriculum: Curriculum::None,
            augmentation: Augmentation::Paper,
            candidates: Vec::new(),
        }
    }

    fn words(recipe: &RowRecipe) -> String {
        in_words(recipe, "hp").replace('\u{a0}', " ")
    }

    #[test]
    fn a_row_is_told_by_what_it_adds_and_how_it_teaches_otherwise() {
        assert_eq!(words(&recipe(Vec::new())), "adds nothing to the original tiles");
        let kept = RecipePart { filter: Some(Filter::Scorer), ..part(Added::Generated) };
        assert_eq!(words(&recipe(vec![kept])), "adds translations at φ = 25 of “hp”, kept by the scorer");
        let dialled = RecipePart {
            phi: None,
            dial: Some(0.3),
            classes: Classes::All,
            filter: Some(Filter::HeldOutAndFeatures),
            amount: Some(0.07),
            amount_chosen: true,
            ..part(Added::Generated)
        };
        let disputed = RecipePart { phi: None, ..part(Added::CopiesDisputed) };
        let whole = RowRecipe {
            labels: Labels::Votes,
            weight: Some(0.5),
            batch_norm: BatchNorm::Auxiliary,
            ..recipe(vec![dialled, part(Added::Naive), disputed])
        };
        assert_eq!(
            words(&whole),
            "adds translations at dial 0.3 of every class, kept by the held-out judge and its features, at most 7 % of the class's \
             tiles (chosen on validation), naive mixes at φ = 25 of “hp” and copies of low-agreement tiles of “hp”; with annotators' \
             votes as labels, a weight of 0.5 for added tiles and batch statistics of their own for made tiles"
        );
        let taught = RowRecipe { curriculum: Curriculum::Agreement, weight: None, ..recipe(Vec::new()) };
        assert_eq!(words(&taught), "adds no tiles; it has high-agreement tiles first");
    }
}
