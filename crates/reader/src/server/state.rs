//! What the server knows: tiles and items in memory, so that every tile takes equally long, and the file for answers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use axum::body::Bytes;
use axum::http::StatusCode;

use super::answer::Refusal;
use super::limit::Limit;
use crate::settings::Settings;
use crate::store::{ItemRow, ReaderRow, Watch, Writer};
use crate::token::{self, TokenHash};
use crate::{ReaderError, Store, store};

/// Wrong links that are tried from one address: so many at once, and one in six seconds from then on.
const WRONG: (f64, f64) = (20.0, 1.0 / 6.0);
/// Requests of one reader: a page that fetches ahead, and a fast reader.
const REQUESTS: (f64, f64) = (400.0, 40.0);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody without a link, who gets the pages alone.
    Anybody,
    /// A reader, by number.
    Reader(i64),
    /// The coordinator.
    Coordinator,
}

impl Who {
    /// The reader's number.
    ///
    /// # Errors
    /// If it is not a reader who asks.
    pub fn reader(self) -> Result<i64, Refusal> {
        if let Self::Reader(id) = self { Ok(id) } else { Err(Refusal::no_link()) }
    }

    /// Nothing, if the coordinator asks.
    ///
    /// # Errors
    /// If it is somebody else.
    pub fn coordinator(self) -> Result<(), Refusal> {
        if self == Self::Coordinator { Ok(()) } else { Err(Refusal::no_link()) }
    }
}

/// A study that is being served.
#[derive(Debug)]
pub struct Server {
    /// Its settings.
    pub settings: Settings,
    /// The thread that stores votes.
    pub writer: Writer,
    /// Whether it can.
    pub watch: Arc<Watch>,
    /// Whether nobody can compute its orders.
    pub has_secret: bool,
    /// Its items by reader, practice first, in their order.
    pub items: Vec<ItemRow>,
    owners: HashMap<String, (i64, i64)>,
    pictures: HashMap<i64, Bytes>,
    people: RwLock<People>,
    store: Arc<Mutex<Store>>,
    seen: Mutex<HashMap<i64, i64>>,
    wrong: Limit<Option<IpAddr>>,
    requests: Limit<Option<i64>>,
}

#[derive(Debug)]
struct People {
    readers: Vec<ReaderRow>,
    coordinator: TokenHash,
}

impl People {
    fn read(store: &Store) -> Result<Self, ReaderError> {
        Ok(Self { readers: store.readers()?, coordinator: store.coordinator()? })
    }
}

impl Server {
    /// Reads a study's tiles, items and readers.
    pub fn open(folder: &Path, writer: Writer, watch: Arc<Watch>) -> Result<Self, ReaderError> {
        let mut store = Store::open(folder)?;
        store.watch()?;
        let items = store.items()?;
        Ok(Self {
            settings: store.settings().clone(),
            has_secret: store.has_secret(),
            writer,
            watch,
            owners: items.iter().map(|i| (i.id.clone(), (i.reader, i.tile))).collect(),
            items,
            pictures: store.pictures()?.into_iter().map(|(id, png)| (id, Bytes::from(png))).collect(),
            people: RwLock::new(People::read(&store)?),
            store: Arc::new(Mutex::new(store)),
            seen: Mutex::new(HashMap::new()),
            wrong: Limit::new(WRONG.0, WRONG.1),
            requests: Limit::new(REQUESTS.0, REQUESTS.1),
        })
    }

    /// Who holds the token. Wrong ones are counted by address, requests by reader.
    pub fn who(&self, token: &str, peer: Option<IpAddr>, now: Instant) -> Result<Who, Refusal> {
        let found = {
            let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
            let hashes = people.readers.iter().map(|r| &r.token).chain([&people.coordinator]);
            token::find(token, hashes).map(|at| people.readers.get(at).map(|r| r.id))
        };
        let Some(reader) = found else {
            // A right link opens the study however many wrong ones came from its address: behind another server all readers have
            // one address, and nobody may lock them out. What makes guessing hopeless is the token's length.
            self.wrong.take(peer, now).map_err(Refusal::too_many)?;
            return Err(Refusal::no_link());
        };
        self.requests.take(reader, now).map_err(Refusal::too_many)?;
        let Some(id) = reader else { return Ok(Who::Coordinator) };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id, store::now());
        Ok(Who::Reader(id))
    }

    /// The picture of an item, if it is the reader's.
    pub fn picture(&self, item: &str, reader: i64) -> Option<Bytes> {
        let (owner, tile) = self.owners.get(item)?;
        if *owner == reader { self.pictures.get(tile).cloned() } else { None }
    }

    /// The readers.
    pub fn readers(&self) -> Vec<ReaderRow> {
        self.people.read().unwrap_or_else(PoisonError::into_inner).readers.clone()
    }

    /// When a reader's page last asked for anything, in milliseconds since 1970.
    pub fn last_seen(&self, reader: i64) -> Option<i64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&reader).copied()
    }

    /// Reads links and finished readers anew, and has it looked whether answers can be stored. What cannot be read now stays as it was.
    pub async fn refresh(&self) {
        self.writer.look();
        if let Ok(people) = self.read(People::read).await {
            *self.people.write().unwrap_or_else(PoisonError::into_inner) = people;
        }
    }

    /// Reads from the file, away from the threads that answer.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Store) -> Result<T, ReaderError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        let work = move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            store.may_be_read().map_err(|why| {
                let hint = "stop the server, see that the study is whole and serve it again".into();
                ReaderError::NotStoring { path: store.path().to_path_buf(), why, hint }
            })?;
            f(&store)
        };
        let unreadable = |why: String| {
            // Where nothing can be written, the reason for that is the better one.
            let why = match self.watch.state().trouble {
                Some(trouble) => format!("answers are not being saved: {}", trouble.why),
                None => why,
            };
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                why,
                "try again; tell the coordinator if it goes on",
            )
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(e)) => Err(unreadable(e.to_string())),
            Err(e) => Err(unreadable(e.to_string())),
        }
    }
}
