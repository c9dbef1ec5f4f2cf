//! The dial: the same tiles at several settings, and whether their difficulty follows it.

use super::{charts, left_out, scrolls, section, tile};
use crate::chart::{Hue, Line, Lines, Marker, Plate, PlateRow, PlateTile};
use crate::figure::{Figure, Figures};
use crate::load::Run;
use crate::sheet::Sheet;
use crate::spread::spread;
use crate::text;
use crate::tiles::{Album, Picture};
use maud::{Markup, html};
use record::{DialEpoch, DialResult, DialRow, MONOTONE};

/// The section's id in the page.
pub const ID: &str = "dial";
const TITLE: &str = "Does the dial do what it says?";
/// Rows of the figure with tiles.
const ROWS: usize = 5;

/// A tile of the figure: itself, or itself at a setting.
struct Turned {
    /// `source`, or the setting.
    shown: String,
    picture: Option<Picture>,
    /// By the held-out judge.
    confidence: f64,
}

/// The section; nothing of a study whose translators have no dial.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
    if !run.has_dial() {
        return html! {};
    }
    let Some(result) = run.results.as_ref().and_then(|results| results.dial.as_ref()) else {
        return left_out(ID, TITLE, "the study has not ended");
    };
    section(
        ID,
        TITLE,
        &html! {
            p {
                "One generator was trained on all tiles of “" (run.source_class()) "” (" (text::count(result.steps as usize)) " steps) and is told how hard \
                 its result is to be: the rank of confidence within the class, 0 as hard as the hardest tile and 1 as easy as the easiest. "
                (text::counted(result.n, "training tile")) ", of the hardest, the middle and the easiest third alike, were turned to seven settings and \
                 judged by scorers that never saw their slides: the scorer that the dial was trained to convince has no say here."
            }
            (verdict(result))
            (tiles(run, result, album, figures))
            (charts(&html! {
                (confidence(run, result, figures))
                (losses(&run.dial_epochs, figures))
            }))
            (table(result))
        },
    )
}

/// How many tiles follow the dial.
fn verdict(result: &DialResult) -> Markup {
    html! {
        p {
            "Of " (text::counted(result.n, "tile")) " " strong { (text::count(result.monotone)) " (" (text::share(result.monotone, result.n)) ")" }
            " follow the dial (Spearman's correlation of setting and confidence at least " (text::fixed(MONOTONE, 1)) "), of "
            (text::count(result.rising)) " (" (text::share(result.rising, result.n)) ") the confidence rises with it at all; the median correlation is "
            (text::maybe(result.spearman_median, 2)) "."
        }
    }
}

/// Some tiles at every setting.
fn tiles(run: &Run, result: &DialResult, album: &Album, figures: &Figures) -> Markup {
    let shown: Vec<&DialRow> = run.dial.iter().filter(|row| row.shown).collect();
    let picked: Vec<&DialRow> = spread(shown.len(), ROWS).into_iter().map(|i| shown[i]).collect();
    let rows: Vec<Vec<Turned>> = picked.iter().map(|row| turned(row, result, album)).collect();
    let mut columns = vec!["source".to_owned()];
    columns.extend(result.settings.iter().map(|s| text::fixed(s.setting, 2)));
    let caption = "Each row is one training tile: as it is, and with the dial from the hardest setting to the easiest. Under each: confidence by \
                   the held-out judge. The rows are spread evenly from the hardest tile to the easiest of those drawn.";
    let page = scrolls(
        "Tiles at every setting of the dial",
        &html! {
            div.grid3 style={ "--columns:" (columns.len()) } {
                @for column in &columns { div.head { (column) } }
                @for (row, tiles) in picked.iter().zip(&rows) {
                    @for there in tiles {
                        (tile(there.picture.as_ref(), &format!("{} of {}", there.shown, row.image), &html! { (text::fixed(there.confidence, 2)) }))
                    }
                }
            }
        },
    );
    let drawing = Plate {
        title: "The dial",
        description: caption,
        columns,
        rows: rows
            .iter()
            .map(|tiles| PlateRow {
                name: String::new(),
                tiles: tiles
                    .iter()
                    .map(|there| PlateTile {
                        picture: there.picture.as_ref(),
                        caption: vec![text::fixed(there.confidence, 2)],
                    })
                    .collect(),
            })
            .collect(),
    };
    let Some(drawing) = drawing.drawing() else {
        return html! { p.absent { "The tiles are left out: no pictures of them are on file." } };
    };
    let mut sheet = Sheet::new(["image", "rank", "shown", "held_out_judge"]);
    for (row, tiles) in picked.iter().zip(&rows) {
        for there in tiles {
            sheet.push([
                row.image.as_str().into(),
                row.rank.into(),
                there.shown.as_str().into(),
                there.confidence.into(),
            ]);
        }
    }
    figures.show(Figure {
        name: "dial-tiles".to_owned(),
        heading: "Tiles at seven settings".to_owned(),
        caption: caption.to_owned(),
        drawing,
        data: sheet,
        shown: Some(page),
        wide: true,
    })
}

fn turned(row: &DialRow, result: &DialResult, album: &Album) -> Vec<Turned> {
    let source =
        Turned { shown: "source".to_owned(), picture: album.dial_source(&row.image), confidence: row.source };
    let settings = result.settings.iter().zip(&row.translated).enumerate();
    let turned = settings.map(|(at, (setting, &confidence))| Turned {
        shown: text::fixed(setting.setting, 2),
        picture: album.dial_setting(at, &row.image),
        confidence,
    });
    [source].into_iter().chain(turned).collect()
}

/// Confidence by setting: the mean, and the tiles one by one.
fn confidence(run: &Run, result: &DialResult, figures: &Figures) -> Markup {
    let settings: Vec<f64> = result.settings.iter().map(|s| s.setting).collect();
    let line = |name: &str, hue, marker, values: &mut dyn Iterator<Item = Option<f64>>| Line {
        name: name.to_owned(),
        hue,
        marker,
        points: settings.iter().copied().zip(values).filter_map(|(x, y)| Some((x, y?))).collect(),
    };
    let mut series: Vec<Line> = run
        .dial
        .iter()
        .filter(|row| row.shown)
        .map(|row| {
            line("single tiles", Hue::Grey, Marker::Thin, &mut row.translated.iter().map(|c| Some(*c)))
        })
        .collect();
    let all = format!("mean of {}", text::counted(result.n, "tile"));
    series.push(line(&all, Hue::Orange, Marker::Thick, &mut result.settings.iter().map(|s| s.mean)));
    if let Some(source) = result.source {
        series.push(line(
            "the tiles themselves",
            Hue::Blue,
            Marker::Dashed,
            &mut settings.iter().map(|_| Some(source)),
        ));
    }
    let drawn = Lines {
        title: "Confidence by setting of the dial",
        description: "Confidence by the held-out judge at every setting, the mean and single tiles",
        x_label: "Setting (0 hardest, 1 easiest)",
        y_label: "Confidence, held-out judge",
        series,
        x_range: Some((0.0, 1.0)),
        y_range: Some((0.0, 1.0)),
        bar: None,
    };
    figures.chart("dial-confidence", "Confidence by setting", &drawn, "")
}

/// How it learned.
fn losses(epochs: &[DialEpoch], figures: &Figures) -> Markup {
    type Pick = fn(&DialEpoch) -> Option<f64>;
    let picks: [(&str, Hue, Pick); 5] = [
        ("generator", Hue::Orange, |e| Some(e.loss_g)),
        ("discriminator", Hue::Purple, |e| Some(e.loss_d)),
        ("cycle", Hue::Blue, |e| Some(e.loss_cycle)),
        ("identity", Hue::Grey, |e| Some(e.loss_identity)),
        ("judge", Hue::Green, |e| e.loss_judge),
    ];
    let series: Vec<Line> = picks
        .into_iter()
        .map(|(name, hue, pick)| Line {
            name: name.to_owned(),
            hue,
            marker: Marker::Thick,
            points: epochs.iter().filter_map(|e| Some((e.epoch as f64, pick(e)?))).collect(),
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let drawn = Lines {
        title: "Losses of the dial",
        description: "Losses by epoch, before their weights",
        x_label: "Epoch",
        y_label: "Loss before its weight",
        series,
        x_range: None,
        y_range: None,
        bar: None,
    };
    figures.chart("dial-losses", "How the dial learned", &drawn, "")
}

fn table(result: &DialResult) -> Markup {
    scrolls(
        "Confidence by setting",
        &html! {
            table.numbers {
                caption { "Confidence by the held-out judge; of the tiles themselves " (text::maybe(result.source, 3)) "." }
                thead { tr {
                    th scope="col" { "Setting" }
                    @for setting in &result.settings { th.n scope="col" { (text::fixed(setting.setting, 2)) } }
                } }
                tbody {
                    tr { th scope="row" { "mean" } @for setting in &result.settings { td.n { (text::maybe(setting.mean, 3)) } } }
                    tr { th scope="row" { "sd" } @for setting in &result.settings { td.n { (text::maybe(setting.sd, 3)) } } }
                }
            }
        },
    )
}
