//! Tiles beside their translations, Figure 3, and how many the filter kept and rejected.

use super::{left_out, scrolls, section, tile};
use crate::chart::{Plate, PlateRow, PlateTile};
use crate::figure::{Figure, Figures};
use crate::gallery::{drop_in_confidence, ranked};
use crate::load::{PhiRun, Run};
use crate::saliency::{self, Of};
use crate::sheet::Sheet;
use crate::spread::spread;
use crate::text;
use crate::tiles::{Album, Picture};
use maud::{Markup, html};
use record::TranslationRow;

/// Rows of Figure 3.
const ROWS: usize = 5;

/// One tile of Figure 3.
struct Shown<'a> {
    /// What it shows, in the figure's table: `source`, `phi-25`, `back`, `source-looked-at`.
    name: String,
    /// The same in words.
    alt: String,
    picture: Option<Picture>,
    /// By the held-out judge, and by the scorer.
    confidence: Option<(f64, f64)>,
    /// Of a translation: whether the filter kept it.
    row: Option<&'a TranslationRow>,
}

/// Figure 3: source tiles, their translations at every selectivity, the way back, and where the scorer looks.
pub fn figure3(run: &Run, album: &Album, figures: &Figures) -> Markup {
    const ID: &str = "translations";
    const TITLE: &str = "What translation does to a tile";
    let Some(shown) = run.shown().filter(|p| !p.tiles.is_empty()) else {
        return left_out(ID, TITLE, "no tile has been translated yet");
    };
    let translated: Vec<&PhiRun> = run.phis.iter().filter(|p| !p.tiles.is_empty()).collect();
    let everywhere: Vec<&TranslationRow> = ranked(shown, drop_in_confidence)
        .into_iter()
        .filter(|t| translated.iter().all(|p| find(p, &t.image).is_some()))
        .collect();
    let images: Vec<&TranslationRow> =
        spread(everywhere.len(), ROWS).into_iter().map(|i| everywhere[i]).collect();
    let looked_at =
        images.iter().any(|row| saliency::file(&run.folder, shown.phi, &row.image, Of::Source).is_some());
    let mut columns = vec!["source".to_owned()];
    columns.extend(translated.iter().map(|phi| text::phi(phi.phi)));
    columns.push("back again".to_owned());
    if looked_at {
        columns.extend(["source, looked at".to_owned(), format!("{}, looked at", text::phi(shown.phi))]);
    }
    let rows: Vec<Vec<Shown>> =
        images.iter().map(|row| tiles_of(row, shown, &translated, album, looked_at)).collect();
    let caption = format!(
        "Each row is one easy tile: as it is, translated at every selectivity, and translated back (from {}).{} Under each: confidence in \
         “{}” by the held-out judge. The rows are not picked by eye: they are spread evenly from the smallest drop in that confidence to \
         the largest. ✗ marks translations that the scorer no longer calls “{}”: the filter rejects them.",
        text::phi(shown.phi),
        if looked_at {
            " The last two columns show what speaks for the class to the scorer (Grad-CAM): from nothing, the tile itself, to yellow, the \
             strongest place of source and translation."
        } else {
            ""
        },
        run.source_class(),
        run.source_class()
    );
    let page = scrolls(
        "Figure 3",
        &html! {
            div.grid3 style={ "--columns:" (columns.len()) } {
                @for column in &columns { div.head { (column) } }
                @for there in rows.iter().flatten() {
                    (tile(there.picture.as_ref(), &there.alt, &html! {
                        @if let Some((judge, _)) = there.confidence { (text::fixed(judge, 2)) } @else { "\u{a0}" }
                        (flag(there.row.is_none_or(|row| row.kept)))
                    }))
                }
            }
        },
    );
    let drawing = Plate {
        title: "Figure 3. Translations",
        description: &caption,
        columns,
        rows: rows.iter().map(|r| plate_row(r)).collect(),
    };
    let Some(drawing) = drawing.drawing() else {
        return left_out(ID, TITLE, "no tile has been translated at every selectivity");
    };
    section(
        ID,
        TITLE,
        &html! {
            (figures.show(Figure {
                name: "figure-3-translations".to_owned(),
                heading: "Figure 3. Translations".to_owned(),
                caption,
                drawing,
                data: sheet(&images, &rows),
                shown: Some(page),
                wide: true,
            }))
            p.quiet { "All tiles are in the " a href="#gallery" { "gallery" } "." }
        },
    )
}

/// A row of the figure, from left to right.
fn tiles_of<'a>(
    row: &TranslationRow,
    shown: &PhiRun,
    translated: &[&'a PhiRun],
    album: &Album,
    looked_at: bool,
) -> Vec<Shown<'a>> {
    let image = &row.image;
    let mut tiles = vec![Shown {
        name: "source".to_owned(),
        alt: format!("source tile {image}"),
        picture: album.source(shown.phi, image),
        confidence: Some((row.held_out_source, row.confidence_source)),
        row: None,
    }];
    for phi in translated {
        let Some(there) = find(phi, image) else { continue };
        tiles.push(Shown {
            name: format!("phi-{}", phi.phi),
            alt: format!("translation of {image} at {}", text::phi(phi.phi)),
            picture: album.generated(phi.phi, image),
            confidence: Some((there.held_out_generated, there.confidence_generated)),
            row: Some(there),
        });
    }
    tiles.push(Shown {
        name: "back".to_owned(),
        alt: format!("{image} translated back"),
        picture: album.reconstructed(shown.phi, image),
        confidence: Some((row.held_out_reconstructed, row.confidence_reconstructed)),
        row: None,
    });
    if looked_at {
        for (name, what, of) in
            [("source", "source tile", Of::Source), ("translation", "translation of", Of::Generated)]
        {
            tiles.push(Shown {
                name: format!("{name}-looked-at"),
                alt: format!("where the scorer looks, {what} {image}"),
                picture: album.looked_at(shown.phi, image, of),
                confidence: None,
                row: None,
            });
        }
    }
    tiles
}

fn plate_row<'a>(tiles: &'a [Shown]) -> PlateRow<'a> {
    let under = |there: &Shown| {
        let rejected = if there.row.is_none_or(|row| row.kept) { "" } else { " ✗" };
        there.confidence.map(|(judge, _)| format!("{}{rejected}", text::fixed(judge, 2)))
    };
    PlateRow {
        name: String::new(),
        tiles: tiles
            .iter()
            .map(|there| PlateTile {
                picture: there.picture.as_ref(),
                caption: under(there).into_iter().collect(),
            })
            .collect(),
    }
}

/// What the judges say of each tile of the figure.
fn sheet(images: &[&TranslationRow], rows: &[Vec<Shown>]) -> Sheet {
    let mut sheet = Sheet::new(["image", "shown", "held_out_judge", "scorer", "kept"]);
    for (row, tiles) in images.iter().zip(rows) {
        for there in tiles {
            let (judge, scorer) = there.confidence.unzip();
            let kept = there.row.map_or("", |row| if row.kept { "true" } else { "false" });
            sheet.push([
                row.image.as_str().into(),
                there.name.as_str().into(),
                judge.into(),
                scorer.into(),
                kept.into(),
            ]);
        }
    }
    sheet
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
