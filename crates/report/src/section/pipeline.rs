//! Figure 1: what the study does, drawn with tiles of this very run.

use super::{left_out, scrolls, section, spread};
use crate::chart::{Drawing, picture, wrapped};
use crate::figure::{Figure, Figures};
use crate::load::{PhiRun, RankedBy, Run};
use crate::sheet::Sheet;
use crate::text;
use crate::tiles::{Album, Picture};
use maud::{Markup, html};
use record::{ConfidenceRow, TranslationRow};
use std::collections::HashMap;

const ID: &str = "pipeline";
const TITLE: &str = "What the study does";
/// Tiles of the ranking, from the hardest to the easiest.
const RANKED: usize = 8;
/// Pairs of a source and its translation.
const PAIRS: usize = 3;
/// Side of a tile, and the drawing's size.
const SIDE: f64 = 64.0;
const SIZE: (f64, f64) = (780.0, 446.0);

/// A tile that is drawn, and why.
struct Ranked<'a> {
    row: &'a ConfidenceRow,
    confidence: f64,
    picture: Option<Picture>,
}

/// A source with its translation.
struct Pair<'a> {
    row: &'a TranslationRow,
    source: Option<Picture>,
    generated: Option<Picture>,
}

/// Figure 1.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
    let Some(shown) = run.shown().filter(|p| !p.tiles.is_empty()) else {
        return left_out(ID, TITLE, "no tile has been translated yet");
    };
    let (all, ranked) = ranking(run, shown, album);
    if ranked.is_empty() {
        return left_out(ID, TITLE, "the train tiles have not been scored yet");
    }
    let pairs = pairs(shown, album);
    let by_agreement = run.ranked_by() == RankedBy::Agreement;
    let caption = format!(
        "Figure 1. The tiles are of this run: those of the ranking are spread evenly from {} of {}, the pairs evenly over \
         the translations at {}, with a rejected one if there is any. Under each: the scorer's confidence in “{}”.",
        if by_agreement { "the least agreed on to the most" } else { "the least sure to the surest" },
        text::counted(all, "train tile"),
        text::phi(shown.phi),
        run.source_class()
    );
    let drawing = Drawing {
        title: TITLE.to_owned(),
        description: format!(
            "{} the tiles of class X; the {} half is easy, the lowest φ percent hard; a translator learns from both to make easy tiles harder; \
             translations that the scorer still calls X are kept; classifiers are retrained with them and compared on test tiles.",
            if by_agreement { "The annotators' agreement ranks" } else { "A scorer's confidence ranks" },
            if by_agreement { "more agreed-on" } else { "surer" },
        ),
        size: SIZE,
        legend: Vec::new(),
        body: body(run, shown, &ranked, &pairs),
    };
    let shown_in_page = scrolls("Figure 1", &html! { div.broad-svg { (drawing.inline()) } });
    let figure = Figure {
        name: "figure-1-pipeline".to_owned(),
        heading: "Figure 1. From clear-cut tiles to harder ones, and back to a classifier".to_owned(),
        caption,
        data: sheet(&ranked, &pairs),
        drawing,
        shown: Some(shown_in_page),
        wide: true,
    };
    section(ID, TITLE, &figures.show(figure))
}

/// How many train tiles of class X were ranked, and the ones to draw.
fn ranking<'a>(run: &'a Run, shown: &PhiRun, album: &Album) -> (usize, Vec<Ranked<'a>>) {
    let x = run.source_class();
    let by_fold = run.study.get("scoring").and_then(toml::Value::as_str) == Some("out-of-fold");
    let places: HashMap<&str, usize> =
        shown.ranking.iter().enumerate().map(|(place, image)| (image.as_str(), place)).collect();
    let mut rows: Vec<(f64, &ConfidenceRow)> = run
        .confidences
        .iter()
        // Validation tiles have no fold, and are not ranked.
        .filter(|r| r.class == x && r.partition == "train" && r.confidence_out_of_fold.is_some())
        .filter_map(|r| Some((if by_fold { r.confidence_out_of_fold } else { r.confidence }?, r)))
        .collect();
    // Runs from before the ranking was written are ranked by confidence.
    let place = |row: &ConfidenceRow| places.get(row.image.as_str()).copied();
    rows.sort_by(|a, b| {
        let by_confidence = a.0.total_cmp(&b.0).then_with(|| a.1.image.cmp(&b.1.image));
        place(a.1).cmp(&place(b.1)).then(by_confidence)
    });
    let picks = spread(rows.len(), RANKED).into_iter().map(|i| {
        let (confidence, row) = rows[i];
        Ranked { row, confidence, picture: album.original(&row.image) }
    });
    (rows.len(), picks.collect())
}

/// Pairs of kept translations, the last of them a rejected one if there is any.
fn pairs<'a>(phi: &'a PhiRun, album: &Album) -> Vec<Pair<'a>> {
    let mut sorted: Vec<&TranslationRow> = phi.tiles.iter().collect();
    sorted.sort_by(|a, b| {
        a.confidence_generated.total_cmp(&b.confidence_generated).then_with(|| a.image.cmp(&b.image))
    });
    let (kept, rejected): (Vec<&TranslationRow>, Vec<&TranslationRow>) =
        sorted.into_iter().partition(|t| t.kept);
    let of_rejected = rejected.len().min(1);
    let mut rows: Vec<&TranslationRow> =
        spread(kept.len(), PAIRS - of_rejected).into_iter().map(|i| kept[i]).collect();
    rows.extend(spread(rejected.len(), of_rejected).into_iter().map(|i| rejected[i]));
    rows.into_iter()
        .map(|row| Pair {
            source: album.source(phi.phi, &row.image),
            generated: album.generated(phi.phi, &row.image),
            row,
        })
        .collect()
}

fn sheet(ranked: &[Ranked], pairs: &[Pair]) -> Sheet {
    let mut sheet = Sheet::new(["image", "shown_as", "confidence", "kept"]);
    for tile in ranked {
        sheet.push([tile.row.image.as_str().into(), "ranked".into(), tile.confidence.into(), "".into()]);
    }
    for pair in pairs {
        let image = pair.row.image.as_str();
        sheet.push([image.into(), "source".into(), pair.row.confidence_source.into(), "".into()]);
        sheet.push([
            image.into(),
            "generated".into(),
            pair.row.confidence_generated.into(),
            pair.row.kept.into(),
        ]);
    }
    sheet
}

fn body(run: &Run, phi: &PhiRun, ranked: &[Ranked], pairs: &[Pair]) -> Markup {
    let known = run.results.as_ref().and_then(|r| r.phi.iter().find(|p| p.phi == phi.phi));
    let count = |n: Option<usize>| n.map_or_else(String::new, |n| format!(" ({})", text::count(n)));
    let kept = phi.tiles.iter().filter(|t| t.kept).count();
    let seeds = run.results.as_ref().and_then(|r| r.table3.iter().map(|t| t.seeds).max());
    let by_agreement = run.ranked_by() == RankedBy::Agreement;
    // The ranking, along the top.
    let left = 178.0;
    let step = (SIZE.0 - left - SIDE) / (RANKED - 1) as f64;
    let across = |i: usize| left + step * i as f64;
    let hard_end = left + (SIZE.0 - left) * phi.phi.percent() / 100.0;
    let middle = left + (SIZE.0 - left) / 2.0;
    // The pairs, below, from left to right.
    let down = |i: usize| 232.0 + 72.0 * i as f64;
    let row = down(1) + SIDE / 2.0;
    html! {
        @if by_agreement {
            (in_box(0.0, 22.0, 128.0, SIDE, &["Annotators", "how agreed on X?"]))
        } @else {
            (in_box(0.0, 22.0, 128.0, SIDE, &["Scorer", "how sure of class X?"]))
        }
        (arrow(132.0, 22.0 + SIDE / 2.0, 172.0))
        text.label x=(left) y="12" {
            "Train tiles of “" (run.source_class()) "”, " (if by_agreement { "least agreed on first" } else { "least sure first" })
        }
        @for (i, tile) in ranked.iter().enumerate() {
            (picture(tile.picture.as_ref(), across(i), 22.0, SIDE))
            text.tick x=(across(i) + SIDE / 2.0) y="101" text-anchor="middle" { (text::fixed(tile.confidence, 2)) }
        }
        (bracket(left, hard_end - 6.0, 112.0, "c-purple"))
        text.name.c-purple x=(left) y="138" { "hard: the lowest " (phi.phi) "\u{a0}%" (count(known.map(|k| k.hard))) }
        (bracket(middle, SIZE.0, 112.0, "c-blue"))
        text.name.c-blue x=(SIZE.0) y="138" text-anchor="end" {
            (if by_agreement { "easy: the half most agreed on" } else { "easy: the surer half" }) (count(Some(phi.tiles.len()))) }

        text.label x="0" y="206" { "Easy tiles" }
        text.label x="262" y="206" { "Translations" }
        @for (i, pair) in pairs.iter().enumerate() {
            (picture(pair.source.as_ref(), 0.0, down(i), SIDE))
            text.tick x=(SIDE + 6.0) y=(down(i) + SIDE / 2.0 + 4.5) { (text::fixed(pair.row.confidence_source, 2)) }
            (picture(pair.generated.as_ref(), 262.0, down(i), SIDE))
            text.tick x=(262.0 + SIDE + 6.0) y=(down(i) + SIDE / 2.0 + 4.5) {
                (text::fixed(pair.row.confidence_generated, 2))
                @if pair.row.kept { " ✓" } @else { " ✗" }
            }
        }
        (in_box(124.0, row - 40.0, 104.0, 80.0, &["Translator", "learns from", "easy and hard"]))
        (arrow(104.0, row, 120.0))
        (arrow(232.0, row, 256.0))
        // What the translator learns from comes down from both ends of the ranking.
        path.line.c-purple d={ "M" (left + 14.0) " 146V" (row - 44.0) } {}
        path.line.dashed.c-blue d={ "M" (middle + 12.0) " 116V176H206V" (row - 44.0) } {}
        (arrow(380.0, row, 404.0))
        (in_box(408.0, row - 40.0, 116.0, 80.0, &["Filter", "does the scorer", "still say X?"]))
        (arrow(528.0, row - 18.0, 564.0))
        text.name.c-green x="536" y=(row - 56.0) { "✓ kept: " (text::count(kept)) " of " (text::count(phi.tiles.len())) }
        (in_box(568.0, row - 42.0, 212.0, 48.0, &["Classifiers, retrained", "original + kept translations"]))
        text.label x="568" y=(row + 26.0) {
            "tested: Table 3"
            @if let Some(seeds) = seeds { " (" (text::counted(seeds, "seed")) " a row)" }
        }
        path.axis d={ "M" (528.0) " " (row + 28.0) "H542V" (row + 54.0) "H558" } {}
        path.tip d={ "M564 " (row + 54.0) "l-8 -4.5v9z" } {}
        text.name.c-grey x="570" y=(row + 58.5) { "✗ left out: " (text::count(phi.tiles.len() - kept)) }
    }
}

/// A box with a name and smaller words, each a line.
fn in_box(x: f64, y: f64, width: f64, height: f64, lines: &[&str]) -> Markup {
    let lines: Vec<String> = lines.iter().flat_map(|line| wrapped(line, (width / 6.6) as usize)).collect();
    let top = y + height / 2.0 - 17.0 * (lines.len() as f64 - 1.0) / 2.0 + 4.5;
    html! {
        rect.panel x=(x) y=(y) width=(width) height=(height) rx="8" {}
        @for (i, line) in lines.iter().enumerate() {
            text.tick[i > 0].strong[i == 0] x=(x + width / 2.0) y=(top + 17.0 * i as f64) text-anchor="middle" { (line) }
        }
    }
}

/// An arrow to the right.
fn arrow(from: f64, y: f64, to: f64) -> Markup {
    html! {
        path.axis d={ "M" (from) " " (y) "H" (to - 6.0) } {}
        path.tip d={ "M" (to) " " (y) "l-8 -4.5v9z" } {}
    }
}

/// A bracket below tiles.
fn bracket(from: f64, to: f64, y: f64, hue: &str) -> Markup {
    html! { path.line.(hue) d={ "M" (from) " " (y - 4.0) "v6H" (to) "v-6" } {} }
}
