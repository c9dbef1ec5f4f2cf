//! How far a long job is, on stderr: a bar with the remaining time on a terminal, an occasional plain line elsewhere.

use std::io::{IsTerminal, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// At most one plain line in this time when stderr is not a terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Shows the progress of one job at a time. Cheap to call at every step.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    state: Mutex<State>,
}

struct State {
    label: String,
    clock: Option<Clock>,
    last_line: Instant,
}

/// Measures the pace from where the job was first seen, so that a resumed job is not credited with earlier work.
struct Clock {
    began: Instant,
    first: u64,
}

impl Progress {
    /// Progress labelled with what is being done. Nothing is shown if `quiet`.
    pub fn new(label: &str, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
            if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:24}] {percent:>3} % {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(files::shown(label).into_owned());
            bar
        });
        let state = State { label: label.to_owned(), clock: None, last_line: Instant::now() };
        Self { bar, quiet, state: Mutex::new(state) }
    }

    /// Starts another job under a new label.
    pub fn relabel(&self, label: &str) {
        let mut state = self.lock();
        if state.label == label {
            return;
        }
        label.clone_into(&mut state.label);
        state.clock = None;
        if let Some(bar) = &self.bar {
            bar.set_prefix(files::shown(label).into_owned());
            bar.set_message("");
        }
    }

    /// `done` of `total` steps are behind us; the remaining time follows from the pace.
    pub fn at(&self, done: u64, total: u64) {
        if self.quiet {
            return;
        }
        let mut state = self.lock();
        let now = Instant::now();
        let clock = state.clock.get_or_insert(Clock { began: now, first: done });
        if done < clock.first {
            *clock = Clock { began: now, first: done };
        }
        let left = remaining(now - clock.began, clock.first, done, total);
        drop(state);
        self.show(done, total, &left.map_or_else(String::new, |t| format!("{} left", clock_text(t))));
    }

    /// `done` of `total`, with words for what else there is to say.
    pub fn show(&self, done: u64, total: u64, words: &str) {
        if self.quiet {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(files::shown(words).into_owned());
            return;
        }
        let mut state = self.lock();
        let now = Instant::now();
        if now - state.last_line < PLAIN_EVERY {
            return;
        }
        state.last_line = now;
        let percent = (done * 100).checked_div(total).unwrap_or(0);
        let line = format!("{}: {percent} %, {words}", state.label);
        drop(state);
        plain(line.trim_end_matches(", "));
    }

    /// A line to be kept above the bar: an epoch's summary, a note about the data.
    pub fn note(&self, line: &str) {
        if self.quiet {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.suspend(|| plain(line));
        } else {
            plain(line);
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn plain(line: &str) {
    // Names of tiles and tensors are others'. Progress that nobody can see is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "{}", files::shown(line));
}

/// The time left at the pace since `first`; unknown before one step was seen.
fn remaining(elapsed: Duration, first: u64, done: u64, total: u64) -> Option<Duration> {
    let steps = done.checked_sub(first).filter(|&steps| steps > 0)?;
    Some(elapsed.mul_f64(total.saturating_sub(done) as f64 / steps as f64))
}

/// "45 s", "3 min 20 s" or "2 h 05 min".
pub fn clock_text(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_job_is_timed_from_where_it_resumed() {
        assert_eq!(remaining(Duration::from_secs(10), 900, 900, 1000), None);
        assert_eq!(remaining(Duration::from_secs(10), 900, 910, 1000), Some(Duration::from_secs(90)));
        assert_eq!(remaining(Duration::from_secs(10), 0, 10, 10), Some(Duration::ZERO));
    }

    #[test]
    fn times_are_short_and_exact() {
        assert_eq!(clock_text(Duration::from_secs(59)), "59 s");
        assert_eq!(clock_text(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(clock_text(Duration::from_mins(125)), "2 h 05 min");
    }
}
