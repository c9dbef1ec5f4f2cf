//! What happened and what it amounts to, in plain words.

use super::{folds, section};
use crate::advice::{Outcome, advice};
use crate::claim::{Reach, claim};
use crate::load::{RankedBy, Run};
use crate::text;
use crate::verdict::{Drift, Shown, Translation, compared, told_by};
use maud::{Markup, html};
use record::thresholds::{ENOUGH_HARD, KEPT_ENOUGH};
use record::{ConfidenceOf, Phi, Results, Stratum, TrainingSet};

/// How an answer is marked; always with a word and a sign, never by colour alone.
#[derive(Clone, Copy)]
enum Tone {
    Good,
    Mixed,
    Bad,
    Plain,
}

struct Answer {
    tone: Tone,
    question: &'static str,
    short: String,
    long: String,
}

/// The summary: which recipe to use, what happened, the other answers, and the warnings.
pub fn draw(run: &Run) -> Markup {
    let answers: Vec<Answer> =
        [translation(run), selectivity(run), agreement(run), ground_truth(run), retraining(run)]
            .into_iter()
            .flatten()
            .collect();
    let warnings = warnings(run);
    let which = run.results.as_ref().and_then(which_recipe);
    section(
        "summary",
        "In short",
        &html! {
            @if let Some(which) = &which { div.answers { (card(which)) } }
            p.lead { (what_happened(run)) }
            div.answers {
                @for answer in &answers { (card(answer)) }
            }
            @if !warnings.is_empty() {
                div.warnings {
                    h3 { "Notes and warnings" }
                    ul { @for warning in &warnings { li { (warning) } } }
                }
            }
        },
    )
}

fn card(answer: &Answer) -> Markup {
    let (class, sign) = match answer.tone {
        Tone::Good => ("good", "✓"),
        Tone::Mixed => ("mixed", "◐"),
        Tone::Bad => ("bad", "✗"),
        Tone::Plain => ("plain", "•"),
    };
    html! {
        article.answer.(class) {
            h3 { (answer.question) }
            p.short { span.sign aria-hidden="true" { (sign) } "\u{a0}" (answer.short) }
            p { (answer.long) }
        }
    }
}

/// The lab's question.
fn which_recipe(results: &Results) -> Option<Answer> {
    let advice = advice(results)?;
    let tone = match advice.outcome {
        Outcome::Gains => Tone::Good,
        Outcome::Unconfirmed => Tone::Mixed,
        Outcome::Loses => Tone::Bad,
        Outcome::NonePays | Outcome::NoChoice => Tone::Plain,
    };
    let long = advice.sentences.iter().map(|sentence| format!("{sentence}.")).collect::<Vec<_>>().join(" ");
    Some(Answer { tone, question: "Which recipe to use?", short: advice.short, long })
}

fn what_happened(run: &Run) -> String {
    let x = run.source_class();
    let Some(results) = &run.results else {
        if run.is_cross_validation() {
            return "This cross-validation has not ended yet: each fold that has begun has a report of its own, in the folders fold-1, fold-2 and so on. Run it again to go on.".to_owned();
        }
        return format!(
            "This study has not ended yet: {} so far. What is on file is shown below, and drawn anew every few minutes while the study runs; if it \
             was stopped, run it again to go on.",
            text::counted(run.done.len(), "step")
        );
    };
    let of = |partition: &str| {
        results.data.iter().filter(|d| d.partition == partition).map(|d| d.n).sum::<usize>()
    };
    if let Some(cv) = &results.cross_validation {
        let (one, several) = folds::unit(cv.by);
        return format!(
            "{} of {} ({}) are tested once each, in {}: a scorer, translators of “{x}” and classifiers were trained anew for every fold, \
             on tiles of all other {several}, {} for each training set, and tested on that fold, none of whose {several} they had seen. What is split is the {one}.",
            text::counted(of("test"), "tile"),
            if cv.units == 1 { format!("1 {one}") } else { format!("{} {several}", text::count(cv.units)) },
            results.classes.join(", "),
            text::counted(cv.folds, "test fold"),
            text::counted(results.table3.iter().map(|r| r.seeds).max().unwrap_or(0), "seed"),
        );
    }
    let phis: Vec<String> = run.phis.iter().map(|p| p.phi.to_string()).collect();
    let seeds = results.table3.iter().map(|r| r.seeds).max().unwrap_or(0);
    let recipes = results.rows().iter().filter(|set| matches!(set, TrainingSet::Recipe(_))).count();
    let with = match recipes {
        0 => "with those translations added".to_owned(),
        n => format!("by {} (see Recipes)", text::counted(n, "recipe")),
    };
    let translated = results.phi.iter().map(|p| p.easy).max().unwrap_or(0);
    let (half, hard) = match run.ranked_by() {
        RankedBy::Confidence => ("surer half", "it is least sure of"),
        RankedBy::Agreement => ("half that annotators agreed on most", "they agreed on least"),
    };
    format!(
        "A scorer was trained on the {} train tiles ({}; less those kept for validation) and asked how sure it is of each \
         “{x}” tile. The {half}, {}, was then translated to look like the “{x}” tiles {hard} (the lowest φ percent; φ = {}). Classifiers \
         were trained anew {with}, {} for each training set, and compared on {} test tiles \
         from slides that no training touched.",
        text::count(of("train")),
        results.classes.join(", "),
        text::counted(translated, "tile"),
        phis.join(", "),
        text::counted(seeds, "seed"),
        text::count(of("test")),
    )
}

fn translation(run: &Run) -> Option<Answer> {
    let t = Translation::of(run, run.shown_phi()?)?;
    let x = run.source_class();
    let numbers = format!(
        "Judged by scorers that never saw the tile's slide, mean confidence in “{x}” goes from {} to {} by translating \
         at {}, and to {} by translating back.",
        text::fixed(t.source, 2),
        text::fixed(t.generated, 2),
        text::phi(t.phi),
        text::fixed(t.reconstructed, 2),
    );
    let (tone, short, meaning) = match t.shown {
        Shown::Yes => (
            Tone::Good,
            "Yes, by the held-out judge",
            "The drop is clear and translating back undoes it, so it is not just the generator's artefacts. Whether \
             pathologists find the tiles harder, only a blinded reading can tell.",
        ),
        Shown::Partly => (
            Tone::Mixed,
            "In part",
            "The drop is clear, but translating back undoes only some of it: part of it may be artefacts of the generator.",
        ),
        Shown::Artefact => (
            Tone::Bad,
            "Not shown",
            "Translating back does not undo the drop, so the generator's artefacts alone may explain it.",
        ),
        Shown::NoDrop => (
            Tone::Bad,
            "Not shown",
            "There is no clear drop: by this judge the translations are not harder than their sources. The translator may \
             need more training.",
        ),
    };
    let others: Vec<String> = run
        .phis
        .iter()
        .filter(|p| p.phi != t.phi)
        .filter_map(|p| Translation::of(run, p.phi))
        .map(|o| format!("{}: {}", text::phi(o.phi), in_a_word(o.shown)))
        .collect();
    let others =
        if others.is_empty() { String::new() } else { format!(" Elsewhere: {}.", others.join("; ")) };
    Some(Answer {
        tone,
        question: "Does the translation hold up?",
        short: short.to_owned(),
        long: format!("{numbers} {meaning}{others}"),
    })
}

/// The verdict in a word or two, for lists.
pub fn in_a_word(shown: Shown) -> &'static str {
    match shown {
        Shown::Yes => "holds up",
        Shown::Partly => "holds in part",
        Shown::Artefact => "not shown (artefacts)",
        Shown::NoDrop => "not shown (no clear drop)",
    }
}

fn retraining(run: &Run) -> Option<Answer> {
    let results = run.results.as_ref()?;
    let epoch = told_by(results);
    let largest = |stratum: Stratum| {
        compared(results, stratum, epoch)
            .into_iter()
            .filter(|c| c.training_set.phi().is_some() && c.difference.is_some())
            .max_by(|a, b| a.difference.unwrap_or(0.0).total_cmp(&b.difference.unwrap_or(0.0)))
    };
    let best = largest(Stratum::All)?;
    let difference = best.difference?;
    let on_all = claim(best);
    let points = format!("{} points of AUC", text::signed(100.0 * difference, 1));
    let (tone, short) = match (on_all.reach, difference > 0.0) {
        (Reach::OtherSlides, true) => (Tone::Good, points),
        (Reach::TheseTiles, true) => (Tone::Mixed, format!("{points}, on these tiles")),
        (Reach::OtherSlides | Reach::TheseTiles, false) => (Tone::Bad, points),
        (Reach::Nothing, _) if best.seeds < 3 => (Tone::Plain, "Too few seeds to tell".to_owned()),
        (Reach::Nothing, _) => (Tone::Mixed, "No difference shown".to_owned()),
    };
    let on_low = largest(Stratum::Low).map_or_else(String::new, |low| format!(" {}.", claim(low).sentence));
    Some(Answer {
        tone,
        question: "Do the translations help a classifier?",
        short,
        long: format!(
            "The translated row that does best against the original, seed by seed. {}.{on_low} p is corrected for the number of rows (Holm).",
            on_all.sentence
        ),
    })
}

fn selectivity(run: &Run) -> Option<Answer> {
    let results = run.results.as_ref()?;
    if results.phi.is_empty() {
        return None;
    }
    let rule = format!(
        "The rule: the smallest φ with at least {ENOUGH_HARD} hard tiles and at least {}\u{a0}% of the translations still \
         called the same class by the held-out judge.",
        text::fixed(100.0 * KEPT_ENOUGH, 0)
    );
    let row = |phi: Phi| results.phi.iter().find(|p| p.phi == phi);
    Some(match results.recommended_phi.and_then(row) {
        Some(p) => Answer {
            tone: Tone::Good,
            question: "Which selectivity?",
            short: text::phi(p.phi),
            long: format!(
                "{} hard tiles; {} of the translations are kept by the held-out judge, {} by the scorer. {rule}",
                text::count(p.hard),
                text::share(p.kept_held_out, p.generated),
                text::share(p.kept, p.generated),
            ),
        },
        None => Answer {
            tone: Tone::Mixed,
            question: "Which selectivity?",
            short: "None recommended".to_owned(),
            long: format!("{} {rule}", why_none(results)),
        },
    })
}

fn why_none(results: &Results) -> String {
    let each: Vec<String> = results
        .phi
        .iter()
        .map(|p| {
            format!(
                "{} has {} and {} of {} kept ({})",
                text::phi(p.phi),
                text::counted(p.hard, "hard tile"),
                text::count(p.kept_held_out),
                text::counted(p.generated, "translation"),
                text::share_to(p.kept_held_out, p.generated, 1)
            )
        })
        .collect();
    format!("None meets the rule: {}.", each.join("; "))
}

fn agreement(run: &Run) -> Option<Answer> {
    const QUESTION: &str = "Does confidence follow the annotators?";
    let results = run.results.as_ref()?;
    let ks = results.ks.as_ref()?;
    let distance = format!(
        "Tiles of high agreement ({}) against those of low ({}): Kolmogorov–Smirnov distance {}; the paper found 0.302.",
        text::count(ks.n_high),
        text::count(ks.n_low),
        text::fixed(ks.statistic, 3),
    );
    // Out of fold nothing was learned by heart.
    let measured = [ConfidenceOf::OutOfFold, ConfidenceOf::InSample]
        .into_iter()
        .find_map(|of| results.difficulty.iter().find(|d| d.confidence == of))
        .and_then(|d| Some((d, d.auc_disagreement.value?, d.auc_disagreement.over_slides?)));
    let Some((difficulty, auc, range)) = measured else {
        return Some(Answer {
            tone: Tone::Plain,
            question: QUESTION,
            short: format!("Distance {}", text::fixed(ks.statistic, 2)),
            long: format!(
                "{distance} Its p, {}, takes tiles as independent, and there is no interval over slides.",
                text::p_value(ks.p_value)
            ),
        });
    };
    let shown = range.low > 0.5;
    let whose = match difficulty.confidence {
        ConfidenceOf::OutOfFold => "by scorers that never saw the slide",
        _ => "by the scorer",
    };
    Some(Answer {
        tone: if shown { Tone::Good } else { Tone::Mixed },
        question: QUESTION,
        short: if shown { "Yes, also on other slides" } else { "Not shown" }.to_owned(),
        long: format!(
            "Low confidence {whose} finds disputed tiles with an AUC of {} ({} to {} over slides; 0.5 is chance). {distance}",
            text::fixed(auc, 2),
            text::fixed(range.low, 2),
            text::fixed(range.high, 2),
        ),
    })
}

/// Hidden severity, 0 to 1: real hard tiles that have less than this more than easy ones are no aim.
const LEAST_WAY: f64 = 0.02;

fn ground_truth(run: &Run) -> Option<Answer> {
    let s = run.results.as_ref()?.severity.as_ref()?;
    let (easy, generated, hard) = (s.easy_mean?, s.generated_mean?, s.hard_mean?);
    // Where hard tiles are hardly more severe than easy ones, there is no way to go a share of.
    let is_told = hard - easy >= LEAST_WAY;
    let way = (generated - easy) / (hard - easy);
    let moved = is_told && way > 0.1;
    let (tone, short) = match (is_told, moved) {
        (false, _) => (Tone::Mixed, "Not told: hard tiles are hardly more severe here".to_owned()),
        (true, true) => (Tone::Good, format!("{}\u{a0}% of the way", text::fixed(100.0 * way, 0))),
        (true, false) => (Tone::Bad, "Not towards the hard tiles".to_owned()),
    };
    Some(Answer {
        tone,
        question: "Does the tissue itself become harder?",
        short,
        long: format!(
            "On synthetic tissue the truth is known. Hidden severity as a probe reads it from the pixels: {} in the easy \
             tiles, {} in their translations, {} in the real hard tiles ({}).",
            text::fixed(easy, 2),
            text::fixed(generated, 2),
            text::fixed(hard, 2),
            text::phi(s.phi),
        ),
    })
}

fn warnings(run: &Run) -> Vec<String> {
    let mut all: Vec<String> = run.not_as_written().into_iter().collect();
    let Some(results) = &run.results else { return all };
    all.extend(results.notes.iter().cloned());
    for phi in &run.phis {
        if Drift::of(&results.stain, phi.phi).is_some_and(|d| d.is_large()) {
            all.push(format!(
                "The translator at {} repaints: its stain moved further than the hard tiles account for; see Stain below",
                text::phi(phi.phi)
            ));
        }
    }
    all
}
