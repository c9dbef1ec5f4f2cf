//! The exact settings, and from what every number was made.

use super::{left_out, more, scrolls, section};
use crate::load::Run;
use crate::text;
use maud::{Markup, html};
use record::Done;
use std::collections::BTreeSet;

/// `study.toml` as it stands.
pub fn settings(run: &Run) -> Markup {
    const ID: &str = "settings";
    const TITLE: &str = "Settings";
    let Some(study) = &run.study_text else {
        return left_out(ID, TITLE, "study.toml is not in the run folder");
    };
    section(
        ID,
        TITLE,
        &html! {
            p { "Every setting with its default spelled out. Saved as a file, this text runs the same study again." }
            (more("study.toml", &html! { pre tabindex="0" { code { (study) } } }))
        },
    )
}

/// Tool, seed, and the hash of every step.
pub fn draw(run: &Run) -> Markup {
    const ID: &str = "provenance";
    const TITLE: &str = "Provenance";
    if run.done.is_empty() && run.results.is_none() {
        return left_out(ID, TITLE, "no step has ended yet");
    }
    let first = run.done.first();
    let tool = run.results.as_ref().map(|r| r.tool.as_str()).or(first.map(|d| d.tool.as_str()));
    let seed = run.results.as_ref().map(|r| r.seed).or(first.map(|d| d.seed));
    let seconds: f64 = run.done.iter().map(|d| d.seconds).filter(|s| s.is_finite()).sum();
    section(
        ID,
        TITLE,
        &html! {
            p { "Every number above can be traced to a step, a seed and the data that made it." }
            dl.facts {
                @if let Some(tool) = tool { div { dt { "Made by" } dd { (tool) } } }
                @if let Some(seed) = seed { div { dt { "Seed" } dd { (seed) } } }
                @if let Some(first) = first { div { dt { "Data hash" } dd { code { (first.data_hash) } } } }
                div { dt { "Computed on" } dd { (all_computed_on(&run.done)) } }
                div { dt { "Steps ended" } dd { (text::count(run.done.len())) } }
                div { dt { "Time, all steps (of a resumed one: since it was resumed)" } dd { (text::duration(seconds)) } }
            }
            @if !run.done.is_empty() {
                (more("Every step with its hash", &scrolls("Steps", &html! {
                    table.numbers {
                        thead { tr {
                            th scope="col" { "Step" } th scope="col" { "Hash of all it depends on" } th scope="col" { "Computed on" }
                            th.n scope="col" { "Seed" } th.n scope="col" { "Files" } th.n scope="col" { "Time" }
                        } }
                        tbody {
                            @for done in &run.done {
                                tr {
                                    th scope="row" { (done.step) }
                                    td { code { (done.hash.chars().take(16).collect::<String>()) } }
                                    td { (computed_on(done)) }
                                    td.n { (done.seed) }
                                    td.n { (text::count(done.outputs.len())) }
                                    td.n { (text::duration(done.seconds)) }
                                }
                            }
                        }
                    }
                })))
            }
        },
    )
}

fn computed_on(done: &Done) -> String {
    done.computed_on.as_ref().map_or_else(|| "not on record".to_owned(), ToString::to_string)
}

/// Every device and instruction set once: where there are several, the numbers are those of no single processor.
fn all_computed_on(steps: &[Done]) -> String {
    let all: BTreeSet<String> = steps.iter().map(computed_on).collect();
    all.into_iter().collect::<Vec<_>>().join("; ")
}
