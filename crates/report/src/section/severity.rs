//! The ground-truth check on synthetic tissue.

use super::{charts, left_out, section};
use crate::chart::{DotRow, Dots, Histogram, Hue, Sample};
use crate::figure::Figures;
use crate::load::Run;
use crate::text;
use maud::{Markup, html};
use record::{Severity, TranslationRow};

const ID: &str = "truth";
const TITLE: &str = "Ground truth: hidden severity";

/// Where easy, translated and hard tiles stand on the hidden scale.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = &run.results else { return left_out(ID, TITLE, "the study has not ended") };
    let Some(severity) = &results.severity else {
        return left_out(ID, TITLE, "only synthetic tissue comes with a known severity");
    };
    let phi = run.phis.iter().find(|p| p.phi == severity.phi);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Synthetic tissue was drawn with one hidden number a tile, from 0 (hyperplastic) to 1 (sessile serrated), that \
                 no scorer or translator ever sees. A separate probe reads it from the pixels"
                @if let Some(r) = severity.probe_r { " (r = " (text::fixed(r, 3)) " on tiles it never saw)" }
                ". If translation does what it should, translated tiles lie between the easy and the hard ones."
            }
            @if let Some(sentence) = way(severity) { p.finding { (sentence) } }
            (charts(&html! {
                (means(figures, severity))
                @if let Some(phi) = phi { (distribution(figures, &phi.tiles)) }
            }))
        },
    )
}

fn way(s: &Severity) -> Option<String> {
    let (easy, generated, hard) = (s.easy_mean?, s.generated_mean?, s.hard_mean?);
    let way = (generated - easy) / (hard - easy);
    if !way.is_finite() {
        return None;
    }
    let direction = if way > 0.0 { "towards" } else { "away from" };
    Some(format!(
        "At {} translation moves severity from {} to {}: {}\u{a0}% of the way from the easy mean {direction} the hard mean ({}).",
        text::phi(s.phi),
        text::fixed(easy, 3),
        text::fixed(generated, 3),
        text::fixed(100.0 * way.abs(), 0),
        text::fixed(hard, 3),
    ))
}

fn means(figures: &Figures, s: &Severity) -> Markup {
    let rows: Vec<DotRow> = [
        ("easy", Hue::Blue, s.easy_mean),
        ("translated", Hue::Orange, s.generated_mean),
        ("back again", Hue::Green, s.reconstructed_mean),
        ("real hard", Hue::Purple, s.hard_mean),
    ]
    .into_iter()
    .filter_map(|(label, hue, value)| {
        Some(DotRow { label: label.to_owned(), hue, value: value?, spread: None, single: Vec::new() })
    })
    .collect();
    let each: Vec<String> = rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, 2))).collect();
    let drawn = Dots {
        title: "Mean severity",
        description: &each.join("; "),
        x_label: "Severity as the probe reads it",
        rows,
        range: None,
        digits: 2,
        reference: true,
    };
    figures.chart("severity-mean", "Mean severity", &drawn, "")
}

fn distribution(figures: &Figures, tiles: &[TranslationRow]) -> Markup {
    let of = |name: &str, hue, pick: fn(&TranslationRow) -> Option<f64>| Sample {
        name: name.to_owned(),
        hue,
        values: tiles.iter().filter_map(pick).filter(|v| v.is_finite()).map(|v| v.clamp(0.0, 1.0)).collect(),
    };
    let drawn = Histogram {
        title: "Severity tile by tile",
        description: "Histogram of severity of the easy tiles and of their translations",
        x_label: "Severity as the probe reads it",
        samples: vec![
            of("easy", Hue::Blue, |t| t.severity_source),
            of("translated", Hue::Orange, |t| t.severity_generated),
        ],
        range: (0.0, 1.0),
        bins: 20,
    };
    if drawn.samples.iter().any(|s| s.values.is_empty()) {
        return html! {};
    }
    figures.chart("severity-tiles", "Severity tile by tile", &drawn, "")
}
