//! A study to test with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use reader::{ItemRow, Link, NewStudy, Store, StudyOptions, Vote, new_study};
use tempfile::TempDir;

use crate::client::Client;
use crate::serving::ServerProcess;
use crate::synthetic_run;

/// Side of the tiles in pixels.
pub const SIZE: usize = 48;

/// One run for all tests of this process. It lies where cargo keeps what tests write, and is made anew each time.
pub static RUN: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("synthetic-run");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    synthetic_run::write(&folder, 300, SIZE, 0)
});

/// A study in a folder of its own.
pub struct Study {
    pub parent: TempDir,
    pub folder: PathBuf,
    pub made: NewStudy,
}

impl Study {
    /// With `each` tiles of each group.
    pub fn new(each: usize, readers: usize) -> Self {
        Self::with(each, readers, |_| {})
    }

    /// As [`Study::new`], with other options.
    pub fn with(each: usize, readers: usize, change: impl FnOnce(&mut StudyOptions)) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("study");
        let mut options = synthetic_run::options(&RUN, each, readers);
        change(&mut options);
        let made = new_study(&folder, &options).unwrap();
        Self { parent, folder, made }
    }

    pub fn store(&self) -> Store {
        Store::open(&self.folder).unwrap()
    }

    pub fn serve(&self) -> ServerProcess {
        ServerProcess::start(&self.folder)
    }

    /// A reader's token, from 0.
    pub fn token(&self, reader: usize) -> &str {
        token(&self.made.readers[reader])
    }

    pub fn coordinator(&self) -> &str {
        token(&self.made.coordinator)
    }

    /// A reader's items without the practice round.
    pub fn items(&self, reader: usize) -> Vec<ItemRow> {
        let items = self.store().items().unwrap();
        items.into_iter().filter(|i| i.reader == reader as i64 && !i.practice).collect()
    }

    /// Answers everything for a reader, who then finishes: the label is `label(place, tile)`.
    pub fn read_all(
        &self,
        server: &ServerProcess,
        reader: usize,
        label: impl Fn(usize, i64) -> &'static str,
    ) {
        let mut client = Client::new(server.address, self.token(reader));
        for (place, item) in self.items(reader).iter().enumerate() {
            let answer = client.vote(&vote(&item.id, place as u64, 0, Some(label(place, item.tile))));
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let answer = client.post("/api/finish", "{}");
        assert_eq!((answer.status, answer.text()), (200, "{\"finished\":true}".to_owned()));
    }
}

/// A vote; `request` is its random name.
pub fn vote(item: &str, request: u64, revision: u32, label: Option<&str>) -> Vote {
    Vote {
        item: item.to_owned(),
        request: format!("{request:032x}"),
        revision,
        label: label.map(str::to_owned),
        skipped: false,
        real: None,
        confidence: None,
        comment: String::new(),
        milliseconds: 1500 + request % 1000,
    }
}

fn token(link: &Link) -> &str {
    link.path.rsplit('#').next().unwrap()
}
