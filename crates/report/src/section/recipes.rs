//! What each row of Table 3 is, and how rows do on the validation tiles, by which one is chosen.

use super::{charts, ends, left_out, more, scrolls, section};
use crate::advice::{Outcome, advice};
use crate::chart::{Forest, ForestGroup, ForestRow, Hue};
use crate::figure::Figures;
use crate::load::Run;
use crate::recipe::{augmentation, batch_norm, curriculum, labels, part_in_words, percent, shortest};
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::{AddedOfClass, OnValidation, RecipePart, Recommendation, Results, RowRecipe, TrainingSet};

/// Its place in the page.
pub const ID: &str = "recipes";
const TITLE: &str = "Recipes";

/// The recipes, what was tried for them, and the choice between them.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.recipes.is_empty()) else {
        return left_out(ID, TITLE, "the study has not ended");
    };
    let tried = results.recipes.iter().any(|recipe| !recipe.candidates.is_empty());
    section(
        ID,
        TITLE,
        &html! {
            p {
                "What each training set of Table 3 adds to the original tiles, and how it teaches them. Available are all tiles of the kind; of these the filter \
                 kept some; of those so many were added, tiles counting again where they were added more than once."
                @if results.cross_validation.is_some() { " Numbers of tiles are sums over the test folds." }
            }
            (scrolls("What each training set adds", &table(results)))
            @if tried { (more("What was tried on the validation tiles", &scrolls("Amounts and weights tried", &candidates(&results.recipes)))) }
            @if let Some(recommendation) = &results.recommendation { (choice(results, recommendation, figures)) }
        },
    )
}

/// A column of words; `None` where a row teaches as the original does.
type Words = fn(&RowRecipe) -> Option<String>;

/// What recipes may teach otherwise than the original, and what the original has.
const TEACHING: [(&str, &str, Words); 4] = [
    ("Labels", "majority", |recipe| labels(recipe.labels)),
    ("Batch statistics", "shared", |recipe| batch_norm(recipe.batch_norm)),
    ("Order", "all at once", |recipe| curriculum(recipe.curriculum)),
    ("Augmentation", "usual", |recipe| augmentation(recipe.augmentation)),
];

fn table(results: &Results) -> Markup {
    let recipes = &results.recipes;
    let x = &results.source_class;
    let taught: Vec<&(&str, &str, Words)> =
        TEACHING.iter().filter(|(.., words)| recipes.iter().any(|recipe| words(recipe).is_some())).collect();
    html! {
        table.numbers.recipes {
            thead { tr {
                th scope="col" { "Training set" } th scope="col" { "Adds" } th scope="col" { "Class" }
                th.n scope="col" { "Available" } th.n scope="col" { "Kept" } th.n scope="col" { "Added" } th.n scope="col" { "Weight" }
                @for (name, ..) in &taught { th scope="col" { (name) } }
            } }
            @for recipe in recipes {
                @let lines = lines(recipe);
                tbody {
                    @for (i, line) in lines.iter().enumerate() {
                        tr {
                            @if i == 0 {
                                th scope="rowgroup" rowspan=(lines.len()) { (text::training_set(recipe.training_set)) (mark(results, recipe.training_set)) }
                            }
                            @match line.part {
                                Some((part, height)) => { @if height > 0 { td.adds rowspan=(height) { (part_in_words(part, x)) } } }
                                None => td.adds { "nothing" },
                            }
                            (counts(line.added))
                            @if i == 0 {
                                td.n rowspan=(lines.len()) { (recipe.weight.map_or_else(|| text::NONE.to_owned(), shortest)) }
                                @for (_, usual, words) in &taught {
                                    td.words rowspan=(lines.len()) { (words(recipe).unwrap_or_else(|| (*usual).to_owned())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One line of the table: a part, with how many lines it has if it begins here, and one class of it.
struct Line<'a> {
    part: Option<(&'a RecipePart, usize)>,
    added: Option<&'a AddedOfClass>,
}

fn lines(recipe: &RowRecipe) -> Vec<Line<'_>> {
    if recipe.parts.is_empty() {
        return vec![Line { part: None, added: None }];
    }
    let of_part = |part| {
        let part: &RecipePart = part;
        let height = part.added.len().max(1);
        (0..height).map(move |i| Line {
            part: Some((part, if i == 0 { height } else { 0 })),
            added: part.added.get(i),
        })
    };
    recipe.parts.iter().flat_map(of_part).collect()
}

fn counts(added: Option<&AddedOfClass>) -> Markup {
    html! {
        @match added {
            Some(added) => {
                td { (added.class) }
                td.n { (text::count(added.available)) } td.n { (text::count(added.kept)) } td.n { (text::count(added.added)) }
            }
            None => { td { (text::NONE) } td.n { (text::NONE) } td.n { (text::NONE) } td.n { (text::NONE) } }
        }
    }
}

fn is_recommended(results: &Results, set: TrainingSet) -> bool {
    results.recommendation.as_ref().is_some_and(|recommendation| recommendation.training_set == Some(set))
}

fn mark(results: &Results, set: TrainingSet) -> Markup {
    html! { @if is_recommended(results, set) { " " span.tag { "recommended" } } }
}

fn candidates(recipes: &[RowRecipe]) -> Markup {
    let share = |amount: Option<f64>| amount.map_or_else(|| text::NONE.to_owned(), percent);
    let weight = |weight: Option<f64>| weight.map_or_else(|| text::NONE.to_owned(), shortest);
    let taken = |recipe: &RowRecipe| {
        let amount = recipe.parts.iter().find(|part| part.amount_chosen).and_then(|part| part.amount);
        recipe.candidates.iter().position(|candidate| {
            candidate.amount == amount && candidate.weight.is_none_or(|weight| Some(weight) == recipe.weight)
        })
    };
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Training set" } th.n scope="col" { "Amount" } th.n scope="col" { "Weight" } th.n scope="col" { "Seeds" }
                th.n scope="col" { "AUC on validation, %" }
            } }
            tbody {
                @for recipe in recipes {
                    @let taken = taken(recipe);
                    @for (i, candidate) in recipe.candidates.iter().enumerate() {
                        tr {
                            th scope="row" { (text::training_set(recipe.training_set)) @if Some(i) == taken { " " span.tag { "taken" } } }
                            td.n { (share(candidate.amount)) } td.n { (weight(candidate.weight)) } td.n { (text::count(candidate.seeds)) }
                            td.n { (text::auc(candidate.auc_validation)) }
                        }
                    }
                }
            }
        }
    }
}

/// The rows on the validation tiles, and what follows.
fn choice(results: &Results, recommendation: &Recommendation, figures: &Figures) -> Markup {
    let told = advice(results);
    html! {
        h3 { "The choice, by validation tiles alone" }
        p {
            "Of the rows whose gain over the original is clear on the validation tiles the one with the highest AUC there is recommended; none, if no gain is clear. \
             Clear is a gain if, over seeds and slides, its 95 % interval lies above zero and its p, corrected for the number of rows (Holm) and for what was tried on these \
             tiles before, is below 0.05; it takes three seeds. Rows are compared after their last epoch, which nobody picked. No test tile has a say in it. "
            (text::counted(recommendation.tiles, "validation tile")) " of " (text::counted(recommendation.slides, "slide")) ", "
            (text::count(recommendation.of_class_x)) " of them “" (results.source_class) "”."
        }
        @if let Some(told) = told.filter(|told| told.outcome == Outcome::NoChoice) { @for sentence in &told.sentences { p.absent { (sentence) "." } } }
        (charts(&forest(recommendation, figures)))
        (scrolls("Rows on the validation tiles", &on_validation(results, &recommendation.rows)))
    }
}

fn on_validation(results: &Results, rows: &[OnValidation]) -> Markup {
    let points = |d: f64| text::signed(100.0 * d, 2);
    let interval = |row: &OnValidation| {
        let ends = ends(row.over_seeds_and_slides);
        ends.map_or_else(
            || text::NONE.to_owned(),
            |(low, high)| format!("{} to {}", points(low), points(high)),
        )
    };
    let p = |p: Option<f64>| p.map_or_else(|| text::NONE.to_owned(), text::p_value);
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Training set" } th.n scope="col" { "Seeds" } th.n scope="col" { "AUC, last epoch, %" }
                th.n scope="col" { "at each seed's best epoch (too good)" }
                th.n scope="col" { "Difference, points" } th.n scope="col" { "Over seeds and slides" }
                th.n scope="col" { "Tried" } th.n scope="col" { "p" } th.n scope="col" { "by Holm" } th scope="col" { "Clear" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (text::training_set(row.training_set)) (mark(results, row.training_set)) }
                        td.n { (text::count(row.seeds)) } td.n { (text::auc(row.auc)) } td.n { (text::auc(row.auc_best_epoch)) }
                        @if row.training_set == TrainingSet::Original { td.n { (text::NONE) } td.n { (text::NONE) } td.n { (text::NONE) } td.n { (text::NONE) } td.n { (text::NONE) } td { (text::NONE) } }
                        @else {
                            td.n { (row.difference.map_or_else(|| text::NONE.to_owned(), points)) }
                            td.n { (interval(row)) } td.n { (text::count(row.candidates)) }
                            td.n { (p(row.p)) } td.n { (p(row.p_holm)) } td { @if row.is_clear { "yes" } @else { "no" } }
                        }
                    }
                }
            }
        }
    }
}

fn forest(recommendation: &Recommendation, figures: &Figures) -> Markup {
    let mut sheet = Sheet::new([
        "training_set",
        "seeds",
        "auc",
        "auc_best_epoch",
        "difference",
        "both_low",
        "both_high",
        "candidates",
        "p",
        "p_holm",
        "clear",
    ]);
    let mut groups = Vec::new();
    for row in &recommendation.rows {
        let both = ends(row.over_seeds_and_slides);
        let (low, high) = both.unzip();
        sheet.push([
            row.training_set.to_string().into(),
            row.seeds.into(),
            row.auc.into(),
            row.auc_best_epoch.into(),
            row.difference.into(),
            low.into(),
            high.into(),
            row.candidates.into(),
            row.p.into(),
            row.p_holm.into(),
            usize::from(row.is_clear).into(),
        ]);
        let Some(difference) = row.difference else { continue };
        let drawn = ForestRow {
            label: if row.is_clear { "clear" } else { "not clear" }.to_owned(),
            hue: if row.is_clear { Hue::Blue } else { Hue::Grey },
            value: 100.0 * difference,
            inner: None,
            outer: both.map(|(low, high)| (100.0 * low, 100.0 * high)),
        };
        groups.push(ForestGroup { name: text::training_set(row.training_set), rows: vec![drawn] });
    }
    let each: Vec<String> = groups
        .iter()
        .map(|group| format!("{}: {}", group.name, text::signed(group.rows[0].value, 1)))
        .collect();
    let drawn = Forest {
        title: "On the validation tiles: difference from the original",
        description: &format!("Differences of AUC in points: {}", each.join("; ")),
        x_label: "Points of AUC; right of zero: better",
        groups,
        inner: "over seeds",
        outer: "over seeds and slides",
    };
    let caption = "95 % intervals for other trainings and other slides, each row by itself. Last epoch.";
    figures.chart_with("validation", "On the validation tiles", &drawn, caption, sheet)
}
