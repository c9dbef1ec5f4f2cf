//! AUC by level of agreement: finer than high and low where there are more annotators.

use super::{Looks, charts, epoch, measured, scrolls};
use crate::chart::{Line, Lines, Marker};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{AgreementAuc, EpochChoice, TrainingSet};

/// The table and its chart; nothing without votes or scores.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = &run.results else { return html! {} };
    let there = |choice: EpochChoice| results.agreement_auc.iter().any(|r| r.epoch == choice);
    let Some(by) =
        [told_by(results), EpochChoice::Last, EpochChoice::Validation].into_iter().find(|c| there(*c))
    else {
        return html! {};
    };
    let rows: Vec<&AgreementAuc> = results.agreement_auc.iter().filter(|r| r.epoch == by).collect();
    let mut sets: Vec<TrainingSet> = Vec::new();
    let mut levels: Vec<(f64, f64, usize)> = Vec::new();
    for row in &rows {
        if !sets.contains(&row.training_set) {
            sets.push(row.training_set);
        }
        if !levels.iter().any(|l| (l.0, l.1) == (row.from, row.to)) {
            levels.push((row.from, row.to, row.tiles));
        }
    }
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |set: TrainingSet, from: f64, to: f64| {
        rows.iter().find(|r| r.training_set == set && (r.from, r.to) == (from, to))
    };
    html! {
        h3 { "By level of agreement" }
        p {
            "AUC on the test tiles of which so many annotators chose the tile's class, by the " (epoch(by))
            ": percent, mean over seeds, with the 95 % interval over slides."
        }
        (scrolls("AUC by level of agreement", &html! {
            table.numbers {
                thead { tr {
                    th scope="col" { "Training set" }
                    @for (from, to, tiles) in &levels {
                        th.n scope="col" { (share(*from, *to)) br; (text::counted(*tiles, "tile")) }
                    }
                } }
                tbody {
                    @for set in &sets {
                        tr {
                            th scope="row" { (text::training_set(*set)) }
                            @for (from, to, _) in &levels {
                                td.n { (at(*set, *from, *to).map_or_else(|| text::NONE.to_owned(), |r| measured(&r.auc))) }
                            }
                        }
                    }
                }
            }
        }))
        (charts(&chart(run, figures, &rows, &sets)))
    }
}

/// `2/3` of three annotators is 67 %: the share itself, or from one to another.
fn share(from: f64, to: f64) -> String {
    let percent = |share: f64| text::fixed(100.0 * share, 0);
    if percent(from) == percent(to) {
        format!("{}\u{a0}%", percent(from))
    } else {
        format!("{} to {}\u{a0}%", percent(from), percent(to))
    }
}

fn chart(run: &Run, figures: &Figures, rows: &[&AgreementAuc], sets: &[TrainingSet]) -> Markup {
    let looks = Looks::of(&run.rows());
    let series: Vec<Line> = sets
        .iter()
        .map(|set| {
            let mut points: Vec<(f64, f64)> = rows
                .iter()
                .filter(|r| r.training_set == *set)
                .filter_map(|r| Some((100.0 * f64::midpoint(r.from, r.to), 100.0 * r.auc.value?)))
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (hue, marker) = looks.look(*set);
            let marker = if *set == TrainingSet::Original { Marker::Dashed } else { marker };
            Line { name: text::training_set(*set), hue, marker, points }
        })
        .collect();
    if series.iter().all(|l| l.points.len() < 2) {
        return html! {};
    }
    let drawn = Lines {
        title: "AUC by level of agreement",
        description: "AUC by the share of annotators who chose the tile's class, one line a training set",
        x_label: "Annotators who chose the class, %",
        y_label: "AUC, %",
        series,
        x_range: None,
        y_range: None,
        bar: None,
    };
    let mut sheet = Sheet::new([
        "training_set",
        "epoch",
        "agreement_from",
        "agreement_to",
        "tiles",
        "auc",
        "low",
        "high",
    ]);
    for row in rows {
        let (low, high) = row.auc.over_slides.map(|r| (r.low, r.high)).unzip();
        sheet.push([
            row.training_set.to_string().into(),
            row.epoch.to_string().into(),
            row.from.into(),
            row.to.into(),
            row.tiles.into(),
            row.auc.value.into(),
            low.into(),
            high.into(),
        ]);
    }
    figures.chart_with("auc-by-agreement", "AUC by level of agreement", &drawn, "", sheet)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_level_is_one_share_or_a_range() {
        assert_eq!(share(2.0 / 3.0, 2.0 / 3.0), "67\u{a0}%");
        assert_eq!(share(0.5, 0.7), "50 to 70\u{a0}%");
    }
}
