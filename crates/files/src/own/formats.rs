//! Whole files in, whole files out: text, JSON, TOML, CSV.

use super::{OwnFileError, write_atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a UTF-8 text file whole.
///
/// # Errors
/// [`OwnFileError::Read`] if the system refuses, [`OwnFileError::Parse`] if it is not UTF-8.
pub fn read_utf8(path: &Path) -> Result<String, OwnFileError> {
    let bytes = crate::read(path).map_err(|source| OwnFileError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|e| {
        let line = line_of(e.as_bytes(), e.utf8_error().valid_up_to());
        let reason = "it is not UTF-8".to_owned();
        OwnFileError::Parse { path: path.to_owned(), format: "text", line: Some(line), reason }
    })
}

/// Writes a value as indented JSON with a final line feed, atomically. Numbers are written with the fewest digits
/// that read back as the same bits; numbers that are not finite become `null`.
///
/// # Errors
/// [`OwnFileError::Write`], or [`OwnFileError::Encode`] if the value has no JSON form.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), OwnFileError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| OwnFileError::Encode {
        path: path.to_owned(),
        format: "JSON",
        reason: e.to_string(),
    })?;
    text.push('\n');
    write_atomic(path, text.as_bytes())
}

/// Reads a JSON file.
///
/// # Errors
/// [`OwnFileError::Read`] or [`OwnFileError::Parse`] with the line.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, OwnFileError> {
    serde_json::from_str(&read_utf8(path)?).map_err(|e| {
        let text = e.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
        let line = (e.line() > 0).then_some(e.line() as u64);
        OwnFileError::Parse { path: path.to_owned(), format: "JSON", line, reason }
    })
}

/// Writes a value as TOML, atomically.
///
/// # Errors
/// [`OwnFileError::Write`], or [`OwnFileError::Encode`] if the value has no TOML form.
pub fn write_toml<T: Serialize>(path: &Path, value: &T) -> Result<(), OwnFileError> {
    let text = toml::to_string_pretty(value).map_err(|e| OwnFileError::Encode {
        path: path.to_owned(),
        format: "TOML",
        reason: e.to_string(),
    })?;
    write_atomic(path, text.as_bytes())
}

/// Reads a TOML file.
///
/// # Errors
/// [`OwnFileError::Read`] or [`OwnFileError::Parse`] with the line.
pub fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, OwnFileError> {
    let text = read_utf8(path)?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map(|span| line_of(text.as_bytes(), span.start));
        let reason = e.message().lines().collect::<Vec<_>>().join("; ");
        OwnFileError::Parse { path: path.to_owned(), format: "TOML", line, reason }
    })
}

/// Reads a CSV table with a header line.
///
/// # Errors
/// [`OwnFileError::Read`], or [`OwnFileError::Parse`] with the line where a column is missing or a value is wrong.
pub fn read_rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, OwnFileError> {
    let text = read_utf8(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|e: csv::Error| {
        let line = e.position().map(csv::Position::line);
        let reason = match e.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("the line has {len} fields where the header has {expected_len}")
            }
            _ => e.to_string(),
        };
        OwnFileError::Parse { path: path.to_owned(), format: "CSV", line, reason }
    })
}

/// Writes a CSV table with a header line, atomically. No rows make an empty file.
///
/// # Errors
/// [`OwnFileError::Write`], or [`OwnFileError::Encode`] if a row is not flat.
pub fn write_rows<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), OwnFileError> {
    let fail = |reason: String| OwnFileError::Encode { path: path.to_owned(), format: "CSV", reason };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| fail(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| fail(e.to_string()))?;
    write_atomic(path, &bytes)
}

/// The line, from 1, on which the byte at `at` stands.
pub(super) fn line_of(bytes: &[u8], at: usize) -> u64 {
    bytes[..at.min(bytes.len())].split(|byte| *byte == b'\n').count() as u64
}
