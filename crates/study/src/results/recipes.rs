//! What each row of Table 3 is, and what it added.

use record::{
    Added, AddedOfClass, AddedRow, ChosenOnValidation, Classes, Filter, PhiResult, RecipePart, RowRecipe,
    TrainingSet,
};

use crate::config::{Chosen, Part, Recipe};
use crate::error::StudyError;
use crate::pictures::Mixed;
use crate::study::Study;

/// One entry a row of Table 3, in its order. `phi` is what came of each selectivity.
///
/// # Errors
/// If what a retraining or a choice left cannot be read.
pub fn recipes(study: &Study, phi: &[PhiResult]) -> Result<Vec<RowRecipe>, StudyError> {
    study.training_sets().into_iter().map(|set| of_row(study, phi, set)).collect()
}

/// How many amounts and weights were tried on the validation tiles before a row became what it is: at least 1.
pub fn candidates(recipe: &RowRecipe) -> usize {
    recipe.candidates.len().max(1)
}

fn of_row(study: &Study, phi: &[PhiResult], set: TrainingSet) -> Result<RowRecipe, StudyError> {
    match set {
        TrainingSet::Original => Ok(paper(set, Vec::new())),
        TrainingSet::Naive => {
            let mixed: Vec<Mixed> = files::read_rows(&Mixed::table(study))?;
            let n = mixed.len();
            Ok(paper(set, vec![of_paper(study, Added::Naive, (n, n))]))
        }
        TrainingSet::Phi(at) => {
            let made = phi.iter().find(|phi| phi.phi == at).map_or((0, 0), |phi| (phi.generated, phi.kept));
            let part = RecipePart { phi: Some(at), ..of_paper(study, Added::Generated, made) };
            Ok(paper(set, vec![part]))
        }
        TrainingSet::Recipe(_) => of_recipe(study, set),
    }
}

/// A row as the paper has it.
fn paper(training_set: TrainingSet, parts: Vec<RecipePart>) -> RowRecipe {
    RowRecipe {
        training_set,
        weight: (!parts.is_empty()).then_some(1.0),
        parts,
        labels: record::Labels::default(),
        batch_norm: record::BatchNorm::default(),
        curriculum: record::Curriculum::default(),
        augmentation: record::Augmentation::default(),
        candidates: Vec::new(),
    }
}

/// Tiles that one of the paper's rows adds of class X at the reference selectivity, all that are kept.
fn of_paper(study: &Study, tiles: Added, (available, kept): (usize, usize)) -> RecipePart {
    let class = study.config.source_class.clone();
    RecipePart {
        tiles,
        phi: Some(study.reference_phi()),
        dial: None,
        classes: Classes::Source,
        filter: (tiles == Added::Generated).then_some(Filter::Scorer),
        amount: None,
        amount_chosen: false,
        added: vec![AddedOfClass { class, available, kept, added: kept }],
    }
}

/// A recipe of the study's own: as it is written, with what its first training put on record.
fn of_recipe(study: &Study, set: TrainingSet) -> Result<RowRecipe, StudyError> {
    let recipes = &study.config.training_set;
    let Some(recipe) = recipes.iter().find(|recipe| recipe.name == set.to_string()) else {
        // A row is of a recipe's name only because a recipe has it.
        return Ok(paper(set, Vec::new()));
    };
    let rows: Vec<AddedRow> = files::read_rows(&study.run.added_csv(set, 0))?;
    let is_open = |chosen: Option<Chosen>| chosen == Some(Chosen::Validation);
    let left_open = is_open(recipe.weight) || recipe.add.iter().any(|part| is_open(part.amount));
    let chosen: Option<ChosenOnValidation> =
        if left_open { Some(files::read_json(&study.run.chosen_json(set))?) } else { None };
    let parts = recipe.add.iter().enumerate();
    let described = Described { recipe, rows: &rows, chosen: chosen.as_ref() };
    Ok(RowRecipe {
        training_set: set,
        parts: parts.map(|(at, part)| described.part(study, at + 1, part)).collect(),
        labels: recipe.labels,
        weight: described.weight(),
        batch_norm: recipe.batch_norm,
        curriculum: recipe.curriculum,
        augmentation: recipe.augmentation,
        candidates: chosen.as_ref().map(|chosen| chosen.candidates.clone()).unwrap_or_default(),
    })
}

/// A recipe and what is on record of it.
struct Described<'a> {
    recipe: &'a Recipe,
    rows: &'a [AddedRow],
    chosen: Option<&'a ChosenOnValidation>,
}

impl Described<'_> {
    fn weight(&self) -> Option<f64> {
        if self.recipe.add.is_empty() {
            return None;
        }
        match self.recipe.weight {
            None => Some(1.0),
            Some(Chosen::Fixed(weight)) => Some(weight),
            Some(Chosen::Validation) => self.chosen?.weight,
        }
    }

    /// Its part `number`, from 1.
    fn part(&self, study: &Study, number: usize, part: &Part) -> RecipePart {
        let has_target =
            matches!(part.tiles, Added::Generated | Added::Reconstructed | Added::Naive | Added::CopiesHard);
        let is_translated = matches!(part.tiles, Added::Generated | Added::Reconstructed);
        let of_part = self.rows.iter().filter(|row| row.part == number);
        let phi = part.phi.unwrap_or_else(|| study.reference_phi());
        RecipePart {
            tiles: part.tiles,
            phi: (has_target && part.dial.is_none()).then_some(phi),
            dial: part.dial,
            classes: part.classes,
            filter: is_translated.then_some(part.filter),
            amount: match part.amount {
                None => None,
                Some(Chosen::Fixed(amount)) => Some(amount),
                Some(Chosen::Validation) => self.chosen.and_then(|chosen| chosen.amount),
            },
            amount_chosen: part.amount == Some(Chosen::Validation),
            added: of_part
                .map(|row| AddedOfClass {
                    class: row.class.clone(),
                    available: row.available,
                    kept: row.kept,
                    added: row.added,
                })
                .collect(),
        }
    }
}

/// The recipes of several test folds as one: sums of their tiles, and only such amounts and weights as all of them have.
pub fn over_folds(folds: &[&[RowRecipe]]) -> Vec<RowRecipe> {
    let Some((first, others)) = folds.split_first() else { return Vec::new() };
    let pool = |recipe: &RowRecipe| {
        let same: Vec<&RowRecipe> = others
            .iter()
            .filter_map(|fold| fold.iter().find(|other| other.training_set == recipe.training_set))
            .collect();
        let mut whole = RowRecipe { candidates: Vec::new(), ..recipe.clone() };
        whole.weight = whole.weight.filter(|weight| same.iter().all(|other| other.weight == Some(*weight)));
        for (at, part) in whole.parts.iter_mut().enumerate() {
            let of_others: Vec<&RecipePart> = same.iter().filter_map(|other| other.parts.get(at)).collect();
            part.amount =
                part.amount.filter(|amount| of_others.iter().all(|other| other.amount == Some(*amount)));
            for more in of_others.iter().flat_map(|other| &other.added) {
                match part.added.iter_mut().find(|added| added.class == more.class) {
                    Some(added) => {
                        added.available += more.available;
                        added.kept += more.kept;
                        added.added += more.added;
                    }
                    None => part.added.push(more.clone()),
                }
            }
        }
        whole
    };
    first.iter().map(pool).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Candidate, Phi};

    fn added(class: &str, n: usize) -> AddedOfClass {
        AddedOfClass { class: class.into(), available: 4 * n, kept: 2 * n, added: n }
    }

    fn recipe(weight: f64, amount: f64, of_classes: Vec<AddedOfClass>) -> RowRecipe {
        let part = RecipePart {
            tiles: Added::Generated,
            phi: Some(Phi::new(25.0)),
            dial: None,
            classes: Classes::All,
            filter: Some(Filter::HeldOut),
            amount: Some(amount),
            amount_chosen: true,
            added: of_classes,
        };
        let tried = Candidate { amount: Some(amount), weight: None, seeds: 3, auc_validation: None };
        RowRecipe {
            weight: Some(weight),
            candidates: vec![tried.clone(), tried],
            ..paper(TrainingSet::Recipe("both".parse().unwrap()), vec![part])
        }
    }

    #[test]
    fn over_folds_tiles_are_summed_class_by_class_and_what_folds_chose_differently_is_left_out() {
        let folds = [
            vec![recipe(0.5, 0.25, vec![added("hp", 10)])],
            vec![recipe(0.5, 0.5, vec![added("hp", 1), added("ssa", 3)])],
        ];
        let whole = over_folds(&[&folds[0], &folds[1]]);
        assert_eq!(whole.len(), 1);
        assert_eq!((whole[0].weight, whole[0].parts[0].amount), (Some(0.5), None));
        assert_eq!(whole[0].parts[0].added, [added("hp", 11), added("ssa", 3)]);
        assert!(whole[0].candidates.is_empty() && over_folds(&[]).is_empty());
    }

    #[test]
    fn a_row_of_which_nothing_was_tried_counts_once() {
        assert_eq!(candidates(&paper(TrainingSet::Original, Vec::new())), 1);
        assert_eq!(candidates(&recipe(1.0, 0.5, Vec::new())), 2);
    }
}
