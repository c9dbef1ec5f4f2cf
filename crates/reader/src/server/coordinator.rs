//! What the coordinator's page talks to: who has done how much, and never what.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::answer::{Refusal, json};
use super::state::{Server, Who};
use crate::ReaderError;
use crate::exports::votes_csv;
use crate::store::{State as Watched, iso};

#[derive(Serialize)]
struct Overview {
    study: String,
    items: usize,
    readers: Vec<Progress>,
    complete: bool,
    /// What is wrong, and what was.
    watch: Watched,
}

#[derive(Serialize)]
struct Progress {
    name: String,
    items: usize,
    answered: usize,
    skipped: usize,
    practised: bool,
    finished: bool,
    /// Median time a tile was in sight.
    median_seconds: Option<f64>,
    /// ISO 8601, UTC.
    last_seen: Option<String>,
}

/// How far everybody is.
pub async fn overview(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
) -> Result<Response, Refusal> {
    who.coordinator()?;
    let own = server.clone();
    let readers = server
        .read(move |store| {
            let votes = store.votes()?;
            store
                .readers()?
                .into_iter()
                .map(|reader| {
                    let answers = store.answers(reader.id)?;
                    let of = |practice: bool| {
                        own.items.iter().filter(move |i| i.reader == reader.id && i.practice == practice)
                    };
                    let has =
                        |item: &str, what: fn(&crate::Answer) -> bool| answers.get(item).is_some_and(what);
                    let times: Vec<f64> = votes
                        .iter()
                        .filter(|v| v.reader == reader.id)
                        .filter_map(crate::VoteRow::seconds)
                        .collect();
                    let seen = own.last_seen(reader.id);
                    Ok(Progress {
                        items: of(false).count(),
                        answered: of(false).filter(|i| has(&i.id, |a| a.label.is_some())).count(),
                        skipped: of(false).filter(|i| has(&i.id, |a| a.skipped)).count(),
                        practised: of(true).any(|i| has(&i.id, |a| a.label.is_some())),
                        finished: reader.finished.is_some(),
                        median_seconds: stats::quantile(&times, 0.5),
                        last_seen: seen.max(store.last_vote(reader.id)?).map(iso),
                        name: reader.name,
                    })
                })
                .collect::<Result<Vec<_>, ReaderError>>()
        })
        .await?;
    let items = readers.iter().map(|r| r.items).max().unwrap_or(0);
    let complete = readers.iter().all(|r| r.finished);
    let (study, watch) = (server.settings.name.clone(), server.watch.state());
    Ok(json(&Overview { study, items, readers, complete, watch }))
}

/// The votes as a table, once everybody has finished.
pub async fn export(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
) -> Result<Response, Refusal> {
    who.coordinator()?;
    let table = server
        .read(|store| match votes_csv(store, false) {
            Err(ReaderError::Unfinished { .. }) => Ok(None),
            table => table.map(Some),
        })
        .await?;
    let Some(table) = table else {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "not everybody has finished",
            "nobody's answers are shown before: that would unblind the study",
        ));
    };
    let name = "attachment; filename=\"votes.csv\"";
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, name)], table)
        .into_response())
}
