//! Answers that are not what was asked for.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::Answer;

/// A refusal: status, a sentence, and what to do.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    body: Box<Body>,
    retry_after: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Body {
    error: String,
    hint: String,
    #[serde(flatten)]
    conflict: Option<Conflict>,
}

/// What counts instead of a vote that came too late.
#[derive(Debug, Serialize)]
pub struct Conflict {
    /// The stored answer; none if there has never been one.
    pub answer: Option<Answer>,
    /// Whether the reader has finished, so that nothing changes any more.
    pub finished: bool,
}

impl Refusal {
    /// Of that status. The page shows both texts as sentences: they are made to begin and end like ones.
    pub fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            status,
            body: Box::new(Body {
                error: sentence(&error.into()),
                hint: sentence(&hint.into()),
                conflict: None,
            }),
            retry_after: None,
        }
    }

    /// No link, or a wrong one.
    pub fn no_link() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "this link does not open the study",
            "ask the coordinator for your link",
        )
    }

    /// Too much at a time.
    pub fn too_many(seconds: u64) -> Self {
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests", "wait a moment");
        refusal.retry_after = Some(seconds.max(1));
        refusal
    }

    /// The disk refused.
    pub fn not_stored(why: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not saved: {why}"),
            "the page tries again; tell the coordinator if it goes on",
        )
    }

    /// A vote that came too late.
    pub fn conflict(error: &str, hint: &str, conflict: Conflict) -> Self {
        let mut refusal = Self::new(StatusCode::CONFLICT, error, hint);
        refusal.body.conflict = Some(conflict);
        refusal
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, json(&*self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A value as a JSON response.
pub fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        // Only maps without text keys cannot be written, and no answer has one.
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn sentences_begin_and_end_as_such() {
        assert_eq!(sentence("too many requests"), "Too many requests.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
