//! ROC curves by agreement.

use super::{Looks, charts, epoch, left_out, more, no_scores, section, stratum};
use crate::chart::{Roc, RocCurve};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{EpochChoice, RocRow, Stratum, TrainingSet};

const ID: &str = "roc";
const TITLE: &str = "ROC curves";

/// The curves by the epoch that claims are made by; those of the other choice to open.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = run.results.as_ref().filter(|_| !run.roc.is_empty()) else {
        return left_out(ID, TITLE, no_scores(run));
    };
    let there = |choice: EpochChoice| run.roc.iter().any(|r| r.epoch == choice);
    let by = Some(told_by(results)).filter(|by| there(*by)).unwrap_or(run.roc[0].epoch);
    let others = EpochChoice::ALL.into_iter().filter(|choice| *choice != by && there(*choice));
    let banded = run.roc.iter().any(|r| r.low.is_some());
    section(
        ID,
        TITLE,
        &html! {
            p {
                "Mean over seeds of each classifier's curve, by the " (epoch(by)) ". "
                @if banded {
                    "The bands, of the original and of the row in view, hold point by point in 95 of 100 draws of whole slides; \
                     a curve as a whole strays more often. Two bands that overlap may still differ, because both rows see the same slides: Table 3's differences tell."
                } @else { "There are too few slides for bands." }
            }
            (charts_of(run, figures, by))
            @for choice in others { (more(&format!("The same by the {}", epoch(choice)), &charts_of(run, figures, choice))) }
        },
    )
}

fn charts_of(run: &Run, figures: &Figures, by: EpochChoice) -> Markup {
    charts(&html! {
        @for of in [Stratum::Low, Stratum::High, Stratum::All] { (one(run, figures, of, by)) }
    })
}

fn one(run: &Run, figures: &Figures, of: Stratum, by: EpochChoice) -> Markup {
    let rows: Vec<&RocRow> = run.roc.iter().filter(|r| r.stratum == of && r.epoch == by).collect();
    let looks = Looks::of(&run.rows());
    let shown = run.shown_row();
    let mut curves: Vec<(TrainingSet, RocCurve)> = Vec::new();
    for row in &rows {
        let point = (row.false_positive_rate, row.sensitivity, row.low.zip(row.high));
        if let Some((_, curve)) = curves.iter_mut().find(|(set, _)| *set == row.training_set) {
            curve.points.push(point);
        } else {
            let (set, (hue, marker)) = (row.training_set, looks.look(row.training_set));
            let band = set == TrainingSet::Original || Some(set) == shown;
            let name = text::training_set(set);
            curves.push((set, RocCurve { name, hue, marker, points: vec![point], band }));
        }
    }
    let at = |curve: &RocCurve| {
        let there = curve.points.iter().find(|p| p.0 >= 0.1 - 1e-9)?;
        Some(format!(
            "{}: sensitivity {} at specificity {}",
            curve.name,
            text::fixed(there.1, 2),
            text::fixed(1.0 - there.0, 2)
        ))
    };
    let each: Vec<String> = curves.iter().filter_map(|(_, curve)| at(curve)).collect();
    let drawn = Roc {
        title: &format!("ROC curves, {}", stratum(of)),
        description: &each.join("; "),
        curves: curves.into_iter().map(|(_, curve)| curve).collect(),
    };
    figures.chart_with(&format!("roc-{of}-{by}"), stratum(of), &drawn, "", sheet(&rows))
}

fn sheet(rows: &[&RocRow]) -> Sheet {
    let mut sheet =
        Sheet::new(["training_set", "stratum", "epoch", "false_positive_rate", "sensitivity", "low", "high"]);
    for row in rows {
        sheet.push([
            row.training_set.to_string().into(),
            row.stratum.to_string().into(),
            row.epoch.to_string().into(),
            row.false_positive_rate.into(),
            row.sensitivity.into(),
            row.low.into(),
            row.high.into(),
        ]);
    }
    sheet
}
