//! Several runs side by side, as one HTML file in the report's style.

use crate::claim::{Claim, Reach, claim_of};
use crate::text;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use record::{
    BetweenRuns, Compared, ComparedRun, EpochChoice, Range, RowComparison, Stratum, Table3Row, TrainingSet,
};

const STYLE: &str =
    concat!(include_str!("chart.css"), include_str!("style.css"), include_str!("comparison.css"));

/// What may be claimed of a run's row against the first run's.
pub fn between_claim(compared: &Compared, test: &BetweenRuns) -> Claim {
    let letter = |run: usize| compared.runs.get(run).map_or("?", |run| &run.letter);
    let row = text::training_set(test.comparison.training_set);
    let samples = if test.paired { "" } else { " (other seeds)" };
    claim_of(&format!("{}'s “{row}” against {}'s{samples}", letter(test.run), letter(0)), &test.comparison)
}

/// What may be claimed of a run's row against its own original.
pub fn own_claim(run: &ComparedRun, row: &RowComparison) -> Claim {
    claim_of(&format!("{}: {}", run.letter, text::training_set(row.training_set)), row)
}

/// The page.
pub fn comparison_page(compared: &Compared) -> String {
    let names: Vec<String> =
        compared.runs.iter().map(|run| format!("{}: {}", run.letter, run.name)).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (names.join(", ")) " · grayzone compare" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#summary" { "Skip to the summary" }
                header { div.wide {
                    p.brand { "grayzone" }
                    h1 { "Runs side by side" }
                    p.sub { (names.join(" · ")) }
                } }
                nav aria-label="Contents" { div.wide { ul {
                    @for (id, name) in [
                        ("summary", "In short"), ("runs", "Runs"), ("settings", "Settings"), ("table3", "Table 3"),
                        ("differences", "Differences"), ("own", "Each by itself"),
                    ] { li { a href={ "#" (id) } { (name) } } }
                } } }
                main.wide {
                    (section("summary", "In short", &summary(compared)))
                    (section("runs", "The runs", &runs(compared)))
                    (section("settings", "Settings that differ", &settings(compared)))
                    (section("table3", "Table 3 of each", &table3(compared)))
                    (section("differences", "Each shared row against the first run's", &differences(compared)))
                    (section("own", "Each run against its own original", &own(compared)))
                }
                footer { div.wide { p {
                    "Made by " (compared.tool) " from the run folders alone. Research use only: nothing here is a diagnosis."
                } } }
            }
        }
    };
    page.into_string()
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            (body)
        }
    }
}

fn scrolls(name: &str, body: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (body) } }
}

fn epoch(epoch: EpochChoice) -> &'static str {
    match epoch {
        EpochChoice::FiveBest => "five best",
        EpochChoice::Last => "last",
        EpochChoice::Validation => "validation",
    }
}

fn stratum(stratum: Stratum) -> &'static str {
    match stratum {
        Stratum::All => "all",
        Stratum::High => "high agreement",
        Stratum::Low => "low agreement",
    }
}

/// Points of AUC with their sign.
fn points(difference: Option<f64>, digits: usize) -> String {
    difference.map_or_else(|| text::NONE.to_owned(), |d| text::signed(100.0 * d, digits))
}

fn interval(ends: Option<(f64, f64)>) -> String {
    ends.map_or_else(
        || text::NONE.to_owned(),
        |(low, high)| format!("{} to {}", text::signed(100.0 * low, 1), text::signed(100.0 * high, 1)),
    )
}

fn ends(range: Option<Range>) -> Option<(f64, f64)> {
    range.map(|range| (range.low, range.high))
}

fn p_value(p: Option<f64>) -> String {
    p.map_or_else(|| text::NONE.to_owned(), text::p_value)
}

fn summary(compared: &Compared) -> Markup {
    let claims: Vec<Claim> = compared
        .tests
        .iter()
        .filter(|test| test.comparison.epoch == compared.claimed_epoch)
        .map(|test| between_claim(compared, test))
        .collect();
    let shown = claims.iter().filter(|claim| claim.reach != Reach::Nothing).count();
    html! {
        p.lead {
            @if claims.is_empty() { "The runs share no row that could be compared." }
            @else {
                (text::counted(claims.len(), "comparison")) " with run A by the "
                @if compared.claimed_epoch == EpochChoice::Validation { "epoch chosen on validation tiles" } @else { "last epoch" }
                "; " @if shown == 0 { "none shows a difference." } @else { (text::count(shown)) " of them " @if shown == 1 { "shows" } @else { "show" } " a difference." }
            }
        }
        (claim_list(&claims))
        @if !compared.notes.is_empty() {
            div.warnings { ul { @for note in &compared.notes { li { (note) "." } } } }
        }
    }
}

fn claim_list(claims: &[Claim]) -> Markup {
    html! {
        ul.bare.claims {
            @for claim in claims {
                li {
                    @match claim.reach {
                        Reach::OtherSlides => strong { (claim.sentence) "." },
                        Reach::TheseTiles | Reach::Nothing => { (claim.sentence) "." },
                    }
                }
            }
        }
    }
}

fn runs(compared: &Compared) -> Markup {
    scrolls(
        "Table of the runs",
        &html! {
            table.runs {
                thead { tr {
                    th scope="col" { "Run" } th scope="col" { "Study" } th scope="col" { "Program" } th scope="col" { "Computed on" }
                    th.n scope="col" { "Seed" } th.n scope="col" { "Tile size, px" } th.n scope="col" { "Test tiles" }
                    th.n scope="col" { "On slides" } th scope="col" { "Class X of" } th scope="col" { "Data hash" }
                    th scope="col" { "Folder" }
                } }
                tbody {
                    @for run in &compared.runs {
                        tr {
                            th scope="row" { span.letter { (run.letter) } }
                            td { (run.name) } td { (run.tool) }
                            td { @match &run.computed_on { Some(on) => (on), None => (text::NONE) } }
                            td.n { (run.seed) } td.n { (run.tile_size) } td.n { (text::count(run.test_tiles)) }
                            td.n { (text::count(run.test_slides)) }
                            td { (run.source_class) " of " (run.classes.join(", ")) }
                            td { code { (run.data_hash.chars().take(12).collect::<String>()) } }
                            td { code { (run.folder) } }
                        }
                    }
                }
            }
        },
    )
}

fn settings(compared: &Compared) -> Markup {
    if compared.settings.is_empty() {
        return html! { p { "The settings are the same in every run, but for names and places." } };
    }
    scrolls(
        "Table of settings",
        &html! {
            table.settings {
                thead { tr {
                    th scope="col" { "Setting" }
                    @for run in &compared.runs { th scope="col" { (run.letter) } }
                } }
                tbody {
                    @for setting in &compared.settings {
                        tr {
                            th scope="row" { code { (setting.key) } }
                            @for value in &setting.values { td { (value.as_deref().unwrap_or(text::NONE)) } }
                        }
                    }
                }
            }
        },
    )
}

/// Every training set that a run has, in order of first occurrence.
fn sets(compared: &Compared) -> Vec<TrainingSet> {
    let mut sets = Vec::new();
    for row in compared.runs.iter().flat_map(|run| &run.table3) {
        if !sets.contains(&row.training_set) {
            sets.push(row.training_set);
        }
    }
    sets
}

fn table3(compared: &Compared) -> Markup {
    let rows = || compared.runs.iter().flat_map(|run| &run.table3);
    let strata: Vec<Stratum> = [Stratum::High, Stratum::Low, Stratum::All]
        .into_iter()
        .filter(|s| rows().any(|row| row.stratum == *s))
        .collect();
    let validates = rows().any(|row| row.auc_val.is_some());
    let under = if validates { 3 } else { 2 };
    let find = |run: &'_ ComparedRun, set: TrainingSet, s: Stratum| -> Option<Table3Row> {
        run.table3.iter().find(|row| row.training_set == set && row.stratum == s).cloned()
    };
    html! {
        p {
            "Area under the ROC curve on the test tiles, in percent. “Five best” is the mean of a seed's five highest epochs, ± the standard error \
             over seeds: it is picked on the test tiles. The last epoch"
            @if validates { " and the epoch chosen on validation tiles are not." } @else { " is not." }
        }
        (scrolls("Table 3 of each run", &html! {
            table.numbers.table3 {
                thead {
                    tr {
                        th rowspan="2" scope="col" { "Training set" } th rowspan="2" scope="col" { "Run" }
                        th.n rowspan="2" scope="col" { "Seeds" }
                        @for s in &strata { th.group colspan=(under) scope="colgroup" { (stratum(*s)) } }
                    }
                    tr {
                        @for _ in &strata {
                            th.n.first scope="col" { "Five best ± SE" } th.n scope="col" { "Last" }
                            @if validates { th.n scope="col" { "Validation" } }
                        }
                    }
                }
                tbody {
                    @for set in sets(compared) {
                        @for run in &compared.runs {
                            tr {
                                th scope="row" { (text::training_set(set)) } td { span.letter { (run.letter) } }
                                td.n { @match find(run, set, Stratum::All) { Some(row) => (row.seeds), None => (text::NONE) } }
                                @for s in &strata {
                                    @match find(run, set, *s) {
                                        Some(row) => {
                                            td.n.first { (text::auc(row.auc_mean)) @if row.auc_se.is_some() { " ± " (text::auc(row.auc_se)) } }
                                            td.n { (text::auc(row.auc_last)) }
                                            @if validates { td.n { (text::auc(row.auc_val)) } }
                                        }
                                        None => td.n.first colspan=(under) { (text::NONE) },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }))
    }
}

/// The scale that all differences share, in points to either side; what reaches beyond 30 is cut there.
fn reach_of(compared: &Compared) -> f64 {
    let ends = compared.tests.iter().map(|test| &test.comparison).flat_map(|c| {
        let both = c.over_seeds_and_slides.map(|range| [range.low, range.high]);
        [c.difference, c.low, c.high, both.map(|b| b[0]), both.map(|b| b[1])]
    });
    let largest = ends.flatten().fold(0.0_f64, |most, end| most.max(100.0 * end.abs()));
    [1.0, 2.0, 5.0, 10.0, 20.0].into_iter().find(|reach| *reach >= largest).unwrap_or(30.0)
}

/// How far the drawing reaches to either side of zero, in its own units.
const HALF: f64 = 100.0;
/// Where zero lies.
const ZERO: f64 = 110.0;

fn across(value: f64, reach: f64) -> f64 {
    ZERO + (100.0 * value / reach).clamp(-1.0, 1.0) * HALF
}

fn scale(reach: f64) -> Markup {
    html! {
        svg viewBox="0 0 220 16" aria-hidden="true" focusable="false" {
            @for at in [-1.0, 0.0, 1.0] {
                text x=(ZERO + at * HALF) y="12" text-anchor="middle" { @if at == 0.0 { "0" } @else { (text::signed(at * reach, 0)) } }
            }
        }
    }
}

fn bar(comparison: &RowComparison, reach: f64) -> Markup {
    let line = |(low, high): (f64, f64)| (across(low, reach), across(high, reach));
    html! {
        // The numbers stand beside it.
        svg viewBox="0 0 220 24" aria-hidden="true" focusable="false" {
            path.axis d={ "M" (ZERO) " 0V24" } {}
            @if let Some((low, high)) = ends(comparison.over_seeds_and_slides).map(line) {
                path.whisker.c-blue d={ "M" (px(low)) " 12H" (px(high)) "M" (px(low)) " 7v10M" (px(high)) " 7v10" } {}
            }
            @if let Some((low, high)) = comparison.low.zip(comparison.high).map(line) {
                path.spread.c-blue d={ "M" (px(low)) " 12H" (px(high)) } {}
            }
            @if let Some(difference) = comparison.difference {
                circle.mark.c-blue cx=(px(across(difference, reach))) cy="12" r="5" {}
            }
        }
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn differences(compared: &Compared) -> Markup {
    if compared.tests.is_empty() {
        return html! { p.absent { "Left out: no run shares a row with run A that is not the same in both." } };
    }
    let reach = reach_of(compared);
    let strata = [Stratum::Low, Stratum::High, Stratum::All];
    html! {
        p {
            "Points of AUC, the run's row less the same row of run A; above zero the run is better. Where seed s starts from the same weights in both \
             runs, seeds are pairs (paired t, signed ranks); else they are two samples (Welch's t). Intervals are 95 %: over seeds, for these very test \
             tiles (thick bar); over seeds and slides, for other trainings on other slides (thin bar). p is corrected by Holm over all tests of the same \
             tiles and epochs: every row of every run below one heading that has the same epochs. Detectable is the smallest true difference \
             that as many seeds would have shown in 80 of 100 studies."
        }
        @for s in strata {
            @let tests: Vec<&BetweenRuns> = compared.tests.iter().filter(|test| test.comparison.stratum == s).collect();
            @if !tests.is_empty() {
                h3 { "Test tiles: " (stratum(s)) }
                (scrolls(&format!("Differences, {}", stratum(s)), &table(compared, &tests, reach)))
            }
        }
    }
}

fn table(compared: &Compared, tests: &[&BetweenRuns], reach: f64) -> Markup {
    html! {
        table.numbers.differences {
            thead { tr {
                th scope="col" { "Training set" } th scope="col" { "Runs" } th scope="col" { "Epochs" } th.n scope="col" { "Seeds" }
                th.n scope="col" { "Points" }
                th.plotted scope="col" { "Drawn" (scale(reach)) }
                th.n scope="col" { "Over seeds" } th.n scope="col" { "p, Holm" } th.n scope="col" { "Over seeds and slides" }
                th.n scope="col" { "Over slides" } th.n scope="col" { "p" } th.n scope="col" { "Signed ranks, Holm" }
                th.n scope="col" { "Detectable" }
            } }
            tbody {
                @for test in tests {
                    @let c = &test.comparison;
                    tr {
                        th scope="row" { (text::training_set(c.training_set)) }
                        td { (compared.runs[test.run].letter) " − " (compared.runs[0].letter) }
                        td { (epoch(c.epoch)) }
                        td.n {
                            @if test.paired { (text::count(c.seeds)) " pairs" }
                            @else { (test.trainings[1]) ", " (test.trainings[0]) }
                        }
                        td.n { strong { (points(c.difference, 2)) } }
                        td.plotted { (bar(c, reach)) }
                        td.n { (interval(c.low.zip(c.high))) }
                        td.n { (p_value(c.p_t_holm)) }
                        td.n { (interval(ends(c.over_seeds_and_slides))) }
                        td.n { (interval(ends(c.over_slides))) }
                        td.n { (p_value(c.p_t)) } td.n { (p_value(c.p_signed_rank_holm)) }
                        td.n { (text::maybe(c.detectable.map(|d| 100.0 * d), 1)) }
                    }
                }
            }
        }
    }
}

fn own(compared: &Compared) -> Markup {
    let claims: Vec<Claim> = compared
        .runs
        .iter()
        .flat_map(|run| {
            let rows = run.comparisons.iter().filter(|row| row.epoch == compared.claimed_epoch);
            rows.map(move |row| own_claim(run, row))
        })
        .collect();
    html! {
        @if claims.is_empty() { p.absent { "Left out: the runs compare no rows of their own." } }
        @else {
            p { "What each run claims by itself, corrected over its own rows." }
            (claim_list(&claims))
        }
    }
}
