//! How a run looks on a screen.

use std::time::Duration;

use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Gauge, Paragraph, Row as Cells, Sparkline, Table};
use ratatui::{Frame, Terminal};

use crate::state::{Row, State};
use crate::work::AtWork;

/// After so long without a word a run is probably not at work, in seconds. Checkpoints of the largest networks are minutes apart.
const LONG_QUIET: f64 = 1200.0;
/// Lines that a step at work takes.
const STEP: u16 = 3;
/// Columns of a text without a terminal.
const TEXT_COLUMNS: u16 = 100;

/// The state once, as plain text of at most a hundred columns.
pub fn text(state: &State) -> String {
    let height = heights(state).iter().sum::<u16>().max(1);
    let terminal = Terminal::new(TestBackend::new(TEXT_COLUMNS, height));
    // What is drawn on is memory, which does not fail.
    let Ok(mut terminal) = terminal;
    let Ok(_) = terminal.draw(|frame| draw(frame, state, None));
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for line in buffer.content().chunks(usize::from(TEXT_COLUMNS)) {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Draws the state, and below it a word of what can be done.
pub fn draw(frame: &mut Frame, state: &State, footer: Option<&str>) {
    let mut heights = heights(state).map(Constraint::Length).to_vec();
    if footer.is_some() {
        heights.extend([Constraint::Fill(1), Constraint::Length(1)]);
    }
    let areas = Layout::vertical(heights).split(frame.area());
    frame.render_widget(title(state), areas[0]);
    // A gauge fills all the lines that it is given.
    frame.render_widget(whole(state), Rect { height: areas[1].height.min(1), ..areas[1] });
    folds(frame, state, areas[2]);
    at_work(frame, state, areas[3]);
    frame.render_widget(rows(&state.rows), areas[4]);
    frame.render_widget(last(state), areas[5]);
    if let (Some(footer), Some(area)) = (footer, areas.last()) {
        frame.render_widget(Paragraph::new(footer).style(Style::new().add_modifier(Modifier::DIM)), *area);
    }
}

/// Lines of each part.
fn heights(state: &State) -> [u16; 6] {
    let lines = |n: usize, more: u16| if n == 0 { 0 } else { (n as u16).saturating_add(more) };
    [
        2,
        2,
        lines(state.folds.len().min(1), 1),
        (state.at_work.len() as u16)
            .saturating_mul(STEP)
            .saturating_add(u16::from(!state.at_work.is_empty())),
        lines(state.rows.len(), 3),
        lines(state.last.len(), 2),
    ]
}

fn title(state: &State) -> Paragraph<'_> {
    let (word, colour) = match state.quiet_seconds {
        _ if state.is_finished => ("finished".to_owned(), Color::Green),
        Some(quiet) if quiet > LONG_QUIET => (
            format!("silent for {}: probably stopped; running it again goes on from there", time(quiet)),
            Color::Yellow,
        ),
        Some(quiet) => (format!("last sign of life {} ago", time(quiet)), Color::Green),
        None => ("no sign of life".to_owned(), Color::Yellow),
    };
    let name = Span::styled(state.name.clone(), Style::new().add_modifier(Modifier::BOLD));
    Paragraph::new(Line::from(vec![name, Span::raw("  "), Span::styled(word, Style::new().fg(colour))]))
}

fn whole(state: &State) -> Gauge<'_> {
    let left = match state.left_seconds {
        _ if state.is_finished => String::new(),
        Some(left) => format!(", about {} left", time(left)),
        None => ", the time left is not known yet".to_owned(),
    };
    let begun = if state.folds.iter().any(|fold| fold.share <= 0.0) { " of the folds begun" } else { "" };
    let percent = (100.0 * state.share).floor();
    let label = format!("{percent:.0} %: {} of {} steps{begun}{left}", state.ended, state.steps);
    // A label on its own ground can be read whatever the gauge shows behind it.
    Gauge::default()
        .ratio(state.share.clamp(0.0, 1.0))
        .label(Span::styled(label, Style::new().add_modifier(Modifier::BOLD)))
        .gauge_style(Style::new().fg(Color::Blue))
        .use_unicode(true)
}

fn folds(frame: &mut Frame, state: &State, area: Rect) {
    let fold = |fold: &crate::Fold| match fold.share {
        share if share >= 1.0 => format!("fold {} done", fold.fold),
        share if share > 0.0 => format!("fold {} {:.0} %", fold.fold, (100.0 * share).floor()),
        _ => format!("fold {} –", fold.fold),
    };
    let words: Vec<String> = state.folds.iter().map(fold).collect();
    frame.render_widget(Paragraph::new(words.join("   ")), area);
}

fn at_work(frame: &mut Frame, state: &State, area: Rect) {
    if state.at_work.is_empty() {
        return;
    }
    for (i, step) in state.at_work.iter().enumerate() {
        let top = area.y.saturating_add(STEP.saturating_mul(i as u16));
        let of_step = Rect { y: top, height: STEP, ..area }.intersection(area);
        step_at_work(frame, step, of_step);
    }
}

fn step_at_work(frame: &mut Frame, step: &AtWork, area: Rect) {
    let [line, says] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(area);
    let mut words = vec![Span::styled(step.step.clone(), Style::new().fg(Color::Cyan))];
    if let Some(rounds) = &step.rounds {
        words.push(Span::raw(format!("  {rounds}")));
    }
    frame.render_widget(Paragraph::new(Line::from(words)), line);
    let [curve, text] = Layout::horizontal([Constraint::Length(22), Constraint::Fill(1)]).areas(says);
    frame.render_widget(
        Sparkline::default().data(heights_of(&step.curve, 20)).style(Style::new().fg(Color::Blue)),
        curve,
    );
    let words = match (&step.says, step.quiet_seconds > LONG_QUIET) {
        (_, true) => format!("silent for {}", time(step.quiet_seconds)),
        (Some(says), false) => says.clone(),
        (None, false) => "begun".to_owned(),
    };
    frame.render_widget(Paragraph::new(words), text);
}

/// The last `most` numbers of a curve as heights from 1 to 8, between the smallest and the largest.
fn heights_of(curve: &[f64], most: usize) -> Vec<u64> {
    let curve = &curve[curve.len().saturating_sub(most)..];
    let low = curve.iter().copied().fold(f64::INFINITY, f64::min);
    let high = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let height =
        |value: &f64| if high > low { 1 + (7.0 * (value - low) / (high - low)).round() as u64 } else { 4 };
    curve.iter().map(height).collect()
}

fn rows(rows: &[Row]) -> Table<'_> {
    let line = |row: &Row| {
        let auc = row.auc_validation.map_or_else(|| "–".to_owned(), |auc| format!("{:.1}", 100.0 * auc));
        Cells::new([Cell::new(row.training_set.clone()), Cell::new(trainings(row)), Cell::new(auc)])
    };
    let header = ["training set", "trainings", "mean AUC % on validation tiles"];
    let widths = [Constraint::Length(24), Constraint::Length(30), Constraint::Fill(1)];
    Table::new(rows.iter().map(line), widths)
        .header(Cells::new(header).style(Style::new().add_modifier(Modifier::DIM)))
        .block(Block::new().title("Table 3 so far (test tiles are for the end)"))
}

/// `■■■□□ 3 of 5`.
fn trainings(row: &Row) -> String {
    const MOST: usize = 20;
    let boxes = row.trainings.min(MOST);
    let full = (row.ended * boxes).checked_div(row.trainings).unwrap_or(0);
    format!("{}{} {} of {}", "■".repeat(full), "□".repeat(boxes - full), row.ended, row.trainings)
}

fn last(state: &State) -> Table<'_> {
    let line = |ended: &crate::Ended| {
        Cells::new([
            ended.step.clone(),
            format!("took {}", time(ended.seconds)),
            format!("{} ago", time(ended.ago)),
        ])
    };
    let widths = [Constraint::Length(36), Constraint::Length(22), Constraint::Fill(1)];
    Table::new(state.last.iter().map(line), widths).block(Block::new().title("Ended last"))
}

/// A time for people, in its two largest units.
fn time(seconds: f64) -> String {
    let whole = Duration::from_secs(seconds.max(0.0) as u64);
    let text = humantime::format_duration(whole).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_fills_its_height_and_a_flat_one_half_of_it() {
        assert_eq!(heights_of(&[0.5, 0.75, 1.0], 20), [1, 5, 8]);
        assert_eq!(heights_of(&[9.0, 0.5, 1.0], 2), [1, 8], "the last ones");
        assert_eq!(heights_of(&[0.7; 3], 20), [4; 3]);
        assert!(heights_of(&[], 20).is_empty());
    }

    #[test]
    fn times_have_two_units() {
        assert_eq!(
            ["12s", "1m 5s", "2h 3m", "1day 1h"],
            [12.4, 65.0, 7390.0, 90_000.0].map(time).each_ref().map(String::as_str)
        );
    }
}
