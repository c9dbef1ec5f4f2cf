//! The lab's question: which recipe to use, and what it gives.

use crate::claim::{Claim, Reach, claim_of};
use crate::recipe::{in_words, named};
use crate::text;
use record::thresholds::FEWEST_SEEDS;
use record::{NoChoice, OnValidation, Recommendation, Results, Stratum, TrainingSet};

/// What the validation tiles say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A row is recommended, and the test tiles, which had no say in it, show that it gains.
    Gains,
    /// A row is recommended, and the test tiles show no difference.
    Unconfirmed,
    /// A row is recommended, and the test tiles show that it loses.
    Loses,
    /// No row has a clear gain.
    NonePays,
    /// The validation tiles allow no choice.
    NoChoice,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What it amounts to.
    pub outcome: Outcome,
    /// In a few words.
    pub short: String,
    /// In sentences without full stops, the first of which says it all.
    pub sentences: Vec<String>,
}

/// Which row a lab is to use, by the validation tiles alone; what it gives on the test tiles, of all and of low agreement. `None` where
/// there is no row to choose beside the original.
pub fn advice(results: &Results) -> Option<Advice> {
    if results.cross_validation.is_some() {
        return Some(no_choice(
            "Each fold has its own",
            "A cross-validation recommends no recipe, since each of its tiles is tested: every fold chooses one by validation tiles of its own, \
             told in its report"
                .to_owned(),
        ));
    }
    let recommendation = results.recommendation.as_ref()?;
    match recommendation.training_set {
        None => unable(recommendation, &results.source_class),
        Some(TrainingSet::Original) => Some(none_pays(recommendation)),
        Some(set) => Some(recommended(results, recommendation, set)),
    }
}

fn recommended(results: &Results, recommendation: &Recommendation, set: TrainingSet) -> Advice {
    let name = named(set);
    let recipe = results.recipes.iter().find(|recipe| recipe.training_set == set);
    let words =
        recipe.map_or_else(String::new, |recipe| format!(": it {}", in_words(recipe, &results.source_class)));
    let row = recommendation.rows.iter().find(|row| row.training_set == set);
    let clear = recommendation.rows.iter().filter(|row| row.is_clear).count();
    let why = match clear {
        0 | 1 => "it alone has a clear gain there",
        _ => "it has the highest AUC there of the rows with a clear gain",
    };
    let mut sentences = vec![
        format!("{name} is recommended{words}"),
        format!(
            "It was chosen on {} alone: {why}{}",
            validation(recommendation),
            row.map_or_else(String::new, |row| format!(", {}", gain(row)))
        ),
    ];
    let claims: Vec<Claim> = [Stratum::All, Stratum::Low]
        .into_iter()
        .filter_map(|stratum| {
            let is_told = |c: &&record::RowComparison| {
                (c.training_set, c.stratum, c.epoch) == (set, stratum, recommendation.epoch)
            };
            results.comparisons.iter().find(is_told).map(|row| (row.difference, claim_of(&name, row)))
        })
        .map(|(_, claim)| claim)
        .collect();
    let on_all = results
        .comparisons
        .iter()
        .find(|c| (c.training_set, c.stratum, c.epoch) == (set, Stratum::All, recommendation.epoch));
    let outcome = match on_all.map(|row| (claim_of(&name, row).reach, row.difference)) {
        Some((Reach::OtherSlides | Reach::TheseTiles, Some(difference))) if difference > 0.0 => {
            Outcome::Gains
        }
        Some((Reach::OtherSlides | Reach::TheseTiles, _)) => Outcome::Loses,
        Some((Reach::Nothing, _)) | None => Outcome::Unconfirmed,
    };
    sentences.extend(claims.into_iter().map(|claim| claim.sentence));
    if outcome == Outcome::Loses {
        sentences.push("The test tiles contradict the choice: look at both before using it".to_owned());
    }
    Advice { outcome, short: format!("Use {name}"), sentences }
}

/// What the choice rests on.
fn validation(recommendation: &Recommendation) -> String {
    format!(
        "the {} of {}",
        text::counted(recommendation.tiles, "validation tile"),
        text::counted(recommendation.slides, "slide")
    )
}

/// A row's gain on the validation tiles.
fn gain(row: &OnValidation) -> String {
    let Some(difference) = row.difference else { return "without a difference to tell".to_owned() };
    let points = |d: f64| text::signed(100.0 * d, 1);
    let range = row.over_seeds_and_slides.map_or_else(String::new, |range| {
        format!("{} to {} over seeds and slides; ", points(range.low), points(range.high))
    });
    let p = row.p_holm.map_or_else(|| "no p".to_owned(), |p| format!("p = {}", text::p_value(p)));
    format!("{} points ({range}{p}, {})", points(difference), text::counted(row.seeds, "seed"))
}

fn none_pays(recommendation: &Recommendation) -> Advice {
    let others = recommendation.rows.iter().filter(|row| row.training_set != TrainingSet::Original);
    let highest = others
        .filter(|row| row.difference.is_some())
        .reduce(|best, row| if row.difference > best.difference { row } else { best });
    let highest = highest.map_or_else(String::new, |row| {
        format!("; the best of them is {}, {}", named(row.training_set), gain(row))
    });
    Advice {
        outcome: Outcome::NonePays,
        short: "None pays here".to_owned(),
        sentences: vec![
            "No recipe is shown to pay here: train on the original tiles alone".to_owned(),
            format!(
                "On {}, which alone choose, no row has a clear gain{highest}",
                validation(recommendation)
            ),
            "A gain too small for so many slides and seeds to show is not ruled out".to_owned(),
        ],
    }
}

/// Why no choice can be made.
fn unable(recommendation: &Recommendation, x: &str) -> Option<Advice> {
    let small = "None shown to pay in so small a study";
    let no_say = "No recipe can be recommended";
    let seeds = recommendation.rows.iter().map(|row| row.seeds).min().unwrap_or(0);
    Some(match recommendation.no_choice? {
        NoChoice::OneRow => return None,
        NoChoice::FewSeeds => no_choice(
            small,
            format!(
                "No recipe is shown to pay in so small a study: {} {} too few to tell a gain from chance (it takes {FEWEST_SEEDS})",
                text::counted(seeds, "seed"),
                if seeds == 1 { "is" } else { "are" }
            ),
        ),
        NoChoice::FewSlides => no_choice(
            small,
            format!(
                "No recipe is shown to pay in so small a study: validation tiles of {} are too few to tell a gain from chance",
                text::counted(recommendation.slides, "slide")
            ),
        ),
        NoChoice::NoTiles => no_choice(
            "No validation tiles to choose by",
            format!(
                "{no_say}: the study sets no validation tiles aside (validation in its settings), and test tiles must not choose"
            ),
        ),
        NoChoice::OneClass => no_choice(
            "No AUC to choose by",
            format!(
                "{no_say}: {} of the validation tiles {} “{x}”, so that there is no AUC on them to choose by",
                if recommendation.of_class_x == 0 { "none" } else { "all" },
                if recommendation.of_class_x == 0 { "is" } else { "are" },
            ),
        ),
        NoChoice::NoScores => no_choice(
            "No scores to choose by",
            format!(
                "{no_say}: trainings of an older grayzone kept no scores of the validation tiles; train anew in another folder to have them"
            ),
        ),
    })
}

fn no_choice(short: &str, sentence: String) -> Advice {
    Advice { outcome: Outcome::NoChoice, short: short.to_owned(), sentences: vec![sentence] }
}
