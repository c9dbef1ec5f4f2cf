//! Every translated tile: a few of them plainly, and, where scripts run, all of them to sort, filter, wipe and open.

use super::{left_out, more, section, tile};
use crate::gallery::{FLAGS, Gallery, ranked};
use crate::load::{PhiRun, Run};
use crate::spread::spread;
use crate::text;
use crate::tiles::Album;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{Markup, PreEscaped, html};
use record::TranslationRow;
use sha2::{Digest as _, Sha256};

const ID: &str = "gallery";
const TITLE: &str = "Every translation";
/// Pairs shown without a script, of the kept and of the rejected: at the selectivity in view, and at each other one.
const PAIRS: (usize, usize) = (6, 3);

/// What the page runs: one script, whose hash the page's policy names.
const SCRIPT: &str = concat!(
    include_str!("../gallery/pictures.js"),
    include_str!("../gallery/order.js"),
    include_str!("../gallery/stage.js"),
    include_str!("../gallery/page.js"),
);

/// How a tile is shown: the script's name, the button's, and what is seen.
const VIEWS: [(&str, &str, &str); 4] = [
    (
        "wipe",
        "Slider",
        "Left of the line the source, right of it the translation; the line moves by mouse, finger or arrow keys.",
    ),
    ("pair", "Side by side", "Source left, translation right."),
    (
        "difference",
        "Difference",
        "How far red, green and blue are from the source on average, of 255 levels:",
    ),
    (
        "saliency",
        "Where the scorer looks",
        "Source left, translation right. What speaks for the class to the scorer (Grad-CAM) is laid over both, on one scale up to the strongest place of the two:",
    ),
];

/// The page's Content-Security-Policy: nothing is loaded from anywhere, and no script but the gallery's runs, whatever stands in a name.
pub fn policy() -> String {
    format!(
        "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'sha256-{}'",
        BASE64.encode(Sha256::digest(SCRIPT))
    )
}

/// The section.
pub fn draw(run: &Run, album: &Album) -> Markup {
    let phis: Vec<&PhiRun> = run.phis.iter().filter(|p| !p.tiles.is_empty()).collect();
    let Some(shown) = run.shown().filter(|p| !p.tiles.is_empty()).or(phis.first().copied()) else {
        return left_out(ID, TITLE, "no tile has been translated yet");
    };
    let gallery = Gallery::of(run, album, &phis, shown);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Each easy tile beside its translation. Confidence is in “" (run.source_class())
                "”: by the scorer, which chose the tiles and keeps or rejects their translations, and by the held-out judge, which never saw \
                 the slide."
            }
            div #gallery-still {
                noscript { p.quiet { "A selection: all tiles, sorting, filtering and the slider need JavaScript." } }
                (pairs(shown, album, PAIRS.0))
                @for phi in phis.iter().filter(|p| p.phi != shown.phi) {
                    (more(&format!("The same at {}", text::phi(phi.phi)), &pairs(phi, album, PAIRS.1)))
                }
            }
            @match &gallery {
                Some(gallery) => (live(gallery, &phis, shown)),
                None => p.absent { "All of them are left out: their pictures are no longer in the run folder." },
            }
        },
    )
}

/// A few kept and rejected translations, for a page without scripts and for paper.
fn pairs(phi: &PhiRun, album: &Album, wanted: usize) -> Markup {
    let ranked = ranked(phi, |t| t.confidence_generated);
    let of = |kept: bool| -> Vec<&TranslationRow> {
        let group: Vec<&TranslationRow> = ranked.iter().copied().filter(|t| t.kept == kept).collect();
        spread(group.len(), wanted).into_iter().map(|i| group[i]).collect()
    };
    html! {
        p.quiet {
            (text::phi(phi.phi)) ". Pairs: source left, translation right. Under the translation: confidence by the scorer, then by the \
             held-out judge. Spread evenly over the ranking by the scorer's confidence."
        }
        div.pair {
            @for (heading, rows) in [("Kept", of(true)), ("Rejected", of(false))] {
                div {
                    h3 { (heading) }
                    @if rows.is_empty() { p.absent { "None." } }
                    div.couples {
                        @for row in rows {
                            div.couple {
                                (tile(album.source(phi.phi, &row.image).as_ref(), &format!("source tile {}", row.image),
                                    &html! { (text::fixed(row.confidence_source, 2)) }))
                                (tile(album.generated(phi.phi, &row.image).as_ref(), &format!("translation of {}", row.image),
                                    &html! {
                                        (text::fixed(row.confidence_generated, 2))
                                        span.quiet { " · " (text::fixed(row.held_out_generated, 2)) }
                                    }))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the script brings to life, hidden until it does, and its data.
fn live(gallery: &Gallery, phis: &[&PhiRun], shown: &PhiRun) -> Markup {
    let views: Vec<_> =
        VIEWS.iter().filter(|(view, ..)| *view != "saliency" || gallery.maps.is_some()).collect();
    html! {
        div #gallery-live hidden {
            @for note in notes(gallery) { p.quiet { (note) } }
            (controls(gallery, phis, shown))
            div.views {
                (choice("gallery-view", &views))
                label.all-wipes data-view="wipe" {
                    span { "All sliders" }
                    input #gallery-wipes type="range" min="0" max="100" value="50";
                }
            }
            @for (view, _, meaning) in &views {
                p.quiet.meaning data-view=(view) { (meaning) (scale(view)) }
            }
            div.found {
                p #gallery-count role="status" {}
                (turn("gallery-pages"))
            }
            a.skip.within href="#gallery-end" { "Skip the tiles" }
            ul #gallery-cards.cards {}
            (turn("gallery-pages-below"))
            template #gallery-card { (card()) }
            (large(&views, phis))
        }
        p #gallery-end tabindex="-1" {}
        script #gallery-data type="application/json" { (PreEscaped(&gallery.data)) }
        script #gallery-pictures type="text/plain" { (PreEscaped(&gallery.pictures)) }
        @if let Some(maps) = &gallery.maps { script #gallery-maps type="text/plain" { (PreEscaped(maps)) } }
        script type="module" { (PreEscaped(SCRIPT)) }
    }
}

/// What the reader should know before looking.
fn notes(gallery: &Gallery) -> Vec<String> {
    let mut notes = Vec::new();
    if gallery.tiles < gallery.of {
        notes.push(format!(
            "{} of {} tiles are here, spread evenly over the drop in the held-out judge's confidence: with all of them the report would be \
             larger than 20 MB.",
            text::count(gallery.tiles),
            text::count(gallery.of)
        ));
    }
    if !gallery.lossless {
        let scaled = if gallery.side < gallery.full_side {
            format!("scaled from {} to {} px", gallery.full_side, gallery.side)
        } else {
            "compressed".to_owned()
        };
        notes.push(format!(
            "The pictures are {scaled} so that the report stays one file below 20 MB; a difference shows that compression, too. As they are, \
             they lie in generated/ of the run folder."
        ));
    }
    // A ResNet halves its tiles five times.
    let places = gallery.full_side.div_ceil(32);
    match (gallery.measured, gallery.maps.is_some()) {
        (true, true) if places <= 3 => notes.push(format!(
            "Where the scorer looks is known to {places} × {places} places a tile, no finer: its last stage has no more at {} px.",
            gallery.full_side
        )),
        (true, true) => {}
        (true, false) => notes.push("Left out: saliency maps, which are not in the run folder.".into()),
        (false, _) => notes.push(
            "Left out: quality as pictures and saliency maps, because the run has no such step; running the study again adds it.".into(),
        ),
    }
    notes
}

/// Which tiles, in which order.
fn controls(gallery: &Gallery, phis: &[&PhiRun], shown: &PhiRun) -> Markup {
    let measured = [
        ("ssim", "similarity to the source (SSIM)"),
        ("luminance", "luminance correlation"),
        ("periodicity", "periodicity (mosaic)"),
        ("repainted", "padding repainted"),
        ("nearest", "bits to the nearest other tile"),
    ];
    html! {
        form #gallery-controls.controls aria-label="Which translations, in which order" {
            label { span { "Selectivity" }
                select name="phi" {
                    @for (k, phi) in phis.iter().enumerate() {
                        option value=(k) selected[phi.phi == shown.phi] { (text::phi(phi.phi)) }
                    }
                }
            }
            label.long { span { "Sort by" }
                select name="sort" {
                    option value="drop" selected { "drop in judge's confidence" }
                    option value="drop-scorer" { "drop in scorer's confidence" }
                    option value="judge" { "judge's confidence, translated" }
                    option value="scorer" { "scorer's confidence, translated" }
                    @if gallery.measured {
                        @for (key, name) in measured { option value=(key) { (name) } }
                    }
                    option value="name" { "name" }
                }
            }
            label { span { "Order" }
                select name="order" {
                    option value="down" selected { "largest first" }
                    option value="up" { "smallest first" }
                }
            }
            label { span { "Label" }
                select name="kept" {
                    option value="" selected { "all" }
                    option value="kept" { "kept by both" }
                    option value="kept-scorer" { "kept by the scorer" }
                    option value="rejected-scorer" { "rejected by the scorer" }
                    option value="rejected-judge" { "rejected by the held-out judge" }
                    option value="split" { "the two disagree" }
                }
            }
            @if gallery.measured {
                label { span { "Flag" }
                    select name="flag" {
                        option value="" selected { "all" }
                        option value="any" { "any flag" }
                        option value="none" { "no flag" }
                        @for (k, flag) in FLAGS.iter().enumerate() { option value=(k) { (flag.name) } }
                    }
                }
            }
            label { span { @if gallery.slides { "Tile or slide" } @else { "Tile" } }
                input name="search" type="search" autocomplete="off" spellcheck="false" placeholder="part of a name";
            }
        }
        @if gallery.measured {
            (more("What the flags mean", &html! {
                dl.flags { @for flag in &FLAGS { div { dt { (flag.name) } dd { (flag.meaning) } } } }
            }))
        }
    }
}

/// One of the views.
fn choice(name: &str, views: &[&(&str, &str, &str)]) -> Markup {
    html! {
        fieldset.choice {
            legend.unseen { "Shown as" }
            @for (k, (view, title, _)) in views.iter().enumerate() {
                label { input type="radio" name=(name) value=(view) checked[k == 0]; span { (title) } }
            }
        }
    }
}

/// The colours of a view that has some.
fn scale(view: &str) -> Markup {
    let ends = match view {
        "difference" => ("0", "64 and more"),
        "saliency" => ("nothing", "strongest"),
        _ => return html! {},
    };
    html! { " " span.scale { (ends.0) " " span.bar-of-colours role="img" aria-label="from dark to light" {} " " (ends.1) } }
}

/// To the next page and back.
fn turn(id: &str) -> Markup {
    html! {
        nav id=(id) .turn aria-label={ "Pages of the gallery" @if id.ends_with("below") { ", below" } } {
            button type="button" data-turn="-1" { "‹ Back" }
            span {}
            button type="button" data-turn="1" { "Next ›" }
        }
    }
}

/// One tile in the list.
fn card() -> Markup {
    html! {
        li.card {
            (stage())
            p.name { button type="button" { span.short {} span.unseen { " in large" } } }
            dl.judges {
                div { dt { "judge" } dd data-of="judge" {} }
                div { dt { "scorer" } dd data-of="scorer" {} }
            }
            p.tags {}
        }
    }
}

/// One tile's picture.
fn stage() -> Markup {
    html! {
        div.stage {
            canvas.before role="img" {}
            canvas.after role="img" {}
            input.wipe type="range" min="0" max="100" value="50";
            span.line aria-hidden="true" {}
        }
    }
}

/// One tile in large, with all that is known of it.
fn large(views: &[&(&str, &str, &str)], phis: &[&PhiRun]) -> Markup {
    html! {
        dialog #gallery-large aria-labelledby="gallery-large-name" {
            div.bar-above {
                h3 #gallery-large-name tabindex="-1" {}
                div.turn {
                    button type="button" data-turn="-1" { "‹ Previous tile" }
                    span #gallery-large-place {}
                    button type="button" data-turn="1" { "Next tile ›" }
                    button type="button" data-close { "Close" }
                }
            }
            div.columns {
                div {
                    (choice("gallery-large-view", views))
                    (stage())
                    @for (view, _, meaning) in views {
                        p.quiet.meaning data-view=(view) { (meaning) (scale(view)) }
                    }
                }
                div {
                    ul.selectivities aria-label="Translations of this tile" {
                        @for phi in phis {
                            li { button type="button" { canvas aria-hidden="true" {} span.short { (text::phi(phi.phi)) } span.judge {} } }
                        }
                    }
                    table.numbers.tight {
                        caption { "Confidence" }
                        thead { tr {
                            th scope="col" { "by" } th.n scope="col" { "source" } th.n scope="col" { "translated" } th.n scope="col" { "back" } th scope="col" { "kept" }
                        } }
                        tbody {
                            tr data-of="judge" { th scope="row" { "held-out judge" } td.n {} td.n {} td.n {} td {} }
                            tr data-of="scorer" { th scope="row" { "scorer" } td.n {} td.n {} td.n {} td {} }
                        }
                    }
                    dl.measures {}
                    p.tags {}
                }
            }
            p.quiet.keys { kbd { "←" } " " kbd { "→" } " other tiles, unless the slider is in hand · " kbd { "Esc" } " back to the list" }
        }
    }
}
