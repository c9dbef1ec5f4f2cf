//! Whether confidences are as right as they are sure.

use super::{Looks, charts, ends, epoch, left_out, more, no_scores, scrolls, section, stratum};
use crate::chart::{Hue, Reliability, ReliabilityBin};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{Calibration, Measured, Stratum, TrainingSet};

const ID: &str = "calibration";
const TITLE: &str = "Are the confidences true?";

/// Reliability diagrams on all test tiles, and the numbers on every stratum.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.calibration.is_empty()) else {
        return left_out(ID, TITLE, no_scores(run));
    };
    let by = told_by(results);
    let told = |c: &&Calibration| c.training_set.is_none() || c.epoch == by;
    let mut on_all: Vec<&Calibration> =
        results.calibration.iter().filter(told).filter(|c| c.stratum == Stratum::All).collect();
    if on_all.is_empty() {
        on_all = results.calibration.iter().filter(|c| c.stratum == Stratum::All).collect();
    }
    let looks = Looks::of(&run.rows());
    // The scorer, the original and the row in view first; the others to open.
    let shown = run.shown_row();
    let (first, others): (Vec<&Calibration>, Vec<&Calibration>) = on_all
        .into_iter()
        .partition(|c| c.training_set.is_none_or(|set| set == TrainingSet::Original || Some(set) == shown));
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Of tiles with a confidence of 0.8 in “" (results.source_class) "”, 8 in 10 should be “" (results.source_class)
                "”. Above the dashed line the classifier is less sure than it is right; below, surer. Bars count the tiles (of all seeds) at each confidence."
            }
            (charts(&html! { @for c in &first { (diagram(figures, c, &looks)) } }))
            @if !others.is_empty() {
                (more("The other training sets", &charts(&html! { @for c in &others { (diagram(figures, c, &looks)) } })))
            }
            (scrolls("Calibration, all test tiles", &table(&first.iter().chain(&others).copied().collect::<Vec<_>>())))
            (more("The numbers by agreement and epoch", &scrolls("Calibration", &table(&results.calibration.iter().collect::<Vec<_>>()))))
            p.quiet {
                "Brier score: mean square of confidence less truth; it mixes calibration with discrimination. Expected calibration error: mean \
                 distance from the dashed line, weighted by tiles; above 0 even of perfect confidences where bins hold few tiles. Both hold for the share \
                 of classes in this test set, and are off where that is another one. Intervals are over slides."
            }
        },
    )
}

fn name(c: &Calibration) -> String {
    c.training_set.map_or_else(|| "the scorer".to_owned(), text::training_set)
}

fn diagram(figures: &Figures, c: &Calibration, looks: &Looks) -> Markup {
    let title = name(c);
    let bins: Vec<ReliabilityBin> = c
        .bins
        .iter()
        .filter_map(|bin| {
            Some(ReliabilityBin {
                from: bin.from,
                to: bin.to,
                n: bin.n,
                confidence: bin.confidence,
                share: bin.share.value?,
                interval: ends(bin.share.over_slides),
            })
        })
        .collect();
    let each: Vec<String> = bins
        .iter()
        .map(|b| format!("{} is right in {}", text::fixed(b.confidence, 2), text::fixed(b.share, 2)))
        .collect();
    let drawn = Reliability {
        title: &format!("Reliability of {title}"),
        description: &format!("Confidence and how often it is right: {}", each.join("; ")),
        hue: c.training_set.map_or(Hue::Green, |set| looks.hue(set)),
        bins,
    };
    let caption = format!(
        "{}. Expected calibration error {}, Brier score {}.",
        c.training_set.map_or("After its last epoch", |_| match c.epoch {
            record::EpochChoice::Validation => "Epoch chosen on validation",
            _ => "Last epoch",
        }),
        text::maybe(c.calibration_error.value, 3),
        text::maybe(c.brier.value, 3)
    );
    let file = c.training_set.map_or_else(|| "scorer".to_owned(), super::in_names);
    figures.chart_with(&format!("calibration-{file}"), &title, &drawn, &caption, sheet(c))
}

fn sheet(c: &Calibration) -> Sheet {
    let mut sheet = Sheet::new([
        "classifier",
        "stratum",
        "epoch",
        "from",
        "to",
        "n",
        "confidence",
        "share",
        "low",
        "high",
    ]);
    for bin in &c.bins {
        let (low, high) = ends(bin.share.over_slides).unzip();
        sheet.push([
            c.training_set.map_or_else(|| "scorer".to_owned(), |set| set.to_string()).into(),
            c.stratum.to_string().into(),
            c.epoch.to_string().into(),
            bin.from.into(),
            bin.to.into(),
            bin.n.into(),
            bin.confidence.into(),
            bin.share.value.into(),
            low.into(),
            high.into(),
        ]);
    }
    sheet
}

/// A number from 0 to 1 with its interval.
fn number(measured: &Measured) -> String {
    let interval = measured.over_slides.map_or_else(String::new, |range| {
        format!(" ({} to {})", text::fixed(range.low, 3), text::fixed(range.high, 3))
    });
    format!("{}{interval}", text::maybe(measured.value, 3))
}

fn table(rows: &[&Calibration]) -> Markup {
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Classifier" } th scope="col" { "Test tiles" } th scope="col" { "Epochs" }
                th.n scope="col" { "Seeds" } th.n scope="col" { "Tiles" } th.n scope="col" { "Brier score" }
                th.n scope="col" { "Expected calibration error" }
            } }
            tbody {
                @for c in rows {
                    tr {
                        th scope="row" { (name(c)) } td { (stratum(c.stratum)) } td { (epoch(c.epoch)) }
                        td.n { (text::count(c.seeds)) } td.n { (text::count(c.tiles)) }
                        td.n { (number(&c.brier)) } td.n { (number(&c.calibration_error)) }
                    }
                }
            }
        }
    }
}
