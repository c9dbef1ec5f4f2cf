//! What a reader's page talks to.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::answer::{Conflict, Refusal, json};
use super::state::{Server, Who};
use crate::settings::{Ask, Settings};
use crate::store::{Answer, Finish, NotStored, Outcome, Vote};

#[derive(Serialize)]
struct ReaderView<'a> {
    study: &'a str,
    reader: &'a str,
    instructions: &'a str,
    question: &'a str,
    classes: Vec<ClassView<'a>>,
    ask: Ask,
    micrometers_per_pixel: Option<f64>,
    tile_pixels: usize,
    break_every: usize,
    finished: bool,
    practice: Vec<ItemView<'a>>,
    items: Vec<ItemView<'a>>,
}

#[derive(Serialize)]
struct ClassView<'a> {
    id: &'a str,
    name: &'a str,
    key: String,
}

#[derive(Serialize)]
struct ItemView<'a> {
    id: &'a str,
    answer: Option<Answer>,
}

#[derive(Serialize)]
struct AnswerView {
    answer: Answer,
}

#[derive(Serialize)]
struct FinishedView {
    finished: bool,
}

#[derive(Serialize)]
struct Nothing {}

/// The study as this reader sees it, with the answers so far.
pub async fn reader(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
) -> Result<Response, Refusal> {
    let id = who.reader()?;
    let (mut answers, finished) = server
        .read(move |store| {
            let finished = store.readers()?.iter().any(|r| r.id == id && r.finished.is_some());
            Ok((store.answers(id)?, finished))
        })
        .await?;
    let readers = server.readers();
    let name = readers.iter().find(|r| r.id == id).map_or("", |r| r.name.as_str());
    let Settings {
        name: study,
        classes,
        tile_pixels,
        micrometers_per_pixel,
        question,
        instructions,
        ask,
        break_every,
        ..
    } = &server.settings;
    let mut of = |practice: bool| -> Vec<ItemView<'_>> {
        let own = server.items.iter().filter(|i| i.reader == id && i.practice == practice);
        own.map(|i| ItemView { id: &i.id, answer: answers.remove(&i.id) }).collect()
    };
    let (practice, items) = (of(true), of(false));
    let classes = classes
        .iter()
        .enumerate()
        .map(|(i, class)| ClassView { id: class, name: class, key: (i + 1).to_string() })
        .collect();
    Ok(json(&ReaderView {
        study,
        reader: name,
        instructions,
        question,
        classes,
        ask: *ask,
        micrometers_per_pixel: *micrometers_per_pixel,
        tile_pixels: *tile_pixels,
        break_every: *break_every,
        finished,
        practice,
        items,
    }))
}

/// One of the reader's own tiles.
pub async fn tile(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
    item: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let reader = who.reader()?;
    match item.ok().and_then(|Path(item)| server.picture(&item, reader)) {
        Some(png) => Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response()),
        None => Err(missing("there is no such tile")),
    }
}

/// Stores a vote; the answer comes once it is on disk.
pub async fn vote(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let reader = who.reader()?;
    let body = body.map_err(|e| Refusal::new(e.status(), e.body_text(), "load the page again"))?;
    let unusable = |why: String| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why, "load the page again");
    let vote: Vote = serde_json::from_slice(&body).map_err(|e| unusable(format!("this is no vote: {e}")))?;
    if let Some(fault) = vote.fault(&server.settings) {
        return Err(unusable(format!("this vote makes no sense: {fault}")));
    }
    match server.writer.vote(reader, vote).await {
        Ok(Outcome::Stored(answer)) => Ok(json(&AnswerView { answer })),
        Ok(Outcome::Changed(answer)) => Err(Refusal::conflict(
            "this tile was answered in another window",
            "the answer stored there counts; change it if it is not what you meant",
            Conflict { answer, finished: false },
        )),
        Ok(Outcome::Finished(answer)) => Err(Refusal::conflict(
            "you have finished this study",
            "ask the coordinator if something must change",
            Conflict { answer, finished: true },
        )),
        Ok(Outcome::Unknown) => Err(missing("there is no such tile")),
        Err(NotStored(why)) => Err(Refusal::not_stored(&why)),
    }
}

/// Marks the reader as finished.
pub async fn finish(
    State(server): State<Arc<Server>>,
    Extension(who): Extension<Who>,
) -> Result<Response, Refusal> {
    match server.writer.finish(who.reader()?).await {
        Ok(Finish::Done) => Ok(json(&FinishedView { finished: true })),
        Ok(Finish::Open(open)) => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{open} tiles have no answer yet"),
            "answer them first",
        )),
        Err(NotStored(why)) => Err(Refusal::not_stored(&why)),
    }
}

/// Whether the server is there.
pub async fn health() -> Response {
    json(&Nothing {})
}

/// Any other path.
pub async fn nothing() -> Refusal {
    missing("there is nothing here")
}

/// Any other method.
pub async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this is not how to ask for it",
        "open the study by its link",
    )
}

fn missing(what: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, what, "open the study by its link")
}
