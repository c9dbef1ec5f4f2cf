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
pub mod translators;

use crate::chart::Hue;
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
    }
}

/// A training set in the name of a figure: `original`, `phi-12.5`.
fn in_names(set: TrainingSet) -> String {
    set.to_string().replace('=', "-")
}

/// `wanted` indices spread evenly over `0..n`, ends included.
fn spread(n: usize, wanted: usize) -> Vec<usize> {
    match (n, wanted) {
        (0, _) | (_, 0) => Vec::new(),
        (n, wanted) if n <= wanted => (0..n).collect(),
        (n, 1) => vec![n / 2],
        (n, wanted) => (0..wanted).map(|i| i * (n - 1) / (wanted - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn picks_are_spread_evenly_and_never_twice() {
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
        assert_eq!(spread(3, 8), [0, 1, 2]);
        assert_eq!(spread(9, 1), [4]);
        assert!(spread(0, 3).is_empty());
    }
}
