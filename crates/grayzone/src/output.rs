//! Results on stdout: text or JSON, and quiet when the reader of a pipe has gone.

use std::io::{self, Write};

use serde::Serialize;

use crate::fault::Fault;

/// Writes text to stdout. A closed pipe (`grayzone … | head`) is the reader's choice and no error.
pub fn text(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Fault::io("the results could not be written to stdout", &e)),
        Ok(()) => Ok(()),
    }
}

/// Writes one line to stdout.
pub fn line(line: &str) -> anyhow::Result<()> {
    text(&format!("{line}\n"))
}

/// Writes a value as JSON to stdout.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// A plain table with a header, columns aligned.
pub fn table<R: AsRef<[String]>>(header: &[&str], rows: &[R]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row.as_ref());
    }
    format!("{table}\n")
}

/// A number for people: four decimals, or a dash where it is undefined.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
}
