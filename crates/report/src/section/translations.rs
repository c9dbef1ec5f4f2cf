//! Tiles beside their translations, Figure 3, and how many the filter kept and rejected.

use super::{left_out, scrolls, section, spread, tile};
use crate::load::{PhiRun, Run};
use crate::text;
use crate::tiles::Album;
use maud::{Markup, html};
use record::TranslationRow;

/// Rows of Figure 3.
const ROWS: usize = 5;

/// Figure 3: source tiles, their translations at every selectivity, and the way back.
pub fn figure3(run: &Run, album: &Album) -> Markup {
    const ID: &str = "translations";
    const TITLE: &str = "What translation does to a tile";
    let Some(shown) = run.shown().filter(|p| !p.tiles.is_empty()) else {
        return left_out(ID, TITLE, "no tile has been translated yet");
    };
    let translated: Vec<&PhiRun> = run.phis.iter().filter(|p| !p.tiles.is_empty()).collect();
    let everywhere: Vec<&TranslationRow> = ranked(shown, |t| t.held_out_source - t.held_out_generated)
        .into_iter()
        .filter(|t| translated.iter().all(|p| find(p, &t.image).is_some()))
        .collect();
    let rows: Vec<&TranslationRow> =
        spread(everywhere.len(), ROWS).into_iter().map(|i| everywhere[i]).collect();
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Figure 3. Each row is one easy tile: as it is, translated at every selectivity, and translated back (from " (text::phi(shown.phi)) "). Under each: confidence in “" (run.source_class())
                "” by the held-out judge. The rows are not picked by eye: they are spread evenly from the smallest drop in \
                 that confidence to the largest."
            }
            (scrolls("Figure 3", &html! {
                div.grid3 style={ "--columns:" (translated.len() + 2) } {
                    div.head { "source" }
                    @for phi in &translated { div.head { (text::phi(phi.phi)) } }
                    div.head { "back again" }
                    @for row in &rows {
                        (tile(album.source(shown.phi, &row.image).as_ref(), &format!("source tile {}", row.image),
                            &html! { (text::fixed(row.held_out_source, 2)) }))
                        @for phi in &translated {
                            @if let Some(there) = find(phi, &row.image) {
                                (tile(album.generated(phi.phi, &row.image).as_ref(),
                                    &format!("translation of {} at {}", row.image, text::phi(phi.phi)),
                                    &html! { (text::fixed(there.held_out_generated, 2)) (flag(there.kept)) }))
                            }
                        }
                        (tile(album.reconstructed(shown.phi, &row.image).as_ref(), &format!("{} translated back", row.image),
                            &html! { (text::fixed(row.held_out_reconstructed, 2)) }))
                    }
                }
            }))
            p.quiet { "✗ marks translations that the scorer no longer calls “" (run.source_class()) "”: the filter rejects them." }
        },
    )
}

/// How many translations were kept and rejected.
pub fn filter(run: &Run) -> Markup {
    const ID: &str = "filter";
    const TITLE: &str = "Kept and rejected";
    if run.phis.iter().all(|p| p.tiles.is_empty()) {
        return left_out(ID, TITLE, "no tile has been translated yet");
    }
    section(
        ID,
        TITLE,
        &html! {
            p {
                "A translation is kept if the scorer still calls it “" (run.source_class())
                "”; the rest would teach a wrong label. The held-out judge, which never saw the slide, is the fairer count."
            }
            (scrolls("Counts of the filter", &counts(run)))
            p.quiet { "The " a href="#gallery" { "gallery" } " below shows which ones." }
        },
    )
}

fn counts(run: &Run) -> Markup {
    let generated = |p: &PhiRun| p.tiles.len();
    let kept = |p: &PhiRun| p.tiles.iter().filter(|t| t.kept).count();
    let held_out = |p: &PhiRun| p.tiles.iter().filter(|t| t.kept_held_out).count();
    let of_results = |p: &PhiRun| run.results.as_ref().and_then(|r| r.phi.iter().find(|q| q.phi == p.phi));
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Selectivity" }
                th.n scope="col" { "Hard tiles" }
                th.n scope="col" { "Translator steps" }
                th.n scope="col" { "Translated" }
                th.n scope="col" { "Kept by the scorer" }
                th.n scope="col" { "Kept by the held-out judge" }
                th.n scope="col" { "Scorer's confidence, source → translated" }
            } }
            tbody {
                @for phi in run.phis.iter().filter(|p| !p.tiles.is_empty()) {
                    @let known = of_results(phi);
                    tr {
                        th scope="row" { (text::phi(phi.phi)) }
                        td.n { (known.map_or(text::NONE.to_owned(), |k| text::count(k.hard))) }
                        td.n { (known.map_or(text::NONE.to_owned(), |k| text::count(k.steps as usize))) }
                        td.n { (text::count(generated(phi))) }
                        td.n { (text::count(kept(phi))) " (" (text::share(kept(phi), generated(phi))) ")" }
                        td.n { (text::count(held_out(phi))) " (" (text::share(held_out(phi), generated(phi))) ")" }
                        td.n {
                            (text::maybe(known.and_then(|k| k.confidence_source), 2)) " → "
                            (text::maybe(known.and_then(|k| k.confidence_generated), 2))
                        }
                    }
                }
            }
        }
    }
}

fn flag(kept: bool) -> Markup {
    html! { @if !kept { span.rejected title="rejected by the filter" { " ✗" } } }
}

fn find<'a>(phi: &'a PhiRun, image: &str) -> Option<&'a TranslationRow> {
    phi.tiles.iter().find(|t| t.image == image)
}

/// The tiles of a selectivity by a number, smallest first, ties by name.
fn ranked(phi: &PhiRun, key: fn(&TranslationRow) -> f64) -> Vec<&TranslationRow> {
    let mut rows: Vec<&TranslationRow> = phi.tiles.iter().collect();
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| a.image.cmp(&b.image)));
    rows
}
