//! The sections of the report, one file a topic, in the order of reading.

pub mod agreement;
pub mod auc;
pub mod curves;
pub mod data;
pub mod gallery;
pub mod provenance;
pub mod reading;
pub mod severity;
pub mod shift;
pub mod stain;
pub mod summary;
pub mod translations;
pub mod translators;

use crate::chart::Hue;
use crate::spread::spread;
use crate::tiles::Picture;
use maud::{Markup, html};
use record::{TileSet, TrainingSet};

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

/// A training set in the name of a figure: `original`, `phi-12.5`.
fn in_names(set: TrainingSet) -> String {
    set.to_string().replace('=', "-")
}
