//! The scorer's confidence: Figure 5, and what the surest and least sure tiles look like.

use super::{charts, left_out, section, tile};
use crate::chart::{Histogram, Hue, Line, Lines, Marker, Sample};
use crate::figure::Figures;
use crate::load::{AGREEMENTS, Run};
use crate::text;
use crate::tiles::Album;
use maud::{Markup, html};
use record::{ConfidenceRow, ScorerResult};

const ID: &str = "confidence";
const TITLE: &str = "Confidence and agreement";
/// Tiles shown of each end.
const EXAMPLES: usize = 10;

/// Figure 5 and examples.
pub fn draw(run: &Run, album: &Album, figures: &Figures) -> Markup {
    let x = run.source_class();
    // Validation tiles are of the train partition, but no scorer was trained on them: they have no fold.
    let of_x: Vec<&ConfidenceRow> = run
        .confidences
        .iter()
        .filter(|r| r.class == x && r.partition == "train" && r.confidence_out_of_fold.is_some())
        .collect();
    if of_x.is_empty() {
        return left_out(ID, TITLE, "the train tiles have not been scored yet");
    }
    let in_sample = |row: &ConfidenceRow| row.confidence;
    let out_of_fold = |row: &ConfidenceRow| row.confidence_out_of_fold;
    let distance = run.results.as_ref().and_then(|r| r.ks.as_ref());
    section(
        ID,
        TITLE,
        &html! {
            p {
                "The scorer's confidence that a “" (x) "” tile is “" (x) "”, for the " (text::count(of_x.len()))
                " train tiles it is asked about. Where annotators disagree, a good scorer should be less sure."
            }
            @if let Some(results) = &run.results { p { (scorer(&results.scorer)) } }
            @match distance {
                Some(ks) => p.finding {
                    "Figure 5. Kolmogorov–Smirnov distance " b { (text::fixed(ks.statistic, 3)) } ", p = "
                    b { (text::p_value(ks.p_value)) } ", " (text::count(ks.n_high)) " tiles of high agreement and "
                    (text::count(ks.n_low)) " of low. The paper: 0.302, p = 1.5 × 10⁻³⁰, 1530 tiles."
                },
                None => p.absent {
                    "Figure 5 and its test are left out: "
                    @if run.results.is_none() { "the study has not ended." }
                    @else { "votes are missing, or all tiles agree." }
                },
            }
            (charts(&html! {
                (distribution((run, figures), "figure-5-confidence", &of_x, in_sample, "By the scorer", "The scorer was trained on these very tiles, as in the paper."))
                (distribution((run, figures), "confidence-out-of-fold", &of_x, out_of_fold, "By a scorer that never saw the slide", "Out of fold: nothing was learned by heart."))
                (cumulative((run, figures), &of_x, distance.map(|ks| ks.statistic)))
            }))
            (examples(&of_x, run, album))
        },
    )
}

/// How good the scorer is, on one line.
fn scorer(scorer: &ScorerResult) -> String {
    let mut parts = Vec::new();
    let measures = [
        ("all test tiles", scorer.auc_all),
        ("high agreement", scorer.auc_high),
        ("low agreement", scorer.auc_low),
        ("train tiles, out of fold", scorer.out_of_fold_auc),
    ];
    for (name, value) in measures {
        if value.is_some() {
            parts.push(format!("{name} {}\u{a0}%", text::auc(value)));
        }
    }
    if parts.is_empty() {
        return format!("The scorer was trained for {}.", text::counted(scorer.epochs, "epoch"));
    }
    let accuracy = scorer.accuracy.map_or_else(String::new, |a| {
        format!(" It names {}\u{a0}% of the test tiles correctly.", text::fixed(100.0 * a, 1))
    });
    format!(
        "The scorer after {}, AUC: {}.{accuracy}",
        text::counted(scorer.epochs, "epoch"),
        parts.join(", ")
    )
}

/// The values by agreement: high, low, and those without votes.
fn strata(run: &Run, rows: &[&ConfidenceRow], pick: fn(&ConfidenceRow) -> Option<f64>) -> Vec<Sample> {
    let of = |(name, hue): (&str, Hue)| Sample {
        name: name.to_owned(),
        hue,
        values: rows
            .iter()
            .filter(|r| run.agreement(r.agreement) == name)
            .filter_map(|r| pick(r).filter(|v| v.is_finite()))
            .collect(),
    };
    let mut all: Vec<Sample> =
        AGREEMENTS.into_iter().zip([Hue::Blue, Hue::Orange, Hue::Grey]).map(of).collect();
    all.retain(|s| !s.values.is_empty());
    for sample in &mut all {
        sample.name = format!("{} ({})", sample.name, text::count(sample.values.len()));
    }
    all
}

fn distribution(
    (run, figures): (&Run, &Figures),
    name: &str,
    rows: &[&ConfidenceRow],
    pick: fn(&ConfidenceRow) -> Option<f64>,
    heading: &str,
    caption: &str,
) -> Markup {
    let samples = strata(run, rows, pick);
    if samples.is_empty() {
        return html! {};
    }
    let means: Vec<String> = samples
        .iter()
        .map(|s| format!("{}: mean {}", s.name, text::maybe(stats::mean(&s.values), 2)))
        .collect();
    let drawn = Histogram {
        title: heading,
        description: &format!("Histogram of confidence. {}", means.join("; ")),
        x_label: "Confidence",
        samples,
        range: (0.0, 1.0),
        bins: 20,
    };
    figures.chart(name, heading, &drawn, caption)
}

/// The two distribution functions by the scorer, with the distance that the test measures.
fn cumulative((run, figures): (&Run, &Figures), rows: &[&ConfidenceRow], distance: Option<f64>) -> Markup {
    let samples = strata(run, rows, |r| r.confidence);
    let [high, low] = samples.as_slice() else { return html! {} };
    let Some((at, from, to)) = widest(&high.values, &low.values) else { return html! {} };
    let drawn = Lines {
        title: "Share of tiles at or below a confidence",
        description: &format!(
            "The two curves are furthest apart at confidence {}, where they are {} and {}",
            text::fixed(at, 2),
            text::fixed(from, 2),
            text::fixed(to, 2)
        ),
        x_label: "Confidence",
        y_label: "Share at or below",
        series: [(high, Marker::Thick), (low, Marker::Dashed)]
            .into_iter()
            .map(|(sample, marker)| Line {
                name: sample.name.clone(),
                hue: sample.hue,
                marker,
                points: staircase(&sample.values),
            })
            .collect(),
        x_range: Some((0.0, 1.0)),
        y_range: Some((0.0, 1.0)),
        bar: distance.map(|d| (at, from, to, format!("D = {}", text::fixed(d, 3)))),
    };
    figures.chart(
        "figure-5-cumulative",
        "Where the two part",
        &drawn,
        "Cumulative shares by the scorer; the bar is the Kolmogorov–Smirnov distance.",
    )
}

/// The empirical distribution function as corners of a staircase, thinned to what a screen can show.
fn staircase(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let stride = n.div_ceil(150);
    let mut points = vec![(0.0, 0.0)];
    let mut height = 0.0;
    for i in (0..n).filter(|i| (i + 1) % stride == 0 || i + 1 == n) {
        points.push((sorted[i], height));
        height = (i + 1) as f64 / n as f64;
        points.push((sorted[i], height));
    }
    points.push((1.0, 1.0));
    points
}

/// Where the two distribution functions are furthest apart, and their values there.
fn widest(a: &[f64], b: &[f64]) -> Option<(f64, f64, f64)> {
    let below =
        |values: &[f64], at: f64| values.iter().filter(|v| **v <= at).count() as f64 / values.len() as f64;
    a.iter()
        .chain(b)
        .map(|at| (*at, below(a, *at), below(b, *at)))
        .max_by(|l, r| (l.1 - l.2).abs().total_cmp(&(r.1 - r.2).abs()).then(r.0.total_cmp(&l.0)))
}

/// The tiles at both ends of the ranking that the study selected by.
fn examples(rows: &[&ConfidenceRow], run: &Run, album: &Album) -> Markup {
    let by_fold = run.study.get("scoring").and_then(toml::Value::as_str) == Some("out-of-fold");
    let key = |row: &ConfidenceRow| if by_fold { row.confidence_out_of_fold } else { row.confidence };
    let mut ranked: Vec<(f64, &ConfidenceRow)> = rows.iter().filter_map(|r| Some((key(r)?, *r))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.image.cmp(&b.1.image)));
    let n = EXAMPLES.min(ranked.len() / 2);
    let ends = [("Least sure of these", &ranked[..n]), ("Surest of these", &ranked[ranked.len() - n..])];
    let found: Vec<_> = ends
        .iter()
        .map(|(heading, tiles)| {
            let pictures: Vec<_> =
                tiles.iter().filter_map(|(c, r)| Some((album.original(&r.image)?, *c, *r))).collect();
            (heading, pictures)
        })
        .collect();
    if found.iter().all(|(_, pictures)| pictures.is_empty()) {
        return html! { p.absent { "Examples are left out: the data is not where study.toml says, or cannot be shown." } };
    }
    html! {
        p.quiet {
            "The tiles at both ends of the ranking. Under each: confidence"
            @if rows.iter().any(|r| r.agreement.is_some()) { ", then the share of annotators who agree" } "."
        }
        div.pair {
            @for (heading, pictures) in &found {
                div {
                    h3 { (heading) }
                    div.tiles {
                        @for (picture, confidence, row) in pictures {
                            (tile(Some(picture), &row.image, &html! {
                                (text::fixed(*confidence, 3))
                                @if let Some(agreement) = row.agreement {
                                    br; span.quiet { (text::fixed(100.0 * agreement, 0)) "\u{a0}%" }
                                }
                            }))
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_stands_where_the_test_measures() {
        let (a, b) = ([0.7, 0.8, 0.9, 0.95], [0.2, 0.3, 0.8, 0.85]);
        let (_, from, to) = widest(&a, &b).unwrap();
        let ks = stats::ks_two_sample(&a, &b).unwrap();
        assert!(((from - to).abs() - ks.statistic).abs() < 1e-12);
    }

    #[test]
    fn a_staircase_rises_from_nothing_to_all() {
        let stairs = staircase(&(0..1000).map(|i| f64::from(i) / 1000.0).collect::<Vec<_>>());
        assert!(stairs.len() < 400);
        assert!(stairs.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 <= w[1].1));
        assert_eq!((stairs[0], stairs[stairs.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
    }
}
