//! Figure 6 with its controls: who thinks what of source, translated and reconstructed tiles.

use super::{charts_in_twos, hue, left_out, more, scrolls, section};
use crate::chart::{DotRow, Dots};
use crate::figure::Figures;
use crate::load::{RankedBy, Run};
use crate::section::summary::in_a_word;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::Translation;
use maud::{Markup, html};
use record::thresholds::{RECOVERED, SMALLEST_DROP};
use record::{ConfidenceShift, JudgeName};

const ID: &str = "shift";
const TITLE: &str = "Are the translations harder?";

/// The judges in the order of weight, and what they are.
const JUDGES: [(JudgeName, &str, &str); 4] = [
    (
        JudgeName::HeldOut,
        "The held-out judge",
        "Scorers that never saw the tile's slide: the judge that counts.",
    ),
    (JudgeName::Initial, "The initial scorer", PICKED),
    (JudgeName::Earlier, "Earlier snapshots", "The same scorer after fewer epochs, pooled."),
    (JudgeName::Later, "Later snapshots", "The same scorer after more epochs, pooled."),
];

/// Of the initial scorer, where its confidence ranks the tiles.
const PICKED: &str =
    "It picked the easy tiles itself, so any change lowers its confidence. The drop alone proves nothing.";
/// Of the same, where annotators' agreement ranks them.
const TRAINED: &str = "It was trained on these very tiles, and is surer of them than of any other. The drop alone proves nothing.";

/// Figure 6.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|r| !r.confidence_shift.is_empty()) else {
        return left_out(ID, TITLE, "the judges have not been asked yet");
    };
    let verdicts: Vec<Translation> = run.phis.iter().filter_map(|p| Translation::of(run, p.phi)).collect();
    // One scale for all judges, so that they can be compared.
    let every: Vec<DotRow> =
        JUDGES.iter().flat_map(|(judge, ..)| rows(&results.confidence_shift, *judge)).collect();
    let range = Dots::own_range(&every);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Figure 6 with its controls. Translation is shown only if, by the held-out judge, translating lowers \
                 confidence and translating back restores it: source ≈ back again > translated."
            }
            @if !verdicts.is_empty() {
                (scrolls("Verdicts", &html! {
                    table.numbers {
                        caption { "Mean confidence in “" (run.source_class()) "” by the held-out judge." }
                        thead { tr {
                            th scope="col" { "Selectivity" }
                            th.n scope="col" { "Source" } th.n scope="col" { "Translated" } th.n scope="col" { "Back again" }
                            th.n scope="col" { "Drop ± standard error" }
                            th scope="col" { "Verdict" }
                        } }
                        tbody {
                            @for v in &verdicts {
                                tr {
                                    th scope="row" { (text::phi(v.phi)) }
                                    td.n { (text::fixed(v.source, 3)) }
                                    td.n { (text::fixed(v.generated, 3)) }
                                    td.n { (text::fixed(v.reconstructed, 3)) }
                                    td.n { (text::fixed(v.source - v.generated, 3)) " ± " (text::maybe(v.drop_se, 3)) }
                                    td { (in_a_word(v.shown)) }
                                }
                            }
                        }
                    }
                }))
                p.quiet {
                    "The rule: “holds up” if the drop exceeds " (text::fixed(SMALLEST_DROP, 2))
                    " and twice its standard error, and translating back undoes at least "
                    (text::fixed(100.0 * RECOVERED, 0)) "\u{a0}% of it; “in part” from "
                    (text::fixed(100.0 * (1.0 - RECOVERED), 0)) " %."
                }
            }
            (charts_in_twos(&html! {
                @for (judge, name, about) in JUDGES {
                    @let by_agreement = run.ranked_by() == RankedBy::Agreement;
                    @let about = if about == PICKED && by_agreement { TRAINED } else { about };
                    @let rows = rows(&results.confidence_shift, judge);
                    @if !rows.is_empty() {
                        @let drawn = Dots {
                            title: name,
                            description: &describe(&rows),
                            x_label: "Mean confidence; bar: ± one standard deviation",
                            rows,
                            range: Some(range),
                            digits: 2,
                            reference: true,
                        };
                        (figures.chart_with(&format!("figure-6-{judge}"), name, &drawn, about, sheet(&results.confidence_shift, judge)))
                    }
                }
            }))
            (more("The numbers behind Figure 6", &table(&results.confidence_shift)))
        },
    )
}

fn rows(shift: &[ConfidenceShift], judge: JudgeName) -> Vec<DotRow> {
    shift
        .iter()
        .filter(|c| c.judge == judge)
        .filter_map(|c| {
            let mean = c.mean?;
            let spread = c.sd.map(|sd| ((mean - sd).max(0.0), (mean + sd).min(1.0)));
            Some(DotRow {
                label: text::tile_set(c.set),
                hue: hue(c.set),
                value: mean,
                spread,
                single: Vec::new(),
            })
        })
        .collect()
}

fn sheet(shift: &[ConfidenceShift], judge: JudgeName) -> Sheet {
    let mut sheet = Sheet::new(["judge", "set", "mean", "sd", "n"]);
    for c in shift.iter().filter(|c| c.judge == judge) {
        sheet.push([
            judge.to_string().into(),
            c.set.to_string().into(),
            c.mean.into(),
            c.sd.into(),
            c.n.into(),
        ]);
    }
    sheet
}

fn describe(rows: &[DotRow]) -> String {
    let each: Vec<String> = rows.iter().map(|r| format!("{} {}", r.label, text::fixed(r.value, 2))).collect();
    format!("Mean confidence: {}", each.join("; "))
}

fn table(shift: &[ConfidenceShift]) -> Markup {
    scrolls(
        "Figure 6 as a table",
        &html! {
            table.numbers {
                thead { tr {
                    th scope="col" { "Judge" } th scope="col" { "Tiles" }
                    th.n scope="col" { "Mean" } th.n scope="col" { "Standard deviation" } th.n scope="col" { "n" }
                } }
                tbody {
                    @for c in shift {
                        tr {
                            th scope="row" { (c.judge) }
                            td { (text::tile_set(c.set)) }
                            td.n { (text::maybe(c.mean, 4)) } td.n { (text::maybe(c.sd, 4)) } td.n { (text::count(c.n)) }
                        }
                    }
                }
            }
        },
    )
}
