//! Results on stdout: text or JSON, and quiet when the reader of a pipe has gone.
//!
//! Whatever leaves here may hold names that others chose: what a terminal would act upon is escaped on its way out.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::fault::Fault;

/// Writes lines to stdout. A closed pipe (`grayzone … | head`) is the reader's choice and no error.
pub fn text(text: &str) -> anyhow::Result<()> {
    write(&files::shown_lines(text))
}

fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Fault::io("the results could not be written to stdout", &e)),
        Ok(()) => Ok(()),
    }
}

/// Writes a program's own script to stdout, byte by byte.
pub fn script(bytes: &[u8]) -> anyhow::Result<()> {
    write(&String::from_utf8_lossy(bytes))
}

/// Writes one line to stdout; blank lines may go before it.
pub fn line(line: &str) -> anyhow::Result<()> {
    let words = line.trim_start_matches('\n');
    let blank = &line[..line.len() - words.len()];
    write(&format!("{blank}{}\n", files::shown(words)))
}

/// Writes a value as JSON to stdout.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    write(&format!("{}\n", files::shown_json(&serde_json::to_string_pretty(value)?)))
}

/// A plain table with a header, columns aligned.
pub fn table<R: AsRef<[String]>>(header: &[&str], rows: &[R]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(header.iter().map(|cell| files::shown(cell)));
    for row in rows {
        table.add_row(row.as_ref().iter().map(|cell| files::shown(cell)));
    }
    format!("{table}\n")
}

/// A number for people: four decimals, or a dash where it is undefined.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
}

/// Refuses a file that is there already, before the work is begun that would replace it.
pub fn refuse_to_overwrite(file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        return Err(Fault::input(
            format!("the file cannot be written, in {}, because it is there already", file.display()),
            "name another file, or move that one away",
        ));
    }
    Ok(())
}
