//! `metrics.csv` of a translator: the columns that every run has, and behind them those of further losses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use files::OwnFileError;
use record::TranslatorEpoch;
use serde::{Deserialize, Serialize};

/// A line: an epoch, and the means of losses that [`TranslatorEpoch`] has no column for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The columns that every run has.
    #[serde(flatten)]
    pub epoch: TranslatorEpoch,
    /// By column, such as `loss_tv_a`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<String, f64>,
}

/// Writes the lines, atomically. Without further losses that is [`files::write_rows`] of the epochs.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, rows: &[Row]) -> Result<(), OwnFileError> {
    let columns: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.further.keys()).map(String::as_str).collect();
    if columns.is_empty() {
        let epochs: Vec<&TranslatorEpoch> = rows.iter().map(|row| &row.epoch).collect();
        return files::write_rows(path, &epochs);
    }
    let table = with_columns(rows, &columns).map_err(|e| OwnFileError::Encode {
        path: path.to_owned(),
        format: "CSV",
        reason: e.to_string(),
    })?;
    files::write_atomic(path, &table)
}

fn with_columns(rows: &[Row], columns: &BTreeSet<&str>) -> Result<Vec<u8>, csv::Error> {
    let mut fixed = csv::Writer::from_writer(Vec::new());
    for row in rows {
        fixed.serialize(&row.epoch)?;
    }
    let fixed = fixed.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut lines = csv::Reader::from_reader(fixed.as_slice());
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(lines.headers()?.iter().chain(columns.iter().copied()))?;
    for (line, row) in lines.records().zip(rows) {
        let mut line = line?;
        for column in columns {
            line.push_field(&row.further.get(*column).map(f64::to_string).unwrap_or_default());
        }
        table.write_record(&line)?;
    }
    Ok(table.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: usize, further: &[(&str, f64)]) -> Row {
        let epoch = TranslatorEpoch {
            epoch,
            step: 7,
            lr: 2e-4,
            loss_g: 0.5,
            loss_d_a: 0.25,
            loss_d_b: 0.125,
            loss_cycle_a: 0.1,
            loss_cycle_b: 0.2,
            loss_identity: None,
            judge_source: Some(0.9),
            judge_generated: None,
            judge_reconstructed: None,
        };
        Row { epoch, further: further.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect() }
    }

    #[test]
    fn further_losses_are_further_columns_and_without_them_the_file_is_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let [path, plain] = ["metrics.csv", "plain.csv"].map(|name| dir.path().join(name));
        let rows = [row(1, &[]), row(2, &[])];
        write(&path, &rows).unwrap();
        files::write_rows(&plain, &rows.each_ref().map(|row| &row.epoch)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&plain).unwrap());

        let rows = [row(1, &[]), row(2, &[("loss_tv_a", 0.25), ("loss_tv_b", 1e-3)])];
        write(&path, &rows).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("judge_reconstructed,loss_tv_a,loss_tv_b"), "{text}");
        assert!(lines[1].ends_with(",,,") && lines[2].ends_with(",0.25,0.001"), "{text}");
        // Who knows nothing of them reads the rest.
        let epochs: Vec<TranslatorEpoch> = files::read_rows(&path).unwrap();
        assert_eq!(epochs, rows.each_ref().map(|row| row.epoch.clone()));
    }

    #[test]
    fn a_line_in_a_checkpoint_is_as_it_was_before_there_were_further_losses() {
        let old = serde_json::to_string(&row(1, &[]).epoch).unwrap();
        assert_eq!(serde_json::to_string(&row(1, &[])).unwrap(), old);
        assert_eq!(serde_json::from_str::<Row>(&old).unwrap(), row(1, &[]));
        let further = row(1, &[("loss_tv", 0.5)]);
        let text = serde_json::to_string(&further).unwrap();
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), further);
    }
}
