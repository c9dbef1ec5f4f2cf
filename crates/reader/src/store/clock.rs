//! Times as people and tables read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; 0 if the clock is set to before.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// Milliseconds since 1970 as ISO 8601, UTC, to the second: `2026-11-23T10:15:00Z`.
///
/// The calendar is Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last of its year, and
/// repeat every 400 years, which have 146 097 days.
pub fn iso(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = days + 719_468; // since 1 March of the year 0
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_data_base() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for day in (0..60_000).step_by(13) {
            let milliseconds = day * 86_400_000 + day * 977 + 999;
            let theirs: String = connection
                .query_row(
                    "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000, 'unixepoch')",
                    [milliseconds],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(iso(milliseconds), theirs);
        }
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00Z");
        assert!(now() > 1_700_000_000_000);
    }
}
