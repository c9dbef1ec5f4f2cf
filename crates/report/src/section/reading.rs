//! What readers saw in the blinded study: Table 2, agreement, tests, Figure 4.

use super::{chart, charts_in_twos, more, scrolls, section, spread, tile};
use crate::chart::{DotRow, Dots, Hue};
use crate::load::Run;
use crate::text;
use crate::tiles::Album;
use maud::{Markup, html};
use record::{Estimate, Figure4Row, Reading, Side};

/// Identity and heading.
pub const ID: &str = "readers";
/// Pairs shown of each kind.
const PAIRS: usize = 8;

/// The section; nothing if no reader study has been analysed.
pub fn draw(run: &Run, album: &Album) -> Markup {
    let Some(reading) = &run.reading else { return html! {} };
    let x = &reading.source_class;
    section(
        ID,
        "What pathologists see",
        &html! {
            p {
                (text::counted(reading.readers.len(), "reader")) " labelled tiles without being told where they come from: easy and hard ones of “"
                (x) "”, translations of those easy ones at " (text::phi(reading.phi)) ", and tiles of the other class. \
                 Intervals are 95 %, by drawing whole slides."
            }
            @if !reading.left_out.is_empty() {
                p.absent { "Left out, because they have not finished: " (reading.left_out.join(", ")) "." }
            }
            (scrolls("Table 2", &table2(reading)))
            p.quiet {
                "In the paper, of 75 tiles each, 2/3 and 3/3 agreed on 10 + 65 easy, 20 + 48 hard and 17 + 55 generated ones; \
                 89.3 % of the other class were confirmed."
            }
            (comparisons(reading))
            (agreement(reading))
            (detection(reading))
            (figure4(reading, album))
        },
    )
}

fn table2(reading: &Reading) -> Markup {
    let three = reading.readers.len() == 3;
    html! {
        table.numbers {
            caption { "Table 2. Agreement on “" (reading.source_class) "”." }
            thead { tr {
                th scope="col" { "Tiles" } th.n scope="col" { "n" }
                th.n scope="col" { @if three { "2/3" } @else { "majority" } }
                th.n scope="col" { @if three { "3/3" } @else { "all" } }
                th.n scope="col" { "Label kept" }
            } }
            tbody {
                @for row in &reading.table2 {
                    tr {
                        th scope="row" { (row.group) } td.n { (row.tiles) }
                        td.n { (percent(row.majority, row.tiles)) }
                        td.n { (percent(row.unanimous, row.tiles)) }
                        td.n { (percent(row.kept.count, row.kept.of)) " " (interval(row.kept.low, row.kept.high)) }
                    }
                }
                @if let Some(other) = &reading.other {
                    tr {
                        th scope="row" { "other class" } td.n { (other.of) } td.n {} td.n {}
                        td.n { (percent(other.count, other.of)) " confirmed " (interval(other.low, other.high)) }
                    }
                }
            }
        }
    }
}

/// A share in percent, to one decimal as in the paper.
fn percent(count: usize, of: usize) -> String {
    text::share_to(count, of, 1)
}

/// A range of shares in percent.
fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => {
            format!("({} to {})", text::fixed(100.0 * low, 1), text::fixed(100.0 * high, 1))
        }
        _ => String::new(),
    }
}

fn estimate(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!(
                "{} ({} to {})",
                text::maybe(estimate.value, 2),
                text::fixed(low, 2),
                text::fixed(high, 2)
            )
        }
        _ => text::maybe(estimate.value, 2),
    }
}

fn comparisons(reading: &Reading) -> Markup {
    if reading.comparisons.is_empty() {
        return html! {};
    }
    let x = &reading.source_class;
    let what = |outcome: &str| match outcome {
        "unanimous" => format!("all say “{x}”"),
        "kept" => format!("the majority says “{x}”"),
        reader => format!("{reader} says “{x}”"),
    };
    let rows = |with: Side| -> Vec<DotRow> {
        reading
            .comparisons
            .iter()
            .filter(|c| c.with == with)
            .filter_map(|c| {
                let value = c.difference.value?;
                Some(DotRow {
                    label: what(&c.outcome),
                    hue: match with {
                        Side::Easy => Hue::Blue,
                        Side::Hard => Hue::Purple,
                    },
                    value,
                    spread: Some((c.difference.low.unwrap_or(value), c.difference.high.unwrap_or(value))),
                    single: Vec::new(),
                })
            })
            .collect()
    };
    let (easy, hard) = (rows(Side::Easy), rows(Side::Hard));
    let range = Dots::own_range(&easy.iter().chain(&hard).cloned().collect::<Vec<_>>());
    let draw = |rows: &[DotRow], title: &str| {
        Dots {
            title,
            description: "the share of generated tiles less that of the others, with its interval",
            x_label: "difference",
            rows: rows.to_vec(),
            range: Some(range),
            digits: 2,
            reference: false,
        }
        .draw()
    };
    html! {
        (charts_in_twos(&html! {
            @if !easy.is_empty() {
                (chart("Beside their own sources", &draw(&easy, "Generated tiles beside their sources"), "Left of zero: translations are agreed on less often than the easy tiles they were made of."))
            }
            @if !hard.is_empty() {
                (chart("Beside hard tiles", &draw(&hard, "Generated tiles beside hard ones"), "At zero: as hard as real hard tiles."))
            }
        }))
        (more("The numbers and tests", &scrolls("Comparisons", &html! {
            table.numbers {
                caption { "Exact p: McNemar's beside their sources (in pairs), Fisher's beside hard tiles." }
                thead { tr {
                    th scope="col" { "Outcome" } th scope="col" { "Beside" } th.n scope="col" { "Generated" } th.n scope="col" { "Others" }
                    th.n scope="col" { "Difference" } th.n scope="col" { "p" }
                } }
                tbody {
                    @for c in &reading.comparisons {
                        tr {
                            th scope="row" { (what(&c.outcome)) } td { (c.with) }
                            td.n { (c.generated) " of " (c.generated_of) } td.n { (c.others) " of " (c.others_of) }
                            td.n { (estimate(&c.difference)) } td.n { (text::p_value(c.p_value)) }
                        }
                    }
                }
            }
        })))
    }
}

fn agreement(reading: &Reading) -> Markup {
    let quartiles = |group: &str| {
        let row = reading.time.iter().find(|t| t.group == group)?;
        row.quartiles.map(|[low, median, high]| {
            format!("{} ({} to {})", text::fixed(median, 1), text::fixed(low, 1), text::fixed(high, 1))
        })
    };
    html! {
        (more("Agreement and time", &html! {
            (scrolls("Agreement", &html! {
                table.numbers {
                    caption { "Agreement of all readers, and seconds a tile (median and middle half)." }
                    thead { tr {
                        th scope="col" { "Tiles" } th.n scope="col" { "Unanimous" } th.n scope="col" { "Fleiss' kappa" }
                        th.n scope="col" { "Krippendorff's alpha" } th.n scope="col" { "Seconds" }
                    } }
                    tbody {
                        @for row in &reading.agreement {
                            tr {
                                th scope="row" { (row.group) } td.n { (row.unanimous) " of " (row.tiles) }
                                td.n { (estimate(&row.fleiss_kappa)) } td.n { (estimate(&row.krippendorff_alpha)) }
                                td.n { (quartiles(&row.group).unwrap_or_else(|| text::NONE.into())) }
                            }
                        }
                    }
                }
            }))
            @if !reading.pairs.is_empty() || !reading.themselves.is_empty() {
                (scrolls("Reader by reader", &html! {
                    table.numbers {
                        caption { "Reader by reader; a reader “again” is one with themselves, on tiles shown twice." }
                        thead { tr {
                            th scope="col" { "Readers" } th.n scope="col" { "Tiles" } th.n scope="col" { "Same label" }
                            th.n scope="col" { "Cohen's kappa" }
                        } }
                        tbody {
                            @for row in reading.pairs.iter().chain(&reading.themselves) {
                                tr {
                                    th scope="row" {
                                        @if row.a == row.b { (row.a) " again" } @else { (row.a) " and " (row.b) }
                                    }
                                    td.n { (row.tiles) }
                                    td.n { (text::maybe(row.same.map(|s| 100.0 * s), 1)) " %" }
                                    td.n { (text::maybe(row.cohen_kappa, 2)) }
                                }
                            }
                        }
                    }
                }))
            }
        }))
    }
}

fn detection(reading: &Reading) -> Markup {
    if reading.detection.is_empty() {
        return html! {};
    }
    html! {
        (scrolls("Real or generated", &html! {
            table.numbers {
                caption { "Could they tell? By chance, both shares add up to 1." }
                thead { tr {
                    th scope="col" { "Reader" } th.n scope="col" { "Generated seen as such" } th.n scope="col" { "Real seen as such" }
                    th.n scope="col" { "p" }
                } }
                tbody {
                    @for row in &reading.detection {
                        tr {
                            th scope="row" { (row.reader) }
                            td.n { (estimate(&row.sensitivity)) } td.n { (estimate(&row.specificity)) }
                            td.n { (row.p_value.map_or_else(|| text::NONE.into(), text::p_value)) }
                        }
                    }
                }
            }
        }))
    }
}

/// Figure 4: sources beside translations that lowered agreement, and beside those that did not.
fn figure4(reading: &Reading, album: &Album) -> Markup {
    let (lowered, not): (Vec<&Figure4Row>, Vec<&Figure4Row>) =
        reading.figure4.iter().partition(|r| r.generated_votes < r.source_votes);
    let pairs = |rows: &[&Figure4Row]| {
        html! {
            div.couples {
                @for row in spread(rows.len(), PAIRS).into_iter().map(|i| rows[i]) {
                    div.couple {
                        (tile(album.source(reading.phi, &row.image).as_ref(), &format!("source tile {}", row.image),
                            &html! { (row.source_votes) " of " (row.readers) }))
                        (tile(album.generated(reading.phi, &row.image).as_ref(), &format!("translation of {}", row.image),
                            &html! { (row.generated_votes) " of " (row.readers) }))
                    }
                }
            }
        }
    };
    html! {
        @if !reading.figure4.is_empty() {
            h3 { "Figure 4" }
            p {
                "Of " (text::counted(reading.figure4.len(), "pair")) ", translation lowered the number of readers who say “" (reading.source_class)
                "” in " b { (lowered.len()) } ". Source left, translation right; below each, who said so. Spread evenly over the \
                 tiles' names, not picked by eye."
            }
            div.pair {
                @for (heading, rows) in [("Lowered", &lowered), ("Not lowered", &not)] {
                    div {
                        h4 { (heading) }
                        @if rows.is_empty() { p.absent { "None." } }
                        (pairs(rows))
                    }
                }
            }
        }
    }
}
