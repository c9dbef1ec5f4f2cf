//! What classifiers still tell of disturbed test tiles.

use super::{Looks, charts, ends, left_out, measured, more, scrolls, section};
use crate::chart::{Line, Lines, Marker, nice_range};
use crate::figure::Figures;
use crate::load::Run;
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::{Disturbance, Robustness, TrainingSet};

const ID: &str = "robustness";
const TITLE: &str = "Robustness";

/// Attacks by how far they may go, and stains and JPEG.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = &run.results else { return left_out(ID, TITLE, "the study has not ended") };
    let all = &results.robustness;
    let Some(first) = all.first() else {
        return left_out(ID, TITLE, "the study did not ask for it (robustness = true in its settings)");
    };
    let looks = Looks::of(&run.rows());
    let attacked = all.iter().filter(|r| r.disturbance.is_attack()).map(|r| r.tiles).max().unwrap_or(0);
    let range = attack_range(all);
    section(
        ID,
        TITLE,
        &html! {
            p {
                "The networks after their last epoch (" (text::counted(first.seeds, "seed")) " a training set) on test tiles that were disturbed. Attacks know the "
                "network: the fast gradient sign method (FGSM) moves every raw pixel value by ε the way in which the loss of the tile's own class "
                "grows; projected gradient descent (PGD) takes 10 such steps within ±ε from a random start. 1/255 is one of the 256 levels. They "
                "are made on " (text::counted(attacked, "test tile")) ", as many of “" (results.source_class) "” as of the others if there are, "
                "every class and stratum by its share. Stains and JPEG change all test tiles."
            }
            @for sentence in findings(all) { p.finding { (sentence) } }
            (charts(&html! {
                @for attack in [Disturbance::Fgsm, Disturbance::Pgd] { (chart(figures, all, attack, &looks, range)) }
            }))
            (scrolls("AUC with other stains and as JPEG", &table(all, false)))
            p.quiet {
                "AUC in percent, mean over seeds, with the 95 % interval over slides. The stains are each tile's own two (Macenko et al. 2009), the "
                "concentration of one at a time a fifth lower or higher; the worst of these four is chosen for each network by itself."
            }
            (more("AUC under attack, with intervals", &scrolls("AUC under attack", &table(all, true))))
        },
    )
}

/// The rows, in their order.
fn sets(all: &[Robustness]) -> Vec<TrainingSet> {
    let mut sets = Vec::new();
    for row in all {
        if !sets.contains(&row.training_set) {
            sets.push(row.training_set);
        }
    }
    sets
}

/// What the numbers show, over all rows.
fn findings(all: &[Robustness]) -> Vec<String> {
    let of = |disturbance: Disturbance, strength: Option<f64>| -> Vec<&Robustness> {
        all.iter().filter(|r| r.disturbance == disturbance && r.strength == strength).collect()
    };
    let percent = |values: Vec<f64>| {
        let (low, high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        let (low, high) = (text::fixed(100.0 * low, 1), text::fixed(100.0 * high, 1));
        if low == high { format!("{low}\u{a0}%") } else { format!("{low}–{high}\u{a0}%") }
    };
    let mut sentences = Vec::new();
    let undisturbed: Vec<f64> =
        of(Disturbance::Pgd, Some(1.0)).iter().filter_map(|r| r.undisturbed).collect();
    let [slight, strong] = [1.0, 4.0].map(|strength| -> Vec<f64> {
        of(Disturbance::Pgd, Some(strength)).iter().filter_map(|r| r.auc.value).collect()
    });
    if [&undisturbed, &slight, &strong].iter().all(|values| !values.is_empty()) {
        sentences.push(format!(
            "Projected gradient descent takes the AUC from {} to {} where a value may move by 1/255, and to {} by 4/255.",
            percent(undisturbed),
            percent(slight),
            percent(strong)
        ));
    }
    let most = |rows: &[&Robustness]| {
        let most = rows.iter().filter_map(|r| Some((r.lost.value?, r.training_set)));
        most.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let (stain, jpeg) = (most(&of(Disturbance::WorstStain, None)), most(&of(Disturbance::Jpeg, Some(40.0))));
    if let (Some((stain, of_stain)), Some((jpeg, of_jpeg))) = (stain, jpeg) {
        let points = |lost: f64| format!("{} points", text::fixed(100.0 * lost, 1));
        sentences.push(format!(
            "A fifth more or less of a stain costs at most {} of AUC ({}), JPEG of quality 40 at most {} ({}).",
            points(stain),
            text::training_set(of_stain),
            points(jpeg),
            text::training_set(of_jpeg)
        ));
    }
    sentences
}

/// One scale for both attacks.
fn attack_range(all: &[Robustness]) -> Option<(f64, f64)> {
    let values = all.iter().filter(|r| r.disturbance.is_attack()).flat_map(|r| [r.auc.value, r.undisturbed]);
    let (low, high) =
        values.flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    (low <= high).then(|| nice_range(100.0 * low, 100.0 * high, 5))
}

fn chart(
    figures: &Figures,
    all: &[Robustness],
    attack: Disturbance,
    looks: &Looks,
    range: Option<(f64, f64)>,
) -> Markup {
    let rows: Vec<&Robustness> = all.iter().filter(|r| r.disturbance == attack).collect();
    let series: Vec<Line> = sets(all)
        .into_iter()
        .map(|set| {
            let mine = || rows.iter().filter(|r| r.training_set == set);
            let none = mine().find_map(|r| Some((0.0, 100.0 * r.undisturbed?)));
            let moved = mine().filter_map(|r| Some((r.strength?, 100.0 * r.auc.value?)));
            let points = none.into_iter().chain(moved).collect();
            let (hue, marker) = looks.look(set);
            let marker = if set == TrainingSet::Original { Marker::Dashed } else { marker };
            Line { name: text::training_set(set), hue, marker, points }
        })
        .collect();
    let title = match attack {
        Disturbance::Fgsm => "Fast gradient sign method",
        _ => "Projected gradient descent",
    };
    let drawn = Lines {
        title,
        description: &format!("{title}: AUC by how far pixel values may move, one line a training set"),
        x_label: "ε, 255ths",
        y_label: "AUC, %",
        series,
        x_range: None,
        y_range: range,
        bar: None,
    };
    let mut sheet = Sheet::new([
        "training_set",
        "disturbance",
        "strength",
        "seeds",
        "tiles",
        "undisturbed",
        "auc",
        "auc_se",
        "low",
        "high",
        "lost",
        "lost_low",
        "lost_high",
    ]);
    for row in rows {
        let (low, high) = ends(row.auc.over_slides).unzip();
        let (lost_low, lost_high) = ends(row.lost.over_slides).unzip();
        sheet.push([
            row.training_set.to_string().into(),
            row.disturbance.to_string().into(),
            row.strength.into(),
            row.seeds.into(),
            row.tiles.into(),
            row.undisturbed.into(),
            row.auc.value.into(),
            row.auc_se.into(),
            low.into(),
            high.into(),
            row.lost.value.into(),
            lost_low.into(),
            lost_high.into(),
        ]);
    }
    figures.chart_with(&format!("robustness-{attack}"), title, &drawn, "", sheet)
}

/// A row a training set, a column a disturbance: the attacks, or the others.
fn table(all: &[Robustness], attacks: bool) -> Markup {
    let mut columns: Vec<(Disturbance, Option<f64>)> = Vec::new();
    for row in all.iter().filter(|r| r.disturbance.is_attack() == attacks) {
        if !columns.contains(&(row.disturbance, row.strength)) {
            columns.push((row.disturbance, row.strength));
        }
    }
    let at = |set: TrainingSet, column: &(Disturbance, Option<f64>)| {
        all.iter().find(|r| r.training_set == set && (r.disturbance, r.strength) == *column)
    };
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Training set" }
                th.n scope="col" { "Undisturbed" }
                @for (disturbance, strength) in &columns { th.n scope="col" { (name(*disturbance, *strength)) } }
            } }
            tbody {
                @for set in sets(all) {
                    tr {
                        th scope="row" { (text::training_set(set)) }
                        td.n { (text::auc(columns.first().and_then(|column| at(set, column)?.undisturbed))) }
                        @for column in &columns {
                            td.n { (at(set, column).map_or_else(|| text::NONE.to_owned(), |row| measured(&row.auc))) }
                        }
                    }
                }
            }
        }
    }
}

/// A disturbance in words.
fn name(disturbance: Disturbance, strength: Option<f64>) -> String {
    let strength = strength.unwrap_or(f64::NAN);
    let of_stain = |stain: &str| format!("{stain} {}\u{a0}%", text::signed(100.0 * (strength - 1.0), 0));
    let of_attack = |attack: &str| format!("{attack} {}/255", text::fixed(strength, 0));
    match disturbance {
        Disturbance::Fgsm => of_attack("FGSM"),
        Disturbance::Pgd => of_attack("PGD"),
        Disturbance::Hematoxylin => of_stain("hematoxylin"),
        Disturbance::Eosin => of_stain("eosin"),
        Disturbance::WorstStain => "worst of these four".to_owned(),
        Disturbance::Jpeg => format!("JPEG {}", text::fixed(strength, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Measured;

    fn row(set: TrainingSet, disturbance: Disturbance, strength: Option<f64>, auc: f64) -> Robustness {
        let measured = |value| Measured { value: Some(value), over_slides: None };
        Robustness {
            training_set: set,
            disturbance,
            strength,
            seeds: 2,
            tiles: 400,
            auc: measured(auc),
            auc_se: None,
            undisturbed: Some(0.9),
            lost: measured(0.9 - auc),
        }
    }

    #[test]
    fn what_is_found_is_told_over_all_rows() {
        let (original, naive) = (TrainingSet::Original, TrainingSet::Naive);
        let all = [
            row(original, Disturbance::Pgd, Some(1.0), 0.6),
            row(naive, Disturbance::Pgd, Some(1.0), 0.7),
            row(original, Disturbance::Pgd, Some(4.0), 0.2),
            row(original, Disturbance::WorstStain, None, 0.85),
            row(naive, Disturbance::WorstStain, None, 0.88),
            row(original, Disturbance::Jpeg, Some(40.0), 0.89),
        ];
        let found = findings(&all);
        assert_eq!(found.len(), 2, "{found:?}");
        let told = "takes the AUC from 90.0\u{a0}% to 60.0–70.0\u{a0}% where a value may move by 1/255, and to 20.0\u{a0}% by";
        assert!(found[0].contains(told), "{}", found[0]);
        assert!(found[1].contains("at most 5.0 points of AUC (original)"), "{}", found[1]);
        assert!(findings(&[]).is_empty());
    }

    #[test]
    fn disturbances_are_named_with_their_strength() {
        assert_eq!(name(Disturbance::Pgd, Some(4.0)), "PGD 4/255");
        assert_eq!(name(Disturbance::Eosin, Some(0.8)), "eosin −20\u{a0}%");
        assert_eq!(name(Disturbance::Hematoxylin, Some(1.2)), "hematoxylin +20\u{a0}%");
        assert_eq!(name(Disturbance::WorstStain, None), "worst of these four");
    }
}
