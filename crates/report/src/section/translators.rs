//! How the translators learned: losses, the judge's view, sample grids.

use super::{charts, left_out, more, section, spread};
use crate::chart::{Hue, Line, Lines, Marker};
use crate::figure::Figures;
use crate::load::{PhiRun, Run};
use crate::text;
use crate::tiles::Album;
use maud::{Markup, html};
use record::TranslatorEpoch;

const ID: &str = "translators";
const TITLE: &str = "How the translators learned";

type Pick = fn(&TranslatorEpoch) -> Option<f64>;

/// Losses and sample grids of every translator; the one in view first and open.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
    if run.has_dial() {
        return left_out(
            ID,
            TITLE,
            "one translator with a dial serves every selectivity, and has a section of its own",
        );
    }
    let begun: Vec<&PhiRun> = run.phis.iter().filter(|p| !p.epochs.is_empty()).collect();
    let Some(first) = run.shown().filter(|p| !p.epochs.is_empty()).or(begun.first().copied()) else {
        return left_out(ID, TITLE, "no translator has been trained yet");
    };
    section(
        ID,
        TITLE,
        &html! {
            p {
                "The losses of a GAN need not fall: generator and discriminator hold each other in balance. The cycle loss \
                 should fall, and the judge should part translated tiles from their sources."
            }
            h3 { (text::phi(first.phi)) }
            (one(first, album, figures, 3))
            @for phi in begun.iter().filter(|p| p.phi != first.phi) {
                (more(&text::phi(phi.phi), &one(phi, album, figures, 1)))
            }
        },
    )
}

fn one(phi: &PhiRun, album: &Album, figures: &Figures, grids: usize) -> Markup {
    let losses: [(&str, Hue, Pick); 3] = [
        ("generators", Hue::Orange, |e| Some(e.loss_g)),
        ("discriminator of easy", Hue::Blue, |e| Some(e.loss_d_a)),
        ("discriminator of hard", Hue::Purple, |e| Some(e.loss_d_b)),
    ];
    let cycles: [(&str, Hue, Pick); 3] = [
        ("easy → hard → easy", Hue::Blue, |e| Some(e.loss_cycle_a)),
        ("hard → easy → hard", Hue::Purple, |e| Some(e.loss_cycle_b)),
        ("identity", Hue::Grey, |e| e.loss_identity),
    ];
    let judge: [(&str, Hue, Pick); 3] = [
        ("source", Hue::Blue, |e| e.judge_source),
        ("translated", Hue::Orange, |e| e.judge_generated),
        ("back again", Hue::Green, |e| e.judge_reconstructed),
    ];
    html! {
        (charts(&html! {
            (course(phi, figures, ("adversarial", "Adversarial losses"), "Least-squares loss", losses))
            (course(phi, figures, ("cycle", "Cycle loss"), "Mean absolute difference", cycles))
            (course(phi, figures, ("judge", "The judge's view of the sample tiles"), "Mean confidence", judge))
        }))
        (samples(phi, album, grids))
    }
}

fn course(
    phi: &PhiRun,
    figures: &Figures,
    (name, heading): (&str, &str),
    y_label: &str,
    picks: [(&str, Hue, Pick); 3],
) -> Markup {
    let lines: Vec<Line> = picks
        .into_iter()
        .map(|(name, hue, pick)| Line {
            name: name.to_owned(),
            hue,
            marker: Marker::Thick,
            points: phi.epochs.iter().filter_map(|e| Some((e.epoch as f64, pick(e)?))).collect(),
        })
        .filter(|l| !l.points.is_empty())
        .collect();
    if lines.is_empty() {
        return html! {};
    }
    let drawn = Lines {
        title: heading,
        description: &format!("{y_label} by epoch of the translator at {}", text::phi(phi.phi)),
        x_label: "Epoch",
        y_label,
        series: lines,
        x_range: None,
        y_range: None,
        bar: None,
    };
    figures.chart(&format!("translator-phi-{}-{name}", phi.phi), heading, &drawn, "")
}

/// Sample grids from the first epoch to the last; only the last where there is room for one.
fn samples(phi: &PhiRun, album: &Album, wanted: usize) -> Markup {
    let picks = if wanted == 1 {
        phi.samples.len().checked_sub(1).into_iter().collect()
    } else {
        spread(phi.samples.len(), wanted)
    };
    // The last first: if the budget runs out, the end of training is what one wants to see.
    let mut grids: Vec<_> = picks
        .iter()
        .rev()
        .filter_map(|i| {
            let path = &phi.samples[*i];
            let name =
                path.file_stem()?.to_string_lossy().replace('-', " ").replace(" 0", " ").replace(" 0", " ");
            Some((name, album.grid(path)?))
        })
        .collect();
    grids.reverse();
    html! {
        @if !grids.is_empty() {
            p.quiet { "Sample tiles as training went on: source | translated | back again, with the scorer's confidence under each." }
            div.samples {
                @for (name, picture) in &grids {
                    figure {
                        img src=(picture.source) alt={ "Sample grid of the translator at " (text::phi(phi.phi)) ", " (name) }
                            width=(picture.width) height=(picture.height);
                        figcaption { (name) }
                    }
                }
            }
        }
    }
}
