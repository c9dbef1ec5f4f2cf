//! How the scorer and the retrained classifiers learned.

use super::{Looks, charts, in_names, left_out, more, section};
use crate::chart::{Hue, Line, Lines, Marker, nice_range};
use crate::figure::Figures;
use crate::load::{Retrained, Run};
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::{ClassifierEpoch, Stratum, TrainingSet};

const ID: &str = "curves";
const TITLE: &str = "Training curves";

type Pick = fn(&ClassifierEpoch) -> Option<f64>;

/// AUC by epoch, and the scorer's own course.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    if run.retrained.is_empty() && run.scorer.is_empty() {
        return left_out(ID, TITLE, "no classifier has been trained yet");
    }
    let strata: [(&str, Stratum, Pick); 2] = [
        ("high-agreement test tiles", Stratum::High, |e: &ClassifierEpoch| e.auc_high),
        ("low-agreement test tiles", Stratum::Low, |e: &ClassifierEpoch| e.auc_low),
    ];
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Test AUC after every epoch: each seed thin, their mean thick, the original training set dashed. Where a curve \
                 still climbs at its end, more epochs would help; where it falls, the classifier learns its tiles by heart."
            }
            (panels(run, figures, ("all test tiles", Stratum::All), |e| e.auc_all))
            @for (name, stratum, pick) in strata {
                @if run.retrained.iter().any(|r| r.seeds.iter().any(|(_, e)| e.iter().any(|e| pick(e).is_some()))) {
                    (more(&format!("The same for {name}"), &panels(run, figures, (name, stratum), pick)))
                }
            }
            @if !run.scorer.is_empty() {
                (more("The scorer", &charts(&html! { (scorer_auc(figures, &run.scorer)) (scorer_loss(figures, &run.scorer)) })))
            }
        },
    )
}

/// One panel a training set, on one scale.
fn panels(run: &Run, figures: &Figures, tiles: (&str, Stratum), pick: Pick) -> Markup {
    let all = run.retrained.iter().flat_map(|r| &r.seeds).flat_map(|(_, epochs)| epochs).filter_map(pick);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if low > high {
        return html! {};
    }
    let range = nice_range(100.0 * low, 100.0 * high, 5);
    let original = run.retrained.iter().find(|r| r.set == TrainingSet::Original).map(|r| mean(r, pick));
    let looks = Looks::of(&run.rows());
    charts(&html! {
        @for set in &run.retrained { (panel(figures, set, tiles, pick, range, original.as_deref(), looks.hue(set.set))) }
    })
}

fn panel(
    figures: &Figures,
    set: &Retrained,
    (tiles, stratum): (&str, Stratum),
    pick: Pick,
    range: (f64, f64),
    original: Option<&[(f64, f64)]>,
    hue: Hue,
) -> Markup {
    let name = text::training_set(set.set);
    let points = mean(set, pick);
    let Some(last) = points.last().copied() else { return html! {} };
    let mut lines: Vec<Line> = set
        .seeds
        .iter()
        .filter(|_| set.seeds.len() > 1)
        .map(|(_, epochs)| Line {
            name: format!("single seeds ({})", set.seeds.len()),
            hue,
            marker: Marker::Thin,
            points: epochs.iter().filter_map(|e| Some((e.epoch as f64, 100.0 * pick(e)?))).collect(),
        })
        .collect();
    if let Some(points) = original.filter(|_| set.set != TrainingSet::Original) {
        let points = points.to_vec();
        lines.push(Line { name: "original".to_owned(), hue: Hue::Grey, marker: Marker::Dashed, points });
    }
    lines.push(Line { name: name.clone(), hue, marker: Marker::Thick, points });
    let drawn = Lines {
        title: &name,
        description: &format!(
            "AUC on {tiles} by epoch, mean over {}: {}\u{a0}% after epoch {}",
            text::counted(set.seeds.len(), "seed"),
            text::fixed(last.1, 1),
            last.0
        ),
        x_label: "Epoch",
        y_label: "AUC, %",
        series: lines,
        x_range: None,
        y_range: Some(range),
        bar: None,
    };
    let mut sheet = Sheet::new(["training_set", "stratum", "seed", "epoch", "auc"]);
    for (seed, epochs) in &set.seeds {
        for epoch in epochs {
            sheet.push([
                set.set.to_string().into(),
                stratum.to_string().into(),
                (*seed as usize).into(),
                epoch.epoch.into(),
                pick(epoch).into(),
            ]);
        }
    }
    figures.chart_with(&format!("curve-{stratum}-{}", in_names(set.set)), &name, &drawn, "", sheet)
}

/// Mean over seeds, at the epochs that every seed has.
fn mean(set: &Retrained, pick: Pick) -> Vec<(f64, f64)> {
    let epochs = set.seeds.iter().map(|(_, epochs)| epochs.len()).min().unwrap_or(0);
    (0..epochs)
        .filter_map(|i| {
            let values: Option<Vec<f64>> = set.seeds.iter().map(|(_, epochs)| pick(&epochs[i])).collect();
            Some((set.seeds.first()?.1[i].epoch as f64, 100.0 * stats::mean(&values?)?))
        })
        .collect()
}

fn scorer_auc(figures: &Figures, epochs: &[ClassifierEpoch]) -> Markup {
    let picks: [(&str, Hue, Pick); 4] = [
        ("all test tiles", Hue::Grey, |e| e.auc_all),
        ("high agreement", Hue::Blue, |e| e.auc_high),
        ("low agreement", Hue::Orange, |e| e.auc_low),
        ("validation", Hue::Green, |e| e.auc_val),
    ];
    let lines: Vec<Line> = picks
        .into_iter()
        .map(|(name, hue, pick)| Line {
            name: name.to_owned(),
            hue,
            marker: Marker::Thick,
            points: epochs.iter().filter_map(|e| Some((e.epoch as f64, 100.0 * pick(e)?))).collect(),
        })
        .filter(|l| !l.points.is_empty())
        .collect();
    let drawn = Lines {
        title: "The scorer's AUC",
        description: "AUC by epoch, by agreement",
        x_label: "Epoch",
        y_label: "AUC, %",
        series: lines,
        x_range: None,
        y_range: None,
        bar: None,
    };
    figures.chart("scorer-auc", "AUC", &drawn, "")
}

fn scorer_loss(figures: &Figures, epochs: &[ClassifierEpoch]) -> Markup {
    let drawn = Lines {
        title: "The scorer's loss",
        description: "Cross-entropy on the train tiles by epoch",
        x_label: "Epoch",
        y_label: "Cross-entropy, train tiles",
        series: vec![Line {
            name: "train".to_owned(),
            hue: Hue::Blue,
            marker: Marker::Thick,
            points: epochs.iter().map(|e| (e.epoch as f64, e.train_loss)).collect(),
        }],
        x_range: None,
        y_range: None,
        bar: None,
    };
    figures.chart("scorer-loss", "Loss", &drawn, "")
}
