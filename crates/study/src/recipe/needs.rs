//! Which steps a recipe is made from.

use record::{Phi, TrainingSet, Translated};

use super::resolved::Resolved;
use crate::config::{Added, Curriculum};
use crate::study::Study;

/// What a recipe reads of other steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Need {
    /// The mixed examples of the paper's row.
    NaiveMixes,
    /// The scorer's confidences.
    Scores,
    /// The ranking of a class (class X where it is `None`) at a selectivity.
    Ranking(Phi, Option<usize>),
    /// Translations.
    Translations(Translated),
    /// What judges say of translations.
    Assessed(Translated),
}

/// What the row `set` is made from, each once.
pub fn needs(study: &Study, set: TrainingSet) -> Vec<Need> {
    // The paper's rows read what they always read.
    match set {
        TrainingSet::Original => return Vec::new(),
        TrainingSet::Naive => return vec![Need::NaiveMixes],
        TrainingSet::Phi(phi) => return vec![Need::Translations(Translated::of_x(phi))],
        TrainingSet::Recipe(_) => {}
    }
    let resolved = Resolved::of(study, set);
    let mut needs = Vec::new();
    let mut need = |need: Need| {
        if !needs.contains(&need) {
            needs.push(need);
        }
    };
    if resolved.recipe.curriculum == Curriculum::Confidence {
        need(Need::Scores);
    }
    for part in &resolved.recipe.add {
        for class in Resolved::classes(study, part) {
            match part.tiles {
                Added::Generated | Added::Reconstructed => {
                    let translated = Resolved::translated(study, part, class);
                    need(Need::Translations(translated));
                    need(Need::Assessed(translated));
                }
                Added::Naive | Added::CopiesEasy | Added::CopiesHard => {
                    need(Need::Ranking(Resolved::phi(study, part), study.other_class(class)));
                }
                Added::CopiesDisputed => {}
            }
        }
    }
    needs
}
