//! Times as people and tables read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second that has four digits of a year.
const LAST: i64 = 253_402_300_799;

/// Milliseconds since 1970; 0 if the clock is set to before.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// Milliseconds since 1970 as ISO 8601, UTC, to the second: `2026-11-23T10:15:00Z`. Times outside 1970 to 9999, which [`now`] does not
/// give, are taken for the nearest inside.
pub fn iso(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000).clamp(0, LAST);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds as u64)).to_string()
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
        assert_eq!((iso(-1), iso(i64::MAX)), ("1970-01-01T00:00:00Z".into(), "9999-12-31T23:59:59Z".into()));
        assert!(now() > 1_700_000_000_000);
    }
}
