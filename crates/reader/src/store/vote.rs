//! What a reader answers, and what becomes of it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::clock::now;
use crate::settings::{MOST_COMMENT, Settings};

/// A day. A page that was left open for longer says so, but nobody has looked at the tile.
const MOST_MILLISECONDS: u64 = 86_400_000;

/// A change of one answer, as a reader's page sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The item.
    pub item: String,
    /// Random, new for each change, the same when it is sent again.
    pub request: String,
    /// The answer's revision that the change is built on; 0 for none.
    pub revision: u32,
    /// The class; none for an answer that is taken back or a tile that is skipped.
    pub label: Option<String>,
    /// Whether the reader goes on without an answer.
    pub skipped: bool,
    /// Whether the reader takes the tile for a real one.
    #[serde(default)]
    pub real: Option<bool>,
    /// How sure, 1 to 5.
    #[serde(default)]
    pub confidence: Option<u8>,
    /// A remark.
    #[serde(default)]
    pub comment: String,
    /// How long the tile was in sight since the last change; more than a day counts as a day.
    pub milliseconds: u64,
}

/// The answer that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The class.
    pub label: Option<String>,
    /// Whether the tile was skipped.
    pub skipped: bool,
    /// Whether the reader takes the tile for a real one.
    pub real: Option<bool>,
    /// How sure, 1 to 5.
    pub confidence: Option<u8>,
    /// A remark.
    pub comment: String,
    /// How often it has changed.
    pub revision: u32,
}

/// What became of a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored (now, or the same request was before).
    Stored(Answer),
    /// The answer had been changed by somebody else; this is what counts.
    Changed(Option<Answer>),
    /// The reader has finished.
    Finished(Option<Answer>),
    /// No such item of this reader.
    Unknown,
}

/// What became of the wish to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The reader has finished.
    Done,
    /// So many items have no label.
    Open(usize),
}

impl Vote {
    /// Why the vote makes no sense in this study; nothing if it does.
    pub fn fault(&self, settings: &Settings) -> Option<&'static str> {
        let hex = |text: &str, length: std::ops::RangeInclusive<usize>| {
            length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
        };
        let ask = settings.ask;
        let unknown = |label: &String| !settings.classes.contains(label);
        if !hex(&self.item, 32..=32) || !hex(&self.request, 16..=64) {
            return Some("item and request are hexadecimal numbers");
        }
        if self.label.as_ref().is_some_and(unknown) {
            return Some("the label is none of the classes");
        }
        if self.label.is_some() && self.skipped {
            return Some("a tile that is skipped has no label");
        }
        if self.real.is_some() && !ask.real_or_generated || self.confidence.is_some() && !ask.confidence {
            return Some("it answers what was not asked");
        }
        if self.confidence.is_some_and(|c| !(1..=5).contains(&c)) {
            return Some("the confidence goes from 1 to 5");
        }
        if self.label.is_some()
            && (ask.real_or_generated && self.real.is_none() || ask.confidence && self.confidence.is_none())
        {
            return Some("a question is left out");
        }
        (!self.comment.is_empty() && !ask.comment || self.comment.chars().count() > MOST_COMMENT)
            .then_some("there is no room for such a comment")
    }
}

/// Stores a vote in the transaction that `connection` is in.
pub(super) fn store(connection: &Connection, reader: i64, vote: &Vote) -> rusqlite::Result<Outcome> {
    let finished: Option<Option<i64>> = connection
        .prepare_cached(
            "SELECT finished FROM item JOIN reader ON reader.id = item.reader WHERE item.id = ?1 AND reader = ?2",
        )?
        .query_row(params![vote.item, reader], |row| row.get(0))
        .optional()?;
    let Some(finished) = finished else { return Ok(Outcome::Unknown) };
    let before = connection
        .prepare_cached(
            "SELECT label, skipped, real, confidence, comment, revision FROM vote WHERE item = ?1 AND request = ?2",
        )?
        .query_row(params![vote.item, vote.request], answer)
        .optional()?;
    if let Some(answer) = before {
        return Ok(Outcome::Stored(answer));
    }
    let last = connection
        .prepare_cached(
            "SELECT label, skipped, real, confidence, comment, revision FROM vote WHERE item = ?1 ORDER BY revision DESC LIMIT 1",
        )?
        .query_row(params![vote.item], answer)
        .optional()?;
    if finished.is_some() {
        return Ok(Outcome::Finished(last));
    }
    if last.as_ref().map_or(0, |a| a.revision) != vote.revision {
        return Ok(Outcome::Changed(last));
    }
    let revision = vote.revision + 1;
    connection.prepare_cached("INSERT INTO vote VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
        params![
            vote.item,
            revision,
            vote.request,
            vote.label,
            vote.skipped,
            vote.real,
            vote.confidence,
            vote.comment,
            vote.milliseconds.min(MOST_MILLISECONDS) as i64,
            now()
        ],
    )?;
    Ok(Outcome::Stored(Answer {
        label: vote.label.clone(),
        skipped: vote.skipped,
        real: vote.real,
        confidence: vote.confidence,
        comment: vote.comment.clone(),
        revision,
    }))
}

/// Marks a reader as finished, if every item has a label.
pub(super) fn finish(connection: &Connection, reader: i64) -> rusqlite::Result<Finish> {
    let open: i64 = connection.query_row(
        "SELECT count(*) FROM item WHERE reader = ?1 AND practice = 0 AND NOT EXISTS (
             SELECT 1 FROM vote WHERE vote.item = item.id AND label IS NOT NULL
                 AND revision = (SELECT max(revision) FROM vote v WHERE v.item = item.id))",
        params![reader],
        |row| row.get(0),
    )?;
    if open > 0 {
        return Ok(Finish::Open(open as usize));
    }
    connection.execute(
        "UPDATE reader SET finished = ?1 WHERE id = ?2 AND finished IS NULL",
        params![now(), reader],
    )?;
    Ok(Finish::Done)
}

/// An answer from the columns label, skipped, real, confidence, comment, revision.
pub(super) fn answer(row: &Row<'_>) -> rusqlite::Result<Answer> {
    Ok(Answer {
        label: row.get(0)?,
        skipped: row.get(1)?,
        real: row.get(2)?,
        confidence: row.get(3)?,
        comment: row.get(4)?,
        revision: row.get(5)?,
    })
}
