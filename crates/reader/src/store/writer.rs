//! The one thread that writes: votes that wait are stored in one transaction, so that fifty readers cost hardly more than one.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::TransactionBehavior;
use thiserror::Error;
use tokio::sync::oneshot;

use super::Store;
use super::vote::{self, Finish, Outcome, Vote};
use crate::ReaderError;

/// Votes in a transaction at most.
const MOST: usize = 256;

/// A vote that is not stored. Whoever sent it may send it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("it could not be written to disk: {0}")]
pub struct NotStored(pub String);

type Reply<T> = oneshot::Sender<Result<T, NotStored>>;

enum Order {
    Vote(i64, Vote, Reply<Outcome>),
    Finish(i64, Reply<Finish>),
}

/// Hands votes to the thread that stores them. The thread ends once all of these are dropped.
#[derive(Clone, Debug)]
pub struct Writer {
    orders: Sender<Order>,
}

impl Writer {
    /// Starts the thread, with a connection of its own.
    ///
    /// # Errors
    /// If the study cannot be opened.
    pub fn start(folder: &Path) -> Result<(Self, JoinHandle<()>), ReaderError> {
        let store = Store::open(folder)?;
        let (orders, waiting) = channel();
        let thread = std::thread::spawn(move || work(store, &waiting));
        Ok((Self { orders }, thread))
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

fn work(mut store: Store, waiting: &Receiver<Order>) {
    while let Ok(first) = waiting.recv() {
        let mut orders = vec![first];
        orders.extend(waiting.try_iter().take(MOST - 1));
        answer_all(&mut store, orders);
    }
}

enum Done {
    Vote(Outcome),
    Finish(Finish),
}

fn answer_all(store: &mut Store, orders: Vec<Order>) {
    match carry_out(store, &orders) {
        Ok(done) => {
            for (order, done) in orders.into_iter().zip(done) {
                // A reader that has gone away asks again for what counts.
                match (order, done) {
                    (Order::Vote(_, _, reply), Done::Vote(outcome)) => drop(reply.send(Ok(outcome))),
                    (Order::Finish(_, reply), Done::Finish(finish)) => drop(reply.send(Ok(finish))),
                    _ => unreachable!("outcomes are in the order of the orders"),
                }
            }
        }
        Err(e) => {
            for order in orders {
                let why = NotStored(e.to_string());
                match order {
                    Order::Vote(_, _, reply) => drop(reply.send(Err(why))),
                    Order::Finish(_, reply) => drop(reply.send(Err(why))),
                }
            }
        }
    }
}

fn carry_out(store: &mut Store, orders: &[Order]) -> rusqlite::Result<Vec<Done>> {
    let transaction = store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = orders
        .iter()
        .map(|order| match order {
            Order::Vote(reader, vote, _) => vote::store(&transaction, *reader, vote).map(Done::Vote),
            Order::Finish(reader, _) => vote::finish(&transaction, *reader).map(Done::Finish),
        })
        .collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(done)
}
