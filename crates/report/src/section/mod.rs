//! The sections of the report, one file a topic, in the order of reading.

pub mod agreement;
pub mod auc;
pub mod calibration;
pub mod classes;
pub mod comparisons;
pub mod curves;
pub mod data;
pub mod difficulty;
pub mod folds;
pub mod gallery;
pub mod levels;
pub mod pipeline;
pub mod provenance;
pub mod quality;
pub mod reading;
pub mod robustness;
pub mod roc;
pub mod severity;
pub mod shift;
pub mod stain;
pub mod summary;
pub mod thresholds;
pub mod translations;
pub mod translators;

use crate::chart::Hue;
use crate::load::Run;
use crate::spread::spread;
use crate::text;
use crate::tiles::Picture;
use maud::{Markup, html};
use record::{EpochChoice, Measured, Phi, Range, Stratum, TileSet, TrainingSet};

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

/// The colour of a training set, the same in every chart.
fn row_hue(set: TrainingSet, phis: &[Phi]) -> Hue {
    match set {
        TrainingSet::Original => Hue::Grey,
        TrainingSet::Naive => Hue::Purple,
        TrainingSet::Phi(phi) => {
            let at = phis.iter().position(|p| *p == phi).unwrap_or(0);
            [Hue::Blue, Hue::Orange, Hue::Green, Hue::Gold][at % 4]
        }
        TrainingSet::Recipe(_) => Hue::Blue,
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
