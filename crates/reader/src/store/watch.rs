//! Whether answers are being stored, told to whoever runs the server and to the coordinator.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::clock::{iso, now};
use crate::ReaderError;

/// Troubles that are over and still shown.
const MOST_PAST: usize = 20;

/// What a server has to say while it runs.
#[derive(Debug)]
pub enum Report {
    /// Something that is not as it should be, and that the server goes on with.
    Warning(ReaderError),
    /// From now on answers are not stored, or for another reason than before.
    Trouble(ReaderError),
    /// Answers are stored again.
    Over,
}

/// What is and what was wrong.
pub struct Watch {
    path: PathBuf,
    tell: Box<dyn Fn(Report) + Send + Sync>,
    state: Mutex<State>,
}

/// As the coordinator's page gets it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    /// Sentences that hold all the time.
    pub warnings: Vec<String>,
    /// Why answers are not being stored.
    pub trouble: Option<Trouble>,
    /// What is over, the latest last.
    pub past: Vec<Past>,
}

/// Why answers are not being stored, and what to do.
#[derive(Clone, Debug, Serialize)]
pub struct Trouble {
    /// Goes on from "because".
    pub why: String,
    /// What to do.
    pub hint: String,
    /// ISO 8601, UTC.
    pub since: String,
}

/// A time in which answers were not stored.
#[derive(Clone, Debug, Serialize)]
pub struct Past {
    /// Why.
    pub why: String,
    /// ISO 8601, UTC.
    pub since: String,
    /// ISO 8601, UTC.
    pub until: String,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("path", &self.path).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Watch {
    /// Over the data base at `path`.
    pub fn new(path: PathBuf, tell: Box<dyn Fn(Report) + Send + Sync>) -> Self {
        Self { path, tell, state: Mutex::default() }
    }

    /// Tells a warning, which the coordinator sees from then on.
    pub fn warn(&self, warning: ReaderError) {
        self.lock().warnings.push(warning.to_string());
        (self.tell)(Report::Warning(warning));
    }

    /// Answers are not stored. It is told once for each reason.
    pub fn trouble(&self, why: &str, hint: &str) {
        let mut state = self.lock();
        let before = state.trouble.take();
        let news = before.as_ref().is_none_or(|trouble| trouble.why != why);
        let since = before.map_or_else(|| iso(now()), |trouble| trouble.since);
        state.trouble = Some(Trouble { why: why.to_owned(), hint: hint.to_owned(), since });
        drop(state);
        if news {
            let (path, why, hint) = (self.path.clone(), why.to_owned(), hint.to_owned());
            (self.tell)(Report::Trouble(ReaderError::NotStoring { path, why, hint }));
        }
    }

    /// Answers are stored. It is told if they were not before.
    pub fn fine(&self) {
        let mut state = self.lock();
        let Some(Trouble { why, since, .. }) = state.trouble.take() else { return };
        if state.past.len() == MOST_PAST {
            state.past.remove(0);
        }
        state.past.push(Past { why, since, until: iso(now()) });
        drop(state);
        (self.tell)(Report::Over);
    }

    /// What is and what was wrong.
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_change_is_told_once_and_kept_for_the_coordinator() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let tell = move |report: Report| {
            heard.lock().unwrap().push(match report {
                Report::Warning(e) | Report::Trouble(e) => e.to_string(),
                Report::Over => "over".to_owned(),
            });
        };
        let watch = Watch::new("s/study.sqlite".into(), Box::new(tell));
        watch.fine();
        for why in ["the disk is full", "the disk is full", "study.sqlite is gone"] {
            watch.trouble(why, "do something");
        }
        assert_eq!(watch.state().trouble.unwrap().why, "study.sqlite is gone");
        watch.fine();
        watch.fine();
        let state = watch.state();
        assert!(state.trouble.is_none());
        assert_eq!((state.past.len(), state.past[0].why.as_str()), (1, "study.sqlite is gone"));
        let wanted = ["the disk is full", "study.sqlite is gone"]
            .map(|why| format!("answers are not being stored, in s/study.sqlite, because {why}"));
        assert_eq!(*told.lock().unwrap(), [wanted.as_slice(), &["over".to_owned()]].concat());
        for n in 0..50 {
            watch.trouble(&n.to_string(), "");
            watch.fine();
        }
        assert_eq!(watch.state().past.len(), MOST_PAST);
    }
}
