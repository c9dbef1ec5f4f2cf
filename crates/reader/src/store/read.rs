//! What is in a study's file.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, params};

use super::clock::iso;
use super::open::Store;
use super::vote::{Answer, answer};
use crate::token::{TokenHash, random_hex};
use crate::{Group, ReaderError};

/// A reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderRow {
    /// Their number in the file.
    pub id: i64,
    /// Their name.
    pub name: String,
    /// Of their link.
    pub token: TokenHash,
    /// When they finished, in milliseconds since 1970.
    pub finished: Option<i64>,
    /// Whether their votes came from a table.
    pub imported: bool,
}

/// One presentation of a tile to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// Its random name.
    pub id: String,
    /// The reader.
    pub reader: i64,
    /// The tile.
    pub tile: i64,
    /// Whether it belongs to the practice round.
    pub practice: bool,
    /// Whether the reader has seen the tile before.
    pub again: bool,
}

/// A tile and what readers never learn of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRow {
    /// Its number in the file.
    pub id: i64,
    /// Where it comes from.
    pub group: Group,
    /// The number that an easy tile shares with its translation.
    pub pair: Option<usize>,
    /// Its name in the data.
    pub image: String,
    /// Its slide.
    pub slide: String,
    /// Its label in the data.
    pub class: String,
}

/// An answer that counts, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRow {
    /// The reader.
    pub reader: i64,
    /// The tile.
    pub tile: i64,
    /// Whether the reader had seen the tile before.
    pub again: bool,
    /// The place in the reader's order, from 0.
    pub place: usize,
    /// The answer.
    pub answer: Answer,
    /// How long the tile was in sight, over all changes.
    pub milliseconds: u64,
    /// When it was last changed, ISO 8601, UTC; imported votes do not tell.
    pub at: Option<String>,
}

impl TileRow {
    /// Its name in the data; a translation's has `generated/` before its source's.
    pub fn shown_name(&self) -> String {
        match self.group {
            Group::Generated => format!("generated/{}", self.image),
            _ => self.image.clone(),
        }
    }
}

impl VoteRow {
    /// How long the tile was in sight; imported votes do not tell.
    pub fn seconds(&self) -> Option<f64> {
        (self.milliseconds > 0).then(|| self.milliseconds as f64 / 1000.0)
    }
}

impl Store {
    /// The hash of the coordinator's token.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn coordinator(&self) -> Result<TokenHash, ReaderError> {
        self.connection()
            .query_row("SELECT coordinator FROM study", [], |row| row.get(0))
            .map_err(|e| self.sql(e))
    }

    /// The readers.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn readers(&self) -> Result<Vec<ReaderRow>, ReaderError> {
        self.rows("SELECT id, name, token, finished, imported FROM reader ORDER BY id", |row| {
            Ok(ReaderRow {
                id: row.get(0)?,
                name: row.get(1)?,
                token: row.get(2)?,
                finished: row.get(3)?,
                imported: row.get(4)?,
            })
        })
    }

    /// Every presentation, by reader, practice first, in their order.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn items(&self) -> Result<Vec<ItemRow>, ReaderError> {
        self.rows(
            "SELECT id, reader, tile, practice, again FROM item ORDER BY reader, practice DESC, place",
            |row| {
                Ok(ItemRow {
                    id: row.get(0)?,
                    reader: row.get(1)?,
                    tile: row.get(2)?,
                    practice: row.get(3)?,
                    again: row.get(4)?,
                })
            },
        )
    }

    /// The tiles of the study without the practice round.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn tiles(&self) -> Result<Vec<TileRow>, ReaderError> {
        self.rows(
            "SELECT id, grp, pair, image, slide, class FROM tile WHERE practice = 0 ORDER BY id",
            |row| {
                let group: String = row.get(1)?;
                let pair: Option<i64> = row.get(2)?;
                Ok(TileRow {
                    id: row.get(0)?,
                    group: Group::named(&group).ok_or_else(|| {
                        let why = format!("there is no group {group:?}");
                        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, why.into())
                    })?,
                    pair: pair.map(|p| p as usize),
                    image: row.get(3)?,
                    slide: row.get(4)?,
                    class: row.get(5)?,
                })
            },
        )
    }

    /// Every tile's file, by its number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn pictures(&self) -> Result<HashMap<i64, Vec<u8>>, ReaderError> {
        Ok(self.rows("SELECT id, png FROM tile", |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// A reader's answers that count, by item.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn answers(&self, reader: i64) -> Result<HashMap<String, Answer>, ReaderError> {
        let mut answers = HashMap::new();
        let mut statement = self
            .connection()
            .prepare_cached(
                "SELECT label, skipped, real, confidence, vote.comment, revision, item FROM vote
                     JOIN item ON item.id = vote.item WHERE reader = ?1 ORDER BY revision",
            )
            .map_err(|e| self.sql(e))?;
        let rows = statement
            .query_map(params![reader], |row| Ok((row.get::<_, String>(6)?, answer(row)?)))
            .map_err(|e| self.sql(e))?;
        for row in rows {
            let (item, answer) = row.map_err(|e| self.sql(e))?;
            answers.insert(item, answer);
        }
        Ok(answers)
    }

    /// Every answer with a label that counts, by reader and place, without the practice round.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn votes(&self) -> Result<Vec<VoteRow>, ReaderError> {
        self.rows(
            "SELECT label, skipped, real, confidence, vote.comment, revision, reader, tile, again, place,
                    (SELECT sum(milliseconds) FROM vote v WHERE v.item = item.id),
                    nullif(at, 0)
             FROM item JOIN vote ON vote.item = item.id
             WHERE practice = 0 AND label IS NOT NULL AND revision = (SELECT max(revision) FROM vote v WHERE v.item = item.id)
             ORDER BY reader, place",
            |row| {
                Ok(VoteRow {
                    answer: answer(row)?,
                    reader: row.get(6)?,
                    tile: row.get(7)?,
                    again: row.get(8)?,
                    place: row.get::<_, i64>(9)? as usize,
                    milliseconds: row.get::<_, i64>(10)? as u64,
                    at: row.get::<_, Option<i64>>(11)?.map(iso),
                })
            },
        )
    }

    /// Adds readers who have labelled every tile elsewhere; all of them or, if that fails, none. They take the place of readers of
    /// their names who have not answered anything.
    ///
    /// # Errors
    /// If the file cannot be written, or there are answers of a reader of that name.
    pub fn add_finished(&mut self, readers: &[(String, Vec<(i64, String)>)]) -> Result<(), ReaderError> {
        let mut names = Vec::new();
        for _ in 0..readers.iter().map(|r| r.1.len()).sum() {
            names.push(random_hex::<16>()?);
        }
        let mut names = names.iter();
        let mut add = || -> rusqlite::Result<()> {
            let transaction = self.connection_mut().transaction()?;
            for (reader, votes) in readers {
                let unread = "SELECT id FROM reader WHERE name = ?1 AND finished IS NULL AND NOT EXISTS (
                    SELECT 1 FROM vote JOIN item ON item.id = vote.item WHERE item.reader = reader.id)";
                for of in ["item WHERE reader", "reader WHERE id"] {
                    transaction.execute(&format!("DELETE FROM {of} IN ({unread})"), params![reader])?;
                }
                // No link leads to them: the hash is of nothing that there is.
                transaction.execute(
                    "INSERT INTO reader (name, token, finished, imported) VALUES (?1, zeroblob(32), 0, 1)",
                    params![reader],
                )?;
                let id = transaction.last_insert_rowid();
                for ((place, (tile, label)), name) in votes.iter().enumerate().zip(names.by_ref()) {
                    transaction.execute(
                        "INSERT INTO item VALUES (?1, ?2, ?3, ?4, 0, 0)",
                        params![name, id, tile, place as i64],
                    )?;
                    transaction.execute(
                        "INSERT INTO vote VALUES (?1, 1, 'imported', ?2, 0, NULL, NULL, '', 0, 0)",
                        params![name, label],
                    )?;
                }
            }
            transaction.commit()
        };
        add().map_err(|source| ReaderError::Sql { path: self.path.clone(), source })
    }

    /// When a reader last changed an answer, in milliseconds since 1970.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn last_vote(&self, reader: i64) -> Result<Option<i64>, ReaderError> {
        self.connection()
            .query_row(
                "SELECT max(at) FROM vote JOIN item ON item.id = vote.item WHERE reader = ?1",
                params![reader],
                |row| row.get(0),
            )
            .optional()
            .map(Option::flatten)
            .map_err(|e| self.sql(e))
    }

    /// Gives a reader another token; whether there is such a reader.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_token(&self, reader: &str, token: &TokenHash) -> Result<bool, ReaderError> {
        self.connection()
            .execute("UPDATE reader SET token = ?1 WHERE name = ?2", params![token.as_slice(), reader])
            .map(|n| n > 0)
            .map_err(|e| self.sql(e))
    }

    /// Gives the coordinator another token.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_coordinator(&self, token: &TokenHash) -> Result<(), ReaderError> {
        self.connection()
            .execute("UPDATE study SET coordinator = ?1", params![token.as_slice()])
            .map(|_| ())
            .map_err(|e| self.sql(e))
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, ReaderError> {
        let read_all = || {
            let mut statement = self.connection().prepare_cached(sql)?;
            let rows = statement.query_map([], read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        read_all().map_err(|e| self.sql(e))
    }
}
