//! The sections of the report, one file a topic, in the order of reading.

pub mod agreement;
pub mod auc;
pub mod calibration;
pub mod classes;
pub mod comparisons;
pub mod curves;
pub mod data;
pub mod dial;
pub mod difficulty;
pub mod folds;
pub mod gallery;
pub mod levels;
pub mod pipeline;
pub mod provenance;
pub mod quality;
pub mod reading;
pub mod recipes;
pub mod robustness;
pub mod roc;
pub mod severity;
pub mod shift;
pub mod slides;
pub mod stain;
pub mod summary;
pub mod thresholds;
pub mod translations;
pub mod translators;

use crate::chart::{Hue, Marker};
use crate::load::Run;
use crate::spread::spread;
use crate::text;
use crate::tiles::Picture;
use maud::{Markup, html};
use record::{EpochChoice, Measured, Range, Stratum, TileSet, TrainingSet};

/// A section with its heading and body.
fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            (body)
        }
    }
}

/// A section that the run has nothing for.
fn left_out(id: &str, title: &str, why: &str) -> Markup {
    section(id, title, &html! { p.absent { "Left out: " (why) "." } })
}

/// Charts side by side where there is room.
fn charts(children: &Markup) -> Markup {
    html! { div.charts { (children) } }
}

/// Charts in at most two columns.
fn charts_in_twos(children: &Markup) -> Markup {
    html! { div.charts.twos { (children) } }
}

/// Something wide that scrolls by itself on a narrow screen, also by keyboard.
fn scrolls(name: &str, body: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (body) } }
}

/// Something to open for those who want it.
fn more(summary: &str, body: &Markup) -> Markup {
    html! { details { summary { (summary) } div.inside { (body) } } }
}

/// A tile with its caption; a grey square where the file is missing or the report would grow too large.
fn tile(picture: Option<&Picture>, what: &str, caption: &Markup) -> Markup {
    html! {
        figure.tile {
            @match picture {
                Some(picture) => img.small[picture.is_small()] src=(picture.source) alt=(what)
                    width=(picture.width) height=(picture.height);,
                None => div.blank role="img" aria-label={ (what) ", not shown" } { "not shown" },
            }
            figcaption { (caption) }
        }
    }
}

/// The colour of a set of tiles, the same in every chart.
fn hue(set: TileSet) -> Hue {
    match set {
        TileSet::Source => Hue::Blue,
        TileSet::Generated(_) => Hue::Orange,
        TileSet::Reconstructed(_) => Hue::Green,
        TileSet::Hard(_) => Hue::Purple,
        TileSet::Other => Hue::Gold,
    }
}

/// How a run's training sets are drawn, the same in every chart.
struct Looks(Vec<TrainingSet>);

impl Looks {
    /// Of rows in the order of Table 3.
    fn of(rows: &[TrainingSet]) -> Self {
        Self(rows.to_vec())
    }

    /// The original is grey. The paper's rows have their colours as long as they are among themselves; else colours go round, and lines of the
    /// second and third round are drawn otherwise.
    fn look(&self, set: TrainingSet) -> (Hue, Marker) {
        const COLOURS: [Hue; 5] = [Hue::Blue, Hue::Orange, Hue::Green, Hue::Gold, Hue::Purple];
        const ROUNDS: [Marker; 3] = [Marker::Thick, Marker::Fine, Marker::Broad];
        let are_of_paper = !self.0.iter().any(|row| matches!(row, TrainingSet::Recipe(_)));
        let is_of_same_kind = |row: &&TrainingSet| match row {
            TrainingSet::Original => false,
            TrainingSet::Naive => !are_of_paper,
            TrainingSet::Phi(_) | TrainingSet::Recipe(_) => true,
        };
        let colours = if are_of_paper { &COLOURS[..4] } else { &COLOURS[..] };
        match set {
            TrainingSet::Original => (Hue::Grey, Marker::Thick),
            TrainingSet::Naive if are_of_paper => (Hue::Purple, Marker::Thick),
            _ => {
                let at = self.0.iter().filter(is_of_same_kind).position(|row| *row == set).unwrap_or(0);
                (colours[at % colours.len()], ROUNDS[at / colours.len() % ROUNDS.len()])
            }
        }
    }

    /// The colour alone, where there are no lines to tell apart.
    fn hue(&self, set: TrainingSet) -> Hue {
        self.look(set).0
    }
}

/// A training set in the name of a figure: `original`, `phi-12.5`.
fn in_names(set: TrainingSet) -> String {
    set.to_string().replace('=', "-")
}

/// Why a table of scores is not there.
fn no_scores(run: &Run) -> &'static str {
    if run.results.is_some() {
        "the classifiers' scores of single tiles are not on file, as in runs of grayzone 0.1; train them anew in another folder"
    } else {
        "the study has not ended"
    }
}

/// A share from 0 to 1 in percent with its interval over slides.
fn measured(measured: &Measured) -> String {
    let interval = measured.over_slides.map_or_else(String::new, |range| {
        format!(" ({} to {})", text::fixed(100.0 * range.low, 1), text::fixed(100.0 * range.high, 1))
    });
    format!("{}{interval}", text::auc(measured.value))
}

/// The ends of an interval.
fn ends(range: Option<Range>) -> Option<(f64, f64)> {
    range.map(|range| (range.low, range.high))
}

/// A choice of epochs in words.
fn epoch(choice: EpochChoice) -> &'static str {
    match choice {
        EpochChoice::FiveBest => "five best epochs",
        EpochChoice::Last => "last epoch",
        EpochChoice::Validation => "epoch chosen on validation",
    }
}

/// Test tiles in words.
fn stratum(stratum: Stratum) -> &'static str {
    match stratum {
        Stratum::All => "All test tiles",
        Stratum::High => "High agreement",
        Stratum::Low => "Low agreement",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Phi;

    #[test]
    fn rows_of_the_paper_keep_their_colours_and_many_recipes_are_all_told_apart() {
        let phis = [50.0, 25.0, 12.5].map(|phi| TrainingSet::Phi(Phi::new(phi)));
        let paper = Looks::of(&[&[TrainingSet::Original, TrainingSet::Naive], &phis[..]].concat());
        assert_eq!(paper.hue(TrainingSet::Original), Hue::Grey);
        assert_eq!(paper.hue(TrainingSet::Naive), Hue::Purple);
        assert_eq!(phis.map(|phi| paper.hue(phi)), [Hue::Blue, Hue::Orange, Hue::Green]);
        let recipes = (0..13).map(|n| TrainingSet::Recipe(format!("recipe-{n}").parse().unwrap()));
        let rows: Vec<TrainingSet> =
            [TrainingSet::Original, TrainingSet::Naive, phis[1]].into_iter().chain(recipes).collect();
        let looks = Looks::of(&rows);
        let all: Vec<(Hue, Marker)> = rows.iter().map(|row| looks.look(*row)).collect();
        for (at, look) in all.iter().enumerate() {
            assert!(!all[..at].contains(look), "{} looks like another row", rows[at]);
        }
    }
}
