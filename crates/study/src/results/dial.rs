//! Whether the dial does what it says.

use record::{DialResult, DialRow, DialSetting, MONOTONE};
use train::SETTINGS;

use crate::dial;
use crate::error::StudyError;
use crate::study::Study;

/// What the held-out judge says of tiles at every setting; `None` of a translator that is no dial.
///
/// # Errors
/// If the step's table cannot be read.
pub fn dial(study: &Study) -> Result<Option<DialResult>, StudyError> {
    if !dial::is_used(study) {
        return Ok(None);
    }
    let rows: Vec<DialRow> = files::read_rows(&study.run.dial_csv())?;
    Ok(Some(summary(&rows, dial::steps(study, None))))
}

fn summary(rows: &[DialRow], steps: u64) -> DialResult {
    let correlations: Vec<f64> = rows.iter().filter_map(|row| row.spearman).collect();
    let from = |least: &dyn Fn(f64) -> bool| correlations.iter().filter(|rho| least(**rho)).count();
    let settings = SETTINGS.into_iter().enumerate().map(|(at, setting)| {
        let confidences: Vec<f64> = rows.iter().filter_map(|row| row.translated.get(at).copied()).collect();
        DialSetting { setting, mean: stats::mean(&confidences), sd: stats::sd(&confidences) }
    });
    DialResult {
        steps,
        n: rows.len(),
        source: stats::mean(&rows.iter().map(|row| row.source).collect::<Vec<_>>()),
        settings: settings.collect(),
        rising: from(&|rho| rho > 0.0),
        monotone: from(&|rho| rho >= MONOTONE),
        spearman_median: stats::quantile(&correlations, 0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(spearman: Option<f64>, translated: [f64; 7]) -> DialRow {
        let translated = translated.to_vec();
        DialRow { image: "a.png".into(), rank: 0.5, shown: false, source: 0.9, translated, spearman }
    }

    #[test]
    fn tiles_that_follow_the_dial_are_counted() {
        let rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
        let rows = [
            row(Some(1.0), rising),
            row(Some(0.9), rising),
            row(Some(0.5), [0.3; 7]),
            row(Some(-1.0), [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
            // All confidences are one number: it does not follow.
            row(None, [1.0; 7]),
        ];
        let told = summary(&rows, 40);
        assert_eq!((told.steps, told.n, told.rising, told.monotone), (40, 5, 3, 2));
        assert_eq!(told.spearman_median, Some(0.7));
        assert_eq!(told.settings.len(), 7);
        let hardest = told.settings[0].mean.unwrap();
        assert!(
            (hardest - (0.1 + 0.1 + 0.3 + 0.7 + 1.0) / 5.0).abs() < 1e-12 && told.settings[6].setting == 1.0
        );
        assert_eq!((summary(&[], 0).spearman_median, summary(&[], 0).source), (None, None));
    }
}
