//! Each row of Table 3 against the original: what may be claimed, the differences with their intervals, and the tests.

use super::{charts, ends, epoch, more, scrolls, stratum};
use crate::chart::{Forest, ForestGroup, ForestRow, Hue};
use crate::claim::{Reach, claim};
use crate::figure::Figures;
use crate::sheet::Sheet;
use crate::text;
use crate::verdict::{compared, told_by};
use maud::{Markup, html};
use record::{EpochChoice, Range, Results, RowComparison, Stratum};

/// Low agreement first: it is what the study is about.
const STRATA: [Stratum; 3] = [Stratum::Low, Stratum::High, Stratum::All];

/// The claims, the charts and the numbers.
pub fn draw(results: &Results, figures: &Figures) -> Markup {
    if results.comparisons.iter().all(|c| c.difference.is_none()) {
        return html! { p.absent { "Comparisons are left out: there is no row beside the original that shares a seed with it." } };
    }
    let by = told_by(results);
    let strata: Vec<Stratum> =
        STRATA.into_iter().filter(|s| results.comparisons.iter().any(|c| c.stratum == *s)).collect();
    html! {
        h3 { "What may be claimed" }
        p {
            "Each row against the original, seed by seed (seed s starts from the same weights in every row), by the " (epoch(by))
            ", which was not picked on the test tiles. A difference is claimed if the paired t test, corrected by Holm for the number of \
             rows, has p < 0.05 and three seeds or more; and claimed beyond these tiles only if the test over seeds and slides, corrected \
             likewise, has p < 0.05, too, and its interval leaves out zero."
        }
        ul.claims {
            @for s in &strata {
                @for row in compared(results, *s, by) {
                    @let claim = claim(row);
                    li { (claim.sentence) "." span.tag { (reach(claim.reach)) } }
                }
            }
        }
        (charts(&html! { @for s in &strata { (forest(results, figures, *s)) } }))
        (more("The numbers and tests", &html! {
            p.quiet {
                "Points of AUC. Intervals are 95 %: over seeds (other trainings, these very tiles), over slides (these trainings, other slides), \
                 over both. The five best epochs have none over slides: they are picked anew in every draw. Detectable: the smallest true difference that as many seeds \
                 of this spread would have shown in 80 of 100 studies. Holm is within a choice of epochs and tiles: whoever looks at all \
                 of them compares more often."
            }
            (scrolls("Comparisons", &table(results, &strata)))
            (delong(results, by))
        }))
    }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::OtherSlides => "holds for other slides",
        Reach::TheseTiles => "these tiles only",
        Reach::Nothing => "not shown",
    }
}

/// The colour, and so the shape, of a choice of epochs.
fn hue(choice: EpochChoice) -> Hue {
    match choice {
        EpochChoice::FiveBest => Hue::Grey,
        EpochChoice::Last => Hue::Orange,
        EpochChoice::Validation => Hue::Blue,
    }
}

fn forest(results: &Results, figures: &Figures, of: Stratum) -> Markup {
    let rows: Vec<&RowComparison> = results.comparisons.iter().filter(|c| c.stratum == of).collect();
    let mut groups: Vec<ForestGroup> = Vec::new();
    for row in &rows {
        let Some(difference) = row.difference else { continue };
        let name = text::training_set(row.training_set);
        let points = |(low, high): (f64, f64)| (100.0 * low, 100.0 * high);
        let drawn = ForestRow {
            label: match row.epoch {
                EpochChoice::FiveBest => "five best",
                EpochChoice::Last => "last",
                EpochChoice::Validation => "validation",
            }
            .to_owned(),
            hue: hue(row.epoch),
            value: 100.0 * difference,
            inner: row.low.zip(row.high).map(points),
            outer: ends(row.over_seeds_and_slides).map(points),
        };
        match groups.iter_mut().find(|g| g.name == name) {
            Some(group) => group.rows.push(drawn),
            None => groups.push(ForestGroup { name, rows: vec![drawn] }),
        }
    }
    let each: Vec<String> = groups
        .iter()
        .flat_map(|g| {
            g.rows.iter().map(move |r| format!("{}, {}: {}", g.name, r.label, text::signed(r.value, 1)))
        })
        .collect();
    let drawn = Forest {
        title: &format!("{}: difference from the original", stratum(of)),
        description: &format!("Differences of AUC in points: {}", each.join("; ")),
        x_label: "Points of AUC; right of zero: better",
        groups,
        inner: "over seeds",
        outer: "over seeds and slides",
    };
    let caption =
        "95 % intervals. Thick: other trainings, these very tiles. Thin: other trainings and other slides.";
    figures.chart_with(&format!("difference-{of}"), stratum(of), &drawn, caption, sheet(&rows))
}

fn sheet(rows: &[&RowComparison]) -> Sheet {
    let mut sheet = Sheet::new([
        "training_set",
        "stratum",
        "epoch",
        "seeds",
        "difference",
        "low",
        "high",
        "slides_low",
        "slides_high",
        "both_low",
        "both_high",
        "p_t",
        "p_t_holm",
        "p_signed_rank",
        "p_signed_rank_holm",
        "p_both",
        "p_both_holm",
        "detectable",
    ]);
    for row in rows {
        let (slides, both) = (ends(row.over_slides).unzip(), ends(row.over_seeds_and_slides).unzip());
        sheet.push([
            row.training_set.to_string().into(),
            row.stratum.to_string().into(),
            row.epoch.to_string().into(),
            row.seeds.into(),
            row.difference.into(),
            row.low.into(),
            row.high.into(),
            slides.0.into(),
            slides.1.into(),
            both.0.into(),
            both.1.into(),
            row.p_t.into(),
            row.p_t_holm.into(),
            row.p_signed_rank.into(),
            row.p_signed_rank_holm.into(),
            row.p_seeds_and_slides.into(),
            row.p_seeds_and_slides_holm.into(),
            row.detectable.into(),
        ]);
    }
    sheet
}

fn table(results: &Results, strata: &[Stratum]) -> Markup {
    let p = |p: Option<f64>| p.map_or_else(|| text::NONE.to_owned(), text::p_value);
    let interval = |ends: Option<(f64, f64)>| match ends {
        Some((low, high)) => {
            format!("{} to {}", text::signed(100.0 * low, 2), text::signed(100.0 * high, 2))
        }
        None => text::NONE.to_owned(),
    };
    let range = |range: Option<Range>| interval(ends(range));
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Training set" } th scope="col" { "Test tiles" } th scope="col" { "Epochs" }
                th.n scope="col" { "Seeds" } th.n scope="col" { "Difference" } th.n scope="col" { "Over seeds" }
                th.n scope="col" { "Over slides" } th.n scope="col" { "Over both" }
                th.n scope="col" { "p, paired t" } th.n scope="col" { "by Holm" }
                th.n scope="col" { "p, signed ranks" } th.n scope="col" { "by Holm" }
                th.n scope="col" { "p over both" } th.n scope="col" { "by Holm" }
                th.n scope="col" { "Detectable" }
            } }
            tbody {
                @for s in strata {
                    @for row in results.comparisons.iter().filter(|c| c.stratum == *s) {
                        tr {
                            th scope="row" { (text::training_set(row.training_set)) }
                            td { (stratum(*s)) } td { (epoch(row.epoch)) }
                            td.n { (text::count(row.seeds)) }
                            td.n { (row.difference.map_or_else(|| text::NONE.to_owned(), |d| text::signed(100.0 * d, 2))) }
                            td.n { (interval(row.low.zip(row.high))) }
                            td.n { (range(row.over_slides)) } td.n { (range(row.over_seeds_and_slides)) }
                            td.n { (p(row.p_t)) } td.n { (p(row.p_t_holm)) }
                            td.n { (p(row.p_signed_rank)) } td.n { (p(row.p_signed_rank_holm)) }
                            td.n { (p(row.p_seeds_and_slides)) } td.n { (p(row.p_seeds_and_slides_holm)) }
                            td.n { (text::maybe(row.detectable.map(|d| 100.0 * d), 2)) }
                        }
                    }
                }
            }
        }
    }
}

/// DeLong's test, network by network, at the choice of epochs that claims are made by.
fn delong(results: &Results, by: EpochChoice) -> Markup {
    let rows: Vec<&RowComparison> =
        results.comparisons.iter().filter(|c| c.epoch == by && !c.delong.is_empty()).collect();
    if rows.is_empty() {
        return html! {};
    }
    html! {
        p.quiet {
            "DeLong's test compares two trained networks, not two ways to train, and takes tiles as independent, which tiles of one slide are not: its p is \
             too small wherever slides have several tiles. By the " (epoch(by)) ":"
        }
        (scrolls("DeLong's test", &html! {
            table.numbers {
                thead { tr {
                    th scope="col" { "Training set" } th scope="col" { "Test tiles" } th.n scope="col" { "Seed" }
                    th.n scope="col" { "Difference ± standard error" } th.n scope="col" { "p" }
                } }
                tbody {
                    @for row in rows {
                        @for pair in &row.delong {
                            tr {
                                th scope="row" { (text::training_set(row.training_set)) } td { (stratum(row.stratum)) }
                                td.n { (pair.seed) }
                                td.n { (text::signed(100.0 * pair.difference, 2)) " ± " (text::fixed(100.0 * pair.se, 2)) }
                                td.n { (pair.p_value.map_or_else(|| text::NONE.to_owned(), text::p_value)) }
                            }
                        }
                    }
                }
            }
        }))
    }
}
