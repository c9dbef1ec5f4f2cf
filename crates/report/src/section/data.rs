//! Table 1: the tiles; Figure 2: examples of each class and agreement.

use super::{left_out, more, scrolls, section, spread, tile};
use crate::chart::{Plate, PlateRow, PlateTile};
use crate::figure::{Figure, Figures};
use crate::load::{AGREEMENTS, Run};
use crate::sheet::Sheet;
use crate::text;
use crate::tiles::{Album, Picture};
use maud::{Markup, html};
use record::{ConfidenceRow, DataCount};

const ID: &str = "data";
const TITLE: &str = "The tiles";

/// Examples of each class and agreement.
const EXAMPLES: usize = 6;

/// Table 1 of this data, with the paper's to compare, and examples.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
    let Some(results) = &run.results else {
        return left_out(ID, TITLE, "the study has not ended, so its tiles are not counted yet");
    };
    // In a cross-validation every tile is a test tile.
    let mut partitions = vec!["train", "test"];
    partitions.retain(|partition| *partition == "test" || results.cross_validation.is_none());
    let voted = results.data.iter().any(|d| d.agreement != "none" && d.n > 0);
    let bare = results.data.iter().any(|d| d.agreement == "none" && d.n > 0);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Tiles of " (results.tile_size) " × " (results.tile_size) " pixels, "
                @if results.cross_validation.is_some() { "each tested once. " } @else { "split by slide. " }
                @if voted && run.high_agreement() < 1.0 {
                    "High agreement: at least " (text::fixed(100.0 * run.high_agreement(), 0))
                    "\u{a0}% of the annotators chose the tile's class; low agreement: fewer did."
                } @else if voted { "High agreement: every annotator chose the tile's class; low agreement: not every one did." }
                @else { "The data has no votes, so agreement is not known and tables have no rows for it." }
            }
            (scrolls("Table 1", &html! {
                table.numbers {
                    caption { "Table 1. Tiles by partition, class and agreement." }
                    thead { tr {
                        th scope="col" { "Partition" }
                        th scope="col" { "Class" }
                        @if voted { th.n scope="col" { "High agreement" } th.n scope="col" { "Low agreement" } }
                        @if bare && voted { th.n scope="col" { "No votes" } }
                        th.n scope="col" { "All" }
                    } }
                    tbody {
                        @for partition in &partitions {
                            @for class in &results.classes {
                                @let of = |agreement: Option<&str>| total(&results.data, partition, Some(class), agreement);
                                tr {
                                    th scope="row" { (partition) }
                                    td { (class) @if *class == results.source_class { span.tag { "class X" } } }
                                    @if voted { td.n { (of(Some("high"))) } td.n { (of(Some("low"))) } }
                                    @if bare && voted { td.n { (of(Some("none"))) } }
                                    td.n { (of(None)) }
                                }
                            }
                        }
                    }
                    tfoot {
                        @for partition in &partitions {
                            @let of = |agreement: Option<&str>| total(&results.data, partition, None, agreement);
                            tr {
                                th scope="row" { (partition) }
                                td { "all classes" }
                                @if voted { td.n { (of(Some("high"))) } td.n { (of(Some("low"))) } }
                                @if bare && voted { td.n { (of(Some("none"))) } }
                                td.n { (of(None)) }
                            }
                        }
                    }
                }
            }))
            // The folds have tiles of their own to show.
            @if results.cross_validation.is_none() { (figure2(run, album, figures)) }
            (more("The paper's own Table 1", &scrolls("The paper's Table 1", &html! {
                table.numbers {
                    thead { tr {
                        th scope="col" { "Partition" } th scope="col" { "Class" }
                        th.n scope="col" { "High agreement" } th.n scope="col" { "Low agreement" }
                    } }
                    tbody {
                        @for (partition, class, high, low) in [
                            ("train", "hyperplastic polyp", 860, 670), ("train", "sessile serrated adenoma", 348, 173),
                            ("test", "hyperplastic polyp", 492, 316), ("test", "sessile serrated adenoma", 204, 89),
                        ] {
                            tr {
                                th scope="row" { (partition) } td { (class) } td.n { (high) } td.n { (low) }
                            }
                        }
                    }
                }
            })))
        },
    )
}

fn total(data: &[DataCount], partition: &str, class: Option<&str>, agreement: Option<&str>) -> String {
    let n = data
        .iter()
        .filter(|d| d.partition == partition)
        .filter(|d| class.is_none_or(|c| d.class == c))
        .filter(|d| agreement.is_none_or(|a| d.agreement == a))
        .map(|d| d.n)
        .sum();
    text::count(n)
}

/// Tiles of one class and agreement.
struct Examples<'a> {
    name: String,
    tiles: Vec<(&'a ConfidenceRow, Picture)>,
}

/// Figure 2: train tiles of each class, of high and of low agreement.
fn figure2(run: &Run, album: &Album, figures: &Figures) -> Markup {
    let classes = run.results.as_ref().map_or(&[][..], |r| &r.classes);
    let mut groups = Vec::new();
    for class in classes {
        for kind in AGREEMENTS {
            let mut rows: Vec<&ConfidenceRow> = run
                .confidences
                .iter()
                .filter(|r| r.class == *class && r.partition == "train" && run.agreement(r.agreement) == kind)
                .collect();
            rows.sort_by(|a, b| a.image.cmp(&b.image));
            let tiles: Vec<_> = spread(rows.len(), EXAMPLES)
                .into_iter()
                .filter_map(|i| Some((rows[i], album.original(&rows[i].image)?)))
                .collect();
            if !tiles.is_empty() {
                groups.push(Examples { name: format!("{class}, {kind}"), tiles });
            }
        }
    }
    let caption = "Figure 2. Train tiles of each class, spread evenly over their names, not picked by eye. Under each: the share of \
                   annotators who chose its class.";
    let share = |row: &ConfidenceRow| {
        row.agreement.map_or_else(String::new, |a| format!("{}\u{a0}%", text::fixed(100.0 * a, 0)))
    };
    let plate = Plate {
        title: "Examples by class and agreement",
        description: "Rows of tiles, one a class and agreement.",
        columns: Vec::new(),
        rows: groups
            .iter()
            .map(|group| PlateRow {
                name: group.name.clone(),
                tiles: group
                    .tiles
                    .iter()
                    .map(|(row, picture)| PlateTile { picture: Some(picture), caption: vec![share(row)] })
                    .collect(),
            })
            .collect(),
    };
    let Some(drawing) = plate.drawing() else {
        return html! { p.absent { "Figure 2 is left out: the data is not where study.toml says, or its tiles are not scored yet." } };
    };
    let mut data = Sheet::new(["image", "class", "agreement"]);
    for (row, _) in groups.iter().flat_map(|g| &g.tiles) {
        data.push([row.image.as_str().into(), row.class.as_str().into(), row.agreement.into()]);
    }
    let page = html! {
        @for group in &groups {
            h4 { (group.name) }
            div.tiles.six {
                @for (row, picture) in &group.tiles {
                    (tile(Some(picture), &format!("tile {}, {}", row.image, group.name), &html! { (share(row)) }))
                }
            }
        }
    };
    figures.show(Figure {
        name: "figure-2-examples".to_owned(),
        heading: "Figure 2. Examples by class and agreement".to_owned(),
        caption: caption.to_owned(),
        drawing,
        data,
        shown: Some(page),
        wide: true,
    })
}
