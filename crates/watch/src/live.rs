//! A run in a terminal, drawn anew until somebody has seen enough.

use std::path::Path;
use std::time::{Duration, SystemTime};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};

use crate::WatchError;
use crate::screen;
use crate::state::State;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Draws the run on the terminal every second, until `q`, Escape or Ctrl-C. The run itself goes on.
///
/// # Errors
/// As [`State::read`], and if the terminal cannot be drawn on; it is given back as it was.
pub fn live(folder: &Path) -> Result<(), WatchError> {
    // A folder that is no run is told on an ordinary screen.
    let mut state = State::read(folder, SystemTime::now())?;
    let mut terminal = ratatui::try_init()?;
    let seen = loop {
        if let Err(error) =
            terminal.draw(|frame| screen::draw(frame, &state, Some("q: leave; the run goes on")))
        {
            break Err(error.into());
        }
        match is_left() {
            Ok(true) => break Ok(()),
            Ok(false) => {}
            Err(error) => break Err(error.into()),
        }
        match State::read(folder, SystemTime::now()) {
            Ok(now) => state = now,
            Err(error) => break Err(error),
        }
    };
    ratatui::try_restore()?;
    seen
}

/// Waits for a key, for a while.
fn is_left() -> std::io::Result<bool> {
    if !event::poll(EVERY)? {
        return Ok(false);
    }
    let Event::Key(key) = event::read()? else { return Ok(false) };
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(is_interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}
