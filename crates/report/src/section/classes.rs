//! AUC of several classes: each against the rest, and their mean.

use super::{epoch, scrolls, stratum};
use crate::text;
use crate::verdict::told_by;
use maud::{Markup, html};
use record::{ClassAuc, Results, Stratum};

/// The tables; nothing with two classes, whose AUC is Table 3's.
pub fn draw(results: &Results) -> Markup {
    let by = told_by(results);
    let rows: Vec<&ClassAuc> = results.class_auc.iter().filter(|c| c.epoch == by).collect();
    if rows.is_empty() {
        return html! {};
    }
    let mut sets = Vec::new();
    for row in &rows {
        if !sets.contains(&row.training_set) {
            sets.push(row.training_set);
        }
    }
    let columns: Vec<Option<&str>> = results.classes.iter().map(|c| Some(c.as_str())).chain([None]).collect();
    html! {
        h3 { "Class by class" }
        p {
            "Each class against the rest, and the plain mean over classes, by the " (epoch(by)) ": AUC in percent ± standard error over \
             seeds. Table 3 is “" (results.source_class) "” against the rest."
        }
        @for of in Stratum::ALL {
            @if rows.iter().any(|r| r.stratum == of) {
                (scrolls(&format!("AUC by class, {}", stratum(of)), &html! {
                    table.numbers {
                        caption { (stratum(of)) }
                        thead { tr {
                            th scope="col" { "Training set" }
                            @for class in &columns { th.n scope="col" { (class.unwrap_or("mean over classes")) } }
                        } }
                        tbody {
                            @for set in &sets {
                                tr {
                                    th scope="row" { (text::training_set(*set)) }
                                    @for class in &columns {
                                        @let found = rows.iter().find(|r| {
                                            r.training_set == *set && r.stratum == of && r.class.as_deref() == *class
                                        });
                                        td.n {
                                            (text::auc(found.and_then(|f| f.auc_mean)))
                                            @if let Some(se) = found.and_then(|f| f.auc_se) { " ± " (text::auc(Some(se))) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}
