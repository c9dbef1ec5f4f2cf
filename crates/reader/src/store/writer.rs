//! The one thread that writes: votes that wait are stored in one transaction, so that fifty readers cost hardly more than one.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use thiserror::Error;
use tokio::sync::oneshot;

use super::files::{Files, Foreign};
use super::open::Store;
use super::vote::{self, Finish, Outcome, Vote};
use super::watch::Watch;
use crate::ReaderError;

/// Votes in a transaction at most.
const MOST: usize = 256;
/// Votes after which the log is brought into the data base.
const CHECKPOINT: usize = 500;

/// A vote that is not stored. Whoever sent it may send it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("it could not be written to disk: {0}")]
pub struct NotStored(pub String);

type Reply<T> = oneshot::Sender<Result<T, NotStored>>;

enum Order {
    Vote(i64, Vote, Reply<Outcome>),
    Finish(i64, Reply<Finish>),
    Look,
}

/// Hands votes to the thread that stores them. The thread ends once all of these are dropped.
#[derive(Clone, Debug)]
pub struct Writer {
    orders: Sender<Order>,
}

impl Writer {
    /// Starts the thread, with a connection of its own. It tells `watch` whether it can store.
    ///
    /// # Errors
    /// If the study cannot be opened.
    pub fn start(folder: &Path, watch: Arc<Watch>) -> Result<(Self, JoinHandle<()>), ReaderError> {
        let mut store = Store::open(folder)?;
        store.watch()?;
        let last = last_vote(store.connection()).map_err(|e| store.sql(e))?;
        let (orders, waiting) = channel();
        let hand = Hand { store, watch, last, since_checkpoint: 0 };
        let thread = std::thread::spawn(move || hand.work(&waiting));
        Ok((Self { orders }, thread))
    }

    /// Asks for a look at whether answers can be stored; `watch` is told.
    pub fn look(&self) {
        // A thread that is gone has told so with the last vote.
        let _ = self.orders.send(Order::Look);
    }

    /// Stores a vote; the answer comes once it is on disk.
    ///
    /// # Errors
    /// If it could not be written: then nothing of it is stored, or it is stored whole.
    pub async fn vote(&self, reader: i64, vote: Vote) -> Result<Outcome, NotStored> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Vote(reader, vote, reply))?;
        answer.await.map_err(|_| gone())?
    }

    /// Marks a reader as finished.
    ///
    /// # Errors
    /// If it could not be written.
    pub async fn finish(&self, reader: i64) -> Result<Finish, NotStored> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Finish(reader, reply))?;
        answer.await.map_err(|_| gone())?
    }

    fn send(&self, order: Order) -> Result<(), NotStored> {
        self.orders.send(order).map_err(|_| gone())
    }
}

fn gone() -> NotStored {
    NotStored("the server is stopping".into())
}

enum Done {
    Vote(Outcome),
    Finish(Finish),
    Look,
}

/// Why nothing could be stored.
enum Fault {
    Sql(rusqlite::Error),
    /// The files are not ours any more.
    Lost(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

impl Fault {
    fn why(&self) -> String {
        match self {
            Self::Sql(e) => e.to_string(),
            Self::Lost(why) => why.clone(),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Sql(e) if e.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                "free some space on that disk; readers' pages then send their answers by themselves"
            }
            Self::Sql(_) => {
                "check the disk; readers' pages send their answers by themselves once it can be written"
            }
            Self::Lost(_) => {
                "put the folder's files back as they were, or stop the server, see that the study is whole and serve it again; \
                 readers' pages then send their answers by themselves"
            }
        }
    }
}

/// The thread's own.
struct Hand {
    store: Store,
    watch: Arc<Watch>,
    /// The number of the newest row of votes.
    last: i64,
    since_checkpoint: usize,
}

impl Hand {
    fn work(mut self, waiting: &Receiver<Order>) {
        while let Ok(first) = waiting.recv() {
            let mut orders = vec![first];
            orders.extend(waiting.try_iter().take(MOST - 1));
            self.answer_all(orders);
            if self.since_checkpoint >= CHECKPOINT {
                self.checkpoint();
            }
        }
    }

    fn answer_all(&mut self, orders: Vec<Order>) {
        match self.carry_out(&orders) {
            Ok(done) => {
                self.watch.fine();
                for (order, done) in orders.into_iter().zip(done) {
                    // A reader that has gone away asks again for what counts.
                    match (order, done) {
                        (Order::Vote(_, _, reply), Done::Vote(outcome)) => drop(reply.send(Ok(outcome))),
                        (Order::Finish(_, reply), Done::Finish(finish)) => drop(reply.send(Ok(finish))),
                        (Order::Look, Done::Look) => {}
                        _ => unreachable!("outcomes are in the order of the orders"),
                    }
                }
            }
            Err(fault) => {
                let mut why = fault.why();
                if self.rescued() {
                    why.push_str(" (what was saved before is now in study.sqlite)");
                }
                self.watch.trouble(&why, fault.hint());
                for order in orders {
                    let why = NotStored(why.clone());
                    match order {
                        Order::Vote(_, _, reply) => drop(reply.send(Err(why))),
                        Order::Finish(_, reply) => drop(reply.send(Err(why))),
                        Order::Look => {}
                    }
                }
            }
        }
    }

    /// Does it in one transaction, between two looks at the files.
    fn carry_out(&mut self, orders: &[Order]) -> Result<Vec<Done>, Fault> {
        self.look()?;
        let looks_only = orders.iter().all(|order| matches!(order, Order::Look));
        if looks_only && self.watch.state().trouble.is_none() {
            return Ok(orders.iter().map(|_| Done::Look).collect());
        }
        let transaction =
            self.store.connection_mut().transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = orders
            .iter()
            .map(|order| match order {
                Order::Vote(reader, vote, _) => vote::store(&transaction, *reader, vote).map(Done::Vote),
                Order::Finish(reader, _) => vote::finish(&transaction, *reader).map(Done::Finish),
                // Nothing changes, but it is written: that alone shows that the trouble is over.
                Order::Look if looks_only => {
                    transaction.execute("UPDATE study SET settings = settings", []).map(|_| Done::Look)
                }
                Order::Look => Ok(Done::Look),
            })
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let last = last_vote(&transaction)?;
        transaction.commit()?;
        self.look()?;
        self.files()?.log_begins().map_err(Fault::Lost)?;
        self.last = last;
        self.since_checkpoint += orders.len();
        Ok(done)
    }

    fn files(&mut self) -> Result<&mut Files, Fault> {
        self.store.files.as_mut().ok_or_else(|| Fault::Lost("nobody watches the files".into()))
    }

    fn look(&mut self) -> Result<(), Fault> {
        match self.files()?.are_ours() {
            Ok(()) => Ok(()),
            Err(Foreign::Lost(why)) => Err(Fault::Lost(why)),
            Err(Foreign::Written) => {
                if !is_whole(&self.store, self.last).unwrap_or(false) {
                    let why = "another program has written into study.sqlite or its log, and answers are missing there";
                    return Err(Fault::Lost(why.into()));
                }
                self.files()?.are_right();
                Ok(())
            }
        }
    }

    /// Brings the log into the data base. Where that fails now, the log is kept, and the next time will do.
    fn checkpoint(&mut self) -> bool {
        self.since_checkpoint = 0;
        let outcome = self.store.connection().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        if let Ok(files) = self.files() {
            files.are_right();
        }
        matches!(outcome, Ok((0, all, moved)) if all == moved)
    }

    /// Whether the log alone has been deleted and all of it could be brought into the data base, from the file without a name that is
    /// still open.
    fn rescued(&mut self) -> bool {
        self.files().is_ok_and(Files::log_alone_is_gone) && self.checkpoint()
    }
}

fn last_vote(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT ifnull(max(rowid), 0) FROM vote")?.query_row([], |row| row.get(0))
}

/// Whether somebody who opens the data base now finds it sound and with all votes up to the number `last`.
fn is_whole(store: &Store, last: i64) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(store.path(), flags)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    let says: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(says == "ok" && last_vote(&connection)? >= last)
}
