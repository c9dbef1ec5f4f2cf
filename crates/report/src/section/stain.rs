//! Stain drift: whether a translator repaints instead of reshaping.

use super::{charts, hue, left_out, more, scrolls, section};
use crate::chart::{DotRow, Dots};
use crate::figure::Figures;
use crate::load::Run;
use crate::text;
use crate::verdict::{Drift, SMALL_DENSITY, SMALL_HUE};
use maud::{Markup, html};
use record::{Phi, Stain};

const ID: &str = "stain";
const TITLE: &str = "Stain";

/// The table, two small charts and, where it is due, a warning.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.stain.is_empty()) else {
        return left_out(ID, TITLE, "the stain of the tiles has not been measured");
    };
    section(
        ID,
        TITLE,
        &html! {
            p {
                "A translator can also make a tile “harder” by repainting it. The mean colour of tissue should stay where it \
                 was, or move no further than the real hard tiles are. From source to translated:"
            }
            ul.bare {
                @for phi in &run.phis {
                    @if let Some(drift) = Drift::of(&results.stain, phi.phi) { li { (sentence(phi.phi, &drift)) } }
                }
            }
            (charts(&html! {
                (small(figures, "stain-optical-density", &results.stain, "Optical density", "Mean optical density: how much stain", (2, 0.1), |s| s.optical_density))
                (small(figures, "stain-hue", &results.stain, "Hue", "Mean hue, degrees (violet 270, pink 330)", (0, 20.0), |s| s.hue))
            }))
            (more("The numbers behind the charts", &scrolls("Stain as a table", &html! {
                table.numbers {
                    caption { "Means over tissue pixels." }
                    thead { tr {
                        th scope="col" { "Tiles" } th.n scope="col" { "Optical density" } th.n scope="col" { "Hue, °" }
                        th.n scope="col" { "Saturation" } th.n scope="col" { "n" }
                    } }
                    tbody {
                        @for s in &results.stain {
                            tr {
                                th scope="row" { (text::tile_set(s.set)) }
                                td.n { (text::maybe(s.optical_density, 3)) } td.n { (text::maybe(s.hue, 1)) }
                                td.n { (text::maybe(s.saturation, 3)) } td.n { (text::count(s.n)) }
                            }
                        }
                    }
                }
            })))
        },
    )
}

fn sentence(phi: Phi, drift: &Drift) -> Markup {
    let moved = format!(
        "{}: optical density {}\u{a0}%, hue {}° (real hard tiles {}\u{a0}%, {}°).",
        text::phi(phi),
        text::signed(100.0 * drift.density, 0),
        text::signed(drift.hue, 0),
        text::signed(100.0 * drift.density_hard, 0),
        text::signed(drift.hue_hard, 0),
    );
    html! {
        @if drift.is_large() {
            div.alert {
                strong { "Large stain drift" } " at " (moved)
                " Part of what a classifier learns from these tiles may be their colour: look at them before using them. \
                 (Large: more than " (text::fixed(100.0 * SMALL_DENSITY, 0)) "\u{a0}% or " (text::fixed(SMALL_HUE, 0))
                "°, and not where the hard tiles are.)"
            }
        } @else if drift.density.abs() > SMALL_DENSITY || drift.hue.abs() > SMALL_HUE {
            "As far as the real hard tiles at " (moved)
        } @else {
            "Small at " (moved)
        }
    }
}

/// A chart of one measure; its scale spans at least `span`, so that small differences look small.
fn small(
    figures: &Figures,
    name: &str,
    stain: &[Stain],
    heading: &str,
    x_label: &str,
    (digits, span): (usize, f64),
    pick: fn(&Stain) -> Option<f64>,
) -> Markup {
    let rows: Vec<DotRow> = stain
        .iter()
        .filter_map(|s| {
            Some(DotRow {
                label: text::tile_set(s.set),
                hue: hue(s.set),
                value: pick(s)?,
                spread: None,
                single: Vec::new(),
            })
        })
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    let (low, high) = Dots::own_range(&rows);
    let spare = ((span - (high - low)) / 2.0).max(0.0);
    let each: Vec<String> =
        rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, digits))).collect();
    let drawn = Dots {
        title: heading,
        description: &each.join("; "),
        x_label,
        rows,
        range: Some((low - spare, high + spare)),
        digits,
        reference: true,
    };
    figures.chart(name, heading, &drawn, "")
}
