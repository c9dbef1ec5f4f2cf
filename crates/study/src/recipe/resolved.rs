//! A row of Table 3 as a recipe with nothing left open.

use record::{ChosenOnValidation, Phi, TrainingSet, Translated};
use serde_json::{Value, json};

use crate::config::{Added, Chosen, Classes, Filter, Part, Recipe};
use crate::error::StudyError;
use crate::study::Study;

/// What was chosen on the validation tiles, where a recipe leaves it to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuned {
    /// Of its parts that leave their amount open: a share of the original tiles of the class.
    pub amount: Option<f64>,
    /// Of added tiles.
    pub weight: Option<f64>,
}

impl Tuned {
    /// What a recipe says that leaves nothing open.
    pub const NOTHING: Self = Self { amount: None, weight: None };
}

/// A row of Table 3.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Its recipe, as it is written or, for a row of the paper, as it would be.
    pub recipe: Recipe,
}

impl Resolved {
    /// The row `set` of the study.
    pub fn of(study: &Study, set: TrainingSet) -> Self {
        let name = set.to_string();
        let written = study.config.training_set.iter().find(|recipe| recipe.name == name);
        let part = |tiles, phi| Part {
            tiles,
            phi: Some(phi),
            dial: None,
            classes: Classes::Source,
            filter: Filter::Scorer,
            amount: None,
        };
        let add = match (set, written) {
            (TrainingSet::Recipe(_), Some(recipe)) => return Self { recipe: recipe.clone() },
            (TrainingSet::Original | TrainingSet::Recipe(_), _) => Vec::new(),
            (TrainingSet::Naive, _) => vec![part(Added::Naive, study.reference_phi())],
            (TrainingSet::Phi(phi), _) => vec![part(Added::Generated, phi)],
        };
        let recipe = Recipe { add, ..Recipe::named(&name) };
        Self { recipe }
    }

    /// What a training by it depends on beyond the classifier's settings, as JSON.
    pub fn settings(&self, study: &Study) -> Value {
        let mixes = self.recipe.add.iter().any(|part| part.tiles == Added::Naive);
        json!([self.recipe, mixes.then_some(study.config.naive_method)])
    }

    /// Whether its amounts or its weight are chosen on the validation tiles.
    pub fn is_open(&self) -> bool {
        self.open_amount() || self.open_weight()
    }

    /// Whether a part leaves its amount to the validation tiles.
    pub fn open_amount(&self) -> bool {
        self.recipe.add.iter().any(|part| part.amount == Some(Chosen::Validation))
    }

    /// Whether its weight is left to the validation tiles.
    pub fn open_weight(&self) -> bool {
        self.recipe.weight == Some(Chosen::Validation)
    }

    /// The weight of added tiles.
    pub fn weight(&self, tuned: Tuned) -> f64 {
        number(self.recipe.weight, tuned.weight).unwrap_or(1.0)
    }

    /// The largest share of the original tiles of a class that the part may add; `None` if all may be.
    pub fn amount(part: &Part, tuned: Tuned) -> Option<f64> {
        number(part.amount, tuned.amount)
    }

    /// The translations of class `class` that a part speaks of.
    pub fn translated(study: &Study, part: &Part, class: usize) -> Translated {
        Translated { target: part.target(study.reference_phi()), class: study.other_class(class) }
    }

    /// The most tiles that it may add, as far as it can be told before there are any.
    pub fn most_added(&self, study: &Study, tuned: Tuned) -> usize {
        let data = &study.data;
        let of_part = |part: &Part| -> usize {
            let of_class = |class| {
                let tiles = data.train_of(Some(class));
                let n = tiles.len();
                let (easy, hard) = Self::phi(study, part).easy_and_hard(n);
                let there = match part.tiles {
                    Added::CopiesHard => hard,
                    Added::CopiesDisputed => tiles.iter().filter(|i| data.is_disputed(**i)).count(),
                    Added::Generated | Added::Reconstructed | Added::Naive | Added::CopiesEasy => easy,
                };
                Self::amount(part, tuned).map_or(there, |share| (share * n as f64) as usize)
            };
            Self::classes(study, part).into_iter().map(of_class).sum()
        };
        self.recipe.add.iter().map(of_part).sum()
    }

    /// Whether a selectivity says which tiles a part adds.
    pub fn is_of_phi(part: &Part) -> bool {
        part.dial.is_none() && !matches!(part.tiles, Added::CopiesEasy | Added::CopiesDisputed)
    }

    /// The selectivity of a part that ranks real tiles.
    pub fn phi(study: &Study, part: &Part) -> Phi {
        study.phi_of(part.target(study.reference_phi()))
    }

    /// The classes that a part adds tiles of.
    pub fn classes(study: &Study, part: &Part) -> Vec<usize> {
        match part.classes {
            Classes::Source => vec![study.data.x],
            Classes::All => (0..study.config.classes.len()).collect(),
        }
    }
}

/// What was chosen for the row, or nothing if it leaves nothing open.
///
/// # Errors
/// If the step's file cannot be read.
pub fn chosen(study: &Study, set: TrainingSet, resolved: &Resolved) -> Result<Tuned, StudyError> {
    if !resolved.is_open() {
        return Ok(Tuned::NOTHING);
    }
    let chosen: ChosenOnValidation = files::read_json(&study.run.chosen_json(set))?;
    Ok(Tuned { amount: chosen.amount, weight: chosen.weight })
}

fn number(written: Option<Chosen>, tuned: Option<f64>) -> Option<f64> {
    match written {
        None => None,
        Some(Chosen::Fixed(number)) => Some(number),
        Some(Chosen::Validation) => tuned,
    }
}
