//! Table 1: the tiles.

use super::{left_out, more, scrolls, section};
use crate::load::Run;
use crate::text;
use maud::{Markup, html};
use record::DataCount;

const ID: &str = "data";
const TITLE: &str = "The tiles";

/// Table 1 of this data, with the paper's to compare.
pub fn draw(run: &Run) -> Markup {
    let Some(results) = &run.results else {
        return left_out(ID, TITLE, "the study has not ended, so its tiles are not counted yet");
    };
    let voted = results.data.iter().any(|d| d.agreement != "none" && d.n > 0);
    let bare = results.data.iter().any(|d| d.agreement == "none" && d.n > 0);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Tiles of " (results.tile_size) " × " (results.tile_size) " pixels, split by slide. "
                @if voted { "High agreement: every annotator chose the tile's class; low agreement: not every one did." }
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
                        @for partition in ["train", "test"] {
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
                        @for partition in ["train", "test"] {
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
            (more("The paper's own Table 1", &html! {
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
            }))
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
