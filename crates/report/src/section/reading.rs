//! What readers saw in the blinded study: Table 2, agreement, tests, Figure 4.

use super::{charts_in_twos, more, scrolls, section, tile};
use crate::chart::{DotRow, Dots, Hue, Plate, PlateRow, PlateTile};
use crate::figure::{Figure, Figures};
use crate::load::Run;
use crate::sheet::Sheet;
use crate::spread::spread;
use crate::text;
use crate::tiles::{Album, Picture};
use maud::{Markup, html};
use record::{Estimate, Figure4Row, Reading, Side};

/// Identity and heading.
pub const ID: &str = "readers";
/// Pairs shown of each kind.
const PAIRS: usize = 8;

/// The section; nothing if no reader study has been analysed.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
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
            (comparisons(reading, figures))
            (agreement(reading))
            (detection(reading))
            (figure4(reading, album, figures))
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

fn comparisons(reading: &Reading, figures: &Figures) -> Markup {
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
    let dots = |rows: &[DotRow], title: &'static str| Dots {
        title,
        description: "the share of generated tiles less that of the others, with its interval",
        x_label: "difference",
        rows: rows.to_vec(),
        range: Some(range),
        digits: 2,
        reference: false,
    };
    html! {
        (charts_in_twos(&html! {
            @if !easy.is_empty() {
                (figures.chart("readers-easy", "Beside their own sources", &dots(&easy, "Generated tiles beside their sources"), "Left of zero: translations are agreed on less often than the easy tiles they were made of."))
            }
            @if !hard.is_empty() {
                (figures.chart("readers-hard", "Beside hard tiles", &dots(&hard, "Generated tiles beside hard ones"), "At zero: as hard as real hard tiles."))
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

/// A source, its translation, and their votes.
struct Pair {
    row: Figure4Row,
    source: Option<Picture>,
    generated: Option<Picture>,
}

/// Figure 4: sources beside translations that lowered agreement, and beside those that did not.
fn figure4(reading: &Reading, album: &Album, figures: &Figures) -> Markup {
    if reading.figure4.is_empty() {
        return html! {};
    }
    let (lowered, not): (Vec<&Figure4Row>, Vec<&Figure4Row>) =
        reading.figure4.iter().partition(|r| r.generated_votes < r.source_votes);
    // Each pair with its pictures, which the page and the file share.
    let shown = |rows: Vec<&'_ Figure4Row>| -> Vec<Pair> {
        let picks = spread(rows.len(), PAIRS).into_iter().map(|i| rows[i].clone());
        picks
            .map(|row| Pair {
                source: album.source(reading.phi, &row.image),
                generated: album.generated(reading.phi, &row.image),
                row,
            })
            .collect()
    };
    let in_how_many = lowered.len();
    let groups = [("Lowered", shown(lowered)), ("Not lowered", shown(not))];
    let page = html! {
        div.pair {
            @for (heading, rows) in &groups {
                div {
                    h4 { (heading) }
                    @if rows.is_empty() { p.absent { "None." } }
                    div.couples {
                        @for Pair { row, source, generated } in rows {
                            div.couple {
                                (tile(source.as_ref(), &format!("source tile {}", row.image),
                                    &html! { (row.source_votes) " of " (row.readers) }))
                                (tile(generated.as_ref(), &format!("translation of {}", row.image),
                                    &html! { (row.generated_votes) " of " (row.readers) }))
                            }
                        }
                    }
                }
            }
        }
    };
    let mut data = Sheet::new(["image", "slide", "source_votes", "generated_votes", "readers"]);
    for row in &reading.figure4 {
        data.push([
            row.image.as_str().into(),
            row.slide.as_str().into(),
            row.source_votes.into(),
            row.generated_votes.into(),
            row.readers.into(),
        ]);
    }
    let caption = format!(
        "Of {}, translation lowered the number of readers who say “{}” in {}. Each source stands before its translation; below \
         each, how many said so. Spread evenly over the tiles' names, not picked by eye.",
        text::counted(reading.figure4.len(), "pair"),
        reading.source_class,
        in_how_many
    );
    let Some(drawing) = plate(&groups, &caption).drawing() else { return html! {} };
    figures.show(Figure {
        name: "figure-4-readers".to_owned(),
        heading: "Figure 4. Readers and translations".to_owned(),
        caption,
        drawing,
        data,
        shown: Some(page),
        wide: true,
    })
}

/// The pairs as one picture: sources in a row, their translations below.
fn plate<'a>(groups: &'a [(&str, Vec<Pair>); 2], description: &'a str) -> Plate<'a> {
    let tile = |picture: &'a Option<Picture>, votes: usize, of: usize| PlateTile {
        picture: picture.as_ref(),
        caption: vec![format!("{votes} of {of}")],
    };
    let mut rows = Vec::new();
    for (heading, pairs) in groups.iter().filter(|(_, pairs)| !pairs.is_empty()) {
        rows.push(PlateRow {
            name: format!("{heading}: source"),
            tiles: pairs.iter().map(|p| tile(&p.source, p.row.source_votes, p.row.readers)).collect(),
        });
        rows.push(PlateRow {
            name: "translation".to_owned(),
            tiles: pairs.iter().map(|p| tile(&p.generated, p.row.generated_votes, p.row.readers)).collect(),
        });
    }
    Plate { title: "Figure 4. Readers and translations", description, columns: Vec::new(), rows }
}
